import Transformer

/// An attention head by its name: `L14H0`, with the direction of its effect if it has one, `L14H0+` or `L11H6-`.
public struct HeadReference: Hashable, Sendable {
  /// In which direction a head moves the answer.
  public enum Sign: String, Sendable {
    /// Toward the clean answer.
    case positive = "+"
    /// Toward the corrupted answer.
    case negative = "-"
  }

  /// The layer, from 0.
  public let layer: Int
  /// The head within its layer, from 0.
  public let head: Int
  /// What the reader says of the head; it changes no number.
  public let sign: Sign?

  /// A head by its numbers, which `check` compares with a model's.
  public init(layer: Int, head: Int, sign: Sign? = nil) {
    (self.layer, self.head, self.sign) = (layer, head, sign)
  }

  /// Reads `L14H0`, `L14H0+`, `L11H6-`; also with small letters, and with a true minus sign.
  public init(_ name: String) throws(AttributionError) {
    guard let match = name.wholeMatch(of: #/[Ll]([0-9]{1,6})[Hh]([0-9]{1,6})([+\-−]?)/#), let layer = Int(match.1),
      let head = Int(match.2)
    else { throw .badHeadName(name) }
    self.init(layer: layer, head: head, sign: match.3.isEmpty ? nil : match.3 == "+" ? .positive : .negative)
  }

  /// An error if a model does not have this head.
  public func check(_ config: ModelConfiguration) throws(AttributionError) {
    guard (0..<config.layers).contains(layer), (0..<config.heads).contains(head) else {
      throw .headOutOfRange(head: description, layers: config.layers, heads: config.heads)
    }
  }
}

extension HeadReference: CustomStringConvertible {
  /// `L14H0`, with its sign if it has one.
  public var description: String { "L\(layer)H\(head)\(sign?.rawValue ?? "")" }
}

/// What names an attention head: `"L14H0+"` or a `HeadReference`.
public protocol HeadName {
  /// The head that is meant; an error for a text that names none.
  func reference() throws(AttributionError) -> HeadReference
}

extension String: HeadName {
  /// The head that the text names.
  /// - Throws: `badHeadName` if it names none.
  public func reference() throws(AttributionError) -> HeadReference { try HeadReference(self) }
}

extension HeadReference: HeadName {
  /// The head itself.
  public func reference() throws(AttributionError) -> HeadReference { self }
}
