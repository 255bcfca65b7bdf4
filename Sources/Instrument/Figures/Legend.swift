import Text

/// The names of a panel's series in rows as wide as the panel.
struct LegendRows: Equatable {
  /// A name, where it begins in its row, and whose it is; the last one may stand for all that had no room.
  struct Entry: Equatable {
    /// The number of the series; `nil` for the remark that there are more.
    var series: Int?
    var text: String
    var x: Double
    var row: Int
  }

  /// Sizes in pixels: the sample of a line, and the gap to its name, and from there to the next sample.
  static let sample = 24.0
  static let sampleGap = 6.0
  static let gap = 18.0
  static let lineHeight = 18.0
  static let mostRows = 6
  static let longestName = 36
  static let tallest = Double(mostRows) * lineHeight + 4

  private(set) var entries: [Entry] = []

  init(names: [String], width: Double) {
    // More have no room, however short they are.
    let most = Self.mostRows * Int(bounded: width / (Self.sample + Self.sampleGap + Self.gap) + 1, to: 1...1000)
    let shown = names.prefix(most).map { TextMetrics.clipped($0, to: Self.longestName) }
    place(shown, more: names.count - shown.count, width)
    // Names are taken away from the end until the remark fits as well.
    var count = shown.count
    while rows > Self.mostRows, count > 1 {
      count -= 1
      place(shown.prefix(count), more: names.count - count, width)
    }
  }

  var rows: Int { (entries.last?.row ?? -1) + 1 }
  /// With the gap to the panel below.
  var height: Double { rows == 0 ? 0 : Double(rows) * Self.lineHeight + 4 }

  private mutating func place(_ names: some Collection<String>, more: Int, _ width: Double) {
    entries = []
    var (x, row) = (0.0, 0)
    func add(_ text: String, series: Int?) {
      let sample = series == nil ? 0 : Self.sample + Self.sampleGap
      let needed = sample + TextMetrics.width(text, size: AxisTicks.fontSize)
      if x > 0, x + needed > width { (x, row) = (0, row + 1) }
      entries.append(Entry(series: series, text: text, x: x, row: row))
      x += needed + Self.gap
    }
    for (number, name) in names.enumerated() { add(name, series: number) }
    if more > 0 { add("and \(more) more", series: nil) }
  }
}

/// Draws the legend of a panel: a sample of each line, and its name.
struct SVGLegend {
  var panel: SVGChart

  func draw(_ svg: inout SVGText) {
    let shown = panel.legendItems
    guard !shown.isEmpty else { return }
    let legend = LegendRows(names: shown.map(\.label), width: panel.frame.width)
    let (left, top) = (panel.legendPlace.x, panel.legendPlace.y - legend.height)
    for entry in legend.entries {
      let x = left + entry.x
      let y = top + (Double(entry.row) + 0.5) * LegendRows.lineHeight
      var textX = x
      if let series = entry.series {
        sample(of: shown[series], x, y, in: &svg)
        textX += LegendRows.sample + LegendRows.sampleGap
      }
      svg.element(
        "text",
        ["x": Numbers.coordinate(textX), "y": Numbers.coordinate(y + 3.8), "fill-opacity": ".82", "style": "white-space:pre"],
        entry.text)
    }
  }

  private func sample(of item: SVGChart.LegendItem, _ x: Double, _ y: Double, in svg: inout SVGText) {
    switch item {
    case .curve(let curve): sample(of: curve, x, y, in: &svg)
    case .bars(let bars):
      let (left, top) = (Numbers.coordinate(x + 7), Numbers.coordinate(y - 5))
      svg.raw("<path \(BarLook(bars).attributes) d=\"M\(left) \(top)h11v10h-11z\"/>")
    }
  }

  private func sample(of curve: SVGChart.Curve, _ x: Double, _ y: Double, in svg: inout SVGText) {
    if curve.trace.hasLine {
      svg.raw(
        "<path \(curve.stroke) d=\"M\(Numbers.coordinate(x)) \(Numbers.coordinate(y))h\(Numbers.coordinate(LegendRows.sample))\"/>"
      )
    }
    if curve.trace.hasMarkers {
      svg.raw("<path fill=\"\(curve.style.color.hex)\" d=\"\(curve.style.markerPath(x + LegendRows.sample / 2, y))\"/>")
    }
  }
}
