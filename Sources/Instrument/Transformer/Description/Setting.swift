import Foundation

/// A value of a `config.json` that is written.
package indirect enum Setting: Sendable {
  case integer(Int)
  case number(Double)
  case text(String)
  case flag(Bool)
  case list([Setting])
  case object([String: Setting])
  case null

  /// The shortest decimal number that is read as the same Float: 1e-06, and not 9.999999974752427e-07.
  package static func decimal(_ value: Float) -> Setting { .number(Double("\(value)") ?? Double(value)) }

  /// One token is written as a number, several as a list.
  package static func tokens(_ ids: [Int]) -> Setting { ids.count == 1 ? .integer(ids[0]) : .list(ids.map { .integer($0) }) }

  /// The text of a file. transformers 5 takes 3.0 for a number and 3 for a whole one, which Foundation's encoder does not tell apart.
  package static func json(_ settings: [String: Setting]) -> Data { Data((Setting.object(settings).json(indent: "") + "\n").utf8) }

  private func json(indent: String) -> String {
    switch self {
    case .integer(let value): "\(value)"
    // What is not finite is no number of a configuration; who reads it says so.
    case .number(let value): value.isFinite ? "\(value)" : "\"\(value)\""
    case .text(let value): Self.quoted(value)
    case .flag(let value): "\(value)"
    case .list(let values): "[" + values.map { $0.json(indent: indent) }.joined(separator: ", ") + "]"
    case .object(let members):
      "{\n"
        + members.sorted { $0.key < $1.key }
        .map { "\(indent)  \(Self.quoted($0.key)): \($0.value.json(indent: indent + "  "))" }.joined(separator: ",\n")
        + "\n\(indent)}"
    case .null: "null"
    }
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
