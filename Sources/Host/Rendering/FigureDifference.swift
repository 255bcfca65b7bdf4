import Figures

extension Figure {
  /// Both with the same colours for the same values, so that they can be compared by eye.
  static func sharingColors(_ base: Figure, _ head: Figure) -> (base: Figure, head: Figure) {
    var (base, head) = (base, head)
    for (name, axis) in head.layout.colorAxes {
      guard let old = base.layout.colorAxes[name], old.colorscale == axis.colorscale, let before = old.range,
        let after = axis.range
      else { continue }
      let (least, most) = (min(before.lowerBound, after.lowerBound), max(before.upperBound, after.upperBound))
      base.layout.colorAxes[name]?.cmin = least
      base.layout.colorAxes[name]?.cmax = most
      head.layout.colorAxes[name]?.cmin = least
      head.layout.colorAxes[name]?.cmax = most
    }
    base.makeRoomForColorBars()
    head.makeRoomForColorBars()
    return (base, head)
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
  /// Makes an axis of values one of differences: these have other sizes and no logarithms, so its ends and labels are found anew.
  fileprivate mutating func showDifference() {
    (type, range, tickmode, tickvals, ticktext, tick0, dtick, autorange) = (nil, nil, nil, nil, nil, nil, nil, .forward)
  }
}
