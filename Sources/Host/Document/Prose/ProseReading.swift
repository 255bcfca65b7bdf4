import CCmark
import Foundation
import Record

extension MarkdownParser {
  /// A document as cmark reads it, with the formulas in their places, for who only asks what blocks and definitions there are. The caller frees it.
  static func document(_ markdown: String) -> Node? {
    let mask = MathematicsMask(markdown)
    let text = mask.text
    guard let root = cmark_parse_document(text, text.utf8.count, CMARK_OPT_DEFAULT) else { return nil }
    _ = mask.place(in: root, lines: markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    return root
  }

  /// The document of a file with everything that CommonMark lacks: formulas, tables, footnotes and the rest. What it names, and what is wrong
  /// with it, the source is told. The caller frees it.
  static func document(_ source: inout SourceText) -> Node? {
    let options = CMARK_OPT_DEFAULT | (source.isSmart ? CMARK_OPT_SMART : 0)
    let footnotes = Footnotes(source.lines)
    let mask = MathematicsMask(footnotes.lines)
    let escapes = EscapeMask(source.lines)
    let lines = mask.text.split(separator: "\n", omittingEmptySubsequences: false).map { escapes.masked(String($0)) }
    let text = footnotes.rest(of: lines).joined(separator: "\n")
    guard let root = cmark_parse_document(text, text.utf8.count, options) else { return nil }
    for problem in mask.problems { source.report(problem) }
    // Cells of tables and notes are read on their own, and know the labels of links all the same.
    let areParts = !footnotes.definitions.isEmpty || text.contains("|")
    let definitions = LabelDefinitions(of: areParts ? text : "")
    refuseOwnElements(in: root, &source)
    var tables = PipeTables(lines: lines, definitions: definitions, options: options)
    tables.run(root)
    footnotes.place(in: root, &source) { note, source in
      guard
        let note = MarkdownTree.read(
          footnotes.text(of: note, in: lines), line: note.line, definitions: definitions, options: options)
      else { return [] }
      defer { cmark_node_free(note) }
      refuseOwnElements(in: note, &source)
      tables.run(note)
      let blocks = note.children
      for block in blocks { cmark_node_unlink(block) }
      return blocks
    }
    take(tables, &source)
    place(mask, in: root, offsets: footnotes.offsets, &source)
    BlockExtensions.run(root)
    Strikethrough.run(root)
    BareLinks.run(root)
    var citations = CitationScan(lines: source.lines, hasBibliography: source.hasBibliography)
    citations.run(root)
    source.citations = citations.citations.map { $0.mapWords(escapes.restored) }
    escapes.restore(in: root)
    return root
  }

  /// Folio's own elements stand for what is filled later: nobody else may write them.
  private static func refuseOwnElements(in root: Node, _ source: inout SourceText) {
    forEach(in: root) { node in
      guard node.kind == CMARK_NODE_HTML_INLINE || node.kind == CMARK_NODE_HTML_BLOCK,
        node.literal.lowercased().contains("folio-"),
        let match = node.literal.firstMatch(of: /<\/?(folio-[A-Za-z0-9-]*)/.ignoresCase())
      else { return }
      let before = node.literal[..<match.range.lowerBound].utf8.count { $0 == UInt8(ascii: "\n") }
      source.report(
        line: node.line + before, "'<\(match.1)>' is an element of Folio's own", advice: "Give your element another name.")
    }
  }

  private static func take(_ tables: PipeTables, _ source: inout SourceText) {
    source.proseTables += tables.tables
    for (label, line) in tables.badLabels {
      source.report(
        line: line, "'\(label)' is no label", advice: "A label is made of \(CellLabel.rule): '{#tbl-models}'.")
    }
  }

  private static func place(_ mask: MathematicsMask, in root: Node, offsets: [Int: Int], _ source: inout SourceText) {
    var count = 0
    var labels: [String: Int] = [:]
    for var written in mask.place(in: root, lines: source.lines) {
      for index in written.tex.indices { written.tex[index].start += offsets[written.tex[index].line] ?? 0 }
      var (formula, place, problems) = written.read()
      for problem in problems { source.report(problem) }
      if formula.label != nil, formula.number == nil {
        count += 1
        formula.number = "\(count)"
      }
      if let label = formula.label, let place {
        if let first = labels[CellLabel.caseless(label)] {
          source.report(
            line: place.line, column: place.column, "the label '\(label)' is given twice",
            advice: "Labels are addresses: give each its own.",
            notes: [Diagnostic(.note, at: Place(file: source.file, line: first), "the first is here")])
        }
        labels[CellLabel.caseless(label)] = labels[CellLabel.caseless(label)] ?? place.line
      }
      let last = formula.line + formula.laterColumns.count
      formula.excerpts = (formula.line...last).map { source.lines.indices.contains($0 - 1) ? source.lines[$0 - 1] : "" }
      source.formulas.append(formula)
    }
  }

  /// Labels of formulas and of cells are addresses in one page.
  static func checkFormulaLabels(_ blocks: [Block], _ source: inout SourceText) {
    let labels = Dictionary(
      blocks.compactMap { block -> (String, (label: String, line: Int))? in
        guard case .cell(let cell) = block, let label = cell.options.label else { return nil }
        return (CellLabel.caseless(label), (label, cell.line))
      }, uniquingKeysWith: { first, _ in first })
    var others: [String: Int] = [:]
    for formula in source.formulas { if let label = formula.label { others[CellLabel.caseless(label)] = formula.line } }
    for table in source.proseTables {
      guard let label = table.label else { continue }
      let name = CellLabel.caseless(label)
      if let line = labels[name]?.line ?? others[name] {
        source.report(
          line: table.line, "the label '\(label)' of this table is given twice",
          advice: "Labels are addresses: give each its own.",
          notes: [Diagnostic(.note, at: Place(file: source.file, line: line), "the other is here")])
      }
      others[name] = table.line
    }
    for formula in source.formulas {
      guard let label = formula.label, let cell = labels[CellLabel.caseless(label)] else { continue }
      source.report(
        line: formula.line, column: formula.column, "the label '\(label)' of this formula is that of a cell",
        advice: "Labels are addresses: give each its own.",
        notes: [Diagnostic(.note, at: Place(file: source.file, line: cell.line), "the cell '\(cell.label)' is here")])
    }
  }
}

extension Notebook {
  /// Markdown as the prose of a notebook would show it, with cells as code, and what is wrong with it.
  package static func html(ofProse markdown: String) -> (html: String, problems: [Diagnostic]) {
    var source = SourceText(markdown, file: "Markdown")
    guard let root = MarkdownParser.document(&source) else { return ("", source.problems) }
    defer { cmark_node_free(root) }
    return (MarkdownParser.html(root), source.problems)
  }
}

extension SourceText {
  fileprivate mutating func report(_ problem: MathematicsSource.Problem) {
    report(line: problem.line, column: problem.column, problem.message, advice: problem.advice)
  }
}
