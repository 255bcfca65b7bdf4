/// Points of y over x that no line joins, in groups: one panel of a figure, or a figure of its own.
///
/// ```swift
/// ScatterChart(title: "DLA and patching", x: "direct effect", y: "total effect") {
///   Series("attention heads", x: direct, y: total, labels: heads)
///   Series("MLPs", x: directMLP, y: totalMLP)
/// }
/// ```
/// It has all that a `LineChart` has: scales, ranges, error bars. The labels of its points say on hovering which each one is, and reviews
/// find points again by them.
@dynamicMemberLookup public struct ScatterChart: FigurePanel {
  /// The same points as curves.
  private var chart: LineChart

  /// A chart of any groups of points.
  public init(
    title: String? = nil, x: String? = nil, y: String? = nil, xScale: LineChart.Scale = .linear,
    yScale: LineChart.Scale = .linear,
    xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil, hoverFormat: String = ".4~g",
    @SeriesBuilder series: () throws -> [Series]
  ) rethrows {
    chart = try LineChart(
      title: title, x: x, y: y, xScale: xScale, yScale: yScale, xRange: xRange, yRange: yRange, hoverFormat: hoverFormat,
      series: series)
    chart.joinsPoints = false
  }

  /// What stands above the panel.
  public var title: String? {
    get { chart.title }
    set { chart.title = newValue }
  }

  /// Its size, where the author says one.
  public var size: Figure.PanelSize {
    get { chart.size }
    set { chart.size = newValue }
  }

  /// Itself.
  public var panel: Figure.Panel { .scatterChart(self) }

  /// What a `LineChart` has: `series`, `x`, `y`, `xScale`, …
  public subscript<Value>(dynamicMember path: WritableKeyPath<LineChart, Value>) -> Value {
    get { chart[keyPath: path] }
    set { chart[keyPath: path] = newValue }
  }

  /// Why this chart cannot be drawn, if it cannot.
  public var problem: FigureError? { chart.problem }
}

extension ScatterChart: ChartPanel {
  var names: (x: String?, y: String?) { chart.names }
  var sides: (x: ChartSide, y: ChartSide) { chart.sides }
  var hasLegend: Bool { chart.hasLegend }
  var legendNames: [String] { chart.legendNames }
  func traces(axis number: String) -> [Figure.Trace] { chart.traces(axis: number) }
  var naturalSize: (alone: Figure.PanelSize, beside: Figure.PanelSize) {
    (Figure.PanelSize(width: 560, height: 380), Figure.PanelSize(width: 340, height: 290))
  }
}
