extension Review {
  /// The report for a comment on a pull request: never longer than such a comment may be (65,536 characters), the worst first.
  public var markdown: String {
    var text = "### Outputs: \(Self.cell(base)) → \(Self.cell(head))\n\n\(verdict)\n"
    let tables = notebooks.filter(\.isTold).map(table)
    for (index, table) in tables.enumerated() {
      guard text.utf8.count + table.utf8.count < 60_000 else {
        text +=
          "\n_\(Words.count(tables.count - index, "notebook")) left out: the comment would be too long. `folio diff` shows all._\n"
        break
      }
      text += table
    }
    return text
  }

  private func table(_ notebook: NotebookReview) -> String {
    var text = "\n#### \(Self.cell(notebook.name))\n\n\(notebook.summary)\n"
    if let problem = notebook.problem { text += "\nIt cannot be compared: \(Self.cell(problem))\n" }
    for change in notebook.parameters { text += "\nParameter \(Self.cell(change.excerpt(to: 70)))\n" }
    let rows = notebook.cellsWorstFirst
    if !rows.isEmpty {
      text += "\n| | cell | output | what changed |\n|---|---|---|---|\n"
      for cell in rows.prefix(60) { text += row(cell) }
      if rows.count > 60 { text += "\n_and \(Words.count(rows.count - 60, "cell")) more_\n" }
    }
    if !notebook.withinCells.isEmpty {
      text += "\nWithin the tolerance: \(Words.list(notebook.withinCells.map { Self.cell($0.idAndDistance) }, first: 20))\n"
    }
    let sources = rows.filter { !$0.source.isEmpty }
    if !sources.isEmpty {
      text += "\n<details><summary>Changed sources</summary>\n"
      for cell in sources.prefix(20) { text += "\n\(Self.cell(cell.id))\n\n" + Self.fenced(cell.source) }
      text += "\n</details>\n"
    }
    return text
  }

  private func row(_ cell: CellReview) -> String {
    let sign = [.added: "➕", .removed: "➖", .changed: "🔶"][cell.status] ?? "·"
    let name = "`\(cell.id.replacing("`", with: "'"))`" + (cell.notes.isEmpty ? "" : "<br>" + Self.cell(cell.notes))
    let outputs = cell.outputs.filter { $0.verdict != .same }
    if outputs.isEmpty { return "| \(sign) | \(name) | | |\n" }
    return outputs.enumerated().map { index, output in
      var what = output.findings.prefix(6).map { Self.cell($0) }
      for line in output.lines.filter({ !$0.isWithin }).prefix(4) {
        let (base, head) = Self.excerpts(line.base ?? "", line.head ?? "", to: 150)
        what += [line.base.map { _ in "− " + Self.cell(base) }, line.head.map { _ in "+ " + Self.cell(head) }].compactMap { $0 }
      }
      if what.isEmpty { what = [output.verdict.rawValue] }
      return
        "| \(index == 0 ? sign : "") | \(index == 0 ? name : "") | \(Self.cell(output.label)) | \(what.joined(separator: "<br>")) |\n"
    }.joined()
  }

  /// Text that is text in a table's cell, whatever it holds.
  private static func cell(_ text: String) -> String {
    let special: Set<Character> = [
      "\\", "`", "*", "_", "{", "}", "[", "]", "<", ">", "(", ")", "#", "+", "!", "|", "~", "@", "$",
    ]
    return shortened(text, to: 160).map { special.contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  private static func fenced(_ changes: [LineChange]) -> String {
    let lines = changes.prefix(40).flatMap { [$0.base.map { "- " + $0 }, $0.head.map { "+ " + $0 }].compactMap { $0 } }
    var fence = "```"
    while lines.contains(where: { $0.contains(fence) }) { fence += "`" }
    return "\(fence)diff\n\(lines.joined(separator: "\n"))\n\(fence)\n"
  }
}
