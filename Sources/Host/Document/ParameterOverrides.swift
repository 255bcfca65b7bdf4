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

extension ParameterValue {
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
