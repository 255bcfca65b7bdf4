import Document
import Foundation
import Record
import Rendering
import Testing

/// A page shows a part of what is long; the record beside it has all.
@Suite struct WholeRecordTests {
  private let long = String(repeating: "long ", count: 100) + "end"

  @Test func theRecordHasTheWholeOfWhatItsPageShowsInPart() {
    let notebook = document(["x"])
    let text = (1...1000).map { "line \($0)\n" }.joined()
    let record = NotebookRecord(
      notebook: "n", cells: [CellRecord(id: notebook.cells[0].id, outcome: .succeeded, outputs: [.text(.standardOutput, text)])])
    #expect(!Page(notebook, record: record).html.contains("line 500\n"))
    #expect(RecordFiles(notebook, record: record).files["cell-1-1.txt"] == text)
  }

  @Test func theRecordHasTheWholeOfAParametersValue() throws {
    var notebook = document([])
    let values: [ParameterValue] = [.string(long), .array([.string(long), .string("b")])]
    notebook.frontMatter.parameters = values.enumerated().map { Parameter(name: "p\($0)", value: $1, line: 1) }
    let record = NotebookRecord(notebook: "n", cells: [])
    #expect(!Page(notebook, record: record).html.contains(long))
    let text = try #require(RecordFiles(notebook, record: record).files[RecordFiles.indexName])
    let index = try RecordIndex(json: Data(text.utf8))
    #expect(index.parameters == ["p0": long, "p1": "[\"\(long)\",\"b\"]"])
  }
}
