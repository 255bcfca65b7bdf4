import CCmark
import Record

extension MarkdownParser {
  /// A document as cmark reads it, with the formulas in their places. The caller frees it.
  static func document(_ markdown: String) -> Node? {
    let mask = MathematicsMask(markdown)
    let text = mask.text
    guard let root = cmark_parse_document(text, text.utf8.count, CMARK_OPT_DEFAULT) else { return nil }
    _ = mask.place(in: root, lines: markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    return root
  }

  /// The document of a file, whose formulas and what is wrong with them the source is told.
  static func document(_ source: inout SourceText) -> Node? {
    let mask = MathematicsMask(source.lines)
    let text = mask.text
    guard let root = cmark_parse_document(text, text.utf8.count, CMARK_OPT_DEFAULT) else { return nil }
    for problem in mask.problems { source.report(problem) }
    var (labels, count) = ([String: Int](), 0)
    for formula in mask.place(in: root, lines: source.lines) {
      var (formula, place, problems) = formula.read()
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
    return root
  }

  /// Labels of formulas and of cells are addresses in one page.
  static func checkFormulaLabels(_ blocks: [Block], _ source: inout SourceText) {
    let labels = Dictionary(
      blocks.compactMap { block -> (String, (label: String, line: Int))? in
        guard case .cell(let cell) = block, let label = cell.options.label else { return nil }
        return (CellLabel.caseless(label), (label, cell.line))
      }, uniquingKeysWith: { first, _ in first })
    for formula in source.formulas {
      guard let label = formula.label, let cell = labels[CellLabel.caseless(label)] else { continue }
      source.report(
        line: formula.line, column: formula.column, "the label '\(label)' of this formula is that of a cell",
        advice: "Labels are addresses: give each its own.",
        notes: [Diagnostic(.note, at: Place(file: source.file, line: cell.line), "the cell '\(cell.label)' is here")])
    }
  }
}

extension SourceText {
  fileprivate mutating func report(_ problem: MathematicsSource.Problem) {
    report(line: problem.line, column: problem.column, problem.message, advice: problem.advice)
  }
}
