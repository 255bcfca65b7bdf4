import Foundation
import Record
import Review
import Testing

/// Records that cost a review more than they must, found by fuzzing and by reading.
@Suite struct HostileRecordTests {
  @Test(arguments: [
    "1.5e-9223372036854775808", "1.5e9223372036854775807", "0.0e-99999999999999999999", String(repeating: "9", count: 400),
  ])
  func numbersBeyondEverySizeAreCompared(text: String) throws {
    #expect(try review([Record.cell(text)], [Record.cell(text + " 2")]).isChanged)
  }

  private enum Record {
    static func cell(_ text: String) -> CellRecord {
      CellRecord(id: "a", outcome: .succeeded, outputs: [.text(.standardOutput, text + " 1\n")])
    }
  }

  @Test func aMatrixWithOneLongRowIsNotAsLargeAsThatInEachRow() throws {
    func matrix(_ first: Int) -> Output {
      let long = "[" + (0..<20_000).map { "\($0 + first).5" }.joined(separator: ",") + "]"
      let short = Array(repeating: "[1.5]", count: 20_000).joined(separator: ",")
      return .figure(FigureOutput(plotly: #"{"data":[{"type":"heatmap","z":[\#(long),\#(short)]}],"layout":{}}"#))
    }
    let found = try review([cell("a", matrix(0))], [cell("a", matrix(1))])
    #expect(found.findings.contains { $0.contains("not equally long") })
  }

  @Test func axesThatMatchEachOtherInALongRowAreFollowedAFewSteps() throws {
    let axes = (2..<6000).map { #""xaxis\#($0)":{"matches":"x\#($0 + 1)"}"# }.joined(separator: ",")
    let traces = (0..<4000).map { #"{"y":[\#($0)],"xaxis":"x2"}"# }.joined(separator: ",")
    let output = Output.figure(FigureOutput(plotly: #"{"data":[\#(traces)],"layout":{\#(axes)}}"#))
    #expect(try !review([cell("a", output)], [cell("a", output, .value("1"))]).findings.contains("unreadable"))
  }

  @Test func placesThatNoFileHasAreShownAsTheyAre() {
    let diagnostic = Diagnostic(.error, at: Place(file: "n.md", line: .min, column: .min), "bad", excerpt: "let x")
    #expect(diagnostic.description.contains("bad"))
    let tokens = ColoredTokens(title: "T", tokens: ["a", "b"], values: [1, 2], limit: 1, start: .max)
    #expect(tokens.plainText.contains("'b'"))
  }
}
