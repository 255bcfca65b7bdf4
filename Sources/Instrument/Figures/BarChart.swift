import Text

/// Numbers as bars, one row of them or several: one panel of a figure, or a figure of its own.
///
/// ```swift
/// BarChart(["base": 0.61, "chat": 0.84], title: "Accuracy", y: "share of examples", format: ".0%")
/// BarChart(labels: models, title: "Accuracy by hops", y: "share", arrangement: .stacked) {
///   Series("right", y: right)
///   Series("wrong", y: wrong)
/// }
/// ```
/// Labels may be equal: each stands for its own place. Making a chart never fails: what does not fit is a `problem`, and the figure shows it
/// in the panel's place.
public struct BarChart: FigurePanel {
  /// Where the bars of several series stand.
  public enum Arrangement: Sendable, Equatable {
    /// Beside each other at each label.
    case grouped
    /// Upon each other at each label; numbers below 0 hang below it.
    case stacked
  }

  /// Which way bars grow.
  public enum Direction: Sendable, Equatable {
    case vertical
    /// To the right, the first label on top: for long labels, and for many.
    case horizontal
  }

  /// What each place along the axis is called.
  public var labels: [String]
  /// A number for each label, in the order of the legend; errors of them are drawn as error bars.
  public var series: [Series]
  /// What stands above the panel.
  public var title: String?
  /// What stands along the lower side.
  public var x: String?
  /// What stands along the left side.
  public var y: String?
  /// Where the bars of several series stand.
  public var arrangement: Arrangement
  /// Which way bars grow.
  public var direction: Direction
  /// The numbers at the ends of the axis of numbers; by default all bars are inside, and 0 is.
  public var range: ClosedRange<Double>?
  /// How numbers read on hovering, as d3 and Plotly write it: `.3f`, `.4~g`, `.1%`.
  public var format: String
  /// Its size, where the author says one.
  public var size = Figure.PanelSize()

  /// A chart of any series, with a label for each number of a series.
  public init(
    labels: [String], title: String? = nil, x: String? = nil, y: String? = nil, arrangement: Arrangement = .grouped,
    direction: Direction = .vertical, range: ClosedRange<Double>? = nil, format: String = ".4~g",
    @SeriesBuilder series: () throws -> [Series]
  ) rethrows {
    self.labels = labels
    self.series = try series()
    self.title = title
    self.x = x
    self.y = y
    self.arrangement = arrangement
    self.direction = direction
    self.range = range
    self.format = format
  }

  /// A bar for each name.
  public init<Number: Plottable>(
    _ values: KeyValuePairs<String, Number>, title: String? = nil, x: String? = nil, y: String? = nil,
    direction: Direction = .vertical, range: ClosedRange<Double>? = nil, format: String = ".4~g"
  ) {
    self.init(labels: values.map(\.key), title: title, x: x, y: y, direction: direction, range: range, format: format) {
      Series("", y: values.map(\.value))
    }
  }

  /// Itself.
  public var panel: Figure.Panel { .barChart(self) }

  /// Why this chart cannot be drawn, if it cannot.
  public var problem: FigureError? {
    for series in series {
      if series.x != nil { return .placed(series: series.name) }
      if series.y.count != labels.count {
        return .labels(axis: "bar", labels: labels.count, expected: series.y.count, of: "bars of “\(series.name)”")
      }
      if let problem = series.problem { return problem }
    }
    return series.contains { $0.y.contains(where: \.isFinite) } ? nil : .noPoints(series: series.count)
  }
}

extension BarChart: ChartPanel {
  /// The share of the room of a label that its bars take.
  private static let share = 0.8

  private var isHorizontal: Bool { direction == .horizontal }

  var names: (x: String?, y: String?) { (x, y) }

  var sides: (x: ChartSide, y: ChartSide) {
    let categories = ChartSide(isHorizontal ? y : x, labels: labels, isReversed: isHorizontal)
    let values = ChartSide(
      isHorizontal ? x : y,
      range.flatMap { NumberAxis(range: $0, isLog: false) } ?? NumberAxis(values: ends + [0], isLog: false, room: 0.06))
    return isHorizontal ? (values, categories) : (categories, values)
  }

  var hasLegend: Bool { series.count > 1 }

  var legendNames: [String] { hasLegend ? series.map { Markup.label($0.name) } : [] }

  var naturalSize: (alone: Figure.PanelSize, beside: Figure.PanelSize) {
    let bars = Double(labels.count) * Double(arrangement == .grouped ? max(1, series.count) : 1)
    if isHorizontal {
      let height = (bars * 17 + Double(labels.count) * 7 + 16).clamped(to: 90...900)
      return (Figure.PanelSize(width: 520, height: height), Figure.PanelSize(width: 320, height: height))
    }
    let width = bars * 26 + Double(labels.count) * 14
    return (
      Figure.PanelSize(width: width.clamped(to: 300...760), height: 280),
      Figure.PanelSize(width: width.clamped(to: 220...420), height: 240)
    )
  }

  /// Where each bar begins: those that are stacked, at the end of those before on the same side of 0.
  private var bases: [[Double]] {
    guard arrangement == .stacked else { return series.map { $0.y.map { _ in 0 } } }
    var ends = labels.map { _ in (above: 0.0, below: 0.0) }
    return series.map { series in
      series.y.enumerated().map { index, value in
        guard ends.indices.contains(index) else { return 0 }
        let base = value < 0 ? ends[index].below : ends[index].above
        if value.isFinite { if value < 0 { ends[index].below += value } else { ends[index].above += value } }
        return base
      }
    }
  }

  /// Where bars and their error bars end.
  private var ends: [Double] {
    zip(series, bases).flatMap { series, bases in
      let tops = zip(series.y, bases).map { $0 + $1 }
      guard let errors = series.errors else { return tops }
      return tops + zip(tops, errors.below).map { $0 - $1 } + zip(tops, errors.above).map { $0 + $1 }
    }
  }

  func traces(axis number: String) -> [Figure.Trace] {
    zip(series.indices, bases).map { .bar(trace($0, bases: $1, number)) }
  }

  private func trace(_ index: Int, bases: [Double], _ number: String) -> Figure.BarTrace {
    let series = series[index]
    let isGrouped = arrangement == .grouped
    let width = Self.share / (isGrouped ? Double(self.series.count) : 1)
    let (values, places): ([Double?], [Double?]) = (series.y.map { $0.isFinite ? $0 : nil }, labels.indices.map(Double.init))
    let errors = series.errors.map(Figure.ErrorBars.init)
    let name = series.name.isEmpty ? "" : "%{fullData.name}, "
    return Figure.BarTrace(
      x: isHorizontal ? values : places, y: isHorizontal ? places : values,
      base: bases.allSatisfy { $0 == 0 } ? nil : bases.map { $0.isFinite ? $0 : nil },
      offset: Self.rounded(isGrouped ? -Self.share / 2 + width * Double(index) : -Self.share / 2), width: Self.rounded(width),
      orientation: isHorizontal ? "h" : nil, text: labels.map(PlotlyText.label), textposition: "none",
      name: PlotlyText.label(series.name), marker: SeriesStyle(index).barMarker(number: index),
      errorY: isHorizontal ? nil : errors,
      errorX: isHorizontal ? errors : nil, xaxis: "x" + number, yaxis: "y" + number, legend: "legend" + number,
      showlegend: hasLegend ? nil : false, hovertemplate: "\(name)%{text}: %{value:\(format)}<extra></extra>")
  }

  /// Digits beyond these move a bar by less than a pixel.
  private static func rounded(_ place: Double) -> Double { (place * 1e5).rounded() / 1e5 }
}
