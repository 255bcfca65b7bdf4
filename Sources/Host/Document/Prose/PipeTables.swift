import CCmark
import Foundation

/// GitHub's pipe tables: a line of titles, a line of dashes that says how columns are aligned, and rows, up to the end of the paragraph that CommonMark takes
/// them for. A paragraph directly below that begins with `: ` or `Table: ` is the caption, as pandoc and Quarto have it: `: What it shows. {#tbl-models}`.
struct PipeTables {
  /// The lines of the text that cmark has read.
  let lines: [String]
  /// Of labels of links.
  let definitions: LabelDefinitions
  let options: Int32
  private(set) var tables: [ProseTable] = []
  /// A label that is none, with its line.
  private(set) var badLabels: [(label: String, line: Int)] = []
  /// Captions are looked for below what was a table a moment ago.
  private var made: [(node: MarkdownNode, line: Int)] = []

  init(lines: [String], definitions: LabelDefinitions, options: Int32) {
    (self.lines, self.definitions, self.options) = (lines, definitions, options)
  }

  mutating func run(_ root: MarkdownNode) {
    for node in MarkdownTree.all(CMARK_NODE_PARAGRAPH, in: root) + MarkdownTree.all(CMARK_NODE_HEADING, in: root) { read(node) }
    for (table, line) in made.sorted(by: { $0.line < $1.line }) { takeCaption(of: table, line: line) }
    made = []
  }

  // MARK: - Finding

  private mutating func read(_ node: MarkdownNode) {
    let content = contentLines(of: node)
    guard content.count > 1 else { return }
    for index in 1..<content.count {
      guard let alignments = Self.alignments(content[index]) else { continue }
      let titles = Self.cells(content[index - 1])
      guard titles.count == alignments.count else { continue }
      // A heading's last line is dashes: they end the table, and are a rule.
      let end = node.kind == CMARK_NODE_HEADING ? content.lastIndex(where: Self.isUnderline) ?? content.count - 1 : content.count
      guard index < end else { return }
      replace(node, content: content, titleLine: index - 1, end: end, alignments: alignments)
      return
    }
  }

  /// A paragraph's lines without the marks of the quotes and lists around it.
  private func contentLines(of node: MarkdownNode) -> [String] {
    let (first, last) = (node.line, node.lastLine)
    guard first >= 1, last > first, last <= lines.count else { return [] }
    let quotes = node.ancestors { $0.kind == CMARK_NODE_BLOCK_QUOTE }
    let column = Int(cmark_node_get_start_column(node)) - 1
    return (first...last).map { number in
      let line = Array(lines[number - 1].utf8)
      guard number > first else { return String(decoding: line.dropFirst(column), as: UTF8.self) }
      var (rest, depth) = (line[...], 0)
      while let byte = rest.first, byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: ">") && depth < quotes {
        if byte == UInt8(ascii: ">") { depth += 1 }
        rest = rest.dropFirst()
      }
      return String(decoding: rest, as: UTF8.self)
    }
  }

  /// Whether a line is one of those below the words of a heading.
  private static func isUnderline(_ line: String) -> Bool {
    let marks = line.drop { $0 == " " || $0 == "\t" }.prefix { $0 == "-" || $0 == "=" }
    return !marks.isEmpty && Set(marks).count == 1 && line[marks.endIndex...].allSatisfy(\.isWhitespace)
  }

  enum Alignment: String { case none = "", left, center, right }

  /// What the line of dashes says of each column; nil if it is none.
  static func alignments(_ line: String) -> [Alignment]? {
    guard line.utf8.contains(UInt8(ascii: "-")), line.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: ":") })
    else { return nil }
    var alignments: [Alignment] = []
    for cell in cells(line) {
      let (isLeft, isRight) = (cell.hasPrefix(":"), cell.count > 1 && cell.hasSuffix(":"))
      let dashes = cell.dropFirst(isLeft ? 1 : 0).dropLast(isRight ? 1 : 0)
      guard !dashes.isEmpty, dashes.utf8.allSatisfy({ $0 == UInt8(ascii: "-") }) else { return nil }
      alignments.append(isLeft ? (isRight ? .center : .left) : (isRight ? .right : .none))
    }
    return alignments.isEmpty ? nil : alignments
  }

  /// A row's cells. `\|` is a bar within one, also in code.
  static func cells(_ line: String) -> [String] {
    var bytes = Array(line.utf8)[...]
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    bytes = bytes.drop(while: isSpace)
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    if bytes.first == UInt8(ascii: "|") { bytes.removeFirst() }
    var (cells, cell) = ([[UInt8]](), [UInt8]())
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\\"), index + 1 < bytes.endIndex {
        // Whatever stands before it: GitHub knows no escaped backslash here.
        let isBar = bytes[index + 1] == UInt8(ascii: "|")
        cell.append(isBar ? bytes[index + 1] : byte)
        index += isBar ? 2 : 1
        continue
      }
      if byte == UInt8(ascii: "|") {
        cells.append(cell)
        cell = []
      } else {
        cell.append(byte)
      }
      index += 1
    }
    // What is behind the last bar is a cell only if there is something.
    if !cell.allSatisfy(isSpace) || cells.isEmpty { cells.append(cell) }
    return cells.map { cell in
      var rest = cell[...].drop(while: isSpace)
      while let last = rest.last, isSpace(last) { rest.removeLast() }
      return String(decoding: rest, as: UTF8.self)
    }
  }

  // MARK: - Making

  private mutating func replace(
    _ node: MarkdownNode, content: [String], titleLine: Int, end: Int, alignments: [Alignment]
  ) {
    let first = node.line
    let head = row(content[titleLine], "th", line: first + titleLine, alignments)
    let captionLine = content.indices.first { $0 > titleLine + 1 && $0 < end && Self.isCaption(content[$0]) }
    let rows = ((titleLine + 2)..<max(titleLine + 2, captionLine ?? end)).map {
      row(content[$0], "td", line: first + $0, alignments)
    }
    let body = rows.isEmpty ? [] : [MarkdownNode.inline("<tbody>\n", "</tbody>\n", rows)]
    let table = MarkdownNode.leaf(
      "<div class=\"scroll table\">\n<table>\n", "</table>\n</div>\n", [.inline("<thead>\n", "</thead>\n", [head])] + body)
    var parts: [MarkdownNode] = []
    if titleLine > 0 { parts.append(paragraph(content[..<titleLine], line: first)) }
    parts.append(table)
    if let captionLine { parts.append(paragraph(content[captionLine..<end], line: first + captionLine)) }
    if node.kind == CMARK_NODE_HEADING { parts.append(.make(CMARK_NODE_THEMATIC_BREAK)) }
    node.replace(by: parts)
    made.append((table, first + titleLine))
  }

  /// Lines before the titles, and a caption below the rows, are paragraphs of their own.
  private func paragraph(_ content: ArraySlice<String>, line: Int) -> MarkdownNode {
    let node = MarkdownNode.make(CMARK_NODE_PARAGRAPH)
    let text = content.joined(separator: "\n")
    node.append(MarkdownTree.readInline(text, line: line, definitions: definitions, options: options))
    return node
  }

  /// Whether a line below rows is the caption, and no row.
  private static func isCaption(_ line: String) -> Bool {
    captionMarks.contains { line.hasPrefix($0) } && cells(line).count == 1
  }

  private func row(_ line: String, _ element: String, line number: Int, _ alignments: [Alignment]) -> MarkdownNode {
    let cells = Self.cells(line)
    let nodes = alignments.indices.map { index in
      let style = alignments[index] == .none ? "" : " style=\"text-align: \(alignments[index].rawValue)\""
      let text = cells.indices.contains(index) ? cells[index] : ""
      let content =
        text.isEmpty ? [] : MarkdownTree.readInline(text, line: number, definitions: definitions, options: options)
      let scope = element == "th" ? " scope=\"col\"" : ""
      return MarkdownNode.inline("<\(element)\(scope)\(style)>", "</\(element)>\n", content)
    }
    return .inline("<tr>\n", "</tr>\n", nodes)
  }

  // MARK: - Captions

  private static let captionMarks = ["Table: ", ": "]

  private mutating func takeCaption(of table: MarkdownNode, line: Int) {
    guard let paragraph = table.next, paragraph.kind == CMARK_NODE_PARAGRAPH, let first = paragraph.firstChild,
      first.kind == CMARK_NODE_TEXT, let mark = Self.captionMarks.first(where: { first.literal.hasPrefix($0) })
    else { return }
    cmark_node_set_literal(first, String(first.literal.dropFirst(mark.count)))
    var label: String?
    if let last = cmark_node_last_child(paragraph), last.kind == CMARK_NODE_TEXT, last.literal.contains("{#"),
      let match = last.literal.firstMatch(of: /\s*\{#([^\s{}]+)\}\s*$/)
    {
      let written = String(match.1)
      label = CellLabel.canonical(written)
      if label == nil { badLabels.append((written, last.line)) }
      cmark_node_set_literal(last, String(last.literal[..<match.range.lowerBound]))
    }
    let children = paragraph.children
    tables.append(
      ProseTable(label: label, caption: MarkdownTree.text(of: children).trimmingCharacters(in: .whitespaces), line: line))
    let number = MarkdownNode.html(Placeholder.tableNumber.html(tables.count - 1, fallback: ""))
    let caption = MarkdownNode.leaf("<figcaption>", "</figcaption>\n", [number] + children)
    let id = label.map { " id=\"\(MarkdownTree.escaped($0))\"" } ?? ""
    let figure = MarkdownNode.block("<figure class=\"table\"\(id)>\n", "</figure>\n")
    cmark_node_insert_before(table, figure)
    figure.append([table, caption])
    paragraph.remove()
  }
}
