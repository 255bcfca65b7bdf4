import Foundation
import Record

/// Reads a cell: its options, and its code at its line.
struct CellParser {
  /// Labels so far, in lower case, as they were written and with the lines where they were given.
  private var labels: [String: (label: String, line: Int)] = [:]
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
    let optionLines = lines.prefix { Self.isOption($0) || OptionMarks.begins($0, with: OptionMarks.others) }
    let code = lines.dropFirst(optionLines.count)
    for (offset, text) in optionLines.enumerated() where !Self.isOption(text) {
      reportOthersOption(text, line: line + offset, source: &source)
    }
    if !CellSyntax.isReadable(code.joined(separator: "\n")) {
      source.report(
        line: line + optionLines.count, "the cell's code is nested too deeply, or repeats itself too often, to be read",
        advice: "Divide its longest expression: give its parts names.")
    }
    for (offset, mark) in OptionMarks.misplaced(in: code) {
      let place = line + optionLines.count + offset
      if mark == OptionMarks.others {
        reportOthersOption(code[code.startIndex + offset], line: place, source: &source)
      } else {
        source.report(
          line: place, "an option stands after the cell's code has begun",
          advice: "Options must be the cell's first lines. Write '// |' if it is only a comment.")
      }
    }
    // An option of another language stays as an empty line, so that the others keep their places.
    let options = parseOptions(optionLines.map { Self.isOption($0) ? Self.yaml($0) : "" }, line: line, source: &source)
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

  private static func isOption(_ line: Substring) -> Bool { OptionMarks.begins(line, with: OptionMarks.swift) }

  private func reportOthersOption(_ text: Substring, line: Int, source: inout SourceText) {
    let option = text.drop(while: \.isWhitespace).dropFirst(OptionMarks.others.count)
    source.report(
      line: line, "'#|' begins an option in Python and R, and nothing in Swift",
      advice: "Write it as one of the cell's first lines: '//|\(option.first == " " ? "" : " ")\(option)'.")
  }

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
      set(optional: \.label, label(entry, source: &source), CellLabel.rule)
    case "caption": set(\.captions, value.text.map { [$0] } ?? value.texts, "a text or a list of texts")
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
      set(\.inputs, value.texts, "a path or a list of paths")
      for path in options.inputs where Self.isMadeUp(path) {
        source.report(
          line: entry.line, "'\(path)' is no input: the kernel makes up what lies there, and it is never the same",
          advice: "Say 'cache: false', and the cell runs each time.")
      }
    default:
      source.report(
        line: entry.line, "a cell has no option '\(entry.key)'", advice: Suggestion.advice(for: entry.key, among: Self.keys))
    }
  }

  /// Whether a path leads to what no disk holds. What lies in /dev/shm is a file all the same.
  private static func isMadeUp(_ path: String) -> Bool {
    let place = URL(fileURLWithPath: path).standardizedFileURL.path + "/"
    return path.hasPrefix("/") && ["/proc/", "/sys/", "/dev/"].contains(where: place.hasPrefix) && !place.hasPrefix("/dev/shm/")
  }

  /// A label names the cell in links, files and messages, once in a notebook.
  private mutating func label(_ entry: YAMLMapping.Entry, source: inout SourceText) -> String? {
    guard case .text(let text) = entry.value.core, let label = CellLabel.canonical(text) else { return nil }
    if let (first, line) = labels[CellLabel.caseless(label)] {
      let note = Diagnostic(.note, at: Place(file: source.file, line: line), "the first is here")
      source.report(
        line: entry.line,
        first == label
          ? "the label '\(label)' is given twice" : "the labels '\(first)' and '\(label)' differ only in upper and lower case",
        advice: "Labels name cells, also in files: give each its own.", notes: [note])
    } else {
      labels[CellLabel.caseless(label)] = (label, entry.line)
    }
    return label
  }
}
