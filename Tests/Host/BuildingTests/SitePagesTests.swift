import Building
import Document
import Foundation
import Record
import Rendering
import Session
import TestSupport
import Testing

/// A site of notebooks in folders, with a description.
@Suite struct SitePagesTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private var root: String { folder.path + "/Notebooks" }

  private func build(_ paths: [String]? = nil, isWhole: Bool = true) throws -> SiteBuilder.Status {
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    let notebooks = try Notebooks.read(paths?.map { "\(root)/\($0)" } ?? Notebooks.all(in: root))
    return SiteBuilder(notebooks, site: folder.path + "/Site", isWhole: isWhole, options: options).build { _ in }
  }

  @Test func notebooksOfFoldersAreFoundAndModelsAndSitesAreLeftAlone() throws {
    for file in ["b.md", "part/a.md", "part/deep/c.md", ".hidden/d.md", "models/m/README.md", "old/n/n.md", "Shared/x.swift"] {
      try folder.write("# N", to: "Notebooks/" + file)
    }
    try folder.write("{}", to: "Notebooks/models/m/config.json")
    for file in ["index.html", "assets/folio.css"] { try folder.write("", to: "Notebooks/old/" + file) }
    #expect(try Notebooks.all(in: root) == ["b.md", "part/a.md", "part/deep/c.md"].map { "\(root)/\($0)" })
    #expect(try Notebooks.read(Notebooks.all(in: root)).map(\.name) == ["b", "part/a", "part/deep/c"])
  }

  @Test func oneNotebookThatIsBuiltAloneIsOnAllPages() throws {
    try folder.write("# Ay", to: "Notebooks/a.md")
    try folder.write("title: S\ncontents: [part/b, a]", to: "Notebooks/site.yml")
    try folder.write("# Bee\n```swift\nprint(6 * 7)\n```\n", to: "Notebooks/part/b.md")
    #expect(try build(["a.md"], isWhole: false) == .succeeded)
    try expect(folder.read("Site/a/index.html"), lacks: "Bee", "pager")
    #expect(try build(["part/b.md"], isWhole: false) == .succeeded)
    try expect(
      folder.read("Site/a/index.html"), contains: #"<a rel="prev" class="prev" href="../part/b/index.html">"#,
      #"<a class="home" href="../index.html">S</a>"#)
    try expect(folder.read("Site/part/b/index.html"), contains: ">42<", #"href="../../a/index.html""#)
    #expect(folder.exists("Site/part/b/record/index.json"))
  }

  @Test func aNotebookThatGoesLeavesAllPages() throws {
    for name in ["a", "part/b"] { try folder.write("# Title of \(name)", to: "Notebooks/\(name).md") }
    #expect(try build() == .succeeded)
    try expect(folder.read("Site/a/index.html"), contains: "Title of part/b")
    try FileManager.default.removeItem(atPath: "\(root)/part/b.md")
    #expect(try build() == .succeeded)
    try expect(folder.read("Site/a/index.html"), lacks: "Title of part/b")
    #expect(!folder.exists("Site/part"))
    try expect(folder.read("Site/assets/search-index.js"), lacks: "part/b")
  }

  @Test func aNotebookCanBeDownloadedAsItIsAndForJupyter() throws {
    let text = "---\ntitle: T\n---\r\nProse.\n\n```swift\n\"out\" + \"put\"\n```\n"
    try folder.write(text, to: "Notebooks/part/a.md")
    #expect(try build() == .succeeded)
    #expect(try folder.read("Site/part/a/a.md") == text)
    try expect(folder.read("Site/part/a/a.ipynb"), contains: "\"nbformat\": 4", "output")
    try folder.write("downloads: false", to: "Notebooks/site.yml")
    #expect(try build() == .succeeded)
    #expect(!folder.exists("Site/part/a/a.md"))
    #expect(!folder.exists("Site/part/a/a.ipynb"))
    #expect(folder.exists("Site/part/a/index.html"))
  }

  @Test func aPreviewWritesWhatTakesLongBehindThePage() throws {
    try folder.write("# A", to: "Notebooks/a.md")
    let notebook = try Notebooks.read(["\(root)/a.md"])[0]
    let record = NotebookRecord(notebook: "a", cells: [])
    var pages = PageMaker(site: folder.path + "/Site", store: nil)
    pages.isPreview = true
    let page = pages.page(notebook, record: record).page
    try Site(folder: folder.path + "/Site").write(page, record: RecordFiles(notebook, record: record))
    try expect(folder.read("Site/a/index.html"), contains: #"<a href="a.ipynb" download="">"#)
    #expect(folder.exists("Site/a/a.md"))
    #expect(!folder.exists("Site/a/a.ipynb"))
    try pages.finishDownloads(of: notebook, record: record)
    try expect(folder.read("Site/a/a.ipynb"), contains: "nbformat")
    let before = page.html
    pages.isPreview = false
    #expect(pages.page(notebook, record: record).page.html == before)
  }

  @Test func whatIsWrongWithTheDescriptionIsFoundBeforeACellRuns() throws {
    try folder.write("# A", to: "Notebooks/part/a.md")
    try folder.write("titel: S", to: "Notebooks/site.yml")
    let notebook = try Notebooks.read(["\(root)/part/a.md"])[0]
    let pages = PageMaker(site: folder.path + "/Site", store: nil)
    #expect(pages.problems(in: notebook).map(\.message) == ["a site's description has no key 'titel'"])
    #expect(pages.files(of: notebook).contains("\(root)/site.yml"))
  }

  @Test func aNotebookFromElsewhereLeavesTheSitesDescriptionInPlace() throws {
    try folder.write("# A", to: "Notebooks/a.md")
    try folder.write("title: The site", to: "Notebooks/site.yml")
    #expect(try build() == .succeeded)
    try folder.write("# Other", to: "elsewhere/o.md")
    #expect(try build(["../elsewhere/o.md"], isWhole: false) == .succeeded)
    for page in ["a", "o"] { try expect(folder.read("Site/\(page)/index.html"), contains: ">The site</a>") }
  }
}

@Suite struct SocialCardTests {
  private func record(_ outputs: [Output]) -> NotebookRecord {
    NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: outputs)])
  }

  private let figure = Output.figure(
    FigureOutput(plotly: #"{"data": [{"type": "scatter", "x": [1, 2], "y": [3, 4]}], "layout": {"width": 300, "height": 200}}"#))

  private func html(described: Bool, draws: Bool, outputs: [Output], in folder: TestFolder) throws -> (String, [Diagnostic]) {
    try folder.write("# N", to: "Notebooks/n.md")
    try folder.write(described ? "url: https://x.org/" : "title: T", to: "Notebooks/site.yml")
    let notebook = try Notebook(contentsOf: folder.path + "/Notebooks/n.md")
    var pages = PageMaker(site: folder.path + "/Site", store: folder.path + "/cache")
    pages.isPreview = !draws
    let (page, warnings) = pages.page(notebook, record: record(outputs))
    return (page.html, warnings)
  }

  @Test func withoutAnAddressOrAFigureThereIsNone() throws {
    let folder = try TestFolder()
    for (described, outputs) in [(false, [figure]), (true, [Output.value("1")])] {
      let (html, notes) = try html(described: described, draws: true, outputs: outputs, in: folder)
      #expect(!html.contains("og:image"))
      #expect(notes.isEmpty)
    }
  }

  @Test func aPreviewWaitsForNone() throws {
    let (html, notes) = try html(described: true, draws: false, outputs: [figure], in: TestFolder())
    #expect(!html.contains("og:image"))
    #expect(notes.isEmpty)
  }

  /// With a browser there is a picture, without one a note that says so: one of both, on every machine.
  @Test func theFirstFigureIsDrawnOrItIsSaidWhyNot() throws {
    let (html, notes) = try html(described: true, draws: true, outputs: [figure], in: TestFolder())
    let isDrawn = html.contains(#"<meta property="og:image" content="https://x.org/n/card.png"/>"#)
    #expect(isDrawn == notes.isEmpty)
    if !isDrawn { #expect(notes.first?.advice?.contains("chromium") == true) }
  }
}
