import Figures
import Record
import Statistics

// How numbers over examples are shown: with their intervals, the examples that they stand on, and their controls.

extension BarChart {
  /// A bar for each estimate, with its interval as an error bar.
  ///
  /// ```swift
  /// try BarChart(["clean": .mean(of: clean), "ablated": .mean(of: ablated)], y: "logits")
  /// ```
  public init(
    _ estimates: KeyValuePairs<String, Estimate>, title: String? = nil, x: String? = nil, y: String? = nil,
    direction: Direction = .vertical, range: ClosedRange<Double>? = nil, format: String = ".4~g"
  ) {
    self.init(
      labels: estimates.map(\.key), title: title, x: x, y: y, direction: direction, range: range, format: format
    ) {
      Series("", estimates: estimates.map(\.value))
    }
  }
}

extension Series {
  /// Estimates with their intervals as error bars; one without an interval has none.
  public init(_ name: String, x: [Double]? = nil, estimates: [Estimate], markers: Bool = false) {
    self = Series(name, y: estimates.map(\.value), markers: markers)
      .errors(from: estimates.map(\.lower), to: estimates.map(\.upper))
    self.x = x
  }
}

extension Estimate {
  fileprivate var lower: Double { interval.map { Swift.min($0.lowerBound, value) } ?? value }
  fileprivate var upper: Double { interval.map { Swift.max($0.upperBound, value) } ?? value }
}

extension Comparison: Displayable {
  /// The number beside the middle of its controls, whose error bar goes from the smallest to the largest.
  public func figure(y: String? = nil) -> Figure { [self].figure(title: title, y: y) }

  /// Its figure, and its note.
  public var displayed: [Displayed] { [.figure(figure()), .text(description)] }
}

extension [Comparison] {
  /// The numbers beside the middles of their controls, whose error bars go from the smallest to the largest.
  public func figure(title: String? = nil, y: String? = nil) -> Figure {
    Figure(
      BarChart(labels: map(\.title), title: title, y: y) {
        Series("measured", y: map(\.value))
        Series("controls (middle, least to most)", y: map(\.median))
          .errors(from: map(\.range.lowerBound), to: map(\.range.upperBound))
      })
  }
}

extension Evidence: Displayable {
  /// The strongest and the weakest examples: what each says, and, of an intervention, the metric before and after.
  public func table(_ count: Int = 3) -> Table {
    let hasMetric = flipped != nil
    let strongest = strongest(Swift.min(count, (examples.count + 1) / 2))
    let weakest = weakest(Swift.min(count, examples.count / 2)).reversed()
    let rows = strongest.map { ("strongest", $0) } + weakest.map { ("weakest", $0) }
    return Table(
      columns: ["", "example", "value"] + (hasMetric ? ["before", "after", "flipped"] : []),
      rows: rows.map { kind, example in
        [kind, example.name, example.value]
          + (hasMetric ? [example.before ?? 0, example.after ?? 0, example.isFlipped ? "yes" : ""] as [Any] : [])
      })
  }

  /// Its estimate, and its strongest and weakest examples.
  public var displayed: [Displayed] { [.text(description), .table(table())] }
}

extension EvidenceMap: Displayable {
  /// The estimates as a heatmap.
  public func figure(limit: Double? = nil, colorBar: String? = nil) -> Figure {
    let range = limit.flatMap { $0 > 0 && $0.isFinite ? -$0...$0 : nil }
    return Figure(
      Heatmap(
        cells.map { $0.map { $0?.estimate.value ?? .nan } }, title: title, x: columnTitle, y: rowTitle, xLabels: columnNames,
        yLabels: rowNames, range: range, colorBar: colorBar))
  }

  /// The measured cells, the farthest from 0 first, with their intervals.
  public func table(_ count: Int = 10) -> Table {
    let hasFlips = cells.contains { $0.contains { $0?.flipped != nil } }
    return Table(
      columns: [rowTitle, columnTitle, "mean", "interval", "n"] + (hasFlips ? ["flipped"] : []),
      rows: largest(count).map { row, column, evidence in
        let interval = evidence.estimate.interval.map { String(format: "%.3f to %.3f", $0.lowerBound, $0.upperBound) } ?? "–"
        return [row, column, evidence.estimate.value, interval, evidence.estimate.n]
          + (hasFlips ? [evidence.flipped.map { "\($0)" } ?? ""] as [Any] : [])
      })
  }

  /// Itself as a grid of cells that open their evidence.
  public var displayed: [Displayed] { [.html(html())] }
}
