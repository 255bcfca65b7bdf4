import Building
import Document
import Figures
import Foundation
import Record
import Rendering
import TestSupport
import Testing

@Suite struct ReferenceTests {
  private static let figure = Output.figure(FigureOutput(plotly: Figure(Heatmap([[1.0]], title: "T")).plotlyJSON))
  private static let table = Output.table(Table(columns: [Table.Column("n", isNumeric: true)], rows: [["1"]]))

  private struct Project {
    let folder: TestFolder
    var maker: PageMaker { PageMaker(site: folder.path + "/Site", store: nil) }

    init() throws { folder = try TestFolder() }

    func notebook(_ name: String, _ markdown: String) throws -> Notebook {
      try folder.write(markdown, to: "Notebooks/\(name).md")
      return try Notebook(contentsOf: "\(folder.path)/Notebooks/\(name).md")
    }

    func problems(_ markdown: String) throws -> [Diagnostic] { maker.problems(in: try notebook("n", markdown)) }

    func record(_ notebook: Notebook, _ outputs: [String: [Output]]) -> NotebookRecord {
      NotebookRecord(
        notebook: notebook.name,
        cells: notebook.cells.map { CellRecord(id: $0.id, outcome: .succeeded, outputs: outputs[$0.id] ?? []) })
    }
  }

  private static func cell(_ label: String, _ options: String = "") -> String {
    "\n```swift\n//| label: \(label)\n\(options.isEmpty ? "" : "//| \(options)\n")1\n```\n"
  }

  @Test func outputsWithCaptionsAreNumberedByKindInTheOrderOfThePage() throws {
    let project = try Project()
    let notebook = try project.notebook(
      "n",
      "[](#b) [](#t) [](#l-2) [own](#a)\n" + Self.cell("a", "caption: A *first*.") + Self.cell("b", "caption: Second.")
        + Self.cell("t", "caption: Rows.") + Self.cell("l", "caption: [One., Two.]"))
    let record = project.record(
      notebook, ["a": [Self.figure], "b": [Self.figure], "t": [Self.table], "l": [Self.figure, Self.table]])
    let (page, warnings) = project.maker.page(notebook, record: record)
    #expect(warnings.isEmpty)
    #expect(page.html.contains(##"<a href="#b" class="reference" title="Second.">Figure 2<span class="preview""##))
    #expect(page.html.contains(##"<use href="#drawing.2""##))
    #expect(page.html.ranges(of: #"<svg id="drawing.2" "#).count == 1)
    #expect(page.html.contains(##"<a href="#t" class="reference" title="Rows.">Table 1</a>"##))
    #expect(page.html.contains(##"<a href="#l-2" class="reference" title="Two.">Table 2</a>"##))
    #expect(page.html.contains(##"<a href="#a">own</a>"##))
    #expect(page.html.contains("<span class=\"number\">Figure 1.</span> A <em>first</em>.</figcaption>"))
    #expect(page.html.contains(#"<figure class="table" id="l-2">"#))
  }

  @Test func aReferenceToAHeadingHasItsWords() throws {
    let project = try Project()
    let notebook = try project.notebook("n", "[](#two-words)\n\n## Two `words`\n")
    let page = project.maker.page(notebook, record: project.record(notebook, [:])).page
    #expect(page.html.contains(##"<a href="#two-words" class="reference">Two words</a>"##))
  }

  @Test func aCaptionHoldsNoMarkupOfItsAuthor() {
    #expect(CaptionText.html("a <b>b</b> *c*") == "a &lt;b&gt;b&lt;/b&gt; <em>c</em>")
    #expect(CaptionText.html("# no heading") == "# no heading")
  }

  @Test(arguments: [
    ("text\n\n[x](#dIa)\n\n## DLA\n", 3, "Did you mean 'dla'?"),
    ("<a href=\"#nowhere\">x</a>\n", 1, "There is nothing that can be linked to."),
    ("[x](nn.md)\n", 1, "Did you mean 'n.md'?"),
    ("[x](n.md#b)\n\n# a\n", 1, "Did you mean 'a'?"),
  ])
  func aLinkThatLeadsNowhereIsAnErrorAtItsLine(_ markdown: String, _ line: Int, _ advice: String) throws {
    let problems = try Project().problems(markdown)
    #expect(problems.count == 1)
    #expect(problems.first?.severity == .error)
    #expect(problems.first?.place?.line == line)
    #expect(problems.first?.advice == advice)
  }

  @Test func aReferenceToAnOutputWithoutACaptionIsAnError() throws {
    let problems = try Project().problems("[](#a) and [words](#a)\n" + Self.cell("a"))
    #expect(problems.map(\.message) == ["the output 'a' has no caption, and so no number"])
  }

  @Test func aReferenceToAnOutputThatDidNotComeIsToldAfterTheRun() throws {
    let project = try Project()
    let notebook = try project.notebook("n", "[](#a)\n" + Self.cell("a", "caption: None."))
    #expect(project.maker.problems(in: notebook).isEmpty)
    let warnings = project.maker.page(notebook, record: project.record(notebook, ["a": [.value("1")]])).warnings
    #expect(warnings.count == 1)
    #expect(warnings.first?.place?.line == 1)
  }

  @Test func anotherNotebooksFigureIsNumberedAndShownFromItsRecord() throws {
    let project = try Project()
    let other = try project.notebook("other", "# The other\n" + Self.cell("f", "caption: Its figure."))
    let record = project.record(other, ["f": [Self.figure]])
    try Site(folder: project.folder.path + "/Site").write(
      project.maker.page(other, record: record).page, record: RecordFiles(other, record: record))
    let notebook = try project.notebook("n", "[](other.md) [](other.md#f)\n\n![](other.md#f)\n")
    #expect(project.maker.problems(in: notebook).isEmpty)
    let (page, warnings) = project.maker.page(notebook, record: project.record(notebook, [:]))
    #expect(warnings.isEmpty)
    #expect(page.html.contains(#"<a href="../other/index.html" class="reference">The other</a>"#))
    #expect(
      page.html.contains(##"<a href="../other/index.html#f" class="reference" title="Its figure.">Figure 1 of The other</a>"##))
    #expect(page.html.contains(##"<figcaption><span class="number"><a href="../other/index.html#f">Figure 1 of The other</a>."##))
    #expect(page.html.contains("<svg"))
    #expect(!page.html.contains("<p><figure"))
    #expect(notebook.runsAfter == ["other", "other"])
    #expect(project.maker.files(of: notebook).contains { $0.hasSuffix("Site/other/record/index.json") })
  }

  @Test func withoutARecordAnotherNotebooksNumberIsMissedWithAdvice() throws {
    let project = try Project()
    _ = try project.notebook("other", Self.cell("f", "caption: Its figure."))
    let notebook = try project.notebook("n", "[](other.md#f)\n")
    let warnings = project.maker.page(notebook, record: project.record(notebook, [:])).warnings
    #expect(warnings.count == 1)
    #expect(warnings.first?.advice?.hasPrefix("Build 'other' first") == true)
  }

  @Test func anOutputOfAnotherNotebookStandsAlone() {
    #expect(throws: Diagnostics.self) { try Notebook(markdown: "see ![](other.md#f)", file: "n.md") }
  }

  @Test func referencesThatWaitForEachOtherAreTold() throws {
    let project = try Project()
    let a = try project.notebook("a", "[](b.md#f)\n" + Self.cell("f", "caption: A."))
    let b = try project.notebook("b", "[](a.md#f)\n" + Self.cell("f", "caption: B."))
    #expect(NotebookOrder([a, b], areAll: true).problems.map(\.notebook) == ["a", "b"])
    let c = try project.notebook("a", "[mere](b.md#f)\n" + Self.cell("f", "caption: A."))
    #expect(NotebookOrder([c, b], areAll: true).problems.isEmpty)
  }

  @Test func filesOfTheProjectAreCopiedBesideThePageAndGoWithTheirLink() throws {
    let project = try Project()
    try project.folder.write("1,2", to: "Notebooks/data/a b.csv")
    let site = Site(folder: project.folder.path + "/Site")
    var notebook = try project.notebook("n", "[x](<data/a b.csv>)\n")
    #expect(project.maker.problems(in: notebook).isEmpty)
    var record = project.record(notebook, [:])
    let page = project.maker.page(notebook, record: record).page
    #expect(page.html.contains(#"<a href="files/a%20b.csv">x</a>"#))
    try site.write(page, record: RecordFiles(notebook, record: record))
    #expect(try project.folder.read("Site/n/files/a b.csv") == "1,2")
    notebook = try project.notebook("n", "gone\n")
    record = project.record(notebook, [:])
    try site.write(project.maker.page(notebook, record: record).page, record: RecordFiles(notebook, record: record))
    #expect(!FileManager.default.fileExists(atPath: project.folder.path + "/Site/n/files"))
  }

  @Test func whatLiesOutsideOfTheProjectIsToldAndNotCopied() throws {
    let project = try Project()
    let notebook = try project.notebook("n", "[x](../../../../../../../../etc/passwd)\n")
    #expect(project.maker.problems(in: notebook).map(\.severity) == [.warning])
    #expect(project.maker.page(notebook, record: project.record(notebook, [:])).page.files.isEmpty)
    try FileManager.default.createSymbolicLink(
      atPath: project.folder.path + "/Notebooks/link", withDestinationPath: "/etc/passwd")
    let linked = try project.notebook("n", "[x](link)\n")
    #expect(project.maker.problems(in: linked).map(\.severity) == [.warning])
    #expect(project.maker.page(linked, record: project.record(linked, [:])).page.files.isEmpty)
  }
}
