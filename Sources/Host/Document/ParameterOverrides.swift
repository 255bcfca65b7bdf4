import Record

extension Notebook {
  /// The run of the notebook that has other values for some of its parameters, as a command line gives them.
  /// - Throws: a `Diagnostic` for a name that the notebook lacks, a text that does not fit the parameter's type, and for several runs.
  package func applying(overrides: [(name: String, value: String)]) throws -> Notebook {
    let variants = try variants(assigning: overrides)
    if variants.count > 1 {
      throw Diagnostic(
        "these are \(variants.count) runs of \(file), and one is wanted here",
        advice: "'folio build' makes several, and so does 'folio sweep'.")
    }
    return variants.first.map(running) ?? self
  }

  /// The run of a name: one that the front matter names, or one that is named by its values, as `idx=2,shots=7`.
  /// - Throws: a `Diagnostic` for a name of none.
  package func run(named name: String) throws -> Notebook {
    if let declared = frontMatter.variants.first(where: { $0.name == name }) { return running(declared) }
    var values: [(name: String, value: String)] = []
    for part in name.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2 else { throw noRun(name) }
      values.append((pair[0], Variant.unspelled(pair[1])))
    }
    guard !values.isEmpty, let variants = try? variants(assigning: values), variants.count == 1 else { throw noRun(name) }
    return frontMatter.variants.first { $0.name == variants[0].name }.map(running) ?? running(variants[0])
  }

  private func noRun(_ name: String) -> Diagnostic {
    let names = frontMatter.variants.map(\.name)
    let parameters = frontMatter.parameters.map(\.name)
    let form = parameters.first.map { "Name it by values of its parameters, as '\(notebookName)@\($0)=…'." }
    let near = Suggestion.nearest(to: name, among: names).map { "Did you mean '\(notebookName)@\($0)'?" }
    return Diagnostic("\(file) has no run '\(name)'", advice: near ?? form ?? "It has no parameters, and so one run alone.")
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
        let names = frontMatter.parameters.map(\.name)
        throw Diagnostic(
          "\(file) has no parameter '\(name)'",
          advice: names.isEmpty ? "It has none at all." : Suggestion.advice(for: name, among: names))
      }
      guard let given = parameter.value.severalParsed(text) else {
        if let why = ParameterValue.whyNoRange(text), case .int = parameter.value {
          throw Diagnostic("'\(text)' is no range of values for '\(name)': \(why)", advice: "A range is 0..25, or 0..<26.")
        }
        throw Diagnostic(
          "'\(name)' is of type \(parameter.value.typeName), and '\(text)' is not", advice: parameter.value.example(name))
      }
      // Each value counts once. Texts are told apart by their bytes, as names of runs are.
      for value in given where values[name]?.contains(where: { $0.text.utf8.elementsEqual(value.text.utf8) }) != true {
        values[name, default: []].append(value)
      }
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
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
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
