import Record
import Yams

/// A parameter's default, or what it was overridden by, with its type.
package enum ParameterValue: Sendable, Hashable, Codable {
  case int(Int)
  case double(Double)
  case bool(Bool)
  case string(String)
  /// All of one type; an empty array is one of strings.
  case array([ParameterValue])

  /// The Swift type's name.
  package var typeName: String {
    switch self {
    case .int: "Int"
    case .double: "Double"
    case .bool: "Bool"
    case .string: "String"
    case .array(let values): "[\(values.first?.typeName ?? "String")]"
    }
  }

  /// The whole value: values that differ have texts that differ.
  package var text: String {
    switch self {
    case .int(let number): String(number)
    case .double(let number): number.description
    case .bool(let bool): String(bool)
    case .string(let string): string
    case .array(let values): JSONValue.array(values.map { .string($0.text) }).line
    }
  }
}

extension ParameterValue {
  /// The value of this one's type that has a text: `text` read back. Nil if there is none.
  package func value(ofText text: String) -> ParameterValue? {
    switch self {
    case .int: return Int(text).map(ParameterValue.int)
    case .double: return Double(text).map(ParameterValue.double)
    case .bool: return Bool(text).map(ParameterValue.bool)
    case .string: return .string(text)
    case .array(let values):
      let element = values.first ?? .string("")
      guard let texts = (try? JSONValue(text.utf8))?.array?.map(\.string) else { return nil }
      let read = texts.map { $0.flatMap(element.value(ofText:)) }
      return read.contains(nil) ? nil : .array(read.compactMap(\.self))
    }
  }
}

extension ParameterValue {
  /// What YAML says; nil for what is neither a scalar nor a list of scalars of one type.
  init?(_ node: Node) {
    guard let elements = node.list else {
      self.init(scalar: node)
      return
    }
    let values = elements.compactMap { ParameterValue(scalar: $0) }
    guard values.count == elements.count else { return nil }
    // [1, 2.5] is a list of numbers.
    let numbers = values.compactMap(\.number)
    let kinds = Set(values.map(\.typeName))
    if kinds.count > 1, numbers.count == values.count {
      self = .array(numbers.map(ParameterValue.double))
    } else if kinds.count <= 1 {
      self = .array(values)
    } else {
      return nil
    }
  }

  private init?(scalar node: Node) {
    switch node.core {
    case .int(let value)?: self = .int(value)
    case .double(let value)?: self = .double(value)
    case .bool(let value)?: self = .bool(value)
    case .text(let text)?: self = .string(text)
    case .null?, .unreadable?, nil: return nil
    }
  }

  private var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .bool, .string, .array: nil
    }
  }

  /// A text of a command line as a value of this one's type. It is read as if it stood in the front matter, after the parameter's name; but
  /// of a text parameter every text is a value: only quotes around the whole are taken away, as YAML takes them.
  func parsed(_ text: String) -> ParameterValue? {
    switch self {
    case .string: return .string(Node(value: text)?.quotedText ?? text)
    case .array(let values):
      let isList = text.drop(while: \.isWhitespace).hasPrefix("[")
      guard let elements = Node(value: isList ? text : "[\(text)]")?.list else { return nil }
      let element = values.first ?? .string("")
      let parsed = elements.map { element.fitting($0) }
      return parsed.contains(nil) ? nil : .array(parsed.compactMap(\.self))
    case .int, .double, .bool: return Node(value: text).flatMap(fitting)
    }
  }

  /// What YAML says as a value of this one's type, which is no list.
  func fitting(_ node: Node) -> ParameterValue? {
    switch (self, ParameterValue(scalar: node)) {
    case (.int, let value?) where value.typeName == typeName, (.bool, let value?) where value.typeName == typeName: value
    case (.double, let value?): value.number.map(ParameterValue.double)
    case (.string, _): node.scalar.map { .string($0.string) }
    default: nil
    }
  }
}
