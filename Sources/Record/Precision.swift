import Foundation

/// How records round numbers, so that what another kernel or another number of threads computes differently is not a changed line.
///
/// Five digits: of a matrix, five digits of its largest number (a head that writes nothing stays at 0, whatever noise it has); of other
/// numbers, their own first five; whole numbers of the layout stay as they are.
public enum Precision {
  /// How many digits are kept.
  public static let digits = 5

  /// What a record says of it.
  public static let statement =
    "numbers of figures have \(digits) digits: of a matrix, \(digits) of its largest number; of others, their own"

  /// A number with its own first digits.
  public static func rounded(_ number: Double) -> Double {
    guard number != 0, number.isFinite else { return number }
    return rounded(number, step: exponent(number) - digits + 1)
  }

  /// Numbers with as many decimals as the largest one needs for its digits.
  static func rounded(matrix: [[JSONValue]]) -> [[JSONValue]] {
    let largest = matrix.joined().reduce(0) { max($0, abs($1.number ?? 0)) }
    guard largest > 0 else { return matrix }
    let step = exponent(largest) - digits + 1
    return matrix.map { row in row.map { value in value.number.map { .number(rounded($0, step: step)) } ?? value } }
  }

  private static func exponent(_ number: Double) -> Int { Int(log10(abs(number)).rounded(.down)) }

  /// To a multiple of ten to the power of `step`. Division by a power of ten gives the decimal number itself, where multiplication would
  /// leave digits behind it.
  private static func rounded(_ number: Double, step: Int) -> Double {
    let scale = pow(10, Double(abs(step)))
    let result = step < 0 ? (number * scale).rounded() / scale : (number / scale).rounded() * scale
    return result == 0 ? 0 : result
  }
}

extension JSONValue {
  /// A figure in Plotly's schema with rounded numbers.
  var roundedFigure: JSONValue {
    guard case .object(var members) = self, let data = members["data"]?.array else { return self }
    members["data"] = .array(data.map(\.rounded))
    members["layout"] = members["layout"]?.roundedFractions
    return .object(members)
  }

  private var rounded: JSONValue {
    switch self {
    case .number(let number): .number(Precision.rounded(number))
    case .array(let values):
      if let rows = values.matrix {
        .array(Precision.rounded(matrix: rows).map { .array($0) })
      } else {
        .array(values.map(\.rounded))
      }
    case .object(let members): .object(members.mapValues(\.rounded))
    case .null, .bool, .string: self
    }
  }
}

extension JSONValue {
  /// With its whole numbers as they are: positions and sizes are no measurements.
  fileprivate var roundedFractions: JSONValue {
    switch self {
    case .number(let number) where number != number.rounded(): .number(Precision.rounded(number))
    case .array(let values): .array(values.map(\.roundedFractions))
    case .object(let members): .object(members.mapValues(\.roundedFractions))
    default: self
    }
  }
}

extension [JSONValue] {
  /// Rows of numbers, if that is what these are.
  fileprivate var matrix: [[JSONValue]]? {
    let rows = compactMap(\.array)
    return rows.count == count && !isEmpty ? rows : nil
  }
}
