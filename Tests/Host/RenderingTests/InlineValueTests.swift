import Document
import Record
import Rendering
import TestSupport
import Testing

@Suite struct InlineValueTests {
  private func html(_ record: CellRecord) throws -> String {
    let document = try Notebook(markdown: "There are `{swift} n` heads.\n", file: "Notebooks/n.md")
    return Page(document, record: NotebookRecord(notebook: "n", cells: [record])).html
  }

  @Test func anInlineValueStandsInItsSentenceAsTextWithoutACellAroundIt() throws {
    let html = try html(CellRecord(id: "inline-1", outcome: .succeeded, outputs: [.value("<script>\u{1B}[31m4")]))
    expect(html, contains: "<p>There are <span class=\"inline-value\">&lt;script&gt;4</span> heads.</p>")
    expect(html, lacks: "class=\"cell\"")
  }

  @Test func anInlineValueThatFailedShowsItsExpressionAndTheErrorAtItsPlace() throws {
    let error = CellError(kind: .thrown, diagnostics: [Diagnostic("oops")])
    let html = try html(CellRecord(id: "inline-1", outcome: .failed, outputs: [.error(error)]))
    expect(html, contains: "There are <code>n</code> heads", "oops", "id=\"inline-1\"")
  }

  @Test func anInlineValueThatHasNotRunShowsItsExpression() throws {
    #expect(try html(CellRecord(id: "inline-1", outcome: .notRun, outputs: [])).contains("There are <code>n</code> heads"))
  }
}
