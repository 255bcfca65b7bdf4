/// Curves of y over x, one for each series: one panel of a figure, or a figure of its own.
///
/// ```swift
/// LineChart(["loss": losses], title: "Training", x: "step", y: "loss (nats)", xScale: .log)
/// LineChart(title: "Time to the first token", x: "tokens", y: "seconds") {
///   Series("prefill", x: tokens, y: prefill, markers: true)
///   for (name, times) in others { Series(name, x: tokens, y: times) }
/// }
/// ```
/// Two and more series get a legend; a single one is named on hovering and in the alternative text. Making a chart never fails: lengths
/// that differ, and numbers that a log axis cannot show, are `problem`s, and the figure shows them in the panel's place.
public struct LineChart: FigurePanel {
  /// How numbers become places on an axis.
  public enum Scale: Sendable, Equatable {
    case linear
    /// Equal distances are equal ratios. Only numbers above 0 have a place.
    case log
  }

  /// The curves, in the order of the legend.
  public var series: [Series]
  /// What stands above the panel.
  public var title: String?
  /// What x is, with its unit: `step`.
  public var x: String?
  /// What y is, with its unit: `loss (nats)`.
  public var y: String?
  /// How x values become places.
  public var xScale: Scale
  /// How y values become places.
  public var yScale: Scale
  /// The numbers at the axis's ends; curves are cut there. By default all points are inside. A range that is empty or endless, or not
  /// above 0 on a log axis, is ignored.
  public var xRange: ClosedRange<Double>?
  /// The numbers at the ends of the y axis; found from the data without it.
  public var yRange: ClosedRange<Double>?
  /// How y reads on hovering, as d3 and Plotly write it: `.3f`, `.4~g`, `.1%`.
  public var hoverFormat: String
  /// Its size, where the author says one.
  public var size = Figure.PanelSize()
  /// Whether lines join the points.
  var joinsPoints = true

  /// Itself.
  public var panel: Figure.Panel { .lineChart(self) }

  /// A chart of any series.
  public init(
    title: String? = nil, x: String? = nil, y: String? = nil, xScale: Scale = .linear, yScale: Scale = .linear,
    xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil, hoverFormat: String = ".4~g",
    @SeriesBuilder series: () throws -> [Series]
  ) rethrows {
    self.series = try series()
    self.title = title
    self.x = x
    self.y = y
    self.xScale = xScale
    self.yScale = yScale
    self.xRange = xRange
    self.yRange = yRange
    self.hoverFormat = hoverFormat
  }

  /// A chart of named lists of y, counted along x (see `Series`).
  public init<Number: Plottable>(
    _ series: KeyValuePairs<String, [Number]>, title: String? = nil, x: String? = nil, y: String? = nil,
    xScale: Scale = .linear, yScale: Scale = .linear, xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil,
    markers: Bool = false, hoverFormat: String = ".4~g"
  ) {
    self.init(
      title: title, x: x, y: y, xScale: xScale, yScale: yScale, xRange: xRange, yRange: yRange, hoverFormat: hoverFormat
    ) {
      for (name, values) in series { Series(name, y: values, markers: markers) }
    }
  }

  /// Why this chart cannot be drawn, if it cannot.
  public var problem: FigureError? {
    for series in series {
      if let problem = series.problem ?? series.unshowable(xScale, yScale) { return problem }
    }
    return series.contains(where: \.hasPoint) ? nil : .noPoints(series: series.count)
  }

  /// The points of a series, those without x counted from 0, or from 1 where x is a log axis.
  func points(of index: Int) -> [ChartPoint] {
    let first = xScale == .log ? 1.0 : 0
    let series = series[index]
    return series.y.indices.map { ChartPoint(x: series.x?[$0] ?? first + Double($0), y: series.y[$0]) }
  }
}

/// A curve of a chart: its name, and its points in the order in which they are joined.
///
/// A point whose x or y is not finite is missing, and the curve has a gap there.
public struct Series: Sendable, Equatable {
  /// What the legend says.
  public var name: String
  /// A number for each point. Without them points are counted from 0, or from 1 on a log axis.
  public var x: [Double]?
  /// A number for each point.
  public var y: [Double]
  /// What each point says on hovering beside its numbers.
  public var labels: [String]?
  /// Whether each point is marked.
  public var markers: Bool
  /// How far each y may be off, drawn as error bars.
  public var errors: Spread?
  /// The numbers around each y that are coloured, drawn as a band.
  public var band: Spread?

  /// Numbers below and above each y of a series.
  public struct Spread: Sendable, Equatable {
    /// How far below y; not negative.
    public var below: [Double]
    /// How far above y; not negative.
    public var above: [Double]
  }

  /// The series with error bars that reach equally far to both sides: standard errors, for example.
  public func errors<Number: Plottable>(_ errors: some Collection<Number>) -> Series {
    let errors = errors.map(\.plotted)
    return with { $0.errors = Spread(below: errors, above: errors) }
  }

  /// The series with error bars from `lower` to `upper`, in the numbers of y: confidence intervals, for example.
  public func errors<Number: Plottable>(from lower: some Collection<Number>, to upper: some Collection<Number>) -> Series {
    with { $0.errors = $0.spread(lower.map(\.plotted), upper.map(\.plotted)) }
  }

  /// The series with a band of this width on both sides: standard deviations, for example.
  public func band<Number: Plottable>(_ deviations: some Collection<Number>) -> Series {
    let deviations = deviations.map(\.plotted)
    return with { $0.band = Spread(below: deviations, above: deviations) }
  }

  /// The series with a band from `lower` to `upper`, in the numbers of y.
  public func band<Number: Plottable>(from lower: some Collection<Number>, to upper: some Collection<Number>) -> Series {
    with { $0.band = $0.spread(lower.map(\.plotted), upper.map(\.plotted)) }
  }

  private func with(_ change: (inout Series) -> Void) -> Series {
    var copy = self
    change(&copy)
    return copy
  }

  /// Lists of another length stay of that length, so that the chart says so.
  private func spread(_ lower: [Double], _ upper: [Double]) -> Spread {
    Spread(
      below: zip(y, lower).map { $0 - $1 } + lower.dropFirst(y.count),
      above: zip(upper, y).map { $0 - $1 } + upper.dropFirst(y.count))
  }

  /// A curve through points.
  public init<X: Plottable, Y: Plottable>(
    _ name: String, x: some Collection<X>, y: some Collection<Y>, labels: [String]? = nil, markers: Bool = false
  ) {
    self.init(name, y: y, labels: labels, markers: markers)
    self.x = x.map(\.plotted)
  }

  /// A curve of numbers that are counted along x.
  public init<Y: Plottable>(_ name: String, y: some Collection<Y>, labels: [String]? = nil, markers: Bool = false) {
    self.name = name
    self.y = y.map(\.plotted)
    self.labels = labels
    self.markers = markers
  }

  /// Whether any point is not missing; the lengths must be equal.
  fileprivate var hasPoint: Bool {
    y.indices.contains { ChartPoint(x: x?[$0] ?? 0, y: y[$0]).isPresent }
  }

  /// Lengths that differ.
  var problem: FigureError? {
    if let x, x.count != y.count { return .lengths(series: name, x: x.count, y: y.count) }
    if let labels, labels.count != y.count {
      return .labels(axis: "point", labels: labels.count, expected: y.count, of: "points of “\(name)”")
    }
    for (what, spread) in [("error bars", errors), ("a band", band)] {
      guard let spread else { continue }
      for side in [spread.below, spread.above] {
        if side.count != y.count { return .spreads(what, series: name, count: side.count, expected: y.count) }
        if let point = side.firstIndex(where: { $0 < 0 }) { return .negativeSpread(what, series: name, point: point) }
      }
    }
    return nil
  }

  /// A number that a log axis has no place for.
  fileprivate func unshowable(_ xScale: LineChart.Scale, _ yScale: LineChart.Scale) -> FigureError? {
    for (axis, scale, values) in [("x", xScale, x ?? []), ("y", yScale, y)] where scale == .log {
      if let point = values.firstIndex(where: { $0 <= 0 }) {
        return .notAboveZero(axis: axis, series: name, point: point, value: values[point])
      }
    }
    return nil
  }
}

/// A point of a curve; a coordinate that is not finite is missing.
struct ChartPoint: Equatable {
  var x: Double
  var y: Double

  var isPresent: Bool { x.isFinite && y.isFinite }
}

/// How cells make charts: series by series, in loops and conditions too.
@resultBuilder public enum SeriesBuilder {
  /// A statement in the braces.
  public static func buildExpression(_ series: Series) -> [Series] { [series] }
  /// A statement in the braces.
  public static func buildExpression(_ series: [Series]) -> [Series] { series }
  /// All statements, in order.
  public static func buildBlock(_ parts: [Series]...) -> [Series] { parts.flatMap { $0 } }
  /// The statements of a `for`.
  public static func buildArray(_ parts: [[Series]]) -> [Series] { parts.flatMap { $0 } }
  /// An `if` without `else`.
  public static func buildOptional(_ part: [Series]?) -> [Series] { part ?? [] }
  /// The first branch.
  public static func buildEither(first part: [Series]) -> [Series] { part }
  /// The other branch.
  public static func buildEither(second part: [Series]) -> [Series] { part }
  /// An `if #available`.
  public static func buildLimitedAvailability(_ part: [Series]) -> [Series] { part }
}
