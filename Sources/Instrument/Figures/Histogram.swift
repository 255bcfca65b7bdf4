import Foundation
import Text

/// How many of many numbers lie where: one panel of a figure, or a figure of its own.
///
/// ```swift
/// Histogram(losses, title: "Loss by example", x: "nats")
/// Histogram(["clean": clean, "corrupted": corrupted], x: "logit difference", counts: .share)
/// ```
/// All series are counted in the same bins, which begin at round numbers; a bin has its lower end and not its upper one, the last bin has both.
/// Numbers that are not finite are left out.
public struct Histogram: FigurePanel {
  /// What the height of a bar is.
  public enum Counts: Sendable, Equatable {
    /// How many numbers lie in the bin.
    case count
    /// Which share of the series' numbers lies in the bin.
    case share
  }

  /// The numbers by the names of their series, in the order of the legend.
  public var series: [(name: String, values: [Double])] {
    get { lists.map { ($0.name, $0.y) } }
    set { lists = newValue.map { Series($0.name, y: $0.values) } }
  }
  /// The numbers, as the y of series.
  private var lists: [Series]
  /// What stands above the panel.
  public var title: String?
  /// What the numbers are, with their unit.
  public var x: String?
  /// What stands along the left side; by default what the bars count.
  public var y: String?
  /// About how many bins; by default as many as Freedman and Diaconis's rule says, at most 60.
  public var bins: Int?
  /// What the height of a bar is.
  public var counts: Counts
  /// Its size, where the author says one.
  public var size = Figure.PanelSize()

  /// A histogram of several lists of numbers.
  public init<Number: Plottable>(
    _ series: KeyValuePairs<String, [Number]>, title: String? = nil, x: String? = nil, y: String? = nil, bins: Int? = nil,
    counts: Counts = .count
  ) {
    lists = series.map { Series($0.key, y: $0.value) }
    self.title = title
    self.x = x
    self.y = y
    self.bins = bins
    self.counts = counts
  }

  /// A histogram of one list of numbers.
  public init<Number: Plottable>(
    _ values: [Number], title: String? = nil, x: String? = nil, y: String? = nil, bins: Int? = nil,
    counts: Counts = .count
  ) {
    self.init(["": values], title: title, x: x, y: y, bins: bins, counts: counts)
  }

  /// Itself.
  public var panel: Figure.Panel { .histogram(self) }

  /// Why it cannot be drawn, if it cannot.
  public var problem: FigureError? { lists.contains { $0.y.contains(where: \.isFinite) } ? nil : .noPoints(series: lists.count) }
}

extension Histogram: ChartPanel {
  var names: (x: String?, y: String?) { (x, y ?? (counts == .count ? "count" : "share")) }

  var sides: (x: ChartSide, y: ChartSide) {
    let bins = Bins(lists.flatMap(\.y), about: bins)
    let ends = NumberAxis(ends: bins.edge(0)...bins.edge(bins.count), isLog: false)
    let tops = NumberAxis(values: lists.flatMap { heights($0, bins) } + [0], isLog: false, room: 0.06)
    return (ChartSide(x, ends), ChartSide(names.y, tops))
  }

  var hasLegend: Bool { lists.count > 1 }

  var legendNames: [String] { hasLegend ? lists.map { Markup.label($0.name) } : [] }

  private func heights(_ list: Series, _ bins: Bins) -> [Double] {
    let counted = bins.counted(list.y)
    let all = max(1, counted.reduce(0, +))
    return counted.map { counts == .count ? Double($0) : Double($0) / Double(all) }
  }

  func traces(axis number: String) -> [Figure.Trace] {
    let bins = Bins(lists.flatMap(\.y), about: bins)
    let texts = (0..<bins.count).map(bins.text)
    return lists.enumerated().map { index, list in
      let name = list.name.isEmpty ? "" : "%{fullData.name}, "
      return .bar(
        Figure.BarTrace(
          x: (0..<bins.count).map { bins.edge($0) / 2 + bins.edge($0 + 1) / 2 }, y: heights(list, bins), offset: -bins.step / 2,
          width: bins.step, text: texts, textposition: "none", name: PlotlyText.label(list.name),
          marker: SeriesStyle(index).barMarker(number: index, opacity: lists.count > 1 ? 0.45 : nil), xaxis: "x" + number,
          yaxis: "y" + number, legend: "legend" + number, showlegend: hasLegend ? nil : false,
          hovertemplate: "\(name)%{text}: %{value:\(counts == .count ? ".6~g" : ".2%")}<extra></extra>"))
    }
  }
}

/// Bins of equal width that begin at multiples of it.
package struct Bins: Equatable {
  static let most = 60
  private(set) var step: Double
  package private(set) var count: Int
  /// The first edge.
  private var start: Double

  /// - Parameter about: how many are wanted.
  package init(_ numbers: [Double], about wanted: Int?) {
    let limit = Double.greatestFiniteMagnitude / 1e6
    let sorted = numbers.filter(\.isFinite).map { $0.clamped(to: -limit...limit) }.sorted()
    guard let low = sorted.first, let high = sorted.last else {
      (step, count, start) = (1, 1, 0)
      return
    }
    let isWhole = sorted.allSatisfy { $0 == $0.rounded() }
    let wanted = wanted.map { min(max($0, 1), 200) } ?? Self.rule(sorted)
    var step = Self.round((high - low) / Double(wanted))
    // Tiny steps beside large numbers, and none at all: one bin around the number.
    if step <= max(abs(low), abs(high)) * 1e-9 { step = Self.round(max(abs(low), abs(high), 1) / 10) }
    if isWhole { step = max(1, step.rounded(.up)) }
    self.step = step
    // Whole numbers stand in the middle of bins that hold one each.
    let shift = isWhole && step == 1 ? 0.5 : 0
    start = ((low + shift) / step).rounded(.down) * step - shift
    count = max(1, Int(bounded: ((high - start) / step).rounded(.up), to: 1...1000))
    if count > 1, start + step * Double(count - 1) >= high, isWhole == false { count -= 1 }
    if isWhole, edge(count) <= high { count += 1 }
  }

  package func edge(_ index: Int) -> Double {
    // Without the digits that only the sum has.
    let value = start + step * Double(index)
    let digits = 1e10 / Self.power(max(abs(start), abs(value), step))
    let rounded = (value * digits).rounded() / digits
    return rounded.isFinite ? rounded : value
  }

  /// `0.2 to 0.4`; of whole numbers that have a bin each, the number.
  func text(_ index: Int) -> String {
    let format = NumberFormat(".6~g")
    if step == 1, start != start.rounded() { return format(edge(index) + 0.5) }
    return "\(format(edge(index))) to \(format(edge(index + 1)))"
  }

  /// How many of the numbers lie in each bin.
  package func counted(_ numbers: [Double]) -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    for number in numbers where number.isFinite {
      var bin = Int(bounded: ((number - start) / step).rounded(.down), to: 0...count - 1)
      // What the division rounds to the other side of an edge.
      if bin + 1 < count, number >= edge(bin + 1) { bin += 1 }
      if bin > 0, number < edge(bin) { bin -= 1 }
      counts[bin] += 1
    }
    return counts
  }

  /// Freedman and Diaconis's: twice the middle half's width by the cube root of the count.
  private static func rule(_ sorted: [Double]) -> Int {
    let quarters = Quartiles(sorted: sorted)
    let (count, span) = (Double(sorted.count), sorted[sorted.count - 1] - sorted[0])
    let width = 2 * (quarters.upper - quarters.lower) / pow(count, 1.0 / 3)
    // Where half of the numbers are one number, Sturges's.
    return width > 0 ? Int(bounded: (span / width).rounded(.up), to: 1...most) : Int(bounded: log2(count) + 1, to: 1...most)
  }

  /// The next of 1, 2, 2.5 and 5 times a power of ten.
  private static func round(_ raw: Double) -> Double {
    guard raw > 1e-290 else { return 0 }
    let power = power(raw)
    return ([1, 2, 2.5, 5].map { $0 * power }.first { $0 >= raw * 0.999_999 }) ?? power * 10
  }

  /// The power of ten below a number.
  private static func power(_ number: Double) -> Double { pow(10, floor(log10(number))) }
}

/// The numbers between the quarters of a list.
package struct Quartiles: Equatable {
  package var lower: Double
  package var median: Double
  package var upper: Double

  /// Between two numbers of the list it is as far as between their ranks (NumPy's `linear`, R's type 7).
  /// - Parameter sorted: at least one number.
  init(sorted: [Double]) {
    func quantile(_ share: Double) -> Double {
      let rank = share * Double(sorted.count - 1)
      let below = Int(bounded: rank, to: 0...sorted.count - 1)
      let above = min(below + 1, sorted.count - 1)
      let part = rank - Double(below)
      return sorted[below] * (1 - part) + sorted[above] * part
    }
    (lower, median, upper) = (quantile(0.25), quantile(0.5), quantile(0.75))
  }
}
