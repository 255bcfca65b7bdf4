import Document
import Record

/// The Swift source of a notebook's parameters: `params`, with a property of its own type for each.
///
/// The values are not in the source: the session hands them to the worker, so that another value compiles nothing again.
package enum ParametersSource {
  /// The name under which cells read the parameters.
  package static let variable = "params"

  package static func text(_ parameters: [Parameter]) -> String {
    text(parameters) { "try _folioParameter(\(CellSource.literal($0.name)))" }
  }

  /// The same source for a script. No session hands values to a script, so they stand in the source.
  package static func script(_ parameters: [Parameter]) -> String { text(parameters) { literal($0.value) } }

  private static func text(_ parameters: [Parameter], value: (Parameter) -> String) -> String {
    let properties = parameters.map { "  let `\($0.name)`: \($0.value.typeName)\n" }.joined()
    let values = parameters.map { "\($0.name): \(value($0))" }.joined(separator: ", ")
    return "struct Parameters {\n\(properties)}\nlet \(variable) = Parameters(\(values))\n"
  }

  /// A value as Swift writes it where its type is known. There infinite numbers and NaN have names.
  private static func literal(_ value: ParameterValue) -> String {
    switch value {
    case .double(let value) where !value.isFinite: value.isNaN ? ".nan" : value < 0 ? "-.infinity" : ".infinity"
    case .array(let values): "[\(values.map(literal).joined(separator: ", "))]"
    default: text(value)
    }
  }

  /// The values of the parameters by name, as the JSON that `_folioParameter` decodes. JSON has no infinity and no NaN, so these are texts in it.
  package static func values(_ parameters: [Parameter]) -> String {
    "{" + parameters.map { "\(json($0.name)):\(json($0.value))" }.joined(separator: ",") + "}"
  }

  private static func json(_ value: ParameterValue) -> String {
    switch value {
    case .int(let value): "\(value)"
    case .double(let value): value.isFinite ? "\(value)" : json("\(value)")
    case .bool(let value): "\(value)"
    case .string(let value): json(value)
    case .array(let values): "[\(values.map(json).joined(separator: ","))]"
    }
  }

  private static func json(_ text: String) -> String { JSONValue.string(text).line }

  /// A value as an author would write it: `2`, `"text"`, `[1, 2]`.
  package static func text(_ value: ParameterValue) -> String {
    switch value {
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): CellSource.literal(value)
    case .array(let values): "[\(values.map(text).joined(separator: ", "))]"
    }
  }
}
