import Record
import Yams

/// `variants:` and `resources:`.
///
/// Variants are a grid, several grids, or named sets:
/// ```yaml
/// variants: {idx: 0..<26, shots: [1, 7]}   # 52 runs, each named by its values: idx=3,shots=7
/// variants:
///   - {idx: 0..25}                         # a list of grids: 26 runs, and 2
///   - {shots: [7, 14]}
/// variants:
///   small: {shots: 1}                      # runs with names of their own
///   large: {shots: 7, model: google/gemma-2b}
/// ```
extension FrontMatterParser {
  /// So many runs may a notebook name.
  static let mostVariants = 100_000

  static func readVariants(_ entry: YAMLMapping.Entry, into frontMatter: inout FrontMatter, source: inout SourceText) {
    let form = "a grid of parameters (idx: 0..<26), a list of grids, or named sets of values (small: {shots: 1})"
    if entry.value.core == .null { return }
    var reader = VariantReader(parameters: frontMatter.parameters, line: entry.line, source: source)
    if let list = entry.value.list {
      for item in list {
        guard let mapping = item.mapping, !mapping.isEmpty else { return expect(form, of: entry, holds: false, in: &source) }
        reader.readGrid(mapping)
      }
    } else if let mapping = entry.value.mapping, entry.value.unknownTag == nil, !mapping.isEmpty {
      if mapping.allSatisfy({ $0.value.mapping != nil }) { reader.readSets(mapping) } else { reader.readGrid(mapping) }
    } else {
      return expect(form, of: entry, holds: false, in: &source)
    }
    source = reader.source
    frontMatter.variants = reader.variants
  }

  static func readResources(_ entry: YAMLMapping.Entry, into frontMatter: inout FrontMatter, source: inout SourceText) {
    guard let mapping = entry.value.mapping, entry.value.unknownTag == nil else {
      return expect("a mapping of 'memory', 'cores', 'gpus' and 'time'", of: entry, holds: false, in: &source)
    }
    for (key, value) in mapping {
      let line = (key.mark?.line ?? 1) + 1
      let text = value.text ?? ""
      func read(_ number: Int?, atLeast least: Int, _ what: String) -> Int? {
        if let number, number >= least { return number }
        source.report(line: line, "'\(key.text ?? "")' is \(value.kindInWords), and must be \(what)")
        return nil
      }
      switch key.text ?? "" {
      case "memory": frontMatter.resources.memory = read(Resources.bytes(text), atLeast: 1, "a size as 8G or 500M")
      case "cores": frontMatter.resources.cores = read(Int(text), atLeast: 1, "a whole number above 0")
      case "gpus": frontMatter.resources.gpus = read(Int(text), atLeast: 0, "a whole number")
      case "time": frontMatter.resources.time = read(Resources.seconds(text), atLeast: 1, "a time as 45s, 30m, 2h or 2:30:00")
      case let name:
        let names = ["memory", "cores", "gpus", "time"]
        source.report(line: line, "'resources' has no key '\(name)'", advice: Suggestion.advice(for: name, among: names))
      }
    }
  }
}

/// Reads grids and named sets; each value must fit its parameter's type.
private struct VariantReader {
  let parameters: [Parameter]
  let line: Int
  var source: SourceText
  private(set) var variants: [Variant] = []
  private var names: Set<String> = []

  init(parameters: [Parameter], line: Int, source: SourceText) {
    (self.parameters, self.line, self.source) = (parameters, line, source)
  }

  mutating func readGrid(_ mapping: Node.Mapping) {
    var axes: [(name: String, values: [ParameterValue])] = []
    for (key, value) in mapping {
      guard let parameter = parameter(key) else { continue }
      guard let values = parameter.value.axis(value) else {
        report(key, value, parameter)
        continue
      }
      axes.append((parameter.name, values))
    }
    guard axes.count == mapping.count else { return }
    guard let grid = Variant.grid(inOrder(axes, \.name), limit: FrontMatterParser.mostVariants - variants.count, isDeclared: true)
    else {
      return source.report(line: line, "'variants' names more than \(FrontMatterParser.mostVariants) runs")
    }
    for variant in grid { add(variant, line: line) }
  }

  mutating func readSets(_ mapping: Node.Mapping) {
    for (key, node) in mapping {
      let (name, line) = (key.text ?? "", self.line(of: key))
      if let why = Variant.whyNoName(name) {
        source.report(line: line, "'\(name)' cannot be the name of a run", advice: why)
        continue
      }
      var assignments: [Variant.Assignment] = []
      for (key, value) in node.mapping ?? [:] {
        guard let parameter = parameter(key) else { continue }
        guard let value = parameter.value.fittingWhole(value) else {
          report(key, value, parameter)
          continue
        }
        assignments.append(Variant.Assignment(parameter.name, value))
      }
      add(Variant(inOrder(assignments, \.name), name: name, isDeclared: true), line: line)
    }
  }

  private mutating func add(_ variant: Variant, line: Int) {
    guard !names.insert(variant.name).inserted else { return variants.append(variant) }
    source.report(line: line, "'variants' names the run '\(variant.name)' twice", advice: "Name each run once.")
  }

  private func inOrder<Item>(_ items: [Item], _ name: (Item) -> String) -> [Item] {
    parameters.flatMap { parameter in items.filter { name($0) == parameter.name } }
  }

  private func line(of key: Node) -> Int { key.mark.map { $0.line + 1 } ?? line }

  private mutating func parameter(_ key: Node) -> Parameter? {
    let name = key.text ?? ""
    if let found = parameters.first(where: { $0.name == name }) { return found }
    let names = parameters.map(\.name)
    source.report(
      line: line(of: key), "'variants' names the parameter '\(name)', and there is none",
      advice: names.isEmpty ? "Give it a default in 'params'." : Suggestion.advice(for: name, among: names))
    return nil
  }

  private mutating func report(_ key: Node, _ value: Node, _ parameter: Parameter) {
    if case .int = parameter.value, let text = value.text, let why = ParameterValue.whyNoRange(text) {
      return source.report(
        line: line(of: key), "'\(text)' is no range of values for '\(parameter.name)': \(why)",
        advice: "A range is 0..25, or 0..<26.")
    }
    source.report(
      line: line(of: key), "'\(parameter.name)' is of type \(parameter.value.typeName), and \(value.kindInWords) is not",
      advice: "A run gives it a value, and a grid a list of values; of whole numbers also a range, as 0..<26 or 0..25.")
  }
}

extension Variant {
  /// All combinations of the axes' values, the last axis running fastest; nil if there are more than the limit.
  package static func grid(
    _ axes: [(name: String, values: [ParameterValue])], limit: Int, isDeclared: Bool
  ) -> [Variant]? {
    var count = 1
    for axis in axes {
      let (product, overflows) = count.multipliedReportingOverflow(by: axis.values.count)
      guard !overflows, product <= limit else { return nil }
      count = product
    }
    guard !axes.isEmpty, count > 0 else { return [] }
    return (0..<count).map { index in
      var rest = index
      var assignments: [Assignment] = []
      for axis in axes.reversed() {
        assignments.append(Assignment(axis.name, axis.values[rest % axis.values.count]))
        rest /= axis.values.count
      }
      return Variant(assignments.reversed(), isDeclared: isDeclared)
    }
  }
}

extension ParameterValue {
  /// The values that an axis of a grid has for a parameter of this one's type: one, a list, or a range of whole numbers.
  func axis(_ node: Node) -> [ParameterValue]? {
    if case .int = self, let text = node.text, let range = Self.range(text) { return range }
    if case .array = self {
      // A list of lists; a list alone is one value.
      if let lists = node.list, !lists.isEmpty, lists.allSatisfy({ $0.list != nil }) { return all(lists) }
      return fittingWhole(node).map { [$0] }
    }
    return node.list.map { $0.isEmpty ? nil : all($0) } ?? fittingWhole(node).map { [$0] }
  }

  private func all(_ nodes: [Node]) -> [ParameterValue]? {
    let values = nodes.compactMap(fittingWhole)
    return values.count == nodes.count ? values : nil
  }

  /// `0..<26`, `0..25`, `0...25`; nil for what is no range, is empty, or has too many numbers.
  static func range(_ text: String) -> [ParameterValue]? {
    guard let match = text.wholeMatch(of: /\s*(-?[0-9]+)\s*(\.\.<|\.\.\.?)\s*(-?[0-9]+)\s*/), let first = Int(match.1),
      let last = Int(match.3)
    else { return nil }
    let isHalfOpen = match.2 == "..<"
    guard first < last || first == last && !isHalfOpen else { return nil }
    let (count, overflows) = last.subtractingReportingOverflow(first)
    guard !overflows, count <= FrontMatterParser.mostVariants else { return nil }
    return (first..<(isHalfOpen ? last : last + 1)).map(ParameterValue.int)
  }

  /// Why a text that looks like a range is none; nil for one that does not.
  static func whyNoRange(_ text: String) -> String? {
    guard text.wholeMatch(of: /\s*-?[0-9]+\s*(\.\.<|\.\.\.?)\s*-?[0-9]+\s*/) != nil, range(text) == nil else { return nil }
    let ends = text.matches(of: /-?[0-9]+/).compactMap { Int($0.output) }
    return ends.count == 2 && ends[0] >= ends[1] ? "it is empty" : "it has more than \(FrontMatterParser.mostVariants) numbers"
  }

  /// What YAML says as a value of this one's type, be it a list.
  func fittingWhole(_ node: Node) -> ParameterValue? {
    guard case .array(let values) = self else { return node.list == nil && node.mapping == nil ? fitting(node) : nil }
    guard let list = node.list else { return nil }
    let element = values.first ?? .string("")
    let fitted = list.map { element.fitting($0) }
    return fitted.contains(nil) ? nil : .array(fitted.compactMap(\.self))
  }
}
