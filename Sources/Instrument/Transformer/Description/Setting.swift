import Foundation

/// A value of a `config.json` that is written.
package indirect enum Setting: Encodable, Sendable {
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

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .flag(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let members): try container.encode(members)
    case .null: try container.encodeNil()
    }
  }

  /// The text of a file.
  package static func json(_ settings: [String: Setting]) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // What is not finite is no number of a configuration; who reads it says so.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return (try? encoder.encode(settings)) ?? Data()
  }
}
