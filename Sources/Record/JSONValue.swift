import Foundation

/// A value of JSON (RFC 8259), as a record's files hold it: read with the place of what is wrong, and written so that a line is what a
/// reviewer thinks of as one thing.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Reads a text.
  /// - Throws: `JSONValue.Fault`, with the byte at which it was found.
  public init(_ bytes: some Collection<UInt8>) throws(Fault) {
    var parser = JSONParser(Array(bytes))
    self = try parser.document()
  }

  /// Why a text is not JSON.
  public struct Fault: Error, Equatable, CustomStringConvertible {
    /// Counted from 0.
    public let byte: Int
    public let problem: String

    public var description: String { "not JSON: \(problem) at byte \(byte)" }
  }

  public subscript(_ key: String) -> JSONValue? { if case .object(let members) = self { members[key] } else { nil } }
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var number: Double? { if case .number(let number) = self { number } else { nil } }
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
}

/// From bytes to a value. Nesting is limited, so that no file can exhaust the stack.
private struct JSONParser {
  private let bytes: [UInt8]
  private var place = 0
  private static let deepest = 256

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONValue.Fault) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard place == bytes.count else { throw fault("something follows the value") }
    return value
  }

  private func fault(_ problem: String) -> JSONValue.Fault { JSONValue.Fault(byte: place, problem: problem) }

  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    place += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONValue.Fault) -> JSONValue {
    guard depth < Self.deepest else { throw fault("it is nested too deeply") }
    skipSpace()
    switch next.map({ Character(Unicode.Scalar($0)) }) {
    case "{": return try object(depth)
    case "[": return try array(depth)
    case "\"": return .string(try string())
    case "t": return try word("true", .bool(true))
    case "f": return try word("false", .bool(false))
    case "n": return try word("null", .null)
    case nil: throw fault("the text ends")
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONValue.Fault) -> JSONValue {
    guard bytes[place...].starts(with: word.utf8) else { throw fault("a value is expected") }
    place += word.utf8.count
    return value
  }

  private mutating func number() throws(JSONValue.Fault) -> JSONValue {
    let end = bytes[place...].firstIndex {
      !("0"..."9").contains(Character(Unicode.Scalar($0))) && !Array("+-.eE".utf8).contains($0)
    }
    let text = String(decoding: bytes[place..<(end ?? bytes.count)], as: UTF8.self)
    guard text.first.map({ $0 == "-" || $0.isNumber }) == true, let number = Double(text), number.isFinite else {
      throw fault("a value is expected")
    }
    place = end ?? bytes.count
    return .number(number)
  }

  private mutating func array(_ depth: Int) throws(JSONValue.Fault) -> JSONValue {
    place += 1
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(values) }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(values) }
      guard take(",") else { throw fault("a comma or a bracket is missing") }
    }
  }

  private mutating func object(_ depth: Int) throws(JSONValue.Fault) -> JSONValue {
    place += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fault("a name in quotes is missing") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw fault("a colon is missing") }
      members[name] = try value(depth: depth + 1)
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault("a comma or a brace is missing") }
    }
  }

  private mutating func string() throws(JSONValue.Fault) -> String {
    let start = place
    place += 1
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw fault("a text holds a control character") }
      place += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    guard next != nil else { throw fault("a text does not end") }
    place += 1
    let quoted = bytes[start..<place]
    if !quoted.contains(UInt8(ascii: "\\")) {
      guard let text = String(validating: quoted.dropFirst().dropLast(), as: UTF8.self) else {
        throw fault("a text is not UTF-8")
      }
      return text
    }
    // Escapes are Foundation's to read.
    guard let text = try? JSONDecoder().decode(String.self, from: Data(quoted)) else { throw fault("an escape is not one") }
    return text
  }
}

extension JSONValue {
  /// The value as text: objects with sorted names, a member a line; lists of numbers on one line, so that a matrix has a row a line; lists of
  /// texts with a text a line.
  public func text(indentation: Int = 0) -> String {
    let inner = String(repeating: " ", count: indentation + 1)
    let outer = String(repeating: " ", count: indentation)
    switch self {
    case .object(let members) where !members.isEmpty:
      let lines = members.sorted { $0.key < $1.key }.map { name, value in
        "\(inner)\(Self.quoted(name)): \(value.text(indentation: indentation + 1))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
    case .array(let values) where !values.isEmpty && !values.allSatisfy(\.isNumberOrNull):
      return "[\n\(values.map { inner + $0.text(indentation: indentation + 1) }.joined(separator: ",\n"))\n\(outer)]"
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
