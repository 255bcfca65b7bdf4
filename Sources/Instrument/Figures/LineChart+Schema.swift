import Text

/// From a line chart to the schema.
extension LineChart {
  /// - Parameter number: that of the panel's axes and of its legend: empty, `2`, `3`.
  func traces(axis number: String) -> [Figure.Trace] {
    series.indices.map { .scatter(trace($0, number)) }
  }

  private func trace(_ index: Int, _ number: String) -> Figure.ScatterTrace {
    let (series, style) = (series[index], SeriesStyle(index))
    let points = points(of: index)
    return Figure.ScatterTrace(
      x: points.map { $0.x.isFinite ? $0.x : nil }, y: points.map { $0.y.isFinite ? $0.y : nil },
      text: series.labels.map { $0.map(PlotlyText.label) }, name: PlotlyText.label(series.name),
      mode: series.markers ? "lines+markers" : "lines",
      line: Figure.Line(color: style.color.css, width: SeriesStyle.lineWidth, dash: style.dash == "solid" ? nil : style.dash),
      marker: series.markers ? Figure.Marker(size: SeriesStyle.markerSize, symbol: style.symbol) : nil,
      xaxis: "x" + number, yaxis: "y" + number, legend: "legend" + number, showlegend: hasLegend ? nil : false,
      hovertemplate: hoverTemplate(series))
  }

  /// `loss: warm-up, step 3, nats 0.812`
  private func hoverTemplate(_ series: Series) -> String {
    let name = series.name.isEmpty ? "" : "%{fullData.name}: "
    let label = series.labels == nil ? "" : "%{text}, "
    func short(_ title: String) -> String { PlotlyText.label(TextMetrics.clipped(title, to: HoverTemplate.longestText)) }
    let (x, y) = (x.map(short) ?? "x", y.map(short) ?? "y")
    return "\(name)\(label)\(x) %{x:.6~g}, \(y) %{y:\(hoverFormat)}<extra></extra>"
  }

  /// The axes without their places.
  var axes: (x: Figure.Axis, y: Figure.Axis) { (axis(xAxis, x), axis(yAxis, y)) }

  private func axis(_ numbers: NumberAxis, _ title: String?) -> Figure.Axis {
    Figure.Axis(
      type: numbers.isLog ? "log" : "linear", range: [numbers.ends.lowerBound, numbers.ends.upperBound],
      title: title.map { Figure.Title(text: PlotlyText.label($0), font: Figure.Font(size: Arrangement.axisTitleSize)) },
      showgrid: true, gridcolor: "rgba(128,128,128,0.2)", zeroline: false)
  }
}
