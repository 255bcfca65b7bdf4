/// JSON that is written, with a line for each member of the outermost object.
package indirect enum JSONText: Sendable {
  case object([(String, JSONText)])
  case array([JSONText])
  case string(String)
  case number(Int)
  /// A number by its digits.
  case digits(String)
  case bool(Bool)
  case null

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, isOutermost: true)
    return bytes + "\n".utf8
  }

  private func write(to bytes: inout [UInt8], isOutermost: Bool = false) {
    switch self {
    case .object(let members):
      bytes += (isOutermost ? "{\n" : "{").utf8
      for (index, member) in members.enumerated() {
        if index > 0 { bytes += (isOutermost ? ",\n" : ", ").utf8 }
        if isOutermost { bytes += "  ".utf8 }
        JSONText.string(member.0).write(to: &bytes)
        bytes += ": ".utf8
        member.1.write(to: &bytes)
      }
      bytes += (isOutermost ? "\n}" : "}").utf8
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes += ", ".utf8 }
        element.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .string(let text):
      bytes.append(UInt8(ascii: "\""))
      for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
        default: bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    case .number(let value): bytes += "\(value)".utf8
    case .digits(let digits): bytes += digits.utf8
    case .bool(let value): bytes += "\(value)".utf8
    case .null: bytes += "null".utf8
    }
  }
}

extension JSONText {
  /// What was read, to be written again.
  init(_ value: JSONNode.Value) {
    self =
      switch value {
      case .object(let members): .object(members.map { ($0.key, JSONText($0.value.value)) })
      case .array(let elements): .array(elements.map { JSONText($0.value) })
      case .string(let text): .string(text)
      case .number(let digits): .digits(digits)
      case .bool(let flag): .bool(flag)
      case .null: .null
      }
  }
}

extension JSONNode.Value {
  /// An object that does not come from a text.
  static func object(of members: [(String, JSONNode.Value)]) -> JSONNode.Value {
    .object(members.map { JSONNode.Member(key: $0.0, offset: 0, value: JSONNode($0.1)) })
  }
}
