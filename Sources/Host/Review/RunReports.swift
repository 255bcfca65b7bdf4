import Foundation
import Record
import Text

extension RunComparison {
  /// The report for a terminal: a table of the numbers, what is missing, and, of two runs, texts that differ.
  package func terminalText(colors: Bool, mostRows: Int = 40) -> String {
    let paint = Paint(isOn: colors)
    var lines: [TerminalLine] = ["\(paint.bold("\(title)"))"]
    for name in varying { lines.append("  \(name): \(values(of: name))") }
    if !numbers.isEmpty {
      lines.append("")
      lines += table(paint, mostRows)
    }
    if numbers.count > mostRows {
      lines.append(
        "  \(paint.faint("and \(Words.count(numbers.count - mostRows, "number")) more: --format csv, json or html has them all"))"
      )
    }
    if !missing.isEmpty {
      lines.append("")
      lines += missing.map { "  \(paint.red("\($0)"))" }
    }
    lines += texts(paint)
    lines.append("")
    lines.append(isChanged ? paint.red("\(verdict)") : paint.green("\(verdict)"))
    return lines.map { $0.text + "\n" }.joined()
  }

  /// What is compared: both runs, or the first and how many more.
  package var title: String {
    runs.count == 2
      ? "\(runs[0].name) → \(runs[1].name)"
      : "\(runs[0].name) and \(Words.count(runs.count - 1, "other run"))"
  }

  private func values(of parameter: String) -> String {
    let values = runs.map { $0.parameters[parameter] ?? "none" }
    return runs.count == 2 ? values.joined(separator: " → ") : Words.list(values, first: 30)
  }

  // MARK: - The table

  /// The titles of the columns behind the place: for two runs both, the difference and the ratio; for more, all of them.
  package var columns: [String] {
    runs.count == 2 ? runs.map(\.name) + ["difference", "ratio"] : runs.map(\.name)
  }

  /// The texts of a row below these columns.
  /// - Parameter digits: how many digits of its number a text has; nil for all.
  package func texts(_ row: Row, digits: Int? = nil) -> [String] {
    func text(_ value: Double?) -> String {
      guard let value else { return digits == nil ? "" : "—" }
      return digits.map { PlainNumber.text(value, digits: $0) } ?? Self.exact(value)
    }
    return (runs.count == 2 ? row.values + [row.difference, row.ratio] : row.values).map(text)
  }

  /// A number in few digits.
  package static func short(_ value: Double) -> String { PlainNumber.text(value, digits: 5) }

  private static func exact(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(format: "%.0f", value + 0) : "\(value)"
  }

  private func table(_ paint: Paint, _ most: Int) -> [TerminalLine] {
    let shown = numbers.prefix(most)
    // More columns than a terminal has room for say nothing: then the ends of each row do.
    let isWide = runs.count > 6
    let titles = isWide ? [runs[0].name, "smallest", "largest", "spread"] : columns
    let rows = shown.map { row -> [String] in
      guard isWide else { return texts(row, digits: 5) }
      let present = row.values.compactMap(\.self)
      return [row.values[0], present.min(), present.max(), row.spread].map {
        $0.map { PlainNumber.text($0, digits: 5) } ?? "—"
      }
    }
    let widths = titles.indices.map { column in max(titles[column].count, rows.map { $0[column].count }.max() ?? 0) }
    func line(_ texts: [String]) -> String {
      zip(texts, widths).map { String(repeating: " ", count: max(0, $1 - $0.count)) + $0 }.joined(separator: "  ")
    }
    var lines: [TerminalLine] = ["  \(paint.faint("\(line(titles))"))"]
    var cell = ""
    for (row, texts) in zip(shown, rows) {
      let name = "\(row.cell) \(row.output)"
      if name != cell { lines.append("  \(paint.bold("\(row.cell)")) \(paint.faint("\(row.output)"))") }
      cell = name
      lines.append("  \(line(texts))  \(row.place)")
    }
    return lines
  }

  /// Of two runs, lines of text that differ in their words.
  private func texts(_ paint: Paint) -> [TerminalLine] {
    guard runs.count == 2 else { return [] }
    return differingTexts.flatMap { cell, output -> [TerminalLine] in
      ["", "  \(paint.bold("\(cell)")) \(paint.faint("\(output.label)"))"]
        + output.lines.prefix(20).flatMap { line -> [TerminalLine] in
          let (base, head) = SiteReview.excerpts(line.base ?? "", line.head ?? "")
          return (line.base == nil ? [] : ["    \(paint.red("- \(base)"))"])
            + (line.head == nil ? [] : ["    \(paint.green("+ \(head)"))"])
        }
    }
  }

  /// Outputs of the second run whose words, and not their numbers alone, are others than the reference's.
  private var differingTexts: [(cell: String, output: OutputReview)] {
    (reviews.first?.cells ?? []).flatMap { cell in
      cell.outputs.filter { $0.isStructural && !$0.lines.isEmpty }.map { output in
        var output = output
        output.lines = output.lines.filter { !$0.isWithin }
        return (cell: cell.id, output: output)
      }
    }
  }

  // MARK: - Other forms

  /// All numbers that differ as comma-separated values: `cell`, `output`, `place`, then a column for each run, of two also `difference` and `ratio`.
  package var csv: String {
    CSVText.text([["cell", "output", "place"] + columns] + numbers.map { [$0.cell, $0.output, $0.place] + texts($0) })
  }

  /// The report for a comment on a pull request: never longer than such a comment may be.
  package var markdown: String {
    var text: MarkdownText = "### Runs: \(title)\n\n\(ours: verdict)\n"
    for name in varying { text += "\nParameter \(name): \(values(of: name))\n" }
    for line in missing.prefix(40) { text += "\n- \(line)" }
    if !missing.isEmpty { text += "\n" }
    guard !numbers.isEmpty else { return text.text }
    let shown = runs.count == 2 ? columns : Array(columns.prefix(8))
    text += "\n| cell | output | place | \(.joined(shown.map { "\($0)" }, by: " | ")) |\n"
    text += "\(ours: "|---|---|---|" + String(repeating: "--:|", count: shown.count))\n"
    for (index, row) in numbers.enumerated() {
      guard text.text.utf8.count < 58_000 else {
        text +=
          "\n_\(ours: "\(Words.count(numbers.count - index, "number")) left out: the comment would be too long") (`--format csv`)._\n"
        break
      }
      let values: [MarkdownText] = texts(row, digits: 5).prefix(shown.count).map { "\($0)" }
      text += "| \(row.cell) | \(row.output) | \(row.place) | \(.joined(values, by: " | ")) |\n"
    }
    let left = columns.count - shown.count
    if left > 0 { text += "\n_\(ours: Words.count(left, "run")) left out of the table (`--format csv`)._\n" }
    return text.text
  }

  /// The comparison as JSON with sorted keys: `runs`, `compared`, `isChanged`, `verdict`, `numbers` (each with `cell`, `output`, `place`, and `values` in
  /// the order of the runs; null where a run has none), and `reviews`, which have what else differs from the first run.
  package var json: String {
    ReportJSON.text(
      Report(
        format: 1, isChanged: isChanged, verdict: verdict, runs: runs, compared: compared, numbers: numbers, missing: missing,
        reviews: reviews))
  }

  private struct Report: Encodable {
    let format: Int
    let isChanged: Bool
    let verdict: String
    let runs: [Run]
    let compared: Int
    let numbers: [Row]
    let missing: [String]
    let reviews: [NotebookReview]
  }
}

extension SiteReview {
  /// All outputs that differ as comma-separated values, a row for each, with what is known of its numbers.
  package var csv: String {
    let rows = notebooks.flatMap { notebook in
      notebook.cells.flatMap { cell in
        cell.outputs.filter { $0.verdict != .same }.map { output in
          let most = output.numbers?.largest ?? output.numbers?.largestWithin
          return [
            notebook.name, cell.id, output.label, output.verdict.rawValue, String(output.numbers?.changed ?? 0),
            most?.place ?? "", most.map { "\($0.base)" } ?? "", most.map { "\($0.head)" } ?? "",
          ]
        }
      }
    }
    return CSVText.text([["notebook", "cell", "output", "verdict", "changed", "place", "base", "head"]] + rows)
  }
}
