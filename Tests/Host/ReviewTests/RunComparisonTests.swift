import Figures
import Foundation
import Record
import Rendering
import Review
import TestSupport
import Testing

/// A site with runs of a notebook, in a folder of its own.
struct SiteOfRuns {
  let home: TestFolder
  var site: String { home.path + "/Site" }

  /// - Parameter runs: the cells of each run, by the value of `idx`; nil is the notebook's own.
  init(_ runs: [(idx: Int?, cells: [CellRecord])], notebook: String = "story") throws {
    home = try TestFolder()
    try home.write(
      "---\nparams:\n  idx: 0\n  model: small\n---\n\n```swift\n//| label: a\nprint(idx)\n```\n", to: "Notebooks/\(notebook).md")
    for run in runs { try write(run.cells, idx: run.idx, notebook: notebook) }
  }

  func write(_ cells: [CellRecord], idx: Int?, notebook: String = "story") throws {
    try write(cells, idx.map { "idx=\($0)" }, assigned: ["idx"], ["idx": "\(idx ?? 0)", "model": "small"], notebook)
  }

  func write(_ cells: [CellRecord], _ run: String?, assigned: [String], _ parameters: [String: String], _ notebook: String) throws
  {
    let name = notebook + (run.map { "/" + $0 } ?? "")
    let index = run.map { RecordIndex.Run(notebook: notebook, name: $0, assigned: assigned, isDeclared: true) }
    let files = RecordFiles(
      NotebookRecord(notebook: name, cells: cells), details: [:], run: index, parameters: parameters)
    for (file, data) in files.all { try home.write(String(decoding: data, as: UTF8.self), to: "Site/\(name)/record/\(file)") }
  }

  func runs(_ names: String...) throws -> [RunRecord] { try #require(try RunRecord.named(names, site: site)) }
  func comparison(_ names: String...) throws -> RunComparison {
    try RunComparison(#require(try RunRecord.named(names, site: site)))
  }
}

@Suite struct RunComparisonTests {
  private let site: SiteOfRuns

  init() throws {
    site = try SiteOfRuns([
      (nil, [cell("sum", .value("accuracy = 0.5"))]),
      (
        2,
        [
          cell("sum", .value("accuracy = 0.5")), cell("dla", figure([[0.8, 0.2]])),
          cell("heads", table(["head", "logit"], [["L0H1", "2.0"], ["L3H2", "4.0"]])), cell("words", .text(.standardOutput, "the cat\nsat\n")),
        ]
      ),
      (
        3,
        [
          cell("sum", .value("accuracy = 0.75")), cell("dla", figure([[0.4, 0.2]])),
          cell("heads", table(["head", "logit"], [["L3H2", "5.0"], ["L7H7", "1.0"]])), cell("words", .text(.standardOutput, "the dog\nsat\n")),
        ]
      ),
      (10, [cell("sum", .value("accuracy = 0.5"))]),
    ])
  }

  private func row(_ comparison: RunComparison, _ cell: String, _ place: String) -> RunComparison.Row? {
    comparison.numbers.first { $0.cell == cell && $0.place == place }
  }

  @Test func twoRunsAreATableOfAllNumbersThatDiffer() throws {
    let comparison = try site.comparison("story@idx=2", "story@idx=3")
    #expect(comparison.runs.map(\.name) == ["story@idx=2", "story@idx=3"])
    #expect(comparison.varying == ["idx"])
    #expect(row(comparison, "sum", "accuracy = …")?.values == [0.5, 0.75])
    #expect(row(comparison, "sum", "accuracy = …")?.difference == 0.25)
    #expect(row(comparison, "sum", "accuracy = …")?.ratio == 1.5)
    #expect(row(comparison, "dla", "L0H0")?.values == [0.8, 0.4])
    #expect(row(comparison, "dla", "L0H1") == nil)
  }

  @Test func aRowThatAnotherRunLacksIsSaidAndRowsGoByTheirNames() throws {
    let comparison = try site.comparison("story@idx=2", "story@idx=3")
    #expect(row(comparison, "heads", "L3H2, logit")?.values == [4, 5])
    #expect(row(comparison, "heads", "L0H1, logit")?.values == [2, nil])
    #expect(row(comparison, "heads", "L7H7, logit")?.values == [nil, 1])
  }

  @Test func aCellThatARunLacksIsSaid() throws {
    let comparison = try site.comparison("story", "story@idx=2")
    #expect(comparison.missing.contains("cell dla is not in the reference, and is in story@idx=2"))
    #expect(try site.comparison("story@idx=2", "story").missing.contains("cell dla is missing in story"))
  }

  @Test func runsThatPutOutTheSameDifferInNothingThoughTheirParametersDo() throws {
    let comparison = try site.comparison("story", "story@idx=10")
    #expect(!comparison.isChanged)
    expect(comparison.verdict, contains: "No output differs")
  }

  @Test func allRunsAreAColumnEachInTheOrderOfTheirValues() throws {
    let comparison = try site.comparison("story@*")
    #expect(comparison.runs.map(\.name) == ["story@idx=2", "story@idx=3", "story@idx=10"])
    #expect(row(comparison, "sum", "accuracy = …")?.values == [0.5, 0.75, 0.5])
    let rows = CSVText.rows(comparison.csv)
    #expect(rows[0] == ["cell", "output", "place", "story@idx=2", "story@idx=3", "story@idx=10"])
    #expect(rows[1] == ["sum", "value", "accuracy = …", "0.5", "0.75", "0.5"])
    #expect(rows.contains(["heads", "table", "L0H1, logit", "2", "", ""]))
  }

  @Test func theLargestDifferencesComeFirstWhereThatIsAskedFor() throws {
    let runs = try site.runs("story@idx=2", "story@idx=3")
    let spreads = try RunComparison(runs, order: .size).numbers.filter { $0.missing == 0 }.map(\.spread)
    #expect(spreads.count > 2)
    #expect(spreads == spreads.sorted(by: >))
  }

  @Test func aToleranceHidesWhatIsWithinIt() throws {
    let runs = try site.runs("story@idx=2", "story@idx=3")
    #expect(row(try RunComparison(runs, tolerance: 0.3), "heads", "L3H2, logit") == nil)
    #expect(row(try RunComparison(runs, tolerance: 0.1), "heads", "L3H2, logit") != nil)
  }

  @Test func textsThatDifferAreALineOfEach() throws {
    let text = try site.comparison("story@idx=2", "story@idx=3").terminalText(colors: false)
    expect(text, contains: "- the cat", "+ the dog", "idx: 2 → 3", "accuracy = …")
    expect(text, lacks: "sat")
  }

  @Test func theFormsOfTheReportHaveTheSameNumbers() throws {
    let comparison = try site.comparison("story@idx=2", "story@idx=3")
    expect(comparison.markdown, contains: "| `sum` | `value` | `accuracy = …` | `0.5` | `0.75` | `0.25` | `1.5` |")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(comparison.json.utf8)) as? [String: Any])
    #expect((json["numbers"] as? [[String: Any]])?.count == comparison.numbers.count)
    #expect(json["verdict"] as? String == comparison.verdict)
  }

  @Test func thePageOfTwoRunsHasTheirNumbersAndTheirFiguresSideBySide() throws {
    let runs = try site.runs("story@idx=2", "story@idx=3")
    let html = RunComparisonPage(try RunComparison(runs), runs).html
    expect(
      html, contains: "<div class=\"numbers\"", "<figure data-side=\"base\"", "<figure data-side=\"head less base\"",
      "story@idx=2")
    expect(html, lacks: "src=", "href=\"http")
  }

  @Test func thePageOfManyRunsHasAFigureOfEachThatHasOne() throws {
    let runs = try site.runs("story@*")
    let html = RunComparisonPage(try RunComparison(runs), runs).html
    #expect(html.components(separatedBy: "<figure>").count == 3)
  }

  @Test(arguments: [["story@idx=20", "story@idx=21"], ["story@idx=20", "story@idx=21", "story@idx=2"]])
  func chartsOfAllRunsHaveAxesWithTheSameEnds(names: [String]) throws {
    for (idx, most) in [(20, 1.0), (21, 80.0)] {
      let chart = """
        {"data":[{"type":"scatter","mode":"lines","xaxis":"x","yaxis":"y","x":[0,1],"y":[0,\(most)]}],
         "layout":{"width":400,"height":300,"xaxis":{"domain":[0,1],"anchor":"y","range":[0,1]},
         "yaxis":{"domain":[0,1],"anchor":"x","range":[0,\(most)]}}}
        """
      try site.write([cell("curve", .figure(FigureOutput(plotly: chart)))], idx: idx)
    }
    let runs = try #require(try RunRecord.named(names, site: site.site))
    let html = RunComparisonPage(try RunComparison(runs), runs).html
    let drawn = html.components(separatedBy: "<figure").dropFirst().prefix(2)
    #expect(drawn.count == 2)
    #expect(drawn.allSatisfy { $0.contains(">80<") }, "\(drawn.map { $0.prefix(3000) })")
  }

  @Test func whatARecordHoldsIsTextInAllForms() throws {
    let hostile = ["<script>alert(1)</script>", "\u{1B}[31mred"].map { "\($0) = 1" }
    try site.write([cell("sum", .value(hostile[0]), .value(hostile[1]))], idx: 20)
    try site.write([cell("sum", .value(hostile[0] + "2"), .value(hostile[1] + "2"))], idx: 21)
    let runs = try site.runs("story@idx=20", "story@idx=21")
    let comparison = try RunComparison(runs)
    #expect(comparison.numbers.count == 2)
    expect(RunComparisonPage(comparison, runs).html, lacks: "<script>alert", "\u{1B}")
    expect(comparison.terminalText(colors: false), lacks: "\u{1B}")
    expect(comparison.json, lacks: "\u{1B}")
  }
}

@Suite struct RunNameTests {
  @Test func aNameOfNoRunIsRefusedWithTheNearest() throws {
    let site = try SiteOfRuns([(2, [cell("a", .value("1"))]), (3, [cell("a", .value("2"))])])
    #expect {
      try site.runs("story@idx=2", "story@idc=3")
    } throws: { "\($0)".contains("Did you mean 'story@idx=3'?") }
    #expect {
      try site.runs("story@idx=2", "story@idx=77")
    } throws: { "\($0)".contains("folio build 'story@idx=77'") }
    #expect {
      try site.runs("story@idx=2", "storry@idx=2")
    } throws: { "\($0)".contains("Did you mean 'story'?") }
  }

  @Test func oneRunAloneIsNoComparison() throws {
    let site = try SiteOfRuns([(2, [cell("a", .value("1"))])])
    #expect(throws: Diagnostic.self) { try RunRecord.named(["story@*"], site: site.site) }
    #expect(throws: Diagnostic.self) { try RunRecord.named(["story@idx=2", "story@idx=2"], site: site.site) }
  }

  @Test func namesOfNotebooksAloneAskForAReview() throws {
    let site = try SiteOfRuns([(nil, [cell("a", .value("1"))]), (2, [cell("a", .value("1"))])])
    #expect(try RunRecord.named(["story"], site: site.site) == nil)
    #expect(try RunRecord.named(["story@idx=2"], site: site.site) == nil)
    #expect(try RunRecord.named([], site: site.site) == nil)
  }

  @Test func valuesMayBeWrittenAsTheyAre() throws {
    let site = try SiteOfRuns([(nil, [cell("a", .value("1"))])])
    try site.write([cell("a", .value("2"))], "model=google~2fgemma", assigned: ["model"], ["model": "google/gemma"], "story")
    #expect(try site.runs("story", "story@model=google/gemma").map(\.name) == ["story", "story@model=google~2fgemma"])
  }

  @Test func aRunOfAnotherSiteIsNamedWithIt() throws {
    let site = try SiteOfRuns([(2, [cell("a", .value("x = 1"))])])
    let other = try SiteOfRuns([(2, [cell("a", .value("x = 4"))])])
    let comparison = try site.comparison("story@idx=2", "\(other.site):story@idx=2")
    #expect(comparison.numbers.map(\.values) == [[1, 4]])
  }
}

@Suite struct ReviewOfRunsTests {
  private func sites(_ runs: Int) throws -> (base: SiteOfRuns, head: SiteOfRuns) {
    let base = try SiteOfRuns((0..<runs).map { (idx: $0, cells: [cell("a", .value("x = 1"))]) })
    let head = try SiteOfRuns((0..<runs).map { (idx: $0, cells: [cell("a", .value("x = \($0 == 5 ? 40 : 2)"))]) })
    return (base, head)
  }

  private func review(_ sites: (base: SiteOfRuns, head: SiteOfRuns)) throws -> SiteReview {
    try SiteReview(FolderRecords(folder: sites.base.site), FolderRecords(folder: sites.head.site))
  }

  @Test func aRunIsToldByItsNameInTheOrderOfItsValues() throws {
    let review = try review(sites(12))
    #expect(review.notebooks.map(\.name) == (0..<12).map { "story@idx=\($0)" })
    #expect(review.notebooks[0].folder == "story/idx=0")
  }

  @Test func theSameChangeOfManyRunsIsToldOnceWithTheWorstOfThem() throws {
    let review = try review(sites(12))
    let told = review.told
    #expect(told.count == 1)
    #expect(told[0].shown.name == "story@idx=5")
    #expect(told[0].others.count == 11)
    expect(
      review.terminalText(colors: false), contains: "story: 12 of 12 runs changed",
      "The same changed in 11 other runs: story@idx=0, ")
    expect(review.markdown, contains: "11 other runs")
  }

  @Test func aRunInWhichSomethingElseChangedIsToldByItself() throws {
    let sites = try sites(4)
    try sites.head.write([cell("a", .value("x = 2")), cell("b", .value("1"))], idx: 3)
    let told = try review(sites).told
    #expect(told.map(\.shown.name) == ["story@idx=0", "story@idx=3"])
  }

  @Test func aPageOfAReviewOfRunsReadsTheFiguresOfTheOneThatItShows() throws {
    let base = try SiteOfRuns([(2, [cell("dla", figure([[0.8, 0.2]]))])])
    let head = try SiteOfRuns([(2, [cell("dla", figure([[0.4, 0.2]]))])])
    let sides = [try FolderRecords(folder: base.site), try FolderRecords(folder: head.site)]
    let html = ReviewPage(try SiteReview(sides[0], sides[1]), base: sides[0], head: sides[1]).html
    expect(html, contains: "<figure data-side=\"head less base\"", "story@idx=2")
  }
}
