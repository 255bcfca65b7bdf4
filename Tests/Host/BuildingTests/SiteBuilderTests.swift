import Building
import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

@Suite struct SiteBuilderTests {
  /// Builds notebooks, given by name and text, in a folder of their own.
  private func build(
    _ notebooks: [String: String], keepGoing: Bool = false, in folder: TestFolder
  ) throws -> (status: SiteBuilder.Status, pages: [String: String]) {
    for (name, text) in notebooks { try folder.write(text, to: "Notebooks/\(name).md") }
    var options = NotebookSession.Options()
    options.keepsGoing = keepGoing
    options.store = folder.path + "/cache"
    let documents = try Notebooks.read(Notebooks.all(in: folder.path + "/Notebooks"))
    let status = SiteBuilder(documents, site: folder.path + "/Site", options: options).build { _ in }
    let pages = (["index"] + notebooks.keys).map { name in
      (name, (try? folder.read(name == "index" ? "Site/index.html" : "Site/\(name)/index.html")) ?? "")
    }
    return (status, Dictionary(uniqueKeysWithValues: pages))
  }

  @Test func aSiteHasAPageForEachNotebookAndAnIndex() throws {
    let folder = try TestFolder()
    let (status, pages) = try build(
      ["b": "---\norder: 1\n---\n# Bee\n```swift\nprint(\"from <b>\")\n```", "a": "# Ay\n```swift\n6 * 7\n```"], in: folder)
    #expect(status == .succeeded)
    #expect(pages["a"]?.contains("42") == true)
    expect(pages["b"], contains: "from &lt;b&gt;")
    expect(pages["b"], lacks: "from <b>")
    let index = try #require(pages["index"])
    let bee = try #require(index.range(of: "Bee"))
    let ay = try #require(index.range(of: "Ay"))
    #expect(bee.lowerBound < ay.lowerBound)
    #expect(index.contains("a/index.html"))
  }

  @Test func aFailedCellIsOnItsPageWithWhatCameBefore() throws {
    let folder = try TestFolder()
    let (status, pages) = try build(
      ["a": "```swift\nprint(\"before\")\n```\n```swift\nlet xs = [1]\nxs[5]\n```\n```swift\nprint(\"after\")\n```"], in: folder)
    #expect(status == .cellFailed)
    let page = try #require(pages["a"])
    expect(page, contains: "before", "Index out of range", "a.md:6")
  }

  @Test(arguments: [
    ("```swift\nlet x: Int = \"\"\n```", SiteBuilder.Status.couldNotRun),
    ("```swift\nthrow CancellationError()\n```", .cellFailed),
    ("```swift\nkill(getpid(), SIGKILL)\n```", .cellFailed),
    ("```swift\nlet m = try LanguageModel.load(\"no/such\")\n```", .couldNotRun),
    ("only prose", .succeeded),
  ])
  func theStatusSaysWhatWentWrong(notebook: String, status: SiteBuilder.Status) throws {
    let folder = try TestFolder()
    #expect(try build(["a": notebook], in: folder).status == status)
  }

  @Test func aFigureThatShowsNoDataIsToldAtItsCell() throws {
    let folder = try TestFolder()
    try folder.write("\n```swift\nHeatmap([[1.0, 2]], title: \"T\", xLabels: [\"a\"])\n```\n", to: "a.md")
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    var warnings: [Diagnostic] = []
    let status = SiteBuilder(try Notebooks.read([folder.path + "/a.md"]), site: folder.path + "/Site", options: options).build {
      event in
      if case .session(_, .warning(let warning)) = event { warnings.append(warning) }
    }
    #expect(status == .succeeded)
    #expect(warnings.map(\.message) == ["a figure of cell-1 shows no data: 1 x labels for 2 columns; give one for each"])
    #expect(warnings.first?.place == Place(file: folder.path + "/a.md", line: 3))
  }

  @Test func afterAFailureTheOthersAreBuiltOnlyIfAsked() throws {
    let notebooks = [
      "a": "```swift\nthrow CancellationError()\n```\n```swift\n\"next cell\"\n```",
      "b": "---\nafter: a\n---\n```swift\n\"next notebook\"\n```",
    ]
    let stopped = try TestFolder()
    let going = try TestFolder()
    #expect(try build(notebooks, in: stopped).pages["b"] == "")
    let pages = try build(notebooks, keepGoing: true, in: going).pages
    #expect(pages["b"]?.contains("next notebook") == true)
    #expect(pages["a"]?.contains("next cell") == true)
  }

  @Test func twoBuildsGiveTheSameBytes() throws {
    let notebook = [
      "a": "```swift\nprint([\"k\": 1, \"l\": 2, \"m\": 3])\nFigure(Heatmap([[1.0, -2], [0.5, 3]], title: \"T\"))\n```"
    ]
    let first = try TestFolder()
    let second = try TestFolder()
    let pages = try (build(notebook, in: first).pages, build(notebook, in: second).pages)
    #expect(pages.0 == pages.1)
    #expect(pages.0["a"]?.contains("<svg") == true)
  }

  @Test func imagesOfTheNotebooksFolderAreInThePage() throws {
    let folder = try TestFolder()
    try folder.write("<svg/>", to: "Notebooks/a picture.svg")
    let markdown =
      "![here](a%20picture.svg) ![made](made.svg) ![missing](no.png) ![other](../secret.txt)\n\n```swift\n"
      + "try \"drawn\".write(toFile: \"made.svg\", atomically: true, encoding: .utf8)\n```"
    let page = try #require(try build(["a": markdown], in: folder).pages["a"])
    #expect(page.contains(#"<img src="data:image/svg+xml;base64,\#(Data("<svg/>".utf8).base64EncodedString())" alt="here""#))
    #expect(page.contains(Data("drawn".utf8).base64EncodedString()))
    expect(page, contains: #"src="no.png""#, #"src="../secret.txt""#)
  }

  @Test func cellsRunInTheNotebooksFolder() throws {
    let folder = try TestFolder()
    try folder.write("content", to: "Notebooks/data/x.txt")
    let (_, pages) = try build(
      ["a": "```swift\ntry String(contentsOfFile: \"data/x.txt\", encoding: .utf8) + \"!\"\n```"], in: folder)
    #expect(pages["a"]?.contains("content!") == true)
  }

  @Test func aNotebookBuiltAloneKeepsTheOthersInTheIndex() throws {
    let folder = try TestFolder()
    _ = try build(
      ["a": "# Ay\n```swift\n1\n```", "b": "# Bee\n```swift\nthrow CancellationError()\n```"], keepGoing: true, in: folder)
    let alone = try Notebooks.read([folder.path + "/Notebooks/a.md"])
    var options = NotebookSession.Options()
    options.store = nil
    #expect(SiteBuilder(alone, site: folder.path + "/Site", options: options).build { _ in } == .succeeded)
    let index = try folder.read("Site/index.html")
    expect(index, contains: "Ay", "Bee", "1 of 1 cells failed")
  }

  @Test func notebooksRunSideBySide() throws {
    // Each waits for the other's file: one after the other, neither would end.
    func waits(writing mine: String, for other: String) -> String {
      """
      ```swift
      //| timeout: 180
      mkdir("shared", 0o755)
      close(creat("shared/\(mine)", 0o644))
      while access("shared/\(other)", F_OK) != 0 { usleep(1000) }
      "met"
      ```
      """
    }
    let folder = try TestFolder()
    let (status, pages) = try build(["a": waits(writing: "a", for: "b"), "b": waits(writing: "b", for: "a")], in: folder)
    #expect(status == .succeeded)
    #expect(pages["a"]?.contains("met") == true)
    #expect(pages["b"]?.contains("met") == true)
  }

  private let writer =
    "```swift\nusleep(300_000)\ntry \"made\".write(toFile: \"made.txt\", atomically: true, encoding: .utf8)\n```"
  private let reader = "```swift\n(try? String(contentsOfFile: \"made.txt\", encoding: .utf8)) ?? (\"noth\" + \"ing\")\n```"

  @Test func aNotebookRunsAfterThoseThatItNames() throws {
    let folder = try TestFolder()
    let (_, pages) = try build(["a": "---\nafter: z\n---\n" + reader, "z": writer], in: folder)
    expect(pages["a"], contains: "made")
    expect(pages["a"], lacks: "nothing")
  }

  @Test func aNotebookThatReadsWhatAnotherWritesIsRunAgainAndTold() throws {
    let folder = try TestFolder()
    for (name, text) in ["a": reader, "z": writer] { try folder.write(text, to: "Notebooks/\(name).md") }
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    var warnings: [Diagnostic] = []
    let documents = try Notebooks.read(Notebooks.all(in: folder.path + "/Notebooks"))
    let status = SiteBuilder(documents, site: folder.path + "/Site", options: options).build { event in
      if case .warning(let warning) = event { warnings.append(warning) }
    }
    #expect(status == .succeeded)
    #expect(warnings.first?.advice?.contains("'after: z'") == true)
    #expect(try folder.read("Site/a/index.html").contains("made"))
  }

  @Test func notebooksThatWaitForEachOtherRunInOrder() throws {
    let folder = try TestFolder()
    let (status, _) = try build(
      ["a": "---\nafter: b\n---\n```swift\n1\n```", "b": "---\nafter: [a]\n---\n```swift\n2\n```"], in: folder)
    #expect(status == .succeeded)
  }

  @Test func nothingChangedMeansNoWorkerAndTheSameBytes() throws {
    let folder = try TestFolder()
    let notebooks = ["a": "```swift\nprint(getpid())\n```\n```swift\nFigure(Heatmap([[1.0, -2]], title: \"T\"))\n```"]
    let first = try build(notebooks, in: folder).pages
    try FileManager.default.removeItem(atPath: folder.path + "/Site")
    #expect(try build(notebooks, in: folder).pages == first)
  }

  @Test func whatAKilledBuildLeftIsClearedAway() throws {
    let folder = try TestFolder()
    let left = ".folio-\(UUID())"
    try folder.write("<half", to: "Site/a/\(left)")
    try folder.write("mine", to: "Site/a/.index.html.mine")
    _ = try build(["a": "```swift\n1\n```"], in: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/Site/a")
    #expect(Set(names) == ["index.html", ".index.html.mine", "record", "a.md", "a.ipynb"])
    // Also where nothing changes any more: the killed build was of another version.
    for place in ["Site/a", "Site/a/record", "Site/a/outputs", "Site"] { try folder.write("<half", to: "\(place)/\(left)") }
    _ = try build(["a": "```swift\n1\n```"], in: folder)
    let all = FileManager.default.enumerator(atPath: folder.path + "/Site")?.allObjects ?? []
    #expect(!all.contains { "\($0)".hasSuffix(left) })
  }

  @Test func twoNotebooksOfOneNameAreRefused() throws {
    let folder = try TestFolder()
    try folder.write("x", to: "one/a.md")
    try folder.write("x", to: "two/a.md")
    #expect(throws: Diagnostic.self) { try Notebooks.read([folder.path + "/one/a.md", folder.path + "/two/a.md"]) }
  }

  @Test func everyBadNotebookIsReportedBeforeAnyRuns() throws {
    let folder = try TestFolder()
    try folder.write("---\ntitel: x\n---", to: "a.md")
    try folder.write("```swift\n//| labl: x\n```", to: "b.md")
    let error = #expect(throws: Diagnostics.self) {
      try Notebooks.read([folder.path + "/a.md", folder.path + "/b.md", "none.md"])
    }
    #expect(error?.all.count == 3)
  }
}
