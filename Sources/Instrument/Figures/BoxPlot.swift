import Text

/// Lists of many numbers as boxes beside each other: one panel of a figure, or a figure of its own.
///
/// ```swift
/// BoxPlot(["clean": clean, "corrupted": corrupted], title: "Logit difference", y: "logits")
/// ```
/// A box reaches from the first to the third quartile, with a line at the median. Whiskers reach to the farthest numbers that lie no more than
/// 1.5 heights of the box beyond it; each number beyond them is a point. Numbers that are not finite are left out.
public struct BoxPlot: FigurePanel {
  /// The numbers by name, from left to right.
  public var series: [(name: String, values: [Double])] {
    get { lists.map { ($0.name, $0.y) } }
    set { lists = newValue.map { Series($0.name, y: $0.values) } }
  }
  private var lists: [Series]
  /// What stands above the panel.
  public var title: String?
  /// What the lists differ in.
  public var x: String?
  /// What the numbers are, with their unit.
  public var y: String?
  /// The numbers at the ends of the left side; by default all are inside.
  public var range: ClosedRange<Double>?
  /// Its size, where the author says one.
  public var size = Figure.PanelSize()

  /// A box for each name.
  public init<Number: Plottable>(
    _ series: KeyValuePairs<String, [Number]>, title: String? = nil, x: String? = nil, y: String? = nil,
    range: ClosedRange<Double>? = nil
  ) {
    self.init(labels: series.map(\.key), series.map(\.value), title: title, x: x, y: y, range: range)
  }

  /// A box for each list; labels without a list, and lists without a label, are left out of the drawing and told.
  public init<Number: Plottable>(
    labels: [String], _ lists: [[Number]], title: String? = nil, x: String? = nil, y: String? = nil,
    range: ClosedRange<Double>? = nil
  ) {
    self.lists = zip(labels, lists).map { Series($0, y: $1) }
    self.title = title
    self.x = x
    self.y = y
    self.range = range
    if labels.count != lists.count {
      mismatch = .labels(axis: "box", labels: labels.count, expected: lists.count, of: "lists of numbers")
    }
  }

  private var mismatch: FigureError?

  /// Itself.
  public var panel: Figure.Panel { .boxPlot(self) }

  /// Why it cannot be drawn, if it cannot.
  public var problem: FigureError? {
    if let mismatch { return mismatch }
    if lists.isEmpty { return .noPoints(series: 0) }
    return lists.first { !$0.y.contains(where: \.isFinite) }.map { .noNumbers(name: $0.name) }
  }
}

extension BoxPlot: ChartPanel {
  var names: (x: String?, y: String?) { (x, y) }

  var sides: (x: ChartSide, y: ChartSide) {
    let numbers = lists.lazy.flatMap(\.y)
    let axis = range.flatMap { NumberAxis(range: $0, isLog: false) } ?? NumberAxis(values: numbers, isLog: false, room: 0.06)
    return (ChartSide(x, labels: lists.map(\.name)), ChartSide(y, axis))
  }

  var hasLegend: Bool { false }
  var legendNames: [String] { [] }

  var naturalSize: (alone: Figure.PanelSize, beside: Figure.PanelSize) {
    let width = Double(lists.count) * 70
    return (
      Figure.PanelSize(width: width.clamped(to: 300...760), height: 300),
      Figure.PanelSize(width: width.clamped(to: 220...420), height: 250)
    )
  }

  func traces(axis number: String) -> [Figure.Trace] {
    let color = SeriesStyle.colors[0]
    return lists.enumerated().map { index, list in
      let box = FiveNumbers(list.y)
      return .box(
        Figure.BoxTrace(
          x: [Double(index)], y: [box.outliers], q1: [box.quartiles.lower], median: [box.quartiles.median],
          q3: [box.quartiles.upper], lowerfence: [box.whiskers.lowerBound], upperfence: [box.whiskers.upperBound],
          boxpoints: "outliers", width: 0.5, name: PlotlyText.label(list.name), marker: Figure.Marker(color: color.css, size: 4),
          line: Figure.Line(color: color.css, width: 1.5),
          fillcolor: "rgba(\(color.red),\(color.green),\(color.blue),\(LineChart.bandOpacity))", xaxis: "x" + number,
          yaxis: "y" + number, showlegend: false))
    }
  }
}

/// What a box plot shows of a list of numbers.
package struct FiveNumbers: Equatable {
  package var quartiles: Quartiles
  package var whiskers: ClosedRange<Double>
  /// Beyond the whiskers, by rising numbers.
  package var outliers: [Double]

  /// - Parameter numbers: at least one that is finite.
  package init(_ numbers: [Double]) {
    let sorted = numbers.filter(\.isFinite).sorted()
    quartiles = Quartiles(sorted: sorted.isEmpty ? [0] : sorted)
    let reach = 1.5 * (quartiles.upper - quartiles.lower)
    let (low, high) = (quartiles.lower - reach, quartiles.upper + reach)
    let inside = sorted.filter { $0 >= low && $0 <= high }
    whiskers = min(inside.first ?? quartiles.lower, quartiles.lower)...max(inside.last ?? quartiles.upper, quartiles.upper)
    outliers = sorted.filter { $0 < low || $0 > high }
  }
}
