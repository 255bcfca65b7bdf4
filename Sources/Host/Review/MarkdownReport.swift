extension SiteReview {
  /// The report for a comment on a pull request: never longer than such a comment may be (65,536 characters), the worst first.
  package var markdown: String {
    var text: MarkdownText = "### Outputs: \(base) → \(head)\n\n\(ours: verdict)\n"
    for count in runCounts { text += "\n\(count)\n" }
    let tables = told.map { group -> MarkdownText in
      var text = table(group.shown)
      if let sentence = group.sentence { text += "\n\(sentence)\n" }
      return text
    }
    for (index, table) in tables.enumerated() {
      guard text.text.utf8.count + table.text.utf8.count < 60_000 else {
        let left = Words.count(tables.count - index, "notebook")
        text += "\n_\(ours: left) left out: the comment would be too long. `folio diff` shows all._\n"
        break
      }
      text += table
    }
    return text.text
  }

  private func table(_ notebook: NotebookReview) -> MarkdownText {
    var text: MarkdownText = "\n#### \(notebook.name)\n\n\(ours: notebook.summary)\n"
    if let problem = notebook.problem { text += "\nIt cannot be compared: \(problem)\n" }
    if let device = notebook.device { text += "\nDevice: \(device.base ?? "") → \(device.head ?? "")\n" }
    for change in notebook.parameters { text += "\nParameter \(change.excerpt(to: 70))\n" }
    let rows = notebook.cellsWorstFirst
    if !rows.isEmpty {
      text += "\n| | cell | output | what changed |\n|---|---|---|---|\n"
      for cell in rows.prefix(60) { text += row(cell) }
      if rows.count > 60 { text += "\n_and \(ours: Words.count(rows.count - 60, "cell")) more_\n" }
    }
    if !notebook.withinCells.isEmpty {
      let cells = notebook.withinCells.prefix(20).map { "\($0.idAndDistance)" as MarkdownText }
      let left = notebook.withinCells.count - cells.count
      text += "\nWithin the tolerance: \(.joined(cells, by: ", "))\(ours: left > 0 ? ", and \(left) more" : "")\n"
    }
    let sources = rows.filter { !$0.source.isEmpty }
    if !sources.isEmpty {
      text += "\n<details><summary>Changed sources</summary>\n"
      for cell in sources.prefix(20) { text += "\n\(cell.id)\n\n\(Self.fenced(cell.source))" }
      text += "\n</details>\n"
    }
    return text
  }

  private func row(_ cell: CellReview) -> MarkdownText {
    let sign = [.added: "➕", .removed: "➖", .changed: "🔶"][cell.status] ?? "·"
    let name: MarkdownText = cell.notes.isEmpty ? "\(cell.id)" : "\(cell.id)<br>\(cell.notes)"
    let outputs = cell.outputs.filter { $0.verdict != .same }
    if outputs.isEmpty { return "| \(ours: sign) | \(name) | | |\n" }
    let rows = outputs.enumerated().map { index, output -> MarkdownText in
      let first: MarkdownText = index == 0 ? "| \(ours: sign) | \(name)" : "| | "
      return "\(first) | \(output.label) | \(.joined(changes(of: output), by: "<br>")) |\n"
    }
    return .joined(rows, by: "")
  }

  private func changes(of output: OutputReview) -> [MarkdownText] {
    var what = output.findings.prefix(6).map { "\($0)" as MarkdownText }
    for line in output.lines.filter({ !$0.isWithin }).prefix(4) {
      let (base, head) = Self.excerpts(line.base ?? "", line.head ?? "", to: 150)
      if line.base != nil { what.append("− \(base)") }
      if line.head != nil { what.append("+ \(head)") }
    }
    return what.isEmpty ? ["\(ours: output.verdict.rawValue)"] : what
  }

  private static func fenced(_ changes: [LineChange]) -> MarkdownText {
    let lines = changes.prefix(40).flatMap { [$0.base.map { "- " + $0 }, $0.head.map { "+ " + $0 }].compactMap { $0 } }
    return .fenced(lines.map { shortened($0, to: 1000) }, language: "diff")
  }
}
