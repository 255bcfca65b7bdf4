import Foundation

/// Numbers as text, in a way that is the same on every machine.
package enum Numbers {
  /// Hundredths of the largest number that is no longer a place.
  private static let farthest = 100_000_000_000_000

  /// A coordinate: at most two digits after the point, none that say nothing.
  package static func coordinate(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "0" }
    let hundredths = Int(bounded: (value * 100).rounded(), to: -Self.farthest...Self.farthest)
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return sign + String(whole) }
    let digits = rest % 10 == 0 ? String(rest / 10) : (rest < 10 ? "0" : "") + String(rest)
    return sign + (whole == 0 ? "" : String(whole)) + "." + digits
  }

  /// A factor of a drawing's scale, with six digits after the point.
  package static func scale(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let rounded = (value * 1e6).rounded() / 1e6
    return rounded == rounded.rounded() ? coordinate(rounded) : "\(rounded)"
  }

  /// Steps of 1, 2 or 5 times a power of ten that divide a range into at most `count` parts, and their texts.
  package static func niceTicks(_ range: ClosedRange<Double>, atMost count: Int) -> [(value: Double, text: String)] {
    let span = range.upperBound - range.lowerBound
    // Where arithmetic ends, the ends must do.
    guard span > 1e-290, span < 1e300, count > 0 else {
      return [range.lowerBound, range.upperBound].map { ($0, NumberFormat(".3~g")($0)) }
    }
    let raw = span / Double(count)
    let power = floor(log10(raw))
    let step = [1, 2, 5, 10].map { $0 * pow(10, power) }.first { $0 >= raw * 0.999_999 } ?? raw
    let digits = Int(bounded: -floor(log10(step) + 1e-9), to: 0...400)
    let first = ceil(range.lowerBound / step - 1e-6)
    let last = floor(range.upperBound / step + 1e-6)
    guard last >= first, last - first < 100 else { return [] }
    let format = NumberFormat(digits > 6 || max(abs(first), abs(last)) * step >= 1e6 ? ".3~g" : ".\(digits)f")
    return stride(from: first, through: last, by: 1).map { index in
      let value = index * step
      return (value, format(value))
    }
  }
}

/// A number format as d3 and Plotly write it: `[+][,][.precision][~][f|e|g|%]`. One that is not understood shows all digits.
package struct NumberFormat {
  private var plus = false
  private var comma = false
  private var trims = false
  private var precision = 6
  /// `nil` where the specifier is not understood.
  private var kind: Character?

  package init(_ specifier: String) {
    var rest = specifier[...]
    func take(_ sign: Character) -> Bool {
      guard rest.first == sign else { return false }
      rest.removeFirst()
      return true
    }
    plus = take("+")
    comma = take(",")
    let hasPrecision = take(".")
    if hasPrecision {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(digits), number <= 20 else { return }
      precision = number
      rest = rest.dropFirst(digits.count)
    }
    trims = take("~")
    guard rest.count <= 1, let last = rest.first ?? (hasPrecision ? "g" : nil), "feg%".contains(last) else { return }
    kind = last
  }

  /// The number with a true minus sign; `missing` if it is not finite.
  package func callAsFunction(_ value: Double) -> String {
    guard value.isFinite else { return "missing" }
    guard let kind else { return (value < 0 ? "−" : "") + "\(abs(value))" }
    var digits = digits(abs(value), kind)
    if trims { digits = trimmed(digits) }
    if comma { digits = grouped(digits) }
    let isZero = !digits.contains { ("1"..."9").contains($0) }
    return (value < 0 && !isZero ? "−" : plus ? "+" : "") + digits + (kind == "%" ? "%" : "")
  }

  private func digits(_ value: Double, _ kind: Character) -> String {
    switch kind {
    case "f": return String(format: "%.\(precision)f", value)
    case "%": return String(format: "%.\(precision)f", value * 100)
    case "e": return shortExponent(String(format: "%.\(precision)e", value))
    default:
      let significant = max(1, precision)
      let scientific = String(format: "%.\(significant - 1)e", value)
      let exponent = scientific.split(separator: "e").last.flatMap { Int($0) } ?? 0
      if value != 0, exponent < -6 || exponent >= significant { return shortExponent(scientific) }
      return String(format: "%.\(max(0, significant - 1 - exponent))f", value)
    }
  }

  /// `1.5e-07` as `1.5e−7`.
  private func shortExponent(_ text: String) -> String {
    let parts = text.split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return text }
    return "\(parts[0])e\(exponent < 0 ? "−" : "+")\(abs(exponent))"
  }

  /// Without zeros at the end of the fraction.
  private func trimmed(_ text: String) -> String {
    let mantissa = text.prefix { $0 != "e" }
    guard mantissa.contains(".") else { return text }
    var kept = mantissa
    while kept.last == "0" { kept.removeLast() }
    if kept.last == "." { kept.removeLast() }
    return String(kept) + text.dropFirst(mantissa.count)
  }

  /// Thousands apart: `12,345.6`.
  private func grouped(_ text: String) -> String {
    let whole = text.prefix { $0.isNumber }
    let groups = stride(from: whole.count, to: 0, by: -3).map { String(whole.prefix($0).suffix(3)) }
    return groups.reversed().joined(separator: ",") + text.dropFirst(whole.count)
  }
}
