import Document

/// The Swift source of a notebook's parameters: `params`, with a property of its own type for each.
public enum ParametersSource {
  public static func text(_ parameters: [Parameter]) -> String {
    let properties = parameters.map { "  let `\($0.name)`: \(type($0.value)) = \(literal($0.value))\n" }.joined()
    return "struct Parameters {\n\(properties)}\nlet params = Parameters()\n"
  }

  static func type(_ value: ParameterValue) -> String {
    switch value {
    case .int: "Int"
    case .double: "Double"
    case .bool: "Bool"
    case .string: "String"
    case .array(let values): "[\(values.first.map(type) ?? "String")]"
    }
  }

  static func literal(_ value: ParameterValue) -> String {
    switch value {
    case .int(let value): "\(value)"
    case .double(let value) where value.isFinite: "\(value)"
    case .double(let value): value.isNaN ? ".nan" : value < 0 ? "-.infinity" : ".infinity"
    case .bool(let value): "\(value)"
    case .string(let value): CellSource.literal(value)
    case .array(let values): "[\(values.map(literal).joined(separator: ", "))]"
    }
  }
}
