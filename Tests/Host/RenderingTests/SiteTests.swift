import Document
import Foundation
import Record
import Rendering
import TestSupport
import Testing

@Suite struct SiteTests {
  private let home: TestFolder
  private var folder: String { home.path + "/Site" }
  private var site: Site { Site(folder: folder) }

  init() throws { home = try TestFolder() }

  private func files() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains(".") }.sorted()
  }

  private let long = [Output.text(.standardOutput, String(repeating: "line\n", count: 1000))]

  @Test func aSiteHasAFolderForEachNotebookAnIndexAndSharedAssetsAndNothingElse() throws {
    try site.write(long)
    try site.refresh(SiteDescription())
    #expect(
      try files() == [
        "assets/folio.css", "assets/folio.js", "assets/search-index.js", "index.html", "n/index.html", "n/outputs/cell-1-1.txt",
        "n/record/cell-1-1.txt",
        "n/record/index.json",
      ])
  }

  @Test func aFileThatWouldNotChangeIsNotTouched() throws {
    try site.write(long)
    let path = folder + "/n/index.html"
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: path)
    try site.write(long)
    let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    #expect(date == Date(timeIntervalSince1970: 1000))
  }

  @Test func outputsThatAPageNoLongerHasAreRemoved() throws {
    try site.write(long)
    try site.write([.value("short")])
    #expect(
      try files() == [
        "assets/folio.css", "assets/folio.js", "n/index.html", "n/record/cell-1-1.txt", "n/record/index.json",
      ])
    try site.write([])
    #expect(try files().contains("n/record/cell-1-1.txt") == false)
  }

  @Test(arguments: ["assets.md", "...md", ".md", ".hidden.md", "Assets.md"])
  func aNotebookWhoseNameIsNotAFoldersHasNoPlace(_ file: String) {
    let page = Page(document([], file: file), record: NotebookRecord(notebook: "", cells: []))
    #expect(throws: Diagnostic.self) { try site.write(page, record: RecordFiles(NotebookRecord(notebook: "", cells: []))) }
  }

  @Test func pageAndRecordAreOfOneRunAlsoIfSeveralAreWrittenAtTheSameTime() throws {
    DispatchQueue.concurrentPerform(iterations: 60) { [site] round in
      try? site.write([.value("run \(round % 4)"), .value("more of run \(round % 4)")])
    }
    let texts = try ["index.html", "record/cell-1-1.txt", "record/cell-1-2.txt"].map {
      try String(contentsOfFile: "\(folder)/n/\($0)", encoding: .utf8)
    }
    let runs = texts.flatMap { $0.matches(of: /run (\d)/).map { String($0.1) } }
    #expect(runs.count == 4, "\(runs)")
    #expect(Set(runs).count == 1, "\(runs)")
  }

  @Test func whatOthersPutBehindALinkIsKept() throws {
    let other = home.path + "/other"
    for file in ["other/record/mine.txt", "other/outputs/mine.csv", "Site/mine"] { try home.write("mine", to: file) }
    try FileManager.default.createSymbolicLink(atPath: folder + "/n", withDestinationPath: other)
    try site.write([])
    #expect(try FileManager.default.contentsOfDirectory(atPath: other + "/outputs") == ["mine.csv"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: other + "/record").contains("mine.txt"))
  }

  @Test func aSiteThatCannotBeWrittenIsAnErrorWithThePath() throws {
    try home.write("", to: "Site")
    let error = #expect(throws: Diagnostic.self) { try site.write([]) }
    #expect(error?.message.contains(folder) == true)
    #expect(error?.advice != nil)
  }
}

@Suite struct PageMarkTests {
  private let home: TestFolder
  private var folder: String { home.path }

  init() throws { home = try TestFolder() }

  /// A folder of its own, so that no notebook lies beside the site, wherever the tests run.
  private var site: Site { Site(folder: folder + "/Site") }

  @Test(arguments: ["plain", "<!-- \"a\" & 'b'", "é🌍\u{202E}\u{0}", "\\u003c"])
  func marksTellTheIndexWhatItNeedsWhateverTheTitleHolds(_ title: String) throws {
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .failed, outputs: [])])
    let frontMatter = FrontMatter(title: title, description: "</script><b>" + title, order: 3)
    let document = Notebook(file: "dir/n.md", frontMatter: frontMatter, blocks: [])
    #expect(site.entries.isEmpty)
    try site.write(Page(document, record: record), record: RecordFiles(document, record: record))
    #expect(site.entries == [IndexPage.Entry(document, record: record)])
    #expect(site.entries.first?.status == .failed(cells: 1, of: 1))
  }

  @Test func marksNameANotebookThatLiesBesideTheSiteFromThereWhereverItWasBuilt() throws {
    // From the working directory, whatever that is, up to the top and down again.
    let up = FileManager.default.currentDirectoryPath.split(separator: "/").map { _ in "../" }.joined()
    let real = folder.dropFirst()
    let document = Notebook(file: "\(up)\(real)/dir/n.md", frontMatter: FrontMatter(), blocks: [])
    let record = NotebookRecord(notebook: "n", cells: [])
    try site.write(Page(document, record: record), record: RecordFiles(document, record: record))
    #expect(site.entries.first?.source == "dir/n.md")
  }

  @Test func marksAreNotLookedForInOtherFiles() throws {
    try FileManager.default.createDirectory(atPath: folder + "/other", withIntermediateDirectories: true)
    try Data([0xFF, 0x00]).write(to: URL(fileURLWithPath: folder + "/other/index.html"))
    #expect(Site(folder: folder).entries.isEmpty)
  }
}

@Suite struct IndexTests {
  private let entries: [IndexPage.Entry] = [
    .init(name: "z", title: "Z", status: .complete(cells: 2)),
    .init(name: "b", title: "B", order: 2, status: .failed(cells: 1, of: 3)),
    .init(name: "a b?", title: "A <b>", description: "About", order: 2, status: .complete(cells: 1)),
    .init(name: "c", title: "C", order: 1, status: .failed(cells: 0, of: 2)),
    .init(name: "d", title: "D", status: .complete(cells: 4)), .init(name: "e", title: "E", status: .complete(cells: 0)),
  ]

  @Test func notebooksAreListedByOrderThenByName() throws {
    let html = IndexPage(SiteMap(entries)).html
    let places = try [">C<", ">A &lt;b&gt;<", ">B<", ">D<", ">Z<"].map { try #require(html.firstRange(of: $0)).lowerBound }
    #expect(places == places.sorted())
  }

  @Test func eachPageIsLinkedRelativelyWithHowItsRunEnded() {
    let html = IndexPage(SiteMap(entries)).html
    expect(
      html, contains: #"<h2><a href="a%20b%3F/index.html">A &lt;b&gt;</a></h2>"#, "<p>About</p>", "1 of 3 cells failed",
      "Did not run through", ">4 cells<", #"href="assets/folio.css""#)
    expect(html, lacks: "href=\"/", ">0 cells<")
  }

  @Test func aNotebooksStateIsReadFromItsRecord() {
    let failed = CellRecord(id: "a", outcome: .failed, outputs: [])
    let fine = CellRecord(id: "b", outcome: .failedAsExpected, outputs: [])
    #expect(IndexPage.Status(NotebookRecord(notebook: "n", cells: [fine])) == .complete(cells: 1))
    #expect(IndexPage.Status(NotebookRecord(notebook: "n", cells: [failed, fine])) == .failed(cells: 1, of: 2))
  }
}

@Suite struct LargeRecordTests {
  private let home: TestFolder
  private var folder: String { home.path }

  init() throws { home = try TestFolder() }

  private func files(_ texts: [String]) -> RecordFiles {
    RecordFiles(
      NotebookRecord(
        notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: texts.map { .value($0) })]))
  }

  @Test func aLargeRecordIsWrittenWholeLeavesWhatIsEqualUntouchedAndLosesWhatIsNoMore() throws {
    let site = Site(folder: folder)
    let place = folder + "/n/record"
    var texts = (0..<300).map(String.init)
    try site.write(files(texts), of: "n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: place).count == 301)
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: place + "/a-1.txt")
    try home.write("mine", to: "n/record/README")
    try home.write("left", to: "n/record/.folio-\(UUID().uuidString)")
    texts = ["0"] + (1..<200).map { "new \($0)" }
    try site.write(files(texts), of: "n")
    let names = try FileManager.default.contentsOfDirectory(atPath: place)
    #expect(names.count == 202)
    #expect(names.contains("README"))
    #expect(!names.contains { $0.hasPrefix(".") })
    #expect(try String(contentsOfFile: place + "/a-200.txt", encoding: .utf8) == "new 199\n")
    let date = try FileManager.default.attributesOfItem(atPath: place + "/a-1.txt")[.modificationDate] as? Date
    #expect(date == Date(timeIntervalSince1970: 1))
  }

  @Test func aLargeRecordThatCannotBeWrittenLeavesTheOldOneAsItWas() throws {
    let site = Site(folder: folder)
    try site.write(files(["1", "2"]), of: "n")
    let before = try String(contentsOfFile: folder + "/n/record/index.json", encoding: .utf8)
    // Where a file must come, a folder lies that is not empty.
    try home.write("", to: "n/record/z-1.txt/in")
    let other = NotebookRecord(
      notebook: "n",
      cells: [
        CellRecord(id: "a", outcome: .succeeded, outputs: [.value("9"), .value("8")]),
        CellRecord(id: "z", outcome: .succeeded, outputs: [.value("7")]),
      ])
    #expect(throws: Diagnostic.self) { try site.write(RecordFiles(other), of: "n") }
    #expect(try String(contentsOfFile: folder + "/n/record/index.json", encoding: .utf8) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/n/record").count == 4)
  }
}

@Suite struct StylesheetTests {
  @Test func thereAreALightAndADarkThemeByTheSystemAndByTheSwitch() {
    #expect(
      Stylesheet.text.contains(#"@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { color-scheme: dark"#))
    expect(Stylesheet.text, contains: #":root[data-theme="dark"] { color-scheme: dark"#, "@media print", ":focus-visible")
    #expect(Stylesheet.text.filter { $0 == "{" }.count == Stylesheet.text.filter { $0 == "}" }.count)
  }

  @Test(arguments: [Stylesheet.light, Stylesheet.dark])
  func textStandsOutFromItsGroundAsWCAGAAAsks(_ theme: String) throws {
    let colors = Dictionary(
      uniqueKeysWithValues: theme.matches(of: /--([a-z-]+): #([0-9a-f]{6})/).map { ($0.1, luminance($0.2)) })
    let grounds = [
      "paper": ["ink", "soft", "accent", "alarm", "warn", "string"],
      "wash": ["ink", "soft", "accent", "type", "string", "comment", "warn"], "alarm-wash": ["ink", "soft", "accent", "alarm"],
    ]
    for (ground, texts) in grounds {
      for text in texts {
        let pair = try [#require(colors[Substring(ground)]), #require(colors[Substring(text)])].sorted()
        #expect((pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, "\(text) on \(ground)")
      }
    }
  }

  private func luminance(_ hex: Substring) -> Double {
    let number = Int(hex, radix: 16) ?? 0
    let channels = [number >> 16, number >> 8 & 255, number & 255].map { channel -> Double in
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : exp(2.4 * log((value + 0.055) / 1.055))
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }
}
