import Foundation
import Text

/// An axis of numbers: the numbers at its ends, and how those between become places.
struct NumberAxis: Equatable {
  /// A round number, and how it is written.
  struct Tick: Equatable {
    var value: Double
    var text: String
  }

  /// The numbers at the ends; on a log axis their powers of ten, as Plotly counts. Never empty, and wide enough to be divided.
  private(set) var ends: ClosedRange<Double>
  private(set) var isLog: Bool

  /// - Parameter ends: powers of ten on a log axis. What cannot be divided is widened.
  init(ends: ClosedRange<Double>, isLog: Bool) {
    self.isLog = isLog
    // No number has other powers of ten.
    let ends = isLog ? ends.clamped(to: -330...310) : ends
    self.ends = ends
    let size = max(abs(ends.lowerBound), abs(ends.upperBound))
    let span = ends.upperBound - ends.lowerBound
    if isLog, span < 1e-6 {
      self.ends = ends.lowerBound - 0.5...ends.upperBound + 0.5
    } else if size == 0 {
      self.ends = -1...1
    } else if span < size * 1e-8 {
      let limit = Double.greatestFiniteMagnitude
      self.ends = max(-limit, ends.lowerBound - size * 0.1)...min(limit, ends.upperBound + size * 0.1)
    }
  }

  /// An axis that shows all values, with a little room around them, which no axis of positive numbers takes below 0.
  init(values: some Sequence<Double>, isLog: Bool, room: Double) {
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite && (!isLog || value > 0) {
      let place = isLog ? log10(value) : value
      (low, high) = (min(low, place), max(high, place))
    }
    guard low <= high else {
      self.init(ends: 0...1, isLog: isLog)
      return
    }
    self.init(ends: low...high, isLog: isLog)
    let margin = (ends.upperBound - ends.lowerBound) * room
    guard low < high, margin.isFinite else { return }
    let limit = Double.greatestFiniteMagnitude
    let padded = (max(-limit, ends.lowerBound - margin), min(limit, ends.upperBound + margin))
    let keepsSign = !isLog && room > 0
    ends = (keepsSign && low >= 0 ? max(0, padded.0) : padded.0)...(keepsSign && high <= 0 ? min(0, padded.1) : padded.1)
  }

  /// An axis between two numbers, if it can be divided.
  init?(range: ClosedRange<Double>, isLog: Bool) {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low.isFinite, high.isFinite, low < high, !isLog || low > 0 else { return nil }
    self.init(ends: isLog ? log10(low)...log10(high) : range, isLog: isLog)
  }

  /// Where a number lies: 0 and 1 are the ends, and it may lie beyond them. `nil` for a number without a place.
  func fraction(of value: Double) -> Double? {
    guard value.isFinite, !isLog || value > 0 else { return nil }
    let place = isLog ? log10(value) : value
    // In units of the larger end, so that the largest and the smallest numbers have a span too.
    let unit = max(abs(ends.lowerBound), abs(ends.upperBound))
    return (place / unit - ends.lowerBound / unit) / (ends.upperBound / unit - ends.lowerBound / unit)
  }

  /// Round numbers on the axis, at most about `count`.
  func ticks(atMost count: Int) -> [Tick] {
    guard isLog else { return Numbers.niceTicks(ends, atMost: count).map { Tick(value: $0.value, text: $0.text) } }
    let decades = decades
    if decades.count > max(2, count) {
      let step = (decades.count + count - 1) / max(1, count)
      return decades.filter { $0 % step == 0 }.map { Self.power($0, among: decades) }
    }
    if decades.count >= 3 { return decades.map { Self.power($0, among: decades) } }
    let between = multiples([1, 2, 5])
    if between.count >= 3, between.count <= max(3, count) { return between.map(Self.plain) }
    if decades.count == 2 { return decades.map { Self.power($0, among: decades) } }
    let numbers = Numbers.niceTicks(pow(10, ends.lowerBound)...pow(10, ends.upperBound), atMost: min(count, 5))
    return numbers.filter { $0.value > 0 }.map { Tick(value: $0.value, text: $0.text) }
  }

  /// The numbers between the powers of ten that bear a thin line where there is room: 2, 3, … 9, 20, 30, …
  var minorValues: [Double] { isLog && decades.count >= 2 && decades.count <= 7 ? multiples(Array(2...9)) : [] }

  /// The widest text of the ticks, however many there will be, in pixels.
  var widestTick: Double {
    (2...10).flatMap { ticks(atMost: $0) }.map { TextMetrics.width($0.text, size: AxisTicks.fontSize) }.max() ?? 0
  }

  /// The powers of ten on the axis.
  private var decades: [Int] {
    let (low, high) = (Self.power(ceil(ends.lowerBound - 1e-9)), Self.power(floor(ends.upperBound + 1e-9)))
    return low <= high ? Array(low...high) : []
  }

  /// The multiples of powers of ten on the axis.
  private func multiples(_ factors: [Int]) -> [Double] {
    (Self.power(floor(ends.lowerBound))...Self.power(floor(ends.upperBound))).flatMap { power in
      factors.map { Double($0) * pow(10, Double(power)) }
    }.filter { value in fraction(of: value).map { $0 > -1e-9 && $0 < 1 + 1e-9 } ?? false }
  }

  private static func power(_ exponent: Double) -> Int { Int(bounded: exponent, to: -400...400) }

  private static func plain(_ value: Double) -> Tick { Tick(value: value, text: NumberFormat(".4~g")(value)) }

  /// `0.01` and `100`; on axes that reach beyond a thousandth or ten thousand `10⁶`.
  private static func power(_ exponent: Int, among all: [Int]) -> Tick {
    let value = pow(10, Double(exponent))
    if let low = all.first, let high = all.last, low >= -3, high <= 4 {
      return Tick(value: value, text: NumberFormat(".\(max(0, -exponent))f")(value))
    }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let raised = String(abs(exponent)).compactMap(\.wholeNumberValue).map { digits[$0] }
    return Tick(value: value, text: "10" + (exponent < 0 ? "⁻" : "") + String(raised))
  }
}
