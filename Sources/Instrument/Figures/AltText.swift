import Text

extension Figure {
  /// What the figure shows, for those who cannot see it: titles, sizes, ranges, where the largest value of a heatmap is, and where the
  /// curves of a chart begin and end.
  ///
  /// `Direct logit attribution. Heatmap “MLP”: 18 rows by 1 column, values from −1.2 to 0.8, strongest −1.2 at layer 17.`
  public var altText: String { bounded.describedText }

  private var describedText: String {
    let geometry = SVGGeometry(layout)
    let (heatmaps, charts) = (heatmaps, charts)
    let descriptions =
      heatmaps.prefix(12).map { description($0, geometry) } + charts.prefix(12).map { description($0, geometry) }
    let rest = [Self.more(heatmaps.count - 12, "heatmap"), Self.more(charts.count - 12, "chart")].compactMap { $0 }
    let problems = layout.annotations.lazy.filter { $0.yanchor == "middle" }.prefix(SVGDrawing.mostPanels).map {
      PlotlyText.plain($0.text).replacing("\n", with: " ") + "."
    }
    return ((title.map { [$0 + "."] } ?? []) + descriptions + rest + problems).joined(separator: " ")
  }

  private func description(_ trace: HeatmapTrace, _ geometry: SVGGeometry) -> String {
    let panel = SVGPanel(trace, in: self, geometry)
    let values = trace.z
    let name = trace.name.map { " “\(PlotlyText.plain($0))”" } ?? ""
    let size = "\(Self.count(values.rows, "row")) by \(Self.count(values.columns, "column"))"
    let missing = values.elements.count { !$0.isFinite }
    guard
      let strongest = values.elements.indices.filter({ values.elements[$0].isFinite }).max(by: {
        abs(values.elements[$0]) < abs(values.elements[$1])
      })
    else { return "Heatmap\(name): \(size), all values missing." }
    let format = NumberFormat(".4~g")
    let (low, high) = values.present.reduce((Double.infinity, -Double.infinity)) { (min($0.0, $1), max($0.1, $1)) }
    let place = panel.hover.text(row: strongest / values.columns, column: strongest % values.columns, values.elements[strongest])
    return "Heatmap\(name): \(size), values from \(format(low)) to \(format(high)), strongest at \(place)"
      + (missing > 0 ? "; \(Self.count(missing, "value")) missing." : ".")
  }

  private static func count(_ number: Int, _ noun: String, plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  private static func more(_ number: Int, _ noun: String, plural: String? = nil) -> String? {
    number > 0 ? "And \(number) more \(number == 1 ? noun : plural ?? noun + "s")." : nil
  }
}

extension Figure {
  /// `Line chart “Training”: loss over step (log scale), 1 series. “loss”: 100 points, from 4.2 at 1 to 1.1 at 100, lowest 1 at 93.`
  fileprivate func description(_ traces: ChartTraces, _ geometry: SVGGeometry) -> String {
    let chart = SVGChart(traces, in: self, geometry)
    let (x, y) = (chart.axes.x.axis, chart.axes.y.axis)
    func name(_ axis: Axis, _ letter: String) -> String {
      let title = axis.title.map { Markup.label(PlotlyText.plain($0.text)) } ?? letter
      return title + (axis.type == "log" ? " (log scale)" : "")
    }
    let title = panelTitle(above: chart.frame, geometry).map { " “\($0)”" } ?? ""
    // The edges of a band are told with their curve, by its spread.
    let curves = traces.curves.filter { $0.hoverinfo != "skip" }
    let count = curves.count + traces.bars.count + traces.boxes.count
    let told =
      curves.prefix(8).map { Self.description($0) } + traces.bars.prefix(8).map(Self.description)
      + traces.boxes.prefix(8).flatMap(Self.descriptions)
    let rest = Self.more(count - 8, "series", plural: "series").map { [$0] } ?? []
    let kind =
      if !traces.bars.isEmpty { "Bar chart" } else if !traces.boxes.isEmpty { "Box plot" } else {
        curves.contains(where: \.hasLine) ? "Line chart" : "Scatter chart"
      }
    let axes = [y, x].contains { $0.title != nil } || traces.boxes.isEmpty && traces.bars.isEmpty
    let over = axes ? ": \(name(y, "y")) over \(name(x, "x")), " : ": "
    let head =
      "\(kind)\(title)\(over)\(traces.boxes.isEmpty ? "\(count) series" : Self.count(count, "box", plural: "boxes"))."
    return ([head] + told.prefix(8) + rest).joined(separator: " ")
  }

  /// `“base”: 4 bars, from 0.1 at 5 hops to 0.8 at 1 hop.`
  private static func description(_ trace: BarTrace) -> String {
    let name = trace.label.isEmpty ? "" : "“\(trace.label)”: "
    let bars = trace.extents
    guard let low = bars.min(by: { $0.value < $1.value }), let high = bars.max(by: { $0.value < $1.value }) else {
      return "\(name)all bars missing."
    }
    func text(_ bar: BarTrace.Extent) -> String {
      let label = trace.text.flatMap { $0.indices.contains(bar.index) ? $0[bar.index] : nil }.map(HoverTemplate.label)
      return NumberFormat(".4~g")(bar.value) + " at " + (label ?? NumberFormat(".6~g")((bar.sides.0 + bar.sides.1) / 2))
    }
    let values = bars.count <= 6 ? bars.map(text).joined(separator: ", ") : "from \(text(low)) to \(text(high))"
    let missing = trace.values.count - bars.count
    return "\(name)\(count(bars.count, "bar")), \(values)" + (missing > 0 ? "; \(count(missing, "bar")) missing." : ".")
  }

  private static func descriptions(_ trace: BoxTrace) -> [String] {
    let boxes = trace.extents
    return boxes.isEmpty ? ["\(trace.label): no numbers."] : boxes.map { SVGBars.title(trace, $0) + "." }
  }

  /// `“loss”: 100 points, from 4.2 at 0 to 1.1 at 99, lowest 1 at 93, highest 4.2 at 0; 1 point missing.`
  private static func description(_ trace: ScatterTrace) -> String {
    let points = trace.points.filter(\.isPresent)
    let name = trace.label.isEmpty ? "Unnamed" : "“\(trace.label)”"
    guard let first = points.first, let last = points.last, let low = points.min(by: { $0.y < $1.y }),
      let high = points.max(by: { $0.y < $1.y })
    else { return "\(name): all points missing." }
    func text(_ point: ChartPoint) -> String { NumberFormat(".4~g")(point.y) + " at " + NumberFormat(".6~g")(point.x) }
    let ends = points.count == 1 ? text(first) : "from \(text(first)) to \(text(last))"
    let extremes = [
      low == first || low == last ? nil : "lowest \(text(low))", high == first || high == last ? nil : "highest \(text(high))",
    ]
    let missing = trace.y.count - points.count
    return ([name + ": " + count(points.count, "point"), ends] + extremes.compactMap { $0 }).joined(separator: ", ")
      + (missing > 0 ? "; \(count(missing, "point")) missing." : ".")
  }

  /// A panel's title is the nearest annotation above its middle.
  private func panelTitle(above frame: PanelFrame, _ geometry: SVGGeometry) -> String? {
    let above = layout.annotations.compactMap { note -> (distance: Double, text: String)? in
      let place = geometry.point(note.x, note.y)
      guard note.yanchor == "bottom", abs(place.x - frame.x - frame.width / 2) < 1, place.y < frame.y + 1 else { return nil }
      return (frame.y - place.y, PlotlyText.plain(note.text))
    }
    return above.min { $0.distance < $1.distance }.flatMap { $0.distance < LegendRows.tallest + 1 ? $0.text : nil }
  }
}
