/// A formula as it stands in the Markdown: its lines between the marks, and what its author says beside the TeX.
struct MathematicsSource {
  /// A part of a line of the file: the line counted from 0, the bytes counted from the line's start.
  struct Piece {
    var line: Int
    var start: Int
    var bytes: [UInt8]
  }

  /// Something wrong with a formula, at a place of the file, both counted from 1.
  struct Problem {
    var line: Int
    var column: Int
    var message: String
    var advice: String
  }

  /// The lines between its marks.
  var tex: [Piece]
  var isDisplay: Bool
  /// Of `{#eq-dla}` behind the closing mark.
  var attribute: (label: String, line: Int, column: Int)?

  /// The formula without a number, where its label or its tag stands, and what is wrong with them.
  func read() -> (formula: Formula, labelPlace: (line: Int, column: Int)?, problems: [Problem]) {
    var bytes = Array(tex.map(\.bytes).joined(separator: [UInt8(ascii: "\n")]))
    var (problems, labels, tag) = ([Problem](), [(label: String, line: Int, column: Int)](), String?.none)
    for command in isDisplay ? ["label", "tag"] : [] {
      while let (range, argument) = Self.command(command, in: bytes) {
        let (line, column) = place(ofByte: range.lowerBound, in: bytes)
        if command == "label" { labels.append((argument, line, column)) }
        if command == "tag", tag != nil {
          problems.append(Problem(line: line, column: column, message: "the formula has two tags", advice: "Leave one '\\tag'."))
        }
        if command == "tag" { tag = argument }
        // Spaces keep the places of what follows.
        for index in range where bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
      }
    }
    if let attribute { labels.append(attribute) }
    if labels.count > 1 {
      problems.append(
        Problem(
          line: labels[1].line, column: labels[1].column,
          message: "the formula has two labels: '\(labels[0].label)' and '\(labels[1].label)'",
          advice: "Leave one of them: a formula has one number."))
    }
    if let label = labels.first, CellLabel.canonical(label.label) == nil {
      problems.append(
        Problem(
          line: label.line, column: label.column, message: "'\(label.label)' is no label",
          advice: "A label is made of \(CellLabel.rule): '\\label{eq-loss}'."))
    }
    var formula = trimmed(bytes)
    formula.label = labels.first.flatMap { CellLabel.canonical($0.label) }
    formula.number = tag
    return (formula, labels.first.map { ($0.line, $0.column) }, problems)
  }

  /// Without the white space around it.
  private func trimmed(_ bytes: [UInt8]) -> Formula {
    let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A].contains($0) }
    let start = bytes.firstIndex { !isSpace($0) } ?? 0
    let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
    let (line, column) = place(ofByte: start, in: bytes)
    // Of the lines too: what stood for a label is nothing at a line's end.
    let lines = bytes[start..<end].split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      line.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { line[...$0] } ?? []
    }
    let text = String(decoding: Array(lines.joined(separator: [0x0A])), as: UTF8.self)
    var formula = Formula(tex: text, isDisplay: isDisplay, line: line, column: column)
    let first = line - 1 - (tex.first?.line ?? 0)
    let count = text.utf8.count { $0 == UInt8(ascii: "\n") }
    formula.laterColumns = tex.dropFirst(first + 1).prefix(count).map { $0.start + 1 }
    return formula
  }

  private func place(ofByte offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    var (index, start) = (0, 0)
    for position in 0..<offset where bytes[position] == UInt8(ascii: "\n") { (index, start) = (index + 1, position + 1) }
    guard tex.indices.contains(index) else { return (1, 1) }
    return (tex[index].line + 1, tex[index].start + offset - start + 1)
  }

  /// The first `\name{argument}`, whose argument holds no brace but pairs of them.
  private static func command(_ name: String, in bytes: [UInt8]) -> (range: Range<Int>, argument: String)? {
    let opening = Array("\\\(name){".utf8)
    var index = 0
    while index + opening.count <= bytes.count {
      guard bytes[index] == UInt8(ascii: "\\") else { index += 1; continue }
      guard bytes[index...].starts(with: opening) else { index += 2; continue }
      var (depth, end) = (1, index + opening.count)
      while end < bytes.count, depth > 0 {
        if bytes[end] == UInt8(ascii: "{") { depth += 1 }
        if bytes[end] == UInt8(ascii: "}") { depth -= 1 }
        end += 1
      }
      guard depth == 0 else { return nil }
      let argument = String(decoding: bytes[(index + opening.count)..<(end - 1)], as: UTF8.self)
      return (index..<end, argument.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }
    return nil
  }
}
