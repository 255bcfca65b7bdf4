import Foundation
import Record
import TestSupport
import Testing

@Suite struct RecordFilesTests {
  private func files(_ outputs: [Output]) -> [String: String] {
    RecordFiles(NotebookRecord(notebook: "n", cells: [CellRecord(id: "a b", outcome: .succeeded, outputs: outputs)])).files
  }

  @Test func anOutputIsAFileAndTheIndexNamesIt() throws {
    let figure = FigureOutput(plotly: "{\"data\":[{\"type\":\"heatmap\",\"z\":[[0.123456789,2],[3,null]]}],\"layout\":{}}")
    let files = files([
      .text(.standardOutput, "x"), .table(Table(columns: [.init("k"), .init("v")], rows: [["a,b", "1"]])), .figure(figure),
      .progress(ProgressOutput(title: "Loop", completed: 2, total: 2)),
    ])
    #expect(files["a~20b-1.txt"] == "x\n")
    #expect(files["a~20b-2.csv"] == "k,v\n\"a,b\",1\n")
    let index = try RecordIndex(json: Data(files["index.json"]!.utf8))
    #expect(index.cells[0].outputs.map(\.file) == ["a~20b-1.txt", "a~20b-2.csv", "a~20b-3.json", nil])
    #expect(index.cells[0].outputs[3].text == "Loop: 2 of 2")
  }

  @Test func aRowOfAMatrixIsALineAndOneNumberIsOneChangedLine() throws {
    func lines(_ value: Double) -> [Substring] {
      let figure = FigureOutput(plotly: "{\"data\":[{\"z\":[[0.1,0.2],[\(value),0.4],[5,6]]}]}")
      return files([.figure(figure)])["a~20b-1.json"]!.split(separator: "\n")
    }
    let (a, b) = (lines(0.3), lines(0.31))
    #expect(a.contains("    [0.1,0.2],"))
    #expect(zip(a, b).filter { $0 != $1 }.count == 1)
    #expect(a.count == b.count)
  }

  @Test func aNumberKeepsItsOwnDigitsWhateverStandsBesideIt() {
    func row(_ numbers: String) -> String? {
      files([.figure(FigureOutput(plotly: "{\"data\":[{\"z\":[[\(numbers)]]}]}"))])["a~20b-1.json"]!
        .split(separator: "\n").first { $0.contains("[") && $0.contains(",") }?.trimmingCharacters(in: .whitespaces)
    }
    #expect(row("8.123456,1e-9") == "[8.1235,1e-09]")
    #expect(row("1e6,0.000001234567") == "[1000000,1.2346e-06]")
    #expect(row("123456789,12345.678") == "[123456789,12345.68]")
    #expect(row("1.23456789e-30,-0.0") == "[1.2346e-30,0]")
    #expect(Precision.rounded(0.00123456) == 0.0012346)
    #expect(Precision.rounded(0) == 0)
    #expect(Precision.rounded(-99999.6) == -99999.6)
    #expect(Precision.rounded(235_274) == 235_274)
  }

  @Test(arguments: [
    ([0.1, 0.25, 0.7512345, 1.2345678, 3.2345678, 0.11234567], false),
    ([0.12345678, -0.33333334, 1.2345678, 7.654322, 2], true), ([0.3, 1e6], false), ([0.1, 0.2, 0.3, 0.4, 1, 2], false),
    ([0.123456789012, 0.2123456789, 0.3123456789, 0.41234567891], false), ([], false),
  ])
  func theIndexSaysWhichFiguresHaveSinglePrecision(numbers: [Double], isSingle: Bool) throws {
    let figure = FigureOutput(plotly: "{\"data\":[{\"z\":[[1,2]]},{\"y\":\(numbers)}]}")
    let index = try RecordIndex(json: Data(files([.figure(figure)])["index.json"]!.utf8))
    #expect(index.cells[0].outputs[0].singlePrecision == (isSingle ? [1] : nil))
  }

  @Test(arguments: [
    ("0.01", Tolerance(0.01)), ("1e-4 of the largest", Tolerance(1e-4, ofTheLargest: true)), ("0", Tolerance(0)), ("-1", nil),
    ("nan", nil), ("0.1 of", nil), ("of the largest", nil), ("0.1 of the largest number", nil), ("", nil),
  ])
  func aToleranceIsReadAsItIsWritten(text: String, tolerance: Tolerance?) throws {
    #expect(Tolerance(text) == tolerance)
    if let tolerance {
      #expect(Tolerance(tolerance.description) == tolerance)
      #expect(try JSONDecoder().decode(Tolerance.self, from: JSONEncoder().encode(tolerance)) == tolerance)
    }
  }

  @Test func limitsAndPlacesAreRoundedAndPositionsAreNot() {
    let plotly = #"{"data":[],"layout":{"coloraxis":{"cmax":8.1099825},"xaxis":{"tickvals":[1234567,0.25]}}}"#
    let text = files([.figure(FigureOutput(plotly: plotly))])["a~20b-1.json"]!
    expect(text, contains: "\"cmax\": 8.11\n", "[1234567,0.25]")
  }

  @Test func theSameRecordGivesTheSameBytes() {
    let outputs: [Output] = [.figure(FigureOutput(plotly: "{\"layout\":{\"b\":1,\"a\":2},\"data\":[]}")), .value("v")]
    #expect(files(outputs) == files(outputs))
    #expect(files(outputs)["a~20b-1.json"] == "{\n \"data\": [],\n \"layout\": {\n  \"a\": 2,\n  \"b\": 1\n }\n}\n")
  }

  @Test(arguments: ["a,b", "a\"b", "line\nbreak", "\"\u{301}", "", "plain", ",", "\"\""])
  func whatIsWrittenAsCSVIsReadAgain(field: String) {
    let rows = [["x", field], [field, "y"]]
    #expect(CSVText.rows(CSVText.text(rows)) == rows)
  }

  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\" 1}", 5), ("tru", 0), ("\"a", 2), ("1 2", 2), ("[01x]", 1), ("nul", 0),
    ("\"\\x\"", 2),
  ])
  func brokenJSONIsReportedAtItsByte(text: String, byte: Int) {
    do {
      _ = try JSONValue(text.utf8)
      Issue.record("no error for \(text)")
    } catch { #expect(error.byte == byte) }
  }

  @Test(arguments: [
    (JSONValue.Path(), 1), (JSONValue.Path()["b"], 21), (JSONValue.Path()["b"][1], 26), (JSONValue.Path()["b"][1]["c"], 32),
    (JSONValue.Path()["a"][1], 15), (JSONValue.Path()["b"][7], 21), (JSONValue.Path()["x"], 1),
  ])
  func aValueIsFoundInItsText(path: JSONValue.Path, byte: Int) {
    #expect(JSONValue.byte(of: path, in: #" {"a":[1], "a":2,"b":[{}, {"c": "x"}]}"#.utf8) == byte)
  }

  @Test func jsonIsReadAsFoundationReadsIt() throws {
    let text = #"{"a":[1,-2.5e3,0.1,true,false,null],"b":{"c":"ä\u00e9\n\"\\😀"},"d":[],"e":{}}"#
    let value = try JSONValue(text.utf8)
    #expect(try JSONValue(value.text().utf8) == value)
    #expect(try JSONValue(value.line.utf8) == value)
    #expect(value["b"]?["c"]?.string == "äé\n\"\\😀")
    #expect(value["a"]?.array?[1].number == -2500)
  }

  @Test func theIndexSaysOnWhichDeviceModelsComputed() throws {
    let record = NotebookRecord(notebook: "n", device: "NVIDIA \"H200\"", cells: [])
    let text = try #require(RecordFiles(record).files["index.json"])
    #expect(try RecordIndex(json: Data(text.utf8)).device == "NVIDIA \"H200\"")
    let unknown = try #require(RecordFiles(NotebookRecord(notebook: "n", cells: [])).files["index.json"])
    #expect(!unknown.contains("device"))
    #expect(try RecordIndex(json: Data(unknown.utf8)).device == nil)
  }

  @Test func readersAreToldWhereNumbersWereMade() {
    #expect(NotebookRecord(notebook: "n", device: "cpu", cells: []).provenance == "Models computed on the processor.")
    #expect(NotebookRecord(notebook: "n", device: "NVIDIA H200", cells: []).provenance == "Models computed on NVIDIA H200.")
    #expect(NotebookRecord(notebook: "n", cells: []).provenance == nil)
  }
}
