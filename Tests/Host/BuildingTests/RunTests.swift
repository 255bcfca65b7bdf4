import Building
import Document
import Foundation
import Record
import Rendering
import Session
import TestSupport
import Testing

/// Runs of notebooks in builds: pages, records, rows, orphans, warm sessions, and cells that collect them.
@Suite struct RunTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private var site: String { folder.path + "/Site" }

  private var options: NotebookSession.Options {
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    return options
  }

  private func runs(_ names: [String], _ values: [(name: String, value: String)] = []) throws -> [Notebook] {
    let named = names.map { name in
      var named = Notebooks.Name(name)
      named.notebook = "\(folder.path)/Notebooks/\(named.notebook).md"
      return named
    }
    let (runs, problems) = try Notebooks.runs(named, overrides: values)
    guard problems.isEmpty else { throw Diagnostics(problems) }
    return runs
  }

  @discardableResult
  private func build(
    _ names: [String], _ values: [(name: String, value: String)] = [], isWhole: Bool = false,
    observe: @escaping (SiteBuilder.Event) -> Void = { _ in }
  ) throws -> SiteBuilder.Status {
    SiteBuilder(try runs(names, values), site: site, isWhole: isWhole, options: options).build(observe: observe)
  }

  private func write(_ text: String, to name: String) throws { try folder.write(text, to: "Notebooks/\(name).md") }

  private static func points(_ variants: String = "") -> String {
    """
    ---
    params: {idx: 0, shots: 1}
    \(variants.isEmpty ? "" : "variants: \(variants)")
    ---
    # Points

    ```swift
    //| label: value
    let value = params.idx * 10 + params.shots
    value
    ```

    ```swift
    //| label: rows
    display(Table(columns: ["i", "v"], rows: (0..<2).map { [$0, value] }))
    LineChart(["y": [0.0, Double(value)]])
    ```

    It is `{swift} value + 1`.

    """
  }

  // MARK: - Which runs

  @Test func aNotebookAloneMeansItsOwnRunAndThoseThatItNames() throws {
    try write(Self.points("{idx: 0..1}"), to: "n")
    #expect(try runs(["n"]).map(\.runName) == ["n", "n@idx=0", "n@idx=1"])
    #expect(try runs(["n"], [("shots", "7")]).map(\.runName) == ["n@shots=7"])
    #expect(try runs(["n@idx=1"]).map(\.runName) == ["n@idx=1"])
    #expect(try runs(["n@idx=5,shots=2"]).map(\.runName) == ["n@idx=5,shots=2"])
  }

  @Test(arguments: [
    ("n@small", "has no run 'small'"), ("n@idx=x", "has no run 'idx=x'"), ("n@", "has no run ''"),
    ("n@idxx=1", "has no run 'idxx=1'"),
  ])
  func aRunThatThereIsNotIsAnError(name: String, message: String) throws {
    try write(Self.points(), to: "n")
    expect("\(#expect(throws: (any Error).self) { try runs([name]) } as Any)", contains: message)
  }

  @Test func aNotebookWhoseFileIsWhereARunsPageWouldBeIsAnError() throws {
    try write(Self.points("{idx: [1]}"), to: "n")
    try write("text", to: "n/idx=1")
    let error = #expect(throws: Diagnostics.self) { try runs(["n", "n/idx=1"]) }
    expect(error?.description, contains: "its page would be that of the run n@idx=1")
  }

  @Test func neitherOfTwoPagesAtOneAddressTakesTheOthersPlace() throws {
    try write(Self.points(), to: "n")
    try build(["n"], [("idx", "1")])
    let page = try folder.read("Site/n/idx=1/index.html")
    try write("text", to: "n/idx=1")
    // A run whose address a notebook has is not made, also where that notebook is not built.
    #expect(throws: Diagnostics.self) { try runs(["n"], [("idx", "1")]) }
    nonisolated(unsafe) var told = ""
    let status = try build(["n/idx=1"]) { if case .problem(let problem) = $0 { told += "\(problem)" } }
    #expect(status == .couldNotRun)
    expect(told, contains: "the page of the notebook n/idx=1 would take the place of that of the run n@idx=1")
    #expect(try folder.read("Site/n/idx=1/index.html") == page)
  }

  // MARK: - Pages

  @Test func aSecondSetOfParametersOverwritesNothing() throws {
    try write(Self.points(), to: "n")
    try build(["n"])
    try build(["n"], [("idx", "3")])
    try build(["n"], [("idx", "4")])
    expect(try folder.read("Site/n/record/index.json"), contains: "\"expression\":\"value + 1\"")
    expect(try folder.read("Site/n/index.html"), contains: ">2</span>")
    expect(try folder.read("Site/n/idx=3/index.html"), contains: ">32</span>", "<title>Points (idx=3)</title>")
    expect(try folder.read("Site/n/idx=4/index.html"), contains: ">42</span>")
  }

  @Test func aRunsPageLeadsToTheRunsBesideIt() throws {
    try write(Self.points("{idx: 0..2, shots: [1, 7]}"), to: "n")
    try build(["n"])
    let page = try folder.read("Site/n/idx=1,shots=1/index.html")
    expect(page, contains: "href=\"../../n/idx%3D0%2Cshots%3D1/index.html\"", "href=\"../../n/idx%3D2%2Cshots%3D1/index.html\"")
    expect(page, contains: "href=\"../../n/idx%3D1%2Cshots%3D7/index.html\"", "href=\"../../n/runs/index.html\"")
    expect(try folder.read("Site/index.html"), contains: "6 runs")
    expect(try folder.read("Site/n/runs/index.html"), contains: "idx=2,shots=7", ">27</td>")
  }

  @Test func nothingIsTouchedWhereNothingHasChanged() throws {
    try write(Self.points("{idx: 0..5}"), to: "n")
    try build(["n"], isWhole: true)
    func times() -> [String: Date] {
      TestFolder.files(below: site).keys.reduce(into: [:]) { times, file in
        times[file] = (try? FileManager.default.attributesOfItem(atPath: "\(site)/\(file)"))?[.modificationDate] as? Date
      }
    }
    let before = times()
    try build(["n"], isWhole: true)
    #expect(times() == before)
  }

  @Test func runsThatAreNamedNoMoreGoAndThoseOfACommandLineStay() throws {
    try write(Self.points("{idx: 0..2}"), to: "n")
    try build(["n"], isWhole: true)
    try build(["n"], [("idx", "9")])
    try write(Self.points("{idx: 0..1}"), to: "n")
    try build(["n"], isWhole: true)
    #expect(!folder.exists("Site/n/idx=2"))
    #expect(folder.exists("Site/n/idx=9/index.html"))
    let file = try RunsFile(json: Data(folder.read("Site/n/runs.json").utf8))
    #expect(file.runs.map(\.name) == ["idx=0", "idx=1", "idx=9"])
  }

  @Test func aBuildOfAllTellsWhichRunsOfACommandLineAreOlderThanTheNotebook() throws {
    try write(Self.points(), to: "n")
    try build(["n"], [("idx", "1..2")])
    nonisolated(unsafe) var told: [String] = []
    func observe(_ event: SiteBuilder.Event) { if case .warning(let warning) = event { told.append(warning.message) } }
    try build(["n"], isWhole: true, observe: observe)
    #expect(told == [])
    try write(Self.points().replacing("* 10", with: "* 100"), to: "n")
    try build(["n"], [("idx", "1")])
    try build(["n"], isWhole: true, observe: observe)
    #expect(told == ["a run is of an older version of the notebook: n@idx=2"])
  }

  @Test func whereNoRunIsLeftNoTableOfRunsIs() throws {
    try write(Self.points("{idx: 0..2}"), to: "n")
    try build(["n"], isWhole: true)
    try write(Self.points(), to: "n")
    try build(["n"], isWhole: true)
    #expect(!folder.exists("Site/n/runs.json"))
    #expect(!folder.exists("Site/n/runs/index.html"))
    expect(try folder.read("Site/n/index.html"), lacks: "runs/index.html")
  }

  // MARK: - Sessions

  /// Cells that change each other's state in ways of which a later run must see nothing.
  private static let mutating = """
    ---
    params: {idx: 0}
    ---
    ```swift
    final class Counter { static var shared = 0; var count = 0 }
    var log: [String] = []
    let counter = Counter()
    srand48(5)
    ```

    ```swift
    //| label: a
    Counter.shared += 1
    counter.count += params.idx
    log.append("a\\(params.idx)")
    setenv("RUN", "\\(params.idx)", 1)
    print(Counter.shared, counter.count, log, drand48())
    ```

    ```swift
    //| label: b
    let words = log.map(\\.count)
    log.append("b")
    print(words, log, ProcessInfo.processInfo.environment["RUN"] ?? "none", drand48())
    if params.idx % 3 == 2 { throw NotebookError("this one fails") }
    counter.count
    ```

    """

  @Test func aRunInAWarmSessionGivesTheBytesOfAFreshOne() throws {
    try write(Self.mutating, to: "n")
    var all = options
    all.keepsGoing = true
    let warm = SiteBuilder(try runs(["n"], [("idx", "0..7")]), site: site, options: all)
    #expect(warm.build { _ in } == .cellFailed)
    for idx in 0...7 {
      var fresh = options
      fresh.store = nil
      let other = "\(folder.path)/fresh"
      _ = SiteBuilder(try runs(["n"], [("idx", "\(idx)")]), site: other, options: fresh).build { _ in }
      let place = "n/idx=\(idx)/record"
      #expect(TestFolder.files(below: "\(site)/\(place)") == TestFolder.files(below: "\(other)/\(place)"), "idx=\(idx)")
    }
  }

  @Test func whatNoValueChangesRunsOnceInASession() throws {
    try write(
      "---\nparams: {idx: 0}\n---\n```swift\n//| label: once\nprint(\"once\")\nlet base = 5\n```\n```swift\n//| label: each\nbase + params.idx\n```\n",
      to: "n")
    nonisolated(unsafe) var ran: [String: Int] = [:]
    try build(["n"], [("idx", "0..9")]) { event in
      if case .notebookEnded(_, _, _, let explanations) = event {
        for explanation in explanations where explanation.ran { ran[explanation.cell, default: 0] += 1 }
      }
    }
    #expect(ran["each"] == 10)
    // One for each session.
    #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(ran["once"] ?? 0))
  }

  @Test func allRunsAreReusedWhenNothingHasChanged() throws {
    try write(Self.points("{idx: 0..20}"), to: "n")
    try build(["n"])
    nonisolated(unsafe) var ran = 0
    try build(["n"]) { event in
      if case .notebookEnded(_, _, _, let explanations) = event { ran += explanations.count(where: \.ran) }
    }
    #expect(ran == 0)
  }

  // MARK: - Collecting

  private static let collecting = """
    ```swift
    //| label: all
    let runs = try Runs("n")
    try runs.table(of: "value")
    ```

    ```swift
    //| label: sum
    try runs.numbers("value + 1").reduce(0, +)
    ```

    ```swift
    //| label: some
    try runs.where("shots", is: 7).table(of: "rows")
    ```

    ```swift
    //| label: figures
    let figures = try runs.where { $0.value("idx", as: Int.self) == 1 }.figures("rows")
    print(figures.map(\\.run), figures.map(\\.numbers))
    ```

    """

  @Test func aCellReadsTheResultsOfOtherRuns() throws {
    try write(Self.points("{idx: 0..1, shots: [1, 7]}"), to: "n")
    try write(Self.collecting, to: "c")
    // It comes first by name, and runs behind them.
    #expect(try build(["c", "n"]) == .succeeded)
    #expect(try folder.read("Site/c/record/all-1.csv") == "idx,shots,value\n0,1,1\n0,7,7\n1,1,11\n1,7,17\n")
    #expect(try folder.read("Site/c/record/sum-1.txt") == "40.0\n")
    #expect(try folder.read("Site/c/record/some-1.csv") == "idx,shots,i,v\n0,7,0,7\n0,7,1,7\n1,7,0,17\n1,7,1,17\n")
    expect(
      try folder.read("Site/c/record/figures-1.txt"),
      contains: #"["idx=1,shots=1", "idx=1,shots=7"] [[[0.0, 11.0]], [[0.0, 17.0]]]"#)
  }

  @Test func aChangedRunMakesWhatCollectsItRunAgain() throws {
    try write(Self.points("{idx: 0..1}"), to: "n")
    try write("```swift\n//| label: all\ntry Runs(\"n\").numbers(\"value\")\n```\n", to: "c")
    try build(["c", "n"])
    try write(Self.points("{idx: 0..1}").replacing("* 10", with: "* 100"), to: "n")
    try build(["c", "n"])
    #expect(try folder.read("Site/c/record/all-1.txt") == "[1.0, 101.0]\n")
  }

  @Test(arguments: [
    ("try Runs(\"none\")", "the site has no runs of 'none'"),
    ("try Runs(\"../n\")", "'../n' is no name of a notebook"),
    ("try Runs(\"n\").table(of: \"nothing\")", "n@idx=0 has no cell 'nothing'. It has: value, rows."),
    ("try Runs(\"n\").figures(\"value\")", "'value' put out no figure in idx=0"),
    ("try Runs(\"n\").where(\"shot\", is: 1)", "'n' has no parameter 'shot'. It has: idx, shots."),
    ("try Runs(\"n\").values(\"rows\")", "'rows' put out neither a value nor a table"),
  ])
  func whatCannotBeCollectedIsAnErrorThatSaysWhatThereIs(code: String, message: String) throws {
    try write(Self.points("{idx: 0..1}"), to: "n")
    try write("```swift\n\(code)\n```\n", to: "c")
    #expect(try build(["c", "n"]) == .cellFailed)
    expect(try folder.read("Site/c/index.html").replacing("&#39;", with: "'"), contains: message)
  }

  @Test func whatIsMissingOrFailedIsSaid() throws {
    let text = Self.points("{idx: 0..3}").replacing(
      "\nvalue\n```", with: "\nif params.idx == 2 { throw NotebookError(\"no\") }\nvalue\n```")
    try write(text, to: "n")
    _ = SiteBuilder(
      try runs(["n"]), site: site,
      options: {
        var options = options
        options.keepsGoing = true
        return options
      }()
    ).build { _ in }
    try FileManager.default.removeItem(atPath: site + "/n/idx=1")
    try write("```swift\ntry Runs(\"n\")\n```\n", to: "strict")
    try write("```swift\n//| label: some\ntry Runs(\"n\", allowingMissing: true).note\n```\n", to: "lax")
    try write("```swift\n//| label: some\ntry Runs(\"n\", allowingMissing: true).table(of: \"value\")\n```\n", to: "table")
    try build(["strict"])
    try build(["lax"])
    try build(["table"])
    expect(try folder.read("Site/strict/index.html"), contains: "2 of 4 runs; missing: idx=1; failed: idx=2")
    expect(try folder.read("Site/lax/record/some-1.txt"), contains: "2 of 4 runs; missing: idx=1; failed: idx=2")
    #expect(try folder.read("Site/table/record/some-1.csv") == "idx,value\n0,1\n3,31\n")
  }

  @Test func whatIsCollectedIsOfTheSiteThatIsBuilt() throws {
    try write(Self.points("{idx: 0..1}"), to: "n")
    try write("```swift\n//| label: all\ntry Runs(\"n\").numbers(\"value\")\n```\n", to: "c")
    try build(["c", "n"])
    try write(Self.points("{idx: 0..1}").replacing("* 10", with: "* 100"), to: "n")
    let other = folder.path + "/Other"
    _ = SiteBuilder(try runs(["c", "n"]), site: other, options: options).build { _ in }
    #expect(try folder.read("Other/c/record/all-1.txt") == "[1.0, 101.0]\n")
    #expect(try folder.read("Site/c/record/all-1.txt") == "[1.0, 11.0]\n")
  }

  @Test func runsOfDifferentVersionsOfTheCodeDoNotGoTogether() throws {
    try write(Self.points(), to: "n")
    try build(["n"], [("idx", "0..1")])
    try write(Self.points().replacing("* 10", with: "* 100"), to: "n")
    try build(["n"], [("idx", "1")])
    try write("```swift\ntry Runs(\"n\").table(of: \"value\")\n```\n", to: "c")
    try build(["c"])
    expect(try folder.read("Site/c/index.html"), contains: "are of 2 versions of its code up to")
  }

  @Test func notebooksThatCollectEachOtherAreAnError() throws {
    try write(Self.points("{idx: 0..1}") + "\n```swift\ntry Runs(\"c\").note\n```\n", to: "n")
    try write("```swift\ntry Runs(\"n\").note\n```\n", to: "c")
    let problems = NotebookOrder(try runs(["n", "c"]).filter { $0.variant == nil }, areAll: true).problems
    expect(problems.map(\.diagnostic.message).joined(), contains: "notebooks wait for each other")
  }
}
