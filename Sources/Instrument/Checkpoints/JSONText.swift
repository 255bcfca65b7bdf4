import Foundation

extension JSONNode.Value {
  /// An object that does not come from a text.
  static func object(of members: [(String, JSONNode.Value)]) -> JSONNode.Value {
    .object(members.map { JSONNode.Member(key: $0.0, offset: 0, value: JSONNode($0.1)) })
  }
}

/// Writes a JSON value, with the members of the outermost object on lines of their own.
enum JSONText {
  static func text(_ value: JSONNode.Value, depth: Int = 0) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .number(let digits): digits
    case .string(let text): quoted(text)
    case .array(let elements): "[" + elements.map { Self.text($0.value, depth: depth + 1) }.joined(separator: ", ") + "]"
    case .object(let members):
      depth == 0
        ? "{\n" + members.map { "  " + member($0, depth) }.joined(separator: ",\n") + "\n}"
        : "{" + members.map { member($0, depth) }.joined(separator: ", ") + "}"
    }
  }

  private static func member(_ member: JSONNode.Member, _ depth: Int) -> String {
    "\(quoted(member.key)): \(text(member.value.value, depth: depth + 1))"
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.value < 0x20: String(format: "\\u%04x", scalar.value)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
