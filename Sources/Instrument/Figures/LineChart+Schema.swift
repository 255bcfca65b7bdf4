import Text

/// From a line chart to the schema.
extension LineChart {
  /// - Parameter number: that of the panel's axes and of its legend: empty, `2`, `3`.
  func traces(axis number: String) -> [Figure.Trace] {
    series.indices.flatMap { edges($0, number) + [trace($0, number)] }.map(Figure.Trace.scatter)
  }

  /// The edges of a curve's band: the space between them is coloured.
  private func edges(_ index: Int, _ number: String) -> [Figure.ScatterTrace] {
    guard let band = series[index].band else { return [] }
    let (points, name, color) = (points(of: index), series[index].name, SeriesStyle(index).color)
    func edge(_ what: String, _ y: [Double]) -> Figure.ScatterTrace {
      Figure.ScatterTrace(
        x: points.map { $0.x.isFinite ? $0.x : nil }, y: y.map { $0.isFinite ? $0 : nil },
        name: PlotlyText.label(name.isEmpty ? what : "\(name): \(what)"), mode: "lines",
        line: Figure.Line(color: color.css, width: 0),
        xaxis: "x" + number, yaxis: "y" + number, showlegend: false, hoverinfo: "skip")
    }
    let lower = edge("lower edge", zip(points, band.below).map { $0.y - $1 })
    var upper = edge("upper edge", zip(points, band.above).map { $0.y + $1 })
    (upper.fill, upper.fillcolor) = ("tonexty", "rgba(\(color.red),\(color.green),\(color.blue),\(Self.bandOpacity))")
    return [lower, upper]
  }

  static let bandOpacity = 0.22

  private func trace(_ index: Int, _ number: String) -> Figure.ScatterTrace {
    let (series, style) = (series[index], SeriesStyle(index))
    let points = points(of: index)
    return Figure.ScatterTrace(
      x: points.map { $0.x.isFinite ? $0.x : nil }, y: points.map { $0.y.isFinite ? $0.y : nil },
      text: series.labels.map { $0.map(PlotlyText.label) }, name: PlotlyText.label(series.name),
      mode: !joinsPoints ? "markers" : series.markers ? "lines+markers" : "lines",
      line: Figure.Line(color: style.color.css, width: SeriesStyle.lineWidth, dash: style.dash == "solid" ? nil : style.dash),
      marker: series.markers || !joinsPoints
        ? Figure.Marker(color: joinsPoints ? nil : style.color.css, size: SeriesStyle.markerSize, symbol: style.symbol) : nil,
      xaxis: "x" + number, yaxis: "y" + number, legend: "legend" + number, showlegend: hasLegend ? nil : false,
      hovertemplate: hoverTemplate(series), errorY: series.errors.map(Figure.ErrorBars.init))
  }

  /// `loss: warm-up, step 3, nats 0.812`
  private func hoverTemplate(_ series: Series) -> String {
    let name = series.name.isEmpty ? "" : "%{fullData.name}: "
    let label = series.labels == nil ? "" : "%{text}, "
    func short(_ title: String) -> String { PlotlyText.label(TextMetrics.clipped(title, to: HoverTemplate.longestText)) }
    let (x, y) = (x.map(short) ?? "x", y.map(short) ?? "y")
    return "\(name)\(label)\(x) %{x:.6~g}, \(y) %{y:\(hoverFormat)}<extra></extra>"
  }
}

extension Figure.ErrorBars {
  init(_ spread: Series.Spread) {
    let isSymmetric = spread.below == spread.above
    self.init(
      type: "data", array: spread.above.map { $0.isFinite ? $0 : nil },
      arrayminus: isSymmetric ? nil : spread.below.map { $0.isFinite ? $0 : nil }, symmetric: isSymmetric ? nil : false)
  }
}

extension LineChart: ChartPanel {
  var names: (x: String?, y: String?) { (x, y) }

  var sides: (x: ChartSide, y: ChartSide) { (ChartSide(x, xAxis), ChartSide(y, yAxis)) }

  /// Lines end at the frame; points that are marked keep away from it.
  private var xAxis: NumberAxis {
    let isLog = xScale == .log
    let values = series.indices.lazy.flatMap { points(of: $0) }.filter(\.isPresent).map(\.x)
    let keepsAway = !joinsPoints || series.contains { $0.markers || $0.errors != nil }
    return xRange.flatMap { NumberAxis(range: $0, isLog: isLog) }
      ?? NumberAxis(values: values, isLog: isLog, room: keepsAway ? 0.03 : 0)
  }

  private var yAxis: NumberAxis {
    let isLog = yScale == .log
    let values = series.indices.lazy.flatMap { heights(of: $0) }
    return yRange.flatMap { NumberAxis(range: $0, isLog: isLog) } ?? NumberAxis(values: values, isLog: isLog, room: 0.06)
  }

  /// All y of a series, with the ends of its error bars and of its band.
  private func heights(of index: Int) -> [Double] {
    let (points, series) = (points(of: index), series[index])
    let spreads = [series.errors, series.band].compactMap { $0 }.flatMap { spread in
      zip(points, spread.below).map { $0.isPresent ? $0.y - $1 : .nan }
        + zip(points, spread.above).map { $0.isPresent ? $0.y + $1 : .nan }
    }
    return points.filter(\.isPresent).map(\.y) + spreads
  }

  var hasLegend: Bool { series.count > 1 }

  var legendNames: [String] { hasLegend ? series.map { Markup.label($0.name) } : [] }
}
