import Record
import Yams

/// Reads a cell: its options, and its code at its line.
struct CellParser {
  /// Labels so far, with the lines where they were given.
  private var labels: [String: Int] = [:]
  private var count = 0
  private var inlineCount = 0

  private static let keys = [
    "label", "caption", "alt", "echo", "fold", "output", "timeout", "expect", "cache", "inputs", "tolerance",
  ]

  /// - Parameters:
  ///   - literal: the fence's content.
  ///   - line: the line of its first line in the file.
  mutating func parse(_ literal: String, line: Int, indentation: Int, source: inout SourceText) -> Cell {
    count += 1
    var lines = literal.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    let optionLines = lines.prefix(while: Self.isOption)
    let code = lines.dropFirst(optionLines.count)
    for (offset, text) in zip(code.indices, code) where Self.isOption(text) {
      source.report(
        line: line + offset, "an option stands after the cell's code has begun",
        advice: "Options must be the cell's first lines. Write '// |' if it is only a comment.")
    }
    let options = parseOptions(optionLines.map(Self.yaml), line: line, source: &source)
    return Cell(
      number: count, ordinal: count - inlineCount, source: code.joined(separator: "\n"), line: line + optionLines.count,
      indentation: indentation,
      options: options)
  }

  /// What the next cell of inline expressions is called.
  var nextInlineName: String { "\(InlineExpressions.name)\(inlineCount + 1)" }

  /// The cell of some inline expressions.
  /// - Parameter markdown: the file's lines, for what errors show.
  mutating func inlineCell(_ expressions: InlineExpressions, markdown: [String]) -> Cell {
    let (line, source) = expressions.source
    var options = CellOptions()
    options.label = nextInlineName
    options.echo = false
    count += 1
    inlineCount += 1
    var cell = Cell(number: count, ordinal: count - inlineCount, source: source, line: line, options: options)
    cell.expressions = expressions.expressions
    let count = source.split(separator: "\n", omittingEmptySubsequences: false).count
    cell.excerpts = Array(markdown.dropFirst(line - 1).prefix(count))
    return cell
  }

  private static func isOption(_ line: Substring) -> Bool { line.drop(while: \.isWhitespace).hasPrefix("//|") }

  private static func yaml(_ line: Substring) -> String {
    let text = line.drop(while: \.isWhitespace).dropFirst(3)
    return String(text.first == " " ? text.dropFirst() : text)
  }

  private mutating func parseOptions(_ lines: [String], line: Int, source: inout SourceText) -> CellOptions {
    var options = CellOptions()
    let yaml = lines.joined(separator: "\n")
    guard !lines.isEmpty, let mapping = YAMLMapping(yaml, firstLine: line, what: "the cell's option block", in: &source) else {
      return options
    }
    for entry in mapping.entries { read(entry, into: &options, source: &source) }
    return options
  }

  private mutating func read(_ entry: YAMLMapping.Entry, into options: inout CellOptions, source: inout SourceText) {
    let value = entry.value
    func set<Value>(_ path: WritableKeyPath<CellOptions, Value>, _ new: Value?, _ what: String) {
      if let new {
        options[keyPath: path] = new
        return
      }
      source.report(line: entry.line, "'\(entry.key)' is \(value.kindInWords), and must be \(what)")
    }
    func set<Value>(optional path: WritableKeyPath<CellOptions, Value?>, _ new: Value?, _ what: String) {
      set(path, new.map(Optional.some), what)
    }
    switch entry.key {
    case "label":
      set(
        optional: \.label, label(entry, source: &source),
        "letters, digits, '-' and '_', a letter first, and not 'cell-N' or 'inline-N'")
    case "caption": set(optional: \.caption, value.text, "a text")
    case "alt": set(optional: \.alt, value.text, "a text")
    case "echo": set(\.echo, value.truth, "true or false")
    case "fold": set(\.fold, value.truth, "true or false")
    case "output": set(\.output, value.truth, "true or false")
    case "cache": set(\.cache, value.truth, "true or false")
    case "timeout":
      // A duration holds no infinity; 30 years are enough.
      set(
        optional: \.timeout, value.number.flatMap { $0 > 0 && $0 <= 1e9 ? $0 : nil },
        "a number of seconds above 0 and at most 1e9")
    case "tolerance":
      set(optional: \.tolerance, value.tolerance, Tolerance.form)
    case "expect": set(\.expectsError, value.text == "error" ? true : nil, "'error'")
    case "inputs":
      let list = value.sequence.map { $0.compactMap(\.text) }
      set(\.inputs, list?.count == value.sequence?.count ? list ?? value.text.map { [$0] } : nil, "a path or a list of paths")
    default:
      source.report(
        line: entry.line, "a cell has no option '\(entry.key)'", advice: Suggestion.advice(for: entry.key, among: Self.keys))
    }
  }

  /// A label names the cell in links, files and messages, once in a notebook.
  private mutating func label(_ entry: YAMLMapping.Entry, source: inout SourceText) -> String? {
    guard let label = entry.value.text, label.wholeMatch(of: /[A-Za-z][A-Za-z0-9_-]*/) != nil,
      label.wholeMatch(of: /(cell|inline)-\d+/) == nil
    else { return nil }
    if let first = labels[label] {
      let note = Diagnostic(.note, at: Place(file: source.file, line: first), "the first is here")
      source.report(
        line: entry.line, "the label '\(label)' is given twice", advice: "Labels name cells: give each its own.", notes: [note])
    } else {
      labels[label] = entry.line
    }
    return label
  }
}
