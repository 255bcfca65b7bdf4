import CCmark
import Foundation

/// GitHub's pipe tables: a line of titles, a line of dashes that says how columns are aligned, and rows, up to the end of the paragraph that CommonMark takes
/// them for. A paragraph directly below that begins with `: ` or `Table: ` is the caption, as pandoc and Quarto have it: `: What it shows. {#tbl-models}`.
struct PipeTables {
  /// The lines of the text that cmark has read.
  let lines: [String]
  /// Of labels of links, as Markdown.
  let definitions: String
  let options: Int32
  private(set) var tables: [ProseTable] = []
  /// A label that is none, with its line.
  private(set) var badLabels: [(label: String, line: Int)] = []
  /// Captions are looked for below what was a table a moment ago.
  private var made: [(node: MarkdownNode, line: Int)] = []

  init(lines: [String], definitions: String, options: Int32) {
    (self.lines, self.definitions, self.options) = (lines, definitions, options)
  }

  mutating func run(_ root: MarkdownNode) {
    for node in MarkdownTree.all(CMARK_NODE_PARAGRAPH, in: root) + MarkdownTree.all(CMARK_NODE_HEADING, in: root) { read(node) }
    for (table, line) in made.sorted(by: { $0.line < $1.line }) { takeCaption(of: table, line: line) }
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
      let underline = content.lastIndex { $0.wholeMatch(of: /(-+|=+)\s*/) != nil }
      let end = node.kind == CMARK_NODE_HEADING ? underline ?? content.count - 1 : content.count
      guard index < end else { return }
      replace(node, content: content, titleLine: index - 1, end: end, alignments: alignments)
      return
    }
  }

  /// A paragraph's lines without the marks of the quotes and lists around it.
  private func contentLines(of node: MarkdownNode) -> [String] {
    let (first, last) = (node.line, Int(cmark_node_get_end_line(node)))
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

  enum Alignment: String { case none = "", left, center, right }

  /// What the line of dashes says of each column; nil if it is none.
  static func alignments(_ line: String) -> [Alignment]? {
    guard line.utf8.contains(UInt8(ascii: "-")), line.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: ":") })
    else { return nil }
    var alignments: [Alignment] = []
    for cell in cells(line) {
      guard let match = cell.wholeMatch(of: /(:?)-+(:?)/) else { return nil }
      switch (match.1.isEmpty, match.2.isEmpty) {
      case (true, true): alignments.append(.none)
      case (false, true): alignments.append(.left)
      case (true, false): alignments.append(.right)
      case (false, false): alignments.append(.center)
      }
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
        if bytes[index + 1] != UInt8(ascii: "|") { cell.append(byte) }
        cell.append(bytes[index + 1])
        index += 2
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
    let rows = ((titleLine + 2)..<max(titleLine + 2, end)).map { row(content[$0], "td", line: first + $0, alignments) }
    let body = rows.isEmpty ? [] : [MarkdownNode.inline("<tbody>\n", "</tbody>\n", rows)]
    let table = MarkdownNode.leaf(
      "<div class=\"scroll table\">\n<table>\n", "</table>\n</div>\n", [.inline("<thead>\n", "</thead>\n", [head])] + body)
    var parts: [MarkdownNode] = []
    if titleLine > 0 { parts.append(paragraph(before: titleLine, of: content, line: first)) }
    parts.append(table)
    if node.kind == CMARK_NODE_HEADING { parts.append(.make(CMARK_NODE_THEMATIC_BREAK)) }
    node.replace(by: parts)
    made.append((table, first + titleLine))
  }

  /// Lines before the titles are a paragraph of their own.
  private func paragraph(before index: Int, of content: [String], line: Int) -> MarkdownNode {
    let node = MarkdownNode.make(CMARK_NODE_PARAGRAPH)
    let text = content[..<index].joined(separator: "\n")
    node.append(MarkdownTree.readInline(text, line: line, definitions: definitions, options: options))
    return node
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

  private mutating func takeCaption(of table: MarkdownNode, line: Int) {
    guard let paragraph = table.next, paragraph.kind == CMARK_NODE_PARAGRAPH, let first = paragraph.firstChild,
      first.kind == CMARK_NODE_TEXT, let mark = ["Table: ", ": "].first(where: { first.literal.hasPrefix($0) })
    else { return }
    cmark_node_set_literal(first, String(first.literal.dropFirst(mark.count)))
    var label: String?
    if let last = cmark_node_last_child(paragraph), last.kind == CMARK_NODE_TEXT,
      let match = last.literal.firstMatch(of: /\s*\{#([^\s{}]+)\}\s*$/)
    {
      let written = String(match.1)
      label = CellLabel.canonical(written)
      if label == nil { badLabels.append((written, paragraph.line)) }
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
