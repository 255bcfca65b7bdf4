import Figures

extension Figure {
  /// Both with the same colours for the same values, and axes of numbers with the same ends, so that they can be compared by eye.
  static func sharingScales(_ base: Figure, _ head: Figure) -> (base: Figure, head: Figure) {
    let both = sharingScales([base, head])
    return (both[0], both[1])
  }

  /// All with the same colours for the same values, and axes of numbers with the same ends.
  static func sharingScales(_ figures: [Figure]) -> [Figure] {
    var figures = figures
    for name in Set(figures.flatMap(\.layout.colorAxes.keys)) {
      let axes = figures.compactMap { $0.layout.colorAxes[name] }
      let ranges = axes.compactMap(\.range)
      guard axes.count == figures.count, ranges.count == axes.count, axes.allSatisfy({ $0.colorscale == axes[0].colorscale }),
        let least = ranges.map(\.lowerBound).min(), let most = ranges.map(\.upperBound).max()
      else { continue }
      for index in figures.indices {
        figures[index].layout.colorAxes[name]?.cmin = least
        figures[index].layout.colorAxes[name]?.cmax = most
      }
    }
    // The sides of a matrix are no axes of numbers.
    let areCharts = figures.allSatisfy { $0.data.allSatisfy { if case .heatmap = $0 { false } else { true } } }
    for name in areCharts ? Set(figures.flatMap(\.layout.axes.keys)) : [] {
      let axes = figures.compactMap { $0.layout.axes[name] }
      guard axes.count == figures.count, axes.allSatisfy({ $0.type == axes[0].type && $0.autorange == axes[0].autorange }),
        let range = Axis.common(axes)
      else { continue }
      for index in figures.indices { figures[index].layout.axes[name]?.range = range }
    }
    for index in figures.indices { figures[index].makeRoomForColorBars() }
    return figures
  }

  /// The head less the base, trace by trace, in the head's frame; nil if the two have not the same shape everywhere.
  func difference(from base: Figure) -> Figure? {
    guard data.count == base.data.count else { return nil }
    var figure = self
    var largest: [String: Double] = [:]
    for index in data.indices {
      switch (data[index], base.data[index]) {
      case (.heatmap(var head), .heatmap(let old)):
        guard head.z.rows == old.z.rows, head.z.columns == old.z.columns else { return nil }
        let values = zip(head.z.elements, old.z.elements).map { $0 - $1 }
        head.z = Heatmap.Values(rows: head.z.rows, columns: head.z.columns, values)
        figure.data[index] = .heatmap(head)
        let axis = head.coloraxis ?? "coloraxis"
        largest[axis] = values.reduce(largest[axis] ?? 0) { $1.isFinite ? max($0, abs($1)) : $0 }
      case (.scatter(var head), .scatter(let old)):
        guard head.x == old.x, head.y.count == old.y.count else { return nil }
        head.y = zip(head.y, old.y).map { after, before in after.flatMap { after in before.map { after - $0 } } }
        head.errorY = nil
        figure.data[index] = .scatter(head)
        figure.layout.axes["yaxis" + (head.yaxis ?? "y").dropFirst()]?.showDifference()
      case (.bar(var head), .bar(let old)):
        // Of bars upon each other only those below would stand where they did.
        guard head.base == nil, old.base == nil, head.text == old.text, head.places == old.places else { return nil }
        head.values = zip(head.values, old.values).map { after, before in after.flatMap { after in before.map { after - $0 } } }
        (head.errorX, head.errorY) = (nil, nil)
        figure.data[index] = .bar(head)
        let axis = head.orientation == "h" ? "xaxis" + (head.xaxis ?? "x").dropFirst() : "yaxis" + (head.yaxis ?? "y").dropFirst()
        figure.layout.axes[axis]?.showDifference()
      default: return nil
      }
    }
    for (axis, extent) in largest {
      figure.layout.colorAxes[axis]?.colorscale = .diverging
      figure.layout.colorAxes[axis]?.cmin = -(extent > 0 ? extent : 1)
      figure.layout.colorAxes[axis]?.cmax = extent > 0 ? extent : 1
    }
    figure.makeRoomForColorBars()
    return figure
  }
}

extension Figure.Axis {
  /// Ends that hold those of all; nil for axes of names, where they are the same already, and where one has no ends, or runs the other way.
  fileprivate static func common(_ axes: [Figure.Axis]) -> [Double?]? {
    let ends = axes.compactMap { axis -> (least: Double, most: Double)? in
      guard axis.ticktext == nil, let range = axis.range, range.count == 2, let first = range[0], let last = range[1],
        first < last
      else { return nil }
      return (first, last)
    }
    guard ends.count == axes.count, let least = ends.map(\.least).min(), let most = ends.map(\.most).max(),
      ends.contains(where: { $0 != (least, most) })
    else { return nil }
    return [least, most]
  }

  /// Makes an axis of values one of differences: these have other sizes and no logarithms, so its ends and labels are found anew.
  fileprivate mutating func showDifference() {
    (type, range, tickmode, tickvals, ticktext, tick0, dtick, autorange) = (nil, nil, nil, nil, nil, nil, nil, .forward)
  }
}
