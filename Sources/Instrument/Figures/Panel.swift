import Text

extension Figure {
  /// What a figure is made of: a heatmap or a chart, which stand beside each other.
  public enum Panel: Sendable, Equatable {
    case heatmap(Heatmap)
    case lineChart(LineChart)
  }
}

/// How cells make figures: panels in a row, or in a grid, with one colour scale for all heatmaps.
@resultBuilder public enum PanelBuilder {
  /// A statement in the braces.
  public static func buildExpression(_ heatmap: Heatmap) -> [Figure.Panel] { [.heatmap(heatmap)] }
  /// A statement in the braces.
  public static func buildExpression(_ chart: LineChart) -> [Figure.Panel] { [.lineChart(chart)] }
  /// A statement in the braces.
  public static func buildExpression(_ heatmaps: [Heatmap]) -> [Figure.Panel] { heatmaps.map(Figure.Panel.heatmap) }
  /// A statement in the braces.
  public static func buildExpression(_ charts: [LineChart]) -> [Figure.Panel] { charts.map(Figure.Panel.lineChart) }
  /// A statement in the braces.
  public static func buildExpression(_ panels: [Figure.Panel]) -> [Figure.Panel] { panels }
  /// All statements, in order.
  public static func buildBlock(_ parts: [Figure.Panel]...) -> [Figure.Panel] { parts.flatMap { $0 } }
  /// The statements of a `for`.
  public static func buildArray(_ parts: [[Figure.Panel]]) -> [Figure.Panel] { parts.flatMap { $0 } }
  /// An `if` without `else`.
  public static func buildOptional(_ part: [Figure.Panel]?) -> [Figure.Panel] { part ?? [] }
  /// The first branch.
  public static func buildEither(first part: [Figure.Panel]) -> [Figure.Panel] { part }
  /// The other branch.
  public static func buildEither(second part: [Figure.Panel]) -> [Figure.Panel] { part }
  /// An `if #available`.
  public static func buildLimitedAvailability(_ part: [Figure.Panel]) -> [Figure.Panel] { part }
}

extension Figure.Panel {
  /// What stands above the panel.
  var title: String? {
    switch self {
    case .heatmap(let heatmap): heatmap.title
    case .lineChart(let chart): chart.title
    }
  }

  /// What stands along its lower side.
  var x: String? {
    switch self {
    case .heatmap(let heatmap): heatmap.x
    case .lineChart(let chart): chart.x
    }
  }

  /// What stands along its left side.
  var y: String? {
    switch self {
    case .heatmap(let heatmap): heatmap.y
    case .lineChart(let chart): chart.y
    }
  }

  /// Why the panel cannot be drawn, if it cannot.
  var problem: FigureError? {
    switch self {
    case .heatmap(let heatmap): heatmap.problem
    case .lineChart(let chart): chart.problem
    }
  }

  var heatmap: Heatmap? { if case .heatmap(let heatmap) = self { heatmap } else { nil } }
  var lineChart: LineChart? { if case .lineChart(let chart) = self { chart } else { nil } }

  func isSlanted(width: Double) -> Bool { heatmap.map { AxisTicks($0.columnAxis).isSlanted(length: width) } ?? false }

  /// Matrices such as attention patterns, of as many rows as columns.
  var isSquare: Bool {
    guard let values = heatmap?.values else { return false }
    return values.rows == values.columns && values.rows >= 8
  }

  /// The width of the labels on the left, in pixels.
  var yLabelWidth: Double {
    switch self {
    case .heatmap(let heatmap): AxisTicks(heatmap.rowAxis).widest
    case .lineChart(let chart): chart.yAxis.widestTick
    }
  }

  /// The width of the slanted labels below, in pixels.
  var slantedLabelWidth: Double { heatmap.map { AxisTicks($0.columnAxis).widest } ?? 0 }

  var showsXLabels: Bool { heatmap?.showsXLabels ?? true }

  /// Whether both have the same rows, so that one's labels can stand for the other's.
  func sharesY(with other: Self) -> Bool {
    switch (self, other) {
    case (.heatmap(let own), .heatmap(let other)): own.rowAxis == other.rowAxis
    case (.lineChart(let own), .lineChart(let other)): own.y == other.y && own.yAxis == other.yAxis
    default: false
    }
  }

  /// Whether both have the same columns.
  func sharesX(with other: Self) -> Bool {
    switch (self, other) {
    case (.heatmap(let own), .heatmap(let other)): own.columnAxis == other.columnAxis
    case (.lineChart(let own), .lineChart(let other)): own.x == other.x && own.xAxis == other.xAxis
    default: false
    }
  }
}

extension Heatmap {
  /// The number 0 under a single column says nothing.
  var showsXLabels: Bool { xLabels != nil || values.columns > 1 }
}

extension LineChart {
  /// Lines end at the frame; points that are marked keep away from it.
  var xAxis: NumberAxis {
    let isLog = xScale == .log
    let values = series.indices.lazy.flatMap { points(of: $0) }.filter(\.isPresent).map(\.x)
    return xRange.flatMap { NumberAxis(range: $0, isLog: isLog) }
      ?? NumberAxis(values: values, isLog: isLog, room: series.contains(where: \.markers) ? 0.03 : 0)
  }

  var yAxis: NumberAxis {
    let isLog = yScale == .log
    let values = series.indices.lazy.flatMap { points(of: $0) }.filter(\.isPresent).map(\.y)
    return yRange.flatMap { NumberAxis(range: $0, isLog: isLog) } ?? NumberAxis(values: values, isLog: isLog, room: 0.06)
  }

  /// One series alone needs no legend.
  var hasLegend: Bool { series.count > 1 }

  /// The names that the legend shows.
  var legendNames: [String] { hasLegend ? series.map { Markup.label($0.name) } : [] }
}
