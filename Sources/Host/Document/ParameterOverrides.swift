import Record

extension Notebook {
  /// The notebook with other values for some of its parameters, as a command line gives them.
  /// - Throws: a `Diagnostic` for a name that the notebook lacks, or a text that does not fit the parameter's type.
  package func applying(overrides: [(name: String, value: String)]) throws -> Notebook {
    var notebook = self
    for (name, text) in overrides {
      guard let index = frontMatter.parameters.firstIndex(where: { $0.name == name }) else {
        let names = frontMatter.parameters.map(\.name)
        throw Diagnostic(
          "\(file) has no parameter '\(name)'",
          advice: names.isEmpty ? "It has none at all." : Suggestion.advice(for: name, among: names))
      }
      let former = frontMatter.parameters[index].value
      guard let value = former.parsed(text) else {
        throw Diagnostic("'\(name)' is of type \(former.typeName), and '\(text)' is not", advice: former.example(name))
      }
      notebook.frontMatter.parameters[index].value = value
    }
    return notebook
  }
}

extension Notebook {
  /// The variants that a command line names: all combinations of the values that it gives. A parameter that is given several times has each of
  /// these values; of a whole number, a number or a truth value, a list gives several too (`-P shots=1,7`), and of a whole number a range (`-P idx=0..25`).
  /// - Throws: a `Diagnostic` for a name that the notebook lacks, a text that does not fit the parameter's type, and for too many runs.
  package func variants(assigning texts: [(name: String, value: String)]) throws -> [Variant] {
    var values: [String: [ParameterValue]] = [:]
    for (name, text) in texts {
      guard let parameter = frontMatter.parameters.first(where: { $0.name == name }) else {
        // It says what there is instead.
        _ = try applying(overrides: [(name, text)])
        continue
      }
      guard let given = parameter.value.severalParsed(text) else {
        throw Diagnostic(
          "'\(name)' is of type \(parameter.value.typeName), and '\(text)' is not", advice: parameter.value.example(name))
      }
      values[name, default: []] += given.filter { values[name]?.contains($0) != true }
    }
    let axes = frontMatter.parameters.compactMap { parameter in
      values[parameter.name].map { (name: parameter.name, values: $0) }
    }
    guard let grid = Variant.grid(axes, limit: FrontMatterParser.mostVariants, isDeclared: false) else {
      throw Diagnostic("these are more than \(FrontMatterParser.mostVariants) runs", advice: "Give fewer values.")
    }
    return grid
  }
}

extension ParameterValue {
  /// The values that a text of a command line gives a parameter of this one's type.
  fileprivate func severalParsed(_ text: String) -> [ParameterValue]? {
    if let value = parsed(text) { return [value] }
    switch self {
    case .string, .array: return nil
    case .int: if let range = Self.range(text) { return range }
    case .double, .bool: break
    }
    let isList = text.hasPrefix("[") && text.hasSuffix("]")
    let parts = (isList ? String(text.dropFirst().dropLast()) : text).split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.flatMap { part -> [ParameterValue?] in
      let part = String(part)
      if case .int = self, let range = Self.range(part) { return range }
      return [parsed(part)]
    }
    return values.contains(nil) ? nil : values.compactMap(\.self)
  }

  fileprivate func example(_ name: String) -> String {
    switch self {
    case .int: "Give an integer: -P \(name)=3"
    case .double: "Give a number: -P \(name)=0.5. Infinity is '.inf', as in the front matter."
    case .bool: "Give 'true' or 'false': -P \(name)=true"
    case .string: "Give a text: -P \(name)=text"
    case .array: "Give a list: -P '\(name)=[a, b]'"
    }
  }
}
