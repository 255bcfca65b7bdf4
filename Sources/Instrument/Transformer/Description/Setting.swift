import Checkpoints
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
  package static func json(_ settings: [String: Setting]) -> Data { Data(Setting.object(settings).written.bytes) }

  private var written: JSONText {
    switch self {
    case .integer(let value): .number(value)
    // What is not finite is no number of a configuration; who reads it says so.
    case .number(let value): value.isFinite ? .digits("\(value)") : .string("\(value)")
    case .text(let value): .string(value)
    case .flag(let value): .bool(value)
    case .list(let values): .array(values.map(\.written))
    case .object(let members): .object(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.written) })
    case .null: .null
    }
  }
}
