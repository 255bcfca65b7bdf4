import Foundation
import Record
import Testing

@Suite struct RunsFileTests {
  private func entry(_ idx: Int, shots: Int = 1, isDeclared: Bool = false) -> RunsFile.Entry {
    .init(name: "idx=\(idx),shots=\(shots)", values: ["idx": "\(idx)", "shots": "\(shots)"], isDeclared: isDeclared)
  }

  private func file(_ runs: [RunsFile.Entry]) -> RunsFile { RunsFile(notebook: "n", parameters: ["shots", "idx"], runs: runs) }

  @Test func declaredRunsComeFirstAndTheOthersByTheSizeOfTheirValues() {
    let runs = file([entry(10), entry(9), entry(2, shots: 7), entry(5, isDeclared: true), entry(1, isDeclared: true)]).runs
    #expect(runs.map(\.values) == [entry(5), entry(1), entry(9), entry(10), entry(2, shots: 7)].map(\.values))
  }

  @Test func declaredRunsTakeThePlaceOfThoseBeforeAndOthersAreAdded() {
    let before = file([entry(1, isDeclared: true), entry(2, isDeclared: true), entry(8)])
    let after = before.with(declared: [entry(2, isDeclared: true), entry(3, isDeclared: true)], others: [entry(9)])
    #expect(after.runs == [entry(2, isDeclared: true), entry(3, isDeclared: true), entry(8), entry(9)])
    #expect(before.with(declared: nil, others: []).runs == before.runs)
  }

  @Test func aRunOfACommandLineThatIsDeclaredLaterIsOne() {
    #expect(file([entry(8)]).with(declared: [entry(8, isDeclared: true)], others: []).runs == [entry(8, isDeclared: true)])
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let file = file([entry(1), RunsFile.Entry(name: "ä\"<", values: ["idx": "a\nb"], isDeclared: true)])
    #expect(try RunsFile(json: Data(file.text.utf8)) == file)
  }

  @Test(arguments: [
    ("{}", "it is not a list of runs"), ("", "it is not a list of runs"),
    (#"{"format":2,"notebook":"n","parameters":[],"runs":[]}"#, "its format is 2, and this Folio reads format 1"),
    (
      #"{"format":1,"notebook":"n","parameters":[],"runs":[{"name":"../x","values":{},"isDeclared":true}]}"#,
      "the name of its run '../x' leads out of its folder"
    ),
  ])
  func whatIsNoListOfRunsIsAnError(text: String, reason: String) {
    #expect(#expect(throws: RecordIndex.Unreadable.self) { try RunsFile(json: Data(text.utf8)) }?.reason == reason)
  }
}
