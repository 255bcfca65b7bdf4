import Document
import Foundation
import Record
import Rendering
import TestSupport
import Testing

/// Pages of a site that tell of each other.
@Suite struct SiteRefreshTests {
  private let home: TestFolder
  private var site: Site { Site(folder: home.path + "/Site") }

  init() throws { home = try TestFolder() }

  private func write(_ name: String, title: String, prose: String = "", description: SiteDescription = SiteDescription()) throws {
    let blocks = [
      Block.heading(Heading(level: 2, html: "Part", text: "Part", anchor: "part", line: 1)), .prose(html: prose, line: 2),
    ]
    let notebook = Notebook(file: "/p/Notebooks/\(name).md", frontMatter: FrontMatter(title: title), blocks: blocks)
    let record = NotebookRecord(notebook: name, cells: [])
    var context = PageContext()
    context.site = SiteMap(site.entries, description: description)
    try site.write(Page(notebook, record: record, context: context), record: RecordFiles(notebook, record: record))
  }

  private func page(_ name: String) throws -> String { try home.read("Site/\(name)/index.html") }
  private func index() throws -> String { try home.read("Site/index.html") }

  @Test func everyPageShowsTheOthersAlsoThoseThatCameLater() throws {
    try write("a", title: "Ay <b>")
    try write("part/b", title: "Bee")
    #expect(try !page("a").contains("Bee"))
    #expect(try site.refresh(SiteDescription()) == ["a"])
    try expect(
      page("a"), contains: #"<a href="../part/b/index.html">Bee</a>"#,
      #"<a rel="next" class="next" href="../part/b/index.html"><small>Next</small> Bee</a>"#)
    try expect(
      page("part/b"), contains: #"<a href="../../a/index.html">Ay &lt;b&gt;</a>"#,
      #"<a rel="prev" class="prev" href="../../a/index.html">"#, #"href="../../assets/folio.css""#,
      #"aria-current="page">Bee</a>"#)
    try expect(index(), contains: #"<a href="part/b/index.html">Bee</a>"#)
  }

  @Test func whatIsSaidOfAPageStaysAndASecondRefreshTouchesNothing() throws {
    try write("a", title: "A", prose: "<p>one</p>")
    try write("b", title: "B")
    try site.refresh(SiteDescription())
    let before = try page("a")
    #expect(try site.refresh(SiteDescription()).isEmpty)
    #expect(try page("a") == before)
    let path = home.path + "/Site/assets/search-index.js"
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: path)
    try site.refresh(SiteDescription())
    let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    #expect(date == Date(timeIntervalSince1970: 1000))
  }

  @Test func aRefreshedPageIsTheOneThatIsMadeAnew() throws {
    var description = SiteDescription()
    (description.title, description.url, description.footer) = ("S", "https://x.org/", "<p>F</p>")
    try write("a", title: "A")
    try write("b", title: "B")
    try site.refresh(description)
    let refreshed = try page("a")
    try write("a", title: "A", description: description)
    #expect(try page("a") == refreshed)
    expect(refreshed, contains: "<p>F</p>", #"<link rel="canonical" href="https://x.org/a/"/>"#)
  }

  @Test func theFooterLeadsToPagesFromEachPage() throws {
    var description = SiteDescription()
    description.footer = #"<p><a href="part/b%20c.md">B</a> <a href="https://x.org/a.md">X</a></p>"#
    try write("part/a", title: "A", description: description)
    try expect(
      page("part/a"), contains: #"<p><a href="../../part/b%20c/index.html">B</a> <a href="https://x.org/a.md">X</a></p>"#)
  }

  @Test func nothingInAnAuthorsTextIsTakenForAPlaceOfTheSite() throws {
    let forged = ["head", "bar", "side", "end", "foot"].map { "<!--folio:\($0)-->mine<!--/folio:\($0)-->" }.joined()
    try write("a", title: "A", prose: "<p>\(forged)</p>")
    try write("b", title: "B")
    try site.refresh(SiteDescription())
    try expect(page("a"), contains: "<p>\(forged)</p>", #"href="../b/index.html">B</a>"#)
  }

  @Test func pagesInFoldersAreFoundAndGoWithTheirFolders() throws {
    try write("part/deep/a", title: "A")
    try write("part/b", title: "B")
    #expect(site.entries.map(\.name) == ["part/b", "part/deep/a"])
    #expect(site.orphans(besides: ["part/b"]) == ["part/deep/a"])
    site.removeOrphan("part/deep/a")
    #expect(!home.exists("Site/part/deep"))
    #expect(home.exists("Site/part/b/index.html"))
  }

  @Test func aPageMayHavePagesBelowIt() throws {
    try write("part", title: "P")
    try write("part/a", title: "A")
    #expect(site.entries.map(\.name) == ["part", "part/a"])
    site.removeOrphan("part")
    #expect(home.exists("Site/part/a/index.html"))
    #expect(!home.exists("Site/part/index.html"))
  }

  @Test(arguments: ["part/record", "part/Outputs", "a/index.html", "sitemap.xml", "a//b", "../a", "a/.b"])
  func aNameThatOtherFilesHaveIsRefused(_ name: String) throws {
    let notebook = Notebook(file: "/p/Notebooks/\(name).md", frontMatter: FrontMatter(title: "T"), blocks: [])
    guard notebook.name == name else { return }
    let record = NotebookRecord(notebook: name, cells: [])
    let page = Page(notebook, record: record)
    #expect(throws: Diagnostic.self) { try site.write(page, record: RecordFiles(notebook, record: record)) }
  }

  @Test func theSearchHoldsWhatPagesShow() throws {
    try write(
      "a", title: "A \"title\"",
      prose: """
        <p>Näive <em>ré</em>sumé &lt;b&gt; &amp; <code>let x</code></p><table><tr><td>one</td><td>two</td></tr></table>
        <script>hidden()</script><p>never closed
        """)
    try site.refresh(SiteDescription())
    let script = try home.read("Site/assets/search-index.js")
    expect(
      script, contains: #"["a/index.html","A \"title\"",["#, #"["","A \"title\"",""#,
      #"["part","Part","Näive résumé \u003cb> & let x one two never closed"]"#)
    expect(script, lacks: "hidden()", "<b")
  }

  @Test func whatIsOddInAPageEndsNoSearch() throws {
    for (index, odd) in [
      "<", "<p", "<p class=\"label", "<nav>", "<nav><nav></nav>", "<!--", "</div></div></section>", "<svg aria-label=\"x\"/>",
      "<br class=\"label\">",
      "<script>if (a < b) {</script>", "<a class=label>", "< p>", "<h2 id=\"q\">",
    ].enumerated() {
      try write("n\(index)", title: "T", prose: "<p>before</p>\(odd)")
    }
    try site.refresh(SiteDescription())
    let script = try home.read("Site/assets/search-index.js")
    #expect(script.ranges(of: "before").count == 13)
  }

  @Test func anAddressGivesASitemapAndAFeedOfDatedPages() throws {
    try write("a b", title: "A")
    try site.refresh(SiteDescription())
    #expect(!home.exists("Site/sitemap.xml"))
    var description = SiteDescription()
    description.url = "https://x.org/s/"
    try site.refresh(description)
    try expect(home.read("Site/sitemap.xml"), contains: "<loc>https://x.org/s/</loc>", "<loc>https://x.org/s/a%20b/</loc>")
    #expect(!home.exists("Site/feed.xml"))
    try site.refresh(SiteDescription())
    #expect(!home.exists("Site/sitemap.xml"))
  }

  /// A page of which only the mark is known.
  private func writeMarked(_ name: String, _ more: String) throws {
    let mark = #"{"name":"\#(name)","status":{"complete":{"cells":1}},"title":"Title of \#(name)",\#(more)}"#
    let regions = "<!--folio:bar--><!--/folio:bar-->"
    try home.write(
      #"<script type="application/json" id="folio-notebook">\#(mark)</script>"# + regions, to: "Site/\(name)/index.html")
  }

  @Test func theFeedHasThePagesThatHaveADateTheLatestFirst() throws {
    try writeMarked("old", #""date":"2025-03-04","description":"<About>""#)
    try writeMarked("new", #""date":"2026-01-02""#)
    try writeMarked("undated", #""date":"some day""#)
    var description = SiteDescription()
    (description.url, description.authors) = ("https://x.org/", ["A & B"])
    try site.refresh(description)
    let feed = try home.read("Site/feed.xml")
    expect(
      feed, contains: "<updated>2026-01-02T00:00:00Z</updated>\n<author><name>A &amp; B</name></author>",
      "<summary>&lt;About&gt;</summary>", "<id>https://x.org/old/</id>")
    expect(feed, lacks: "undated")
    let places = try ["Title of new", "Title of old"].map { try #require(feed.firstRange(of: $0)).lowerBound }
    #expect(places == places.sorted())
    try site.refresh(SiteDescription())
    #expect(!home.exists("Site/feed.xml"))
  }

  @Test(arguments: PageWords.Language.allCases) func aPageSpeaksOneLanguageThroughout(_ language: PageWords.Language) {
    var description = SiteDescription()
    description.language = language.rawValue
    var context = PageContext()
    context.site = SiteMap([], description: description)
    let notebook = document(["a", "b"]) { $0.fold = true }
    let table = Table(columns: [.init("n")], rows: (0..<1500).map { [String($0)] })
    let record = NotebookRecord(
      notebook: "n", device: "cpu",
      cells: [
        CellRecord(
          id: "cell-1", outcome: .succeeded,
          outputs: [.table(table), .text(.standardOutput, String(repeating: "\n", count: 2000))])
      ])
    let html = Page(notebook, record: record, context: context).html
    let words = language.words
    expect(
      html, contains: words.skip, words.notRun, words.code, words.readAll, words.data,
      PageWords.filled(words.computedOn, with: words.processor))
    for other in PageWords.Language.allCases where other != language {
      expect(html, lacks: other.words.skip, other.words.notRun, other.words.readAll, other.words.linkToSection)
    }
  }

  @Test func aPageMaySpeakAnotherLanguageThanTheSite() throws {
    try writeMarked("a", #""language":"fr""#)
    try writeMarked("b", #""language":"xx""#)
    try site.refresh(SiteDescription())
    try expect(page("a"), contains: "Toutes les pages")
    try expect(page("b"), contains: "All pages")
  }

  @Test func aSitemapThatFolioDidNotWriteStays() throws {
    try home.write("<urlset/>", to: "Site/sitemap.xml")
    try write("a", title: "A")
    try site.refresh(SiteDescription())
    #expect(try home.read("Site/sitemap.xml") == "<urlset/>")
  }

  @Test func editAndSourceLeadToTheRepository() throws {
    var description = SiteDescription()
    (description.repository, description.branch) = ("https://github.com/a/b", "x/y")
    try write("part/a b", title: "A", description: description)
    try expect(
      page("part/a b"), contains: #"<a href="https://github.com/a/b/edit/x/y/Notebooks/part/a%20b.md">Edit this page</a>"#,
      #"<a href="https://github.com/a/b/blob/x/y/Notebooks/part/a%20b.md">Source</a>"#)
    description.edit = "https://e.org/{path}?at={branch}"
    try site.refresh(description)
    try expect(page("part/a b"), contains: #"<a href="https://e.org/Notebooks/part/a%20b.md?at=x/y">Edit this page</a>"#)
  }

  @Test func aNotebookFromAnotherFolderHasNoLinkIntoTheRepository() throws {
    let notebook = Notebook(file: "/p/elsewhere/o.md", frontMatter: FrontMatter(title: "O"), blocks: [])
    let record = NotebookRecord(notebook: "o", cells: [])
    var context = PageContext()
    var description = SiteDescription()
    description.repository = "https://github.com/a/b"
    context.site = SiteMap([], description: description)
    expect(Page(notebook, record: record, context: context).html, lacks: "github.com")
  }

  @Test func theFaviconIsCopiedOrIsALetter() throws {
    try write("a", title: "A")
    var description = SiteDescription()
    (description.title, description.favicon) = ("Über", try home.write("<svg/>", to: "mine.svg"))
    try site.refresh(description)
    #expect(try home.read("Site/assets/favicon.svg") == "<svg/>")
    try expect(page("a"), contains: #"<link rel="icon" href="../assets/favicon.svg"/>"#)
    description.favicon = nil
    try site.refresh(description)
    try expect(page("a"), contains: "data:image/svg+xml,", "%C3%9C%3C%2Ftext")
  }

  @Test func pagesSpeakTheLanguageOfTheSite() throws {
    var description = SiteDescription()
    description.language = "de-CH"
    try write("a", title: "A", description: description)
    try write("b", title: "B", description: description)
    try site.refresh(description)
    try expect(
      page("a"), contains: #"<html lang="de-CH">"#, "Zum Text springen", #"aria-label="Inhalt""#, "<small>Weiter</small>",
      #"data-label="Suche""#)
    try expect(index(), contains: #"<html lang="de-CH">"#, "Notebooks</a>")
  }
}

@Suite struct DownloadTests {
  private let home: TestFolder
  private var site: Site { Site(folder: home.path + "/Site") }

  init() throws { home = try TestFolder() }

  private func write(_ downloads: [Page.Attachment], outputs: [Output] = []) throws {
    let notebook = document(["x"], file: "/p/Notebooks/n.md")
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "cell-1", outcome: .succeeded, outputs: outputs)])
    var context = PageContext()
    (context.site, context.downloads) = (SiteMap(site.entries), downloads)
    try site.write(Page(notebook, record: record, context: context), record: RecordFiles(notebook, record: record))
  }

  @Test func filesToDownloadLieBesideThePageAndGoWhenTheyAreNoMore() throws {
    try write([.init(path: "n.md", text: "# N"), .init(path: "n.ipynb", text: "{}")])
    try home.write("mine", to: "Site/n/mine.md")
    #expect(try home.read("Site/n/n.md") == "# N")
    try expect(home.read("Site/n/index.html"), contains: #"Download: <a href="n.md" download="">n.md</a>"#)
    try write([.init(path: "n.md", text: "# N")])
    #expect(!home.exists("Site/n/n.ipynb"))
    #expect(home.exists("Site/n/mine.md"))
    site.removeOrphan("n")
    #expect(!home.exists("Site/n/n.md"))
    #expect(home.exists("Site/n/mine.md"))
  }

  @Test func theDataBehindFiguresAndTablesCanBeHad() throws {
    let plotly = #"""
      {"data": [{"type": "heatmap", "name": "h", "x": ["a", "b"], "y": ["r,1"], "z": [[0.25, null]], "colorscale": [[0, "red"], [1, "blue"]]},
      {"type": "scatter", "x": [1, 2], "y": [3.5, 4], "error_y": {"array": [0.5, 1]}}], "layout": {}}
      """#
    let table = Table(columns: [.init("n")], rows: [["1"]])
    try write([], outputs: [.value("v"), .figure(FigureOutput(plotly: plotly)), .table(table)])
    let page = try home.read("Site/n/index.html")
    expect(
      page,
      contains: #"Data: <a href="outputs/cell-1-1.csv" download="">CSV</a>, <a href="record/cell-1-2.json" download="">JSON</a>"#,
      #"Data: <a href="record/cell-1-3.csv" download="">CSV</a>"#)
    #expect(
      try home.read("Site/n/outputs/cell-1-1.csv")
        == "trace,x,y,z,error_y.array\nh,a,\"r,1\",0.25,\nh,b,\"r,1\",,\n2,1,3.5,,0.5\n2,2,4,,1\n")
    for file in ["record/cell-1-2.json", "record/cell-1-3.csv"] { #expect(home.exists("Site/n/\(file)")) }
  }

  @Test func aFigureOfVeryManyNumbersHasItsRecordAlone() throws {
    let row = "[" + (0..<200).map(String.init).joined(separator: ",") + "]"
    let matrix = "[" + Array(repeating: row, count: 200).joined(separator: ",") + "]"
    try write([], outputs: [.figure(FigureOutput(plotly: #"{"data": [{"type": "heatmap", "z": \#(matrix)}], "layout": {}}"#))])
    try expect(home.read("Site/n/index.html"), contains: #"Data: <a href="record/cell-1-1.json" download="">JSON</a></p>"#)
    #expect(!home.exists("Site/n/outputs"))
  }

  @Test func aPageThatStandsAloneNamesNoFiles() {
    expect(page([.table(Table(columns: [.init("n")], rows: []))]).html, lacks: "data-links", "page-links", "pager")
  }
}
