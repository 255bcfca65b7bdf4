import Document
import Foundation
import Record
import Sweeping
import TestSupport
import Testing

@Suite struct SweepTests {
  /// It lives as long as the test does, and its folder with it.
  private let project: SweepProject

  init() throws { project = try SweepProject() }

  @Test func theSameCommandFindsTheSameSweep() throws {
    let first = try project.plan()
    let again = try project.plan()
    #expect(again.folder.path == first.folder.path)
    #expect(again.points == first.points)
    #expect(first.points.map(\.variant.name) == (0...5).map { "idx=\($0)" })
  }

  @Test func otherCodeOtherPointsAndAnotherDeviceAreAnotherSweep() throws {
    let first = try project.plan()
    let points = try project.plan(project.notebook().variants(assigning: [("idx", "0..4")]))
    var options = SweepReceipt.Options()
    options.device = "cuda"
    let device = try project.plan(options: options)
    try project.write(SweepProject.text + "\nMore prose.\n")
    let code = try project.plan()
    #expect(Set([first, points, device, code].map(\.folder.path)).count == 4)
    #expect(code.points[0].digest != first.points[0].digest)
  }

  @Test func aReceiptLiesThereBeforeAnythingIsHandedOver() throws {
    let sweep = try project.plan(resources: Resources(memory: 5))
    #expect(sweep.submissions.isEmpty)
    for name in ["receipt.json", "points.jsonl", "notebook.md"] { #expect(project.folder.exists(project.file(name, of: sweep))) }
    #expect(sweep.receipt.resources == Resources(memory: 5, cores: 1))
    #expect(try project.folder.read(".folio/.gitignore") == "*\n")
    #expect(try Sweep(sweep.folder).receipt == sweep.receipt)
  }

  @Test func pointsAreReadBackAsTheyWere() throws {
    try project.write(
      "---\nparams: {idx: 0, rate: 0.5, name: a, on: true, list: [1]}\n---\n```swift\n1\n```\n")
    let values = [("idx", "-3..5"), ("rate", "0.1,.inf"), ("name", "a \"b\"\\ö=,\n"), ("on", "true,false"), ("list", "[1, 2]")]
    let sweep = try project.plan(project.notebook().variants(assigning: values))
    #expect(sweep.points.count == 36)
    #expect(try Sweep(sweep.folder).points == sweep.points)
  }

  @Test func aHundredThousandPointsArePlannedAndReadBack() throws {
    let sweep = try project.plan(project.notebook().variants(assigning: [("idx", "0..99999")]))
    let again = try Sweep(sweep.folder)
    #expect(again.points.count == 100_000)
    #expect(again.points.last == sweep.points.last)
  }

  @Test func aSweepWithoutPointsSaysHowToNameThem() throws {
    let error = #expect(throws: Diagnostic.self) { try project.plan([]) }
    expect(error?.description, contains: "names no runs", "-P idx=0..25", "variants:")
  }

  @Test func whatRunsIsTheNotebookAsItWas() throws {
    let sweep = try project.plan()
    try project.write("# Other\n")
    #expect(try Sweep(sweep.folder).notebook().markdown == SweepProject.text)
  }

  @Test func sharedCodeThatHasChangedIsNotRun() throws {
    try project.folder.write("let shared = 1\n", to: "Notebooks/Shared/s.swift")
    let sweep = try project.plan()
    #expect(try sweep.notebook().shared.count == 1)
    try project.folder.write("let shared = 2\n", to: "Notebooks/Shared/s.swift")
    let error = #expect(throws: Diagnostic.self) { try Sweep(sweep.folder).notebook() }
    expect(error?.description, contains: "has changed since the sweep was planned", "folio sweep")
  }

  @Test func aSweepThatIsNotWholeIsNone() throws {
    let sweep = try project.plan()
    let points = try project.folder.read(project.file("points.jsonl", of: sweep))
    try project.folder.write(String(points.dropLast(20)), to: project.file("points.jsonl", of: sweep))
    let error = #expect(throws: Diagnostic.self) { try Sweep(sweep.folder) }
    expect(error?.description, contains: "points.jsonl", "6 points")
    try project.folder.write("{", to: project.file("receipt.json", of: sweep))
    #expect(throws: Diagnostic.self) { try Sweep(sweep.folder) }
  }

  @Test func theSweepsOfANotebookAreFoundTheLatestFirst() throws {
    let first = try project.plan()
    try project.write(SweepProject.text + "\nMore.\n")
    let second = try project.plan()
    #expect(Sweep.all(inProject: project.path, of: "n").map(\.path) == [second, first].map(\.folder.path))
    #expect(Sweep.all(inProject: project.path, of: "m").isEmpty)
  }

  @Test(arguments: [
    (".folio/sweeps/a", ""), ("../.folio/sweeps/a", "../"), ("/p/q/.folio/sweeps/a", "/p/q/"), ("/elsewhere/a", ""),
  ])
  func theProjectIsKnownFromTheFolder(path: String, project: String) {
    #expect(SweepFolder(path: path).project == project)
  }

  // MARK: - Results

  @Test func aResultIsReadBackAsItWas() throws {
    let sweep = try project.plan()
    let result = sweep.result(2, values: ["1", "é\n"])
    try sweep.folder.write(result)
    #expect(sweep.folder.result(of: sweep.points[2]) == result)
    #expect(sweep.folder.result(of: sweep.points[1]) == nil)
  }

  @Test func aResultThatIsNotWholeIsNone() throws {
    let sweep = try project.plan()
    try sweep.folder.write(sweep.result(0))
    let file = project.file("results/0/0.json", of: sweep)
    let whole = try project.folder.read(file)
    for text in ["", String(whole.dropLast()), String(whole.dropFirst()), whole.replacing("here", with: "her\u{65}r")] {
      try project.folder.write(text, to: file)
      #expect(sweep.folder.result(of: sweep.points[0]) == nil, "\(text)")
    }
    try project.folder.write(whole, to: file)
    #expect(sweep.folder.result(of: sweep.points[0]) != nil)
  }

  @Test func aResultOfOtherCodeOrOtherValuesIsNone() throws {
    let sweep = try project.plan()
    try sweep.folder.write(sweep.result(0))
    let whole = try project.folder.read(project.file("results/0/0.json", of: sweep))
    try project.folder.write(whole, to: project.file("results/0/1.json", of: sweep))
    #expect(sweep.folder.result(of: sweep.points[1]) == nil)
    var other = sweep.points[0]
    other.digest = String(other.digest.reversed())
    #expect(sweep.folder.result(of: other) == nil)
  }
}
