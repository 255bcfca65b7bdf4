import Document
import Foundation
import Record
import Rendering
import TestSupport
import Testing

/// Pages of runs of a notebook, and the table of all of them.
@Suite struct RunPagesTests {
  private let home: TestFolder
  private var site: Site { Site(folder: home.path + "/Site") }

  init() throws { home = try TestFolder() }

  /// `Notebooks/chain.md`, which has two parameters and a labelled value.
  private func notebook(variants: [Variant]) -> Notebook {
    var frontMatter = FrontMatter(title: "Chain")
    frontMatter.parameters = [
      Parameter(name: "idx", value: .int(0), line: 3), Parameter(name: "shots", value: .int(1), line: 4),
    ]
    frontMatter.variants = variants
    var options = CellOptions()
    options.label = "accuracy"
    return Notebook(
      file: "Notebooks/chain.md", frontMatter: frontMatter,
      blocks: [.cell(Cell(number: 1, source: "score", line: 10, options: options))])
  }

  private func grid(idx: Range<Int>, shots: [Int]) -> [Variant] {
    let axes = [(name: "idx", values: idx.map(ParameterValue.int)), (name: "shots", values: shots.map(ParameterValue.int))]
    return Variant.grid(axes, limit: 10_000, isDeclared: true) ?? []
  }

  private func write(_ run: Notebook, value: String?) throws {
    let cell = CellRecord(
      id: "accuracy", outcome: value == nil ? .failed : .succeeded, outputs: value.map { [.value($0)] } ?? [])
    let record = NotebookRecord(notebook: run.name, cells: [cell])
    try site.write(Page(run, record: record, context: PageContext()), record: RecordFiles(run, record: record))
  }

  /// The notebook's own page, if wanted, and those of its runs, which have quarters as values, each of its place.
  private func writeAll(
    _ variants: [Variant], isOwnThere: Bool = true, missing: Set<String> = [], failed: Set<String> = [],
    description: SiteDescription = SiteDescription()
  ) throws {
    let notebook = notebook(variants: variants)
    try site.note(runs: [], of: notebook)
    if isOwnThere { try write(notebook, value: "7") }
    for (place, variant) in variants.enumerated() where !missing.contains(variant.name) {
      try write(notebook.running(variant), value: failed.contains(variant.name) ? nil : "\(Double(place) / 4)")
    }
    try site.refresh(description)
  }

  private func read(_ path: String) throws -> String { try home.read("Site/\(path)") }
  private func page(_ run: String) throws -> String { try read("chain/\(run)/index.html") }

  // MARK: - A run's page

  @Test func aRunSaysWhichItIsAndMarksTheValuesThatItWasGiven() throws {
    try writeAll([Variant([.init("shots", .int(7))], isDeclared: true)])
    try expect(
      page("shots=7"), contains: "<title>Chain (shots=7)</title>", #"<p class="run-name">Run <code>chain@shots=7</code></p>"#,
      #"<div class="assigned"><dt>shots</dt><dd>7</dd></div>"#, "<div><dt>idx</dt><dd>0</dd></div>")
  }

  @Test func aStepInOneParameterKeepsTheOthers() throws {
    try writeAll(grid(idx: 0..<3, shots: [1, 7]))
    let html = try page("idx=1,shots=7")
    expect(
      html, contains: #"href="../../chain/idx%3D0%2Cshots%3D7/index.html" aria-label="Previous: idx = 0""#,
      #"href="../../chain/idx%3D2%2Cshots%3D7/index.html" aria-label="Next: idx = 2""#,
      #"href="../../chain/idx%3D1%2Cshots%3D1/index.html" aria-label="Previous: shots = 1""#)
    #expect(!html.contains("Next: shots"))
    #expect(!html.contains("idx%3D0%2Cshots%3D1"))
  }

  @Test func anyValueIsALinkAndTheOneThatIsShownIsMarked() throws {
    try writeAll(grid(idx: 0..<12, shots: [1]))
    try expect(
      page("idx=1,shots=1"), contains: #"<a href="../../chain/idx%3D11%2Cshots%3D1/index.html">11</a>"#,
      #"<a href="../../chain/idx%3D1%2Cshots%3D1/index.html" aria-current="page">1</a>"#)
  }

  @Test func aParameterThatDoesNotVaryHasNoSteps() throws {
    try writeAll(grid(idx: 0..<2, shots: [7]))
    #expect(try !page("idx=1,shots=7").contains(#"<span class="axis">shots</span>"#))
  }

  @Test func runsThatAreNoGridAreReachedByTheirNames() throws {
    let sets = [
      Variant([.init("shots", .int(1))], name: "small", isDeclared: true),
      Variant([.init("idx", .int(3)), .init("shots", .int(7))], name: "large", isDeclared: true),
    ]
    try writeAll(sets)
    try expect(page("small"), contains: #"href="../../chain/large/index.html" aria-label="Next: Run = large""#)
  }

  @Test func aGridHasNoStepsBesidesThoseOfItsParameters() throws {
    try writeAll(grid(idx: 0..<2, shots: [1, 7]))
    #expect(try !page("idx=1,shots=7").contains(#"<span class="axis">Run</span>"#))
  }

  @Test func aRunThatCameLaterIsOnThePagesOfTheOthers() throws {
    try writeAll(grid(idx: 0..<2, shots: [1]), missing: ["idx=1,shots=1"])
    #expect(try !page("idx=0,shots=1").contains("idx%3D1"))
    try writeAll(grid(idx: 0..<2, shots: [1]))
    try expect(page("idx=0,shots=1"), contains: #"aria-label="Next: idx = 1""#)
  }

  @Test func aRunLeadsToItsNotebookAndTheNotebookToItsRuns() throws {
    try writeAll(grid(idx: 0..<2, shots: [1]))
    try expect(
      page("idx=0,shots=1"), contains: #"<a href="../../chain/index.html">With the defaults</a>"#,
      #"<a href="../../chain/runs/index.html">All runs (2)</a>"#)
    try expect(
      read("chain/index.html"), contains: #"<a href="../chain/idx%3D1%2Cshots%3D1/index.html">idx=1,shots=1</a>"#,
      #"<a href="../chain/runs/index.html">All runs (2)</a>"#)
  }

  @Test func theRepositorysLinksOfARunLeadToTheNotebooksFile() throws {
    var description = SiteDescription()
    description.repository = "https://x.org/r"
    try writeAll(grid(idx: 0..<2, shots: [1]), description: description)
    try expect(page("idx=0,shots=1"), contains: "https://x.org/r/edit/main/Notebooks/chain.md")
  }

  @Test func aPageDoesNotGrowWithTheNumberOfRuns() throws {
    try writeAll(grid(idx: 0..<100, shots: [1]))
    let few = try page("idx=50,shots=1").utf8.count
    try writeAll(grid(idx: 0..<400, shots: [1]))
    #expect(try page("idx=50,shots=1").utf8.count < few + 100)
  }

  // MARK: - The table

  @Test func theTableHasTheNumbersThatDifferAmongTheRuns() throws {
    try writeAll(grid(idx: 0..<3, shots: [1]))
    try expect(
      page("runs"), contains: #"<th scope="col" class="number">idx</th>"#, #"<th scope="col" class="number">accuracy</th>"#,
      #"<td class="number">2</td><td class="text">ran through</td><td class="number">0.5</td>"#)
    try expect(read("chain/runs/runs.csv"), contains: "Run,idx,State,accuracy\n", "\"idx=2,shots=1\",2,ran through,0.5\n")
  }

  @Test func numbersThatAreTheSameInAllRunsAreNoColumn() throws {
    let notebook = notebook(variants: grid(idx: 0..<2, shots: [1]))
    for variant in notebook.frontMatter.variants { try write(notebook.running(variant), value: "5") }
    try site.refresh(SiteDescription())
    #expect(try !page("runs").contains(">accuracy</th>"))
  }

  @Test func runsThatAreMissingOrFailedAreSaidWithTheirRows() throws {
    try writeAll(grid(idx: 0..<3, shots: [1]), missing: ["idx=1,shots=1"], failed: ["idx=2,shots=1"])
    let html = try page("runs")
    expect(
      html, contains: "3 runs · 1 is missing · 1 failed",
      #"<td class="text">idx=1,shots=1</td><td class="number">1</td><td class="text failed">missing</td>"#,
      #"<td class="text failed">1 of 1 cells failed</td>"#)
  }

  @Test func manyRunsHavePagesThatLeadOnAndAllRowsForTheSearch() throws {
    try writeAll(grid(idx: 0..<250, shots: [1]))
    try expect(page("runs"), contains: #"<a href="3.html">Page 3</a>"#, #"data-rows="rows.js""#, ">idx=99,shots=1</a>")
    #expect(try !page("runs").contains(">idx=100,shots=1</a>"))
    try expect(read("chain/runs/3.html"), contains: ">idx=249,shots=1</a>", #"<a href="index.html">Page 1</a>"#)
    try expect(read("chain/runs/rows.js"), contains: #"[["idx=249,shots=1","249","ran through","62.25"],1]"#)
  }

  @Test func pagesOfTheTableGoWithTheRuns() throws {
    try writeAll(grid(idx: 0..<150, shots: [1]))
    for place in 1..<150 { site.removeOrphan("chain/idx=\(place),shots=1") }
    try writeAll(grid(idx: 0..<1, shots: [1]))
    #expect(TestFolder.files(below: home.path + "/Site/chain/runs").keys.sorted() == ["index.html", "runs.csv"])
  }

  @Test func aNotebookThatGoesTakesTheTableOfItsRunsWithIt() throws {
    try writeAll(grid(idx: 0..<1, shots: [1]))
    site.removeOrphan("chain/idx=0,shots=1")
    site.removeOrphan("chain")
    #expect(!home.exists("Site/chain"))
  }

  // MARK: - The site

  @Test func theFirstPageShowsTheFirstRunsAndLeadsToAll() throws {
    try writeAll(grid(idx: 0..<30, shots: [1]))
    let index = try read("index.html")
    expect(
      index, contains: "<summary>30 runs</summary>", #"<a href="chain/runs/index.html">All runs (30)</a>"#, ">idx=9,shots=1</a>")
    #expect(!index.contains(">idx=10,shots=1</a>"))
  }

  @Test func listsOfPagesNameNotebooksAndNotTheirRuns() throws {
    try writeAll(grid(idx: 0..<3, shots: [1]))
    let html = try page("idx=0,shots=1")
    let side = try #require(html.firstMatch(of: /<!--folio:side-->(?s:.*?)<!--\/folio:side-->/)).output
    #expect(side.contains(#"<a href="../../chain/index.html" aria-current="true">Chain</a>"#))
    #expect(!side.contains("idx%3D1"))
  }

  @Test func theSitemapLeadsToPagesThatAreThereAndNotToEachRun() throws {
    var description = SiteDescription()
    description.url = "https://x.org/"
    try writeAll(grid(idx: 0..<2, shots: [1]), isOwnThere: false, description: description)
    let map = try read("sitemap.xml")
    expect(map, contains: "<loc>https://x.org/chain/runs/</loc>")
    #expect(!map.contains("<loc>https://x.org/chain/</loc>"))
    #expect(!map.contains("idx"))
  }

  @Test func aNotebookOfWhichThereAreOnlyRunsHasItsTitleAndLeadsToThem() throws {
    try writeAll(grid(idx: 0..<2, shots: [1]), isOwnThere: false)
    try expect(read("index.html"), contains: #"<h2><a href="chain/runs/index.html">Chain</a></h2>"#)
    #expect(try !page("idx=0,shots=1").contains("With the defaults"))
  }

  @Test func theSearchFindsARunByWhatTellsItFromTheOthers() throws {
    try writeAll(grid(idx: 0..<2, shots: [1]))
    try expect(
      read("assets/search-index.js"),
      contains: #"["chain/idx%3D1%2Cshots%3D1/index.html","Chain (idx=1,shots=1)",["#, #"["","","idx = 1, shots = 1"]"#)
  }
}
