import Foundation

/// How records round the numbers of figures, so that what another kernel or another number of threads computes differently in the last
/// digits is no changed line, and no number loses itself beside a larger one.
///
/// Each number keeps its own first five digits, whatever stands beside it, and two digits after its point at least; whole numbers stay as
/// they are.
public enum Precision {
  /// How many digits are kept.
  public static let digits = 5

  /// What a record says of it.
  public static let statement = "numbers of figures have their own first \(digits) digits; whole numbers have all"

  /// The least number of digits after the point. A number that is not whole must not look like one, so that counts are known as such.
  private static let decimals = 2

  /// A number with its own first digits.
  public static func rounded(_ number: Double) -> Double {
    guard number.isFinite, number != number.rounded() else { return number == 0 ? 0 : number }
    let decimals = max(Self.decimals, -step(number))
    guard abs(number) < 1e13 else { return number }
    // A power of ten beyond that is no exact number.
    guard decimals <= 22 else { return Double(String(format: "%.\(digits - 1)e", number)) ?? number }
    let scale = pow(10, Double(decimals))
    // Division by a power of ten gives the decimal number itself, where multiplication by its inverse would leave digits behind it.
    let result = (number * scale).rounded() / scale
    return result == 0 ? 0 : result
  }

  /// The exponent of ten of a number's last kept digit: -4 for 1.25.
  public static func step(_ number: Double, digits: Int = digits) -> Int {
    // 0 and what has no end have no first digit.
    guard number != 0, number.isFinite else { return 1 - digits }
    return Int(log10(abs(number)).rounded(.down)) - digits + 1
  }
}

extension JSONValue {
  /// A figure in Plotly's schema with rounded numbers.
  package var roundedFigure: JSONValue {
    switch self {
    case .number(let number): .number(Precision.rounded(number))
    case .array(let values): .array(values.map(\.roundedFigure))
    case .object(let members): .object(members.mapValues(\.roundedFigure))
    case .null, .bool, .string: self
    }
  }
}

extension JSONValue {
  /// The numbers that a curve or bars show.
  fileprivate var lengths: [JSONValue] { self[self["orientation"]?.string == "h" ? "x" : "y"]?.array ?? [] }
}

/// Whether numbers were computed in single precision: then those that are tiny beside others carry the noise of the others' sums.
enum SinglePrecision {
  /// The traces of a figure whose values are a tensor's.
  static func traces(of figure: JSONValue) -> [Int] {
    let traces = figure["data"]?.array ?? []
    return traces.indices.filter { index in
      let values = traces[index]["z"]?.array?.flatMap { $0.array ?? [$0] } ?? traces[index].lengths
      return holds(values.compactMap(\.number))
    }
  }

  /// How many numbers must show it, and with how many digits: what an author writes (0.5, 1e6) often fits into a `Float` and shows nothing.
  private static let (fewest, digits) = (4, 6)

  /// Whether numbers were computed in single precision: each is a `Float`, exactly or in its shortest decimal form, and nearly all that are
  /// not whole have so many digits that nobody wrote them.
  static func holds(_ numbers: some Sequence<Double>) -> Bool {
    var (fractions, shown) = (0, 0)
    for number in numbers {
      let single = Float(number)
      let text = single.description
      guard Double(single) == number || Double(text) == number else { return false }
      if number == number.rounded() { continue }
      fractions += 1
      if significantDigits(text) >= digits { shown += 1 }
    }
    return shown >= fewest && shown * 10 >= fractions * 8
  }

  private static func significantDigits(_ text: String) -> Int {
    text.utf8.prefix { $0 != UInt8(ascii: "e") }.filter { (0x30...0x39).contains($0) }.drop { $0 == 0x30 }.count
  }
}
