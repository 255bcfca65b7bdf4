import Text

extension Figure {
  /// Makes room for the numbers of the colour bars as they now are, after the ends of their colours changed: the figure becomes wider at its
  /// right, never narrower, and bars that stand right of all panels make way for each other. Panels stay where they are.
  package mutating func makeRoomForColorBars() {
    guard let width = layout.width, let margin = layout.margin, width > margin.l + margin.r else { return }
    let inner = width - margin.l - margin.r
    let bars = layout.colorAxes.compactMap { name, axis in
      axis.colorbar?.x.map { (name: name, left: $0 * inner, room: axis.barRoom) }
    }
    // Those of single panels stand between the panels, or end the row.
    var end = bars.filter { $0.left < inner }.map { $0.left + $0.room }.max() ?? 0
    // Bars above each other share a place; less than a pixel is no other place.
    let places = Dictionary(grouping: bars.filter { $0.left >= inner }) { $0.left.rounded() }
    for (_, bars) in places.sorted(by: { $0.key < $1.key }) {
      let left = max(end, bars[0].left)
      for bar in bars where left > bar.left + 1 { layout.colorAxes[bar.name]?.colorbar?.x = left / inner }
      end = left + (bars.map(\.room).max() ?? 0)
    }
    let missing = (end - Arrangement.barGap - inner - margin.r).rounded(.up)
    guard missing > 0 else { return }
    layout.width = width + missing
    layout.margin?.r += missing
  }
}

extension Figure.ColorAxis {
  fileprivate var barRoom: Double {
    Self.barRoom(range, title: colorbar?.title.map { TextMetrics.clipped(Markup.label(PlotlyText.plain($0.text)), to: 24) })
  }

  /// In pixels, of a bar, its numbers, and its title, with the gap before it.
  static func barRoom(_ range: ClosedRange<Double>?, title: String?) -> Double {
    let ticks = range.map { Numbers.niceTicks($0, atMost: 6) } ?? []
    let numbers = ticks.map { TextMetrics.width($0.text, size: AxisTicks.fontSize) }.max() ?? 0
    let name = TextMetrics.width(title ?? "", size: Arrangement.axisTitleSize)
    return Arrangement.barGap + max(Arrangement.barThickness + Arrangement.barTickGap + numbers, name) + 8
  }
}
