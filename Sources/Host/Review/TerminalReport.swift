import Foundation

extension SiteReview {
  /// The report for a terminal: what changed, worst first within each notebook, with the lines.
  /// - Parameters:
  ///   - colors: whether to use ANSI colours.
  ///   - mostLines: of one output.
  package func terminalText(colors: Bool, mostLines: Int = 20) -> String {
    let paint = Paint(isOn: colors)
    var lines: [TerminalLine] = ["\(paint.faint("base")) \(base)  \(paint.faint("head")) \(head)"]
    lines += runCounts.map { "\($0)" }
    for group in told {
      let notebook = group.shown
      lines.append("")
      lines.append("\(paint.bold("\(notebook.name)"))\(paint.faint("  \(notebook.summary)"))")
      if let problem = notebook.problem { lines.append("  \(paint.red("cannot be compared: \(problem)"))") }
      if let device = notebook.device { lines.append("  \(paint.faint("\(device.excerpt())"))") }
      for change in notebook.parameters { lines.append("  parameter \(change.excerpt())") }
      for cell in notebook.cellsWorstFirst { lines += cellLines(cell, paint, mostLines) }
      if !notebook.withinCells.isEmpty {
        let cells = Words.list(notebook.withinCells.map(\.idAndDistance), first: 10)
        lines.append("  \(paint.faint("within tolerance: \(cells)"))")
      }
      if let sentence = group.sentence { lines.append("  \(paint.faint("\(sentence)"))") }
    }
    lines.append("")
    lines.append(isChanged ? paint.red("\(verdict)") : paint.green("\(verdict)"))
    return lines.map { $0.text + "\n" }.joined()
  }

  /// The whole in a sentence.
  package var verdict: String {
    let cells = notebooks.flatMap(\.cells)
    let (changed, within) = (cells.count(where: \.isChanged), cells.count { $0.status == .within })
    let edited = cells.count { $0.status == .same && !$0.isChanged && !$0.source.isEmpty }
    let other = notebooks.count { $0.isChanged && $0.status != .changed }
    let parts =
      [
        changed > 0 ? "\(Words.count(changed, "cell")) changed" : nil,
        other > 0 ? "\(Words.count(other, "notebook")) added, removed or unreadable" : nil,
        within > 0 ? "\(Words.count(within, "cell")) within the tolerance" : nil,
        edited > 0 ? "\(Words.count(edited, "source")) changed with the same outputs" : nil,
      ].compactMap { $0 }
    let compared = "\(Words.count(cells.count, "cell")) of \(Words.count(notebooks.count, "notebook")) compared"
    return parts.isEmpty ? "No output changed; \(compared)." : "\(parts.joined(separator: ", ")); \(compared)."
  }

  private func cellLines(_ cell: CellReview, _ paint: Paint, _ mostLines: Int) -> [TerminalLine] {
    let notes: TerminalLine = cell.notes.isEmpty ? "" : paint.faint("  \(cell.notes)")
    var lines: [TerminalLine] = ["  \(paint.mark(cell)) \(paint.bold("\(cell.id)"))\(notes)"]
    for output in cell.outputs where output.verdict != .same {
      let head = output.findings.first ?? output.verdict.rawValue
      lines.append("      \(paint.faint("\(Self.shortened(output.label)):")) \(head)")
      lines += output.findings.dropFirst().map { "        \($0)" }
      lines += changes(output.lines.filter { !$0.isWithin }, paint, mostLines)
    }
    if !cell.source.isEmpty {
      lines.append("      \(paint.faint("source"))")
      lines += changes(cell.source, paint, mostLines)
    }
    return lines
  }

  private func changes(_ changes: [LineChange], _ paint: Paint, _ most: Int) -> [TerminalLine] {
    var lines: [TerminalLine] = []
    for change in changes.prefix(most) {
      let (base, head) = Self.excerpts(change.base ?? "", change.head ?? "")
      if change.base != nil { lines.append("        \(paint.red("- \(base)"))") }
      if change.head != nil { lines.append("        \(paint.green("+ \(head)"))") }
    }
    if changes.count > most { lines.append("        \(paint.faint("and \(Words.count(changes.count - most, "line")) more"))") }
    return lines
  }

  /// Two long lines from where they differ, so that what is shown of them is not the same.
  static func excerpts(_ base: String, _ head: String, to count: Int = 200) -> (String, String) {
    let common =
      base.unicodeScalars.count > count || head.unicodeScalars.count > count
      ? zip(base.unicodeScalars, head.unicodeScalars).prefix { $0 == $1 }.count : 0
    guard !base.isEmpty, !head.isEmpty, common >= count / 2 else {
      return (shortened(base, to: count), shortened(head, to: count))
    }
    func rest(_ text: String) -> String {
      "…" + shortened(String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(common - count / 4))), to: count)
    }
    return (rest(base), rest(head))
  }

  /// A long line's beginning.
  static func shortened(_ line: String, to count: Int = 200) -> String {
    guard line.unicodeScalars.count > count else { return line }
    return String(String.UnicodeScalarView(line.unicodeScalars.prefix(count))) + "…"
  }
}

extension Paint {
  fileprivate func mark(_ cell: CellReview) -> TerminalLine {
    switch cell.status {
    case .added: green("+")
    case .removed: red("-")
    case .changed: red("~")
    case .same, .within: "·"
    }
  }
}

extension NotebookReview {
  /// What changed beyond the tolerance, worst first, and cells whose source alone did.
  var cellsWorstFirst: [CellReview] {
    cells.filter { $0.isChanged || !$0.source.isEmpty }.largestFirst(\.severity)
  }

  /// Whether a report has anything to say of it.
  var isTold: Bool { isChanged || device != nil || !withinCells.isEmpty || !cellsWorstFirst.isEmpty }

  /// What changed, and not beyond the tolerance: what came nearest to it first.
  var withinCells: [CellReview] {
    cells.filter { $0.status == .within && !$0.isChanged }.largestFirst(\.distance)
  }

  /// `3 of 40 cells changed`
  var summary: String {
    switch status {
    case .added: "a new notebook"
    case .removed: "it has no record any more"
    case .unreadable: "its record cannot be read"
    case .same, .changed: "\(cells.count(where: \.isChanged)) of \(Words.count(cells.count, "cell")) changed"
    }
  }
}

extension CellReview {
  /// How far the numbers within the tolerance went, relative to what they are compared with.
  fileprivate var distance: Double { outputs.compactMap { $0.numbers?.largestWithin?.share }.max() ?? 0 }

  /// `s1-dla (0.012 %)`
  var idAndDistance: String { distance > 0 ? "\(id) (\(PlainNumber.percent(distance)))" : id }

  /// What happened to it as a cell.
  var notes: String {
    var notes: [String] = []
    if status == .added { notes.append("added") }
    if status == .removed { notes.append("removed") }
    if let formerID { notes.append("was \(formerID)") }
    if isMoved { notes.append("moved") }
    if let outcome { notes.append("\(outcome.base ?? "") -> \(outcome.head ?? "")") }
    if !isChanged, !source.isEmpty {
      notes.append(status == .within ? "source changed, outputs within the tolerance" : "source changed, same outputs")
    }
    return notes.joined(separator: ", ")
  }
}

extension OutputReview {
  /// `figure`, `table 2`, `{swift} best.score`
  package var label: String { expression.map { "{swift} \($0)" } ?? (number > 1 ? "\(kind) \(number)" : kind) }
}

extension ValueChange {
  /// `shots: 2 -> 3`, of long values the part that differs.
  package func excerpt(to count: Int = 200) -> String {
    let (before, after) = SiteReview.excerpts(base ?? "none", head ?? "none", to: count)
    return "\(name): \(before) -> \(after)"
  }
}
