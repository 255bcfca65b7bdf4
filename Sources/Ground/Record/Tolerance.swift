/// How far a review lets a cell's numbers differ, as its author asks for it: `0.01`, or `1e-4 of the largest`.
public struct Tolerance: Sendable, Equatable {
  /// 0 and above: a share of the number itself.
  public var relative: Double
  /// Whether the share is that of the largest number beside it (of its matrix, its curve, its column, its line), where that is larger.
  public var isOfTheLargest: Bool

  /// A share of a number, or of the largest beside it.
  public init(_ relative: Double, ofTheLargest: Bool = false) { (self.relative, isOfTheLargest) = (relative, ofTheLargest) }

  /// What a tolerance must be, for messages.
  public static let form = "a finite number, 0 or above, or such a number 'of the largest'"

  private static let suffix = "of the largest"

  /// Reads `0.01` and `1e-4 of the largest`; nil for anything else.
  public init?(_ text: String) {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let first = words.first, let number = Double(first), number >= 0, number.isFinite,
      words.count == 1 || words.dropFirst().joined(separator: " ") == Self.suffix
    else { return nil }
    self.init(number, ofTheLargest: words.count > 1)
  }
}

extension Tolerance: CustomStringConvertible {
  /// As an author writes it.
  public var description: String { isOfTheLargest ? "\(relative) \(Self.suffix)" : "\(relative)" }
}

extension Tolerance: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A share of the number itself.
  public init(floatLiteral value: Double) { self.init(value) }
  /// A share of the number itself.
  public init(integerLiteral value: Int) { self.init(Double(value)) }
}

/// A number where it is nothing but a number, else its text.
extension Tolerance: Codable {
  /// Reads a number, or the text of a tolerance.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self.init(number)
    } else if let tolerance = Tolerance(try value.decode(String.self)) {
      self = tolerance
    } else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "a tolerance is \(Self.form)")
    }
  }

  /// Writes a number where the tolerance is nothing but a number, else its text.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if isOfTheLargest { try value.encode(description) } else { try value.encode(relative) }
  }
}
