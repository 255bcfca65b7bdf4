import Foundation
import Record
import Testing

@Suite struct OutputKindsTests {
  private static let picture = [PictureOutput(Data("<svg></svg>".utf8))].compactMap(\.self).map(Output.picture)

  /// One of each kind.
  private static let outputs: [Output] =
    picture + [
      .markdown(MarkdownOutput("*a*")), .html(HTMLOutput("<p>a</p>")),
      .text(.standardOutput, "printed"), .text(.standardError, "warned"), .value("shown"),
      .table(Table(columns: [Table.Column("name")], rows: [["a row"]])),
      .figure(FigureOutput(plotly: #"{"data":[],"layout":{}}"#)),
      .tokens(ColoredTokens(title: "t", tokens: [" a"], values: [1], limit: 1)),
      .progress(ProgressOutput(title: "Loading", completed: 1, total: 2)),
      .error(CellError(kind: .thrown, diagnostics: [Diagnostic("no")])),
    ]

  @Test func everyKindHasAWordOfItsOwnInTheRecord() {
    let words = Self.outputs.map(\.content.recorded.kind)
    #expect(Set(words) == Set(RecordIndex.Kind.allCases))
    #expect(Set(words).count == words.count)
  }

  @Test(arguments: outputs) func anOutputIsWhatItsContentSaysThatItIs(_ output: Output) {
    #expect(output.content.output == output)
  }

  @Test(arguments: outputs) func anOutputKeepsEverythingButItsTextsWhenTheseAreChanged(_ output: Output) {
    var content = output.content
    content.mapTexts { $0 }
    #expect(content.output == output)
  }

  @Test func anOutputOfTextsHasOtherTextsAfterTheseWereChanged() {
    var table = Table(columns: [Table.Column("M.T", isNumeric: true)], rows: [["M.x", "y"]])
    table.mapTexts { $0.replacing("M.", with: "") }
    #expect(table == Table(columns: [Table.Column("T", isNumeric: true)], rows: [["x", "y"]]))
  }

  @Test func anOutputCountsByItsTexts() {
    #expect(Output.value("é").content.byteCount == 2)
    #expect(Output.table(Table(columns: [Table.Column("name")], rows: [["ab", "c"], ["d"]])).content.byteCount == 4)
  }

  @Test func ofHiddenOutputsReadersSeeTheErrorAlone() {
    let record = CellRecord(id: "a", outcome: .failed, outputs: Self.outputs)
    #expect(record.shownOutputs(hidden: false) == Self.outputs)
    #expect(record.shownOutputs(hidden: true) == Self.outputs.suffix(1))
  }
}
