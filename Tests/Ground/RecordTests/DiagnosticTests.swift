import Foundation
import Record
import Testing

@Suite struct DiagnosticTests {
  @Test func aDiagnosticReadsAsTheCompilersDo() {
    let diagnostic = Diagnostic(
      at: Place(file: "a.md", line: 12, column: 5), "cannot find 'x' in scope", advice: "Define it.", excerpt: "\té + x",
      notes: [Diagnostic(.note, at: Place(file: "a.md", line: 3), "here")])
    #expect(
      diagnostic.description == """
        a.md:12:5: error: cannot find 'x' in scope
        \té + x
        \t  ^
        Define it.
        a.md:3: note: here
        """)
  }

  @Test func aColumnPastTheLineIsNoTrap() {
    let diagnostic = Diagnostic(at: Place(file: "a.md", line: 1, column: 99), "m", excerpt: "ab")
    #expect(diagnostic.description == "a.md:1:99: error: m\nab\n  ^")
  }
}

@Suite struct RecordTests {
  @Test func aRecordSurvivesARoundTrip() throws {
    let error = CellError(kind: .trap, diagnostics: [Diagnostic(at: Place(file: "a.md", line: 1), "Fatal error: x")])
    let record = NotebookRecord(
      notebook: "a",
      cells: [
        CellRecord(
          id: "cell-1", outcome: .failed,
          outputs: [
            .text(.standardOutput, "é\u{0}\n"), .text(.standardError, "e"), .value("v"),
            .table(Table(columns: [.init("a"), .init("n", isNumeric: true)], rows: [["x", "1"]])),
            .figure(FigureOutput(plotly: "{}")), .progress(.init(title: "t", completed: 1, total: 2)), .error(error),
          ])
      ])
    #expect(try JSONDecoder().decode(NotebookRecord.self, from: JSONEncoder().encode(record)) == record)
  }

  @Test func aTableReadsOnATerminal() {
    let table = Table(
      columns: [.init("head"), .init("score", isNumeric: true)], rows: [["L0H1", "0.5"], ["Grüße"], ["x", "-12.25", "lost"]])
    #expect(
      table.plainText == """
        head    score
        ─────  ──────
        L0H1      0.5
        Grüße
        x      -12.25
        """)
  }
}
