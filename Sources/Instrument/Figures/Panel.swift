import Text

extension Figure {
  /// What a figure is made of: a heatmap or a chart, which stand beside each other.
  public enum Panel: Sendable, Equatable {
    case heatmap(Heatmap)
    case lineChart(LineChart)
    case scatterChart(ScatterChart)
    case barChart(BarChart)
    case histogram(Histogram)
    case boxPlot(BoxPlot)
  }

  /// The size of a panel between its axes, in pixels; what is not said follows from the data.
  public struct PanelSize: Sendable, Equatable {
    /// From 40 to 1000 pixels.
    public var width: Double?
    /// From 24 to 2000 pixels.
    public var height: Double?

    /// A size of which either side may be left open.
    public init(width: Double? = nil, height: Double? = nil) { (self.width, self.height) = (width, height) }

    var drawnWidth: Double? { width.flatMap { $0.isFinite ? $0.clamped(to: 40...1000) : nil } }
    var drawnHeight: Double? { height.flatMap { $0.isFinite ? $0.clamped(to: 24...2000) : nil } }
  }
}

/// A heatmap or a chart: a figure of its own, or a panel in `Figure.row` and `Figure.grid`.
public protocol FigurePanel: Sendable, Equatable {
  /// What stands above the panel.
  var title: String? { get set }
  /// Its size, where the author says one.
  var size: Figure.PanelSize { get set }
  /// Itself, as one of the kinds of panels.
  var panel: Figure.Panel { get }
}

extension FigurePanel {
  /// The same with another size between its axes, in pixels: `chart.sized(width: 480, height: 200)`.
  public func sized(width: Double? = nil, height: Double? = nil) -> Self {
    var copy = self
    copy.size = Figure.PanelSize(width: width ?? size.width, height: height ?? size.height)
    return copy
  }
}

extension Heatmap: FigurePanel {
  /// Itself.
  public var panel: Figure.Panel { .heatmap(self) }
}

/// How cells make figures: panels in a row, or in a grid, with one colour scale for all heatmaps.
@resultBuilder public enum PanelBuilder {
  /// A statement in the braces.
  public static func buildExpression(_ panel: some FigurePanel) -> [Figure.Panel] { [panel.panel] }
  /// A statement in the braces.
  public static func buildExpression(_ panels: [some FigurePanel]) -> [Figure.Panel] { panels.map(\.panel) }
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
  /// The chart, of all that is no heatmap.
  var chart: (any ChartPanel)? {
    switch self {
    case .heatmap: nil
    case .lineChart(let chart): chart
    case .scatterChart(let chart): chart
    case .barChart(let chart): chart
    case .histogram(let chart): chart
    case .boxPlot(let chart): chart
    }
  }

  var heatmap: Heatmap? { if case .heatmap(let heatmap) = self { heatmap } else { nil } }

  /// What stands above the panel.
  var title: String? { heatmap.map(\.title) ?? chart?.title }

  /// What stands along its lower side.
  var x: String? { heatmap.map(\.x) ?? chart?.names.x }

  /// What stands along its left side.
  var y: String? { heatmap.map(\.y) ?? chart?.names.y }

  var size: Figure.PanelSize { heatmap?.size ?? chart?.size ?? Figure.PanelSize() }

  /// Why the panel cannot be drawn, if it cannot.
  var problem: FigureError? { heatmap.map(\.problem) ?? chart?.problem }

  private var xTicks: AxisTicks? { heatmap.map { AxisTicks($0.columnAxis) } ?? chart?.sides.x.categoryTicks }

  func isSlanted(width: Double) -> Bool { xTicks?.isSlanted(length: width) ?? false }

  /// Matrices such as attention patterns, of as many rows as columns.
  var isSquare: Bool {
    guard let heatmap, heatmap.size == Figure.PanelSize(), heatmap.numbers == nil else { return false }
    return heatmap.values.rows == heatmap.values.columns && heatmap.values.rows >= 8
  }

  /// The width of the labels on the left, in pixels.
  var yLabelWidth: Double { heatmap.map { AxisTicks($0.rowAxis).widest } ?? chart?.sides.y.widestTick ?? 0 }

  /// The width of the slanted labels below, in pixels.
  var slantedLabelWidth: Double { xTicks?.widest ?? 0 }

  /// How far the numbers below a chart may reach beyond its right side.
  var overhang: Double { chart.map { $0.sides.x.labels == nil ? $0.sides.x.widestTick / 2 + 2 : 0 } ?? 0 }

  var showsXLabels: Bool { heatmap?.showsXLabels ?? true }

  /// Whether both have the same rows, so that one's labels can stand for the other's.
  func sharesY(with other: Self) -> Bool {
    if let own = chart, let other = other.chart { return own.sides.y == other.sides.y }
    return heatmap.flatMap { own in other.heatmap.map { own.rowAxis == $0.rowAxis } } ?? false
  }

  /// Whether both have the same columns.
  func sharesX(with other: Self) -> Bool {
    if let own = chart, let other = other.chart { return own.sides.x == other.sides.x }
    return heatmap.flatMap { own in other.heatmap.map { own.columnAxis == $0.columnAxis } } ?? false
  }
}

extension Heatmap {
  /// The number 0 under a single column says nothing.
  var showsXLabels: Bool { xLabels != nil || values.columns > 1 }
}
