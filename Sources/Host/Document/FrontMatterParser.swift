import Machine
import Record
import Yams

/// Reads what stands between the `---` lines at the top of a file, and blanks it.
enum FrontMatterParser {
  private static let keys = [
    "title", "description", "params", "order", "after", "needs", "tolerance", "device", "smart", "include", "packages",
    "variants", "resources",
  ]

  /// How many lines it takes, with both fences: nil if a text does not begin with it, or if it is not closed.
  static func lineCount(_ lines: some Collection<String>) -> Int? {
    guard lines.first.map(isFence) == true else { return nil }
    return lines.dropFirst().enumerated().first { isFence($0.element) }.map { $0.offset + 2 }
  }

  static func parse(_ source: inout SourceText) -> FrontMatter {
    guard source.lines.first.map(isFence) == true else { return FrontMatter() }
    guard let count = lineCount(source.lines) else {
      source.report(
        line: 1, "the front matter is not closed",
        advice: "End it by a line of three dashes. A horizontal rule at the top of a file can be written '***'.")
      source.blank(first: source.lines.count)
      return FrontMatter()
    }
    let yaml = source.lines[1..<count - 1].joined(separator: "\n")
    defer { source.blank(first: count) }
    guard let mapping = YAMLMapping(yaml, firstLine: 2, what: "the front matter", in: &source) else { return FrontMatter() }
    var frontMatter = FrontMatter()
    // Variants give parameters values, wherever both stand.
    for entry in mapping.entries where entry.key != "variants" { read(entry, into: &frontMatter, source: &source) }
    for entry in mapping.entries where entry.key == "variants" { readVariants(entry, into: &frontMatter, source: &source) }
    for entry in mapping.entries where entry.key == "needs" {
      let names = frontMatter.parameters.map { "params.\($0.name)" }
      for need in frontMatter.needs where need.hasPrefix("params.") && !names.contains(need) {
        source.report(
          line: entry.line, "'needs' names \(need), and there is no such parameter",
          advice: names.isEmpty ? "The front matter has no parameters." : Suggestion.advice(for: need, among: names))
      }
    }
    return frontMatter
  }

  static func isFence(_ line: String) -> Bool { line.hasPrefix("---") && line.dropFirst(3).allSatisfy(\.isWhitespace) }

  private static func read(_ entry: YAMLMapping.Entry, into frontMatter: inout FrontMatter, source: inout SourceText) {
    switch entry.key {
    case "title":
      frontMatter.title = entry.value.text
      expect("a text", of: entry, holds: frontMatter.title != nil, in: &source)
      warnOfExpressions(entry, &source)
    case "description":
      frontMatter.description = entry.value.text
      expect("a text", of: entry, holds: frontMatter.description != nil, in: &source)
      warnOfExpressions(entry, &source)
    case "order":
      if case .int(let order) = entry.value.core { frontMatter.order = order }
      expect("a whole number", of: entry, holds: frontMatter.order != nil, in: &source)
    case "after":
      frontMatter.after = entry.value.texts ?? []
      expect("the name of a notebook, or a list of names", of: entry, holds: entry.value.texts != nil, in: &source)
    case "needs":
      frontMatter.needs = entry.value.texts ?? []
      expect("the name of a model, or a list of names", of: entry, holds: entry.value.texts != nil, in: &source)
    case "tolerance":
      frontMatter.tolerance = entry.value.tolerance
      expect(Tolerance.form, of: entry, holds: frontMatter.tolerance != nil, in: &source)
    case "device":
      frontMatter.device = entry.value.text.flatMap { Device($0) }.map { DeviceRequest(device: $0, line: entry.line) }
      expect(Device.spellings, of: entry, holds: frontMatter.device != nil, in: &source)
    case "include", "packages":
      let paths = (entry.value.texts ?? []).map { SourceRequest(path: $0, line: entry.line) }
      if entry.key == "include" { frontMatter.include = paths } else { frontMatter.packages = paths }
      expect("a path or a list of paths", of: entry, holds: entry.value.texts != nil, in: &source)
    case "smart":
      frontMatter.isSmart = entry.value.truth ?? false
      expect("true or false", of: entry, holds: entry.value.truth != nil, in: &source)
    case "resources": readResources(entry, into: &frontMatter, source: &source)
    case "params": readParameters(entry, into: &frontMatter, source: &source)
    case _ where publicationKeys.contains(entry.key): readPublication(entry, into: &frontMatter.publication, source: &source)
    default: reportUnknown(entry, among: keys + publicationKeys, &source)
    }
  }

  /// Reports a value that is not what it must be.
  static func expect(
    _ what: String, of entry: YAMLMapping.Entry, holds isRight: Bool, in source: inout SourceText
  ) {
    guard !isRight else { return }
    source.report(line: entry.line, "'\(entry.key)' is \(entry.value.kindInWords), and must be \(what)")
  }

  private static func warnOfExpressions(_ entry: YAMLMapping.Entry, _ source: inout SourceText) {
    guard entry.value.text?.contains("`{swift}") == true else { return }
    source.warn(
      line: entry.line, "expressions in the front matter are not evaluated: '\(entry.key)' is shown as it is written",
      advice: "Leave the title out, and give the first heading the expression: it is the title then.")
  }

  // MARK: - Parameters

  private static func readParameters(
    _ entry: YAMLMapping.Entry, into frontMatter: inout FrontMatter, source: inout SourceText
  ) {
    if entry.value.core == .null { return }
    guard let mapping = entry.value.mapping, entry.value.unknownTag == nil else {
      return expect("a mapping of names to defaults", of: entry, holds: false, in: &source)
    }
    for (key, value) in mapping {
      let line = (key.mark?.line ?? value.mark?.line ?? 1) + 1
      let name = key.text ?? ""
      guard isName(name) else {
        source.report(
          line: line, "'\(name)' cannot be the name of a parameter",
          advice: "A cell reads it as 'params.name': use letters, digits and '_', a letter first.")
        continue
      }
      guard let value = ParameterValue(value) else {
        source.report(
          line: line, "the default of '\(name)' is \(value.kindInWords)",
          advice:
            "It must be an integer, a number, true or false, a text, or a list of one of these: it gives the parameter its type.")
        continue
      }
      frontMatter.parameters.append(Parameter(name: name, value: value, line: line))
    }
  }

  private static func isName(_ name: String) -> Bool {
    name.wholeMatch(of: /[\p{L}_][\p{L}\p{M}\p{N}_]*/) != nil
      && !["self", "Self", "Type", "Protocol", "init", "_"].contains(name)
  }
}
