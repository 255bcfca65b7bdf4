import Foundation

/// A value of JSON (RFC 8259), as a record's files hold it. Reading says where a text is wrong; writing puts on one line what a reviewer thinks
/// of as one thing.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Reads a text.
  /// - Parameter allowsNonFinite: whether `NaN`, `Infinity` and `-Infinity` are numbers, as Python writes them into what it calls JSON. When
  ///   they are written again, they are `null`.
  /// - Throws: `JSONValue.Fault`, with the byte at which it was found.
  public init(_ bytes: some Collection<UInt8>, allowsNonFinite: Bool = false) throws(Fault) {
    var parser = JSONParser(Array(bytes), allowsNonFinite: allowsNonFinite)
    self = try parser.document()
  }

  /// Why a text is not JSON.
  public struct Fault: Error, Equatable, CustomStringConvertible {
    /// Counted from 0.
    public let byte: Int
    /// What is wrong, in words.
    public let problem: String

    /// The problem and its place.
    public var description: String { "not JSON: \(problem) at byte \(byte)" }
  }

  /// Where a value is within another: `cells[3].source`.
  public struct Path: Sendable, Equatable, CustomStringConvertible {
    /// One step into an object or an array.
    public enum Step: Sendable, Equatable {
      case key(String)
      case index(Int)
    }

    /// From the outermost value inward.
    public var steps: [Step] = []

    /// The path of the whole value.
    public init() {}

    /// The path of a member of the object at this path.
    public subscript(key: String) -> Path { appending(.key(key)) }
    /// The path of an element of the array at this path.
    public subscript(index: Int) -> Path { appending(.index(index)) }

    private func appending(_ step: Step) -> Path {
      var path = self
      path.steps.append(step)
      return path
    }

    /// As one writes it in JavaScript: `cells[3].source`.
    public var description: String {
      steps.enumerated().map { place, step in
        switch step {
        case .key(let name): place == 0 ? name : ".\(name)"
        case .index(let index): "[\(index)]"
        }
      }.joined()
    }
  }

  /// The byte at which a value begins in the text that holds it, counted from 0; that of the innermost value around it, if there is none.
  public static func byte(of path: Path, in bytes: some Collection<UInt8>, allowsNonFinite: Bool = false) -> Int {
    var parser = JSONParser(Array(bytes), allowsNonFinite: allowsNonFinite)
    return (try? parser.byte(of: path)) ?? 0
  }

  /// The member of an object; nil for any other value.
  public subscript(_ key: String) -> JSONValue? { if case .object(let members) = self { members[key] } else { nil } }
  /// The text, if it is one.
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The number, if it is one.
  public var number: Double? { if case .number(let number) = self { number } else { nil } }
  /// The truth value, if it is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements, if it is an array.
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  /// The members, if it is an object.
  public var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

  /// What it is, in words, for messages.
  public var kindInWords: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object; of members with one name the last stays.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}

extension JSONValue {
  /// The value as text. The members of an object stand on lines of their own, sorted by name; so do the texts of a list. The numbers of a list
  /// share one line, so that each row of a matrix is a line.
  /// - Parameter numbersShareLines: otherwise each number has a line of its own, as Jupyter writes notebooks.
  public func text(indentation: Int = 0, numbersShareLines: Bool = true) -> String {
    let inner = String(repeating: " ", count: indentation + 1)
    let outer = String(repeating: " ", count: indentation)
    switch self {
    case .object(let members) where !members.isEmpty:
      let lines = members.sorted { $0.key < $1.key }.map { name, value in
        "\(inner)\(Self.quoted(name)): \(value.text(indentation: indentation + 1, numbersShareLines: numbersShareLines))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
    case .array(let values) where !values.isEmpty && !(numbersShareLines && values.allSatisfy(\.isNumberOrNull)):
      let lines = values.map { inner + $0.text(indentation: indentation + 1, numbersShareLines: numbersShareLines) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
    default: return line
    }
  }

  /// The value on one line.
  public var line: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let number): Self.text(number)
    case .string(let text): Self.quoted(text)
    case .array(let values): "[" + values.map(\.line).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
    }
  }

  private var isNumberOrNull: Bool {
    switch self {
    case .number, .null: true
    default: false
    }
  }

  /// With the fewest digits that tell it apart; whole numbers without a point.
  static func text(_ number: Double) -> String {
    guard number.isFinite else { return "null" }
    return number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
