extension Figure {
  /// What the figure shows, for those who cannot see it: titles, sizes, ranges, and where the largest value is.
  ///
  /// `Direct logit attribution. Heatmap “MLP”: 18 rows by 1 column, values from −1.2 to 0.8, strongest −1.2 at layer 17.`
  public var altText: String {
    let geometry = SVGGeometry(layout)
    let shown = heatmaps.prefix(12).map { description($0, geometry) }
    let rest = heatmaps.count > 12 ? ["And \(heatmaps.count - 12) more heatmaps."] : []
    let problems = layout.annotations.filter { $0.yanchor == "middle" }.map {
      PlotlyText.plain($0.text).replacing("\n", with: " ") + "."
    }
    return ((title.map { [$0 + "."] } ?? []) + shown + rest + problems).joined(separator: " ")
  }

  private func description(_ trace: HeatmapTrace, _ geometry: SVGGeometry) -> String {
    let panel = SVGPanel(trace, in: self, geometry)
    let values = trace.z
    let name = trace.name.map { " “\(PlotlyText.plain($0))”" } ?? ""
    let size = "\(count(values.rows, "row")) by \(count(values.columns, "column"))"
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
      + (missing > 0 ? "; \(count(missing, "value")) missing." : ".")
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
