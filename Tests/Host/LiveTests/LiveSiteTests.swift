import Building
import Foundation
import Live
import Machine
import Processes
import Record
import Session
import TestSupport
import Testing

/// A notebook in a live preview, seen over HTTP as a reader's browser sees it.
@Suite struct LiveSiteTests {
  private final class Live: @unchecked Sendable {
    let folder: TestFolder
    private(set) var preview: LiveSite?
    private let lock = NSLock()
    private var url = ""
    private var updates = 0
    private var log: [String] = []

    init(_ notebook: String, followsFolder: Bool = false, besides files: [String: String] = [:]) throws {
      folder = try TestFolder()
      for (name, text) in files { try folder.write(text, to: name) }
      try folder.write(notebook, to: "n.md")
      var options = NotebookSession.Options()
      options.store = folder.path + "/cache"
      let card = GraphicsReport.Card(index: 0, name: "NVIDIA H200", totalMemory: 1 << 40, availableMemory: 1 << 40)
      options.graphics = { _ in GraphicsReport(cards: [card]) }
      let preview = try LiveSite(
        [folder.path + "/n.md"], following: followsFolder ? folder.path : nil, overrides: [], site: folder.path + "/Site",
        port: 0, options: options
      ) { [weak self] event in self?.note(event) }
      self.preview = preview
      Thread.detachNewThread { try? preview.run() }
    }

    deinit { preview?.end() }

    private func note(_ event: LiveSite.Event) {
      lock.withLock {
        switch event {
        case .serving(let address): url = address
        case .updated: updates += 1
        case .problem(let error): log.append("problem \(error)")
        case .session(_, .cellStarted(let cell, _, _)): log.append(cell.id)
        case .session(_, .text): log.append("text")
        case .session: break
        case .came(let name): log.append("came \(name)")
        case .went(let name): log.append("went \(name)")
        }
      }
    }

    var cellsRun: [String] { lock.withLock { log } }

    func waitForUpdate(_ number: Int) -> Bool {
      let hasCome = eventually { lock.withLock { updates >= number } }
      if !hasCome { Issue.record("\(lock.withLock { updates }) updates have come, and \(cellsRun)") }
      return hasCome
    }

    /// Whether the page's file comes to hold a text. Updates are not counted for it: there may be one more than saves, since the system tells
    /// that a file is closed when the last one who has it has closed it, and a program that is just being started has all that is open here.
    func pageComes(to text: String) -> Bool { eventually { try folder.read("Site/n/index.html").contains(text) } }

    func page() throws -> String {
      try ChildProcess.finish(.init("curl", ["-s", lock.withLock { url }])).text
    }
  }

  @Test func aPictureThatChangesIsOnThePage() throws {
    let live = try Live("![p](p.gif) ![later](<to come.png>)\n")
    try #require(live.waitForUpdate(1))
    #expect(eventually { try live.page().contains("src=\"p.gif\"") })
    try live.folder.write("GIF89a one", to: "p.gif")
    try #require(live.waitForUpdate(2))
    let one = "data:image/gif;base64,\(Data("GIF89a one".utf8).base64EncodedString())"
    #expect(eventually { try live.page().contains(one) })
    try live.folder.write("GIF89a two", to: "p.gif")
    try live.folder.write("x", to: "to come.png")
    let new = ["GIF89a two", "x"].map { ";base64,\(Data($0.utf8).base64EncodedString())" }
    #expect(
      eventually {
        let page = try live.page()
        return new.allSatisfy { page.contains($0) }
      })
    #expect(live.cellsRun.isEmpty)
  }

  private let loading = "```swift\n//| label: model\nlet model = [3, 4].map { $0 * 10 }\n```\n"

  @Test func withoutItsModelWhatIsInTheSiteStays() async throws {
    try await waiting {
      let live = try Live(
        "---\nneeds: no/such-model\n---\n```swift\n1 + 1\n```\n", besides: ["Site/n/index.html": "as it was built"])
      try #require(live.waitForUpdate(1))
      #expect(try live.folder.read("Site/n/index.html") == "as it was built")
    }
  }

  @Test func sharedCodeIsFollowedAlsoWhereItIsNotThereYet() async throws {
    try await waiting {
      let live = try Live("---\ninclude: lib.swift\n---\n```swift\nf()\n```\n")
      try #require(eventually { live.cellsRun.contains { $0.hasPrefix("problem") } })
      try live.folder.write("func f() -> Int { 41 }", to: "lib.swift")
      #expect(live.pageComes(to: ">41<"))
      try live.folder.write("func f() -> Int { 43 }", to: "lib.swift")
      #expect(live.pageComes(to: ">43<"))
      try live.folder.write("func f() -> Int { 45 + more }", to: "lib.swift")
      #expect(live.pageComes(to: "cannot find"))
      try live.folder.write("let more = 2", to: "Shared/more.swift")
      #expect(live.pageComes(to: ">47<"))
    }
  }

  @Test func aSaveRunsWhatChangedAndTheModelStays() async throws {
    try await waiting {
      let live = try Live(loading + "```swift\nmodel[0]\n```\n")
      #expect(live.pageComes(to: ">30<"))
      try live.folder.write(loading + "```swift\nmodel[7]\n```\n", to: "n.md")
      #expect(live.pageComes(to: "Index out of range"))
      try live.folder.write(loading + "```swift\nmodel[1]\n```\n", to: "n.md")
      #expect(live.pageComes(to: ">40<"))
      #expect(live.cellsRun == ["model", "cell-2", "cell-2", "cell-2"])
    }
  }

  @Test func anotherDeviceBeginsTheSessionAnew() async throws {
    try await waiting {
      let cell = "```swift\n//| label: d\nprint(ProcessInfo.processInfo.environment[\"FOLIO_DEVICE\"] ?? \"\")\n```\n"
      let live = try Live("---\ndevice: cpu\n---\n" + cell)
      #expect(live.pageComes(to: ">cpu<"))
      try live.folder.write("---\ndevice: cuda:0\n---\n" + cell, to: "n.md")
      #expect(live.pageComes(to: ">cuda:0<"))
      #expect(live.pageComes(to: "Models computed on NVIDIA H200."))
      try live.folder.write("---\ndevice: cuda:7\n---\n" + cell, to: "n.md")
      #expect(eventually { live.cellsRun.contains { $0.contains("asks for cuda:7") } })
      try live.folder.write("---\ndevice: cpu\n---\n" + cell, to: "n.md")
      #expect(live.pageComes(to: "Models computed on the processor."))
      // What the first run gave still holds.
      #expect(live.cellsRun.filter { $0 == "d" }.count == 2)
    }
  }

  @Test func aFileThatCannotBeReadCostsNothing() async throws {
    try await waiting {
      let live = try Live(loading)
      #expect(live.waitForUpdate(1))
      let before = try live.folder.read("Site/n/index.html")
      try live.folder.write("---\ntitel: x\n" + loading, to: "n.md")
      #expect(eventually { live.cellsRun.contains { $0.hasPrefix("problem") } })
      #expect(try live.folder.read("Site/n/index.html") == before)
      try live.folder.write(loading + "```swift\nmodel[0]\n```\n", to: "n.md")
      #expect(live.waitForUpdate(2))
      #expect(live.cellsRun.filter { $0 == "model" }.count == 1)
    }
  }

  @Test func aDataFileThatACellReadsIsWatched() async throws {
    try await waiting {
      let live = try Live("```swift\n(try? String(contentsOfFile: \"data.txt\", encoding: .utf8)) ?? \"nothing yet\"\n```")
      #expect(live.waitForUpdate(1))
      try live.folder.write("the data", to: "data.txt")
      // On a busy machine a first update may come while the file is there, and still empty.
      #expect(eventually { (try? live.folder.read("Site/n/index.html").contains("the data")) == true })
    }
  }

  @Test func aNotebookThatComesIsRunAndOneThatGoesIsTold() async throws {
    try await waiting {
      let live = try Live(loading, followsFolder: true)
      #expect(live.waitForUpdate(1))
      try live.folder.write("```swift\n40 + 2\n```\n", to: "new.md")
      #expect(eventually { (try? live.folder.read("Site/new/index.html").contains(">42<")) == true })
      // As an editor saves: away for a moment.
      rename(live.folder.path + "/new.md", live.folder.path + "/new.md~")
      try live.folder.write("```swift\n40 + 3\n```\n", to: "new.md")
      #expect(eventually { (try? live.folder.read("Site/new/index.html").contains(">43<")) == true })
      #expect(!live.cellsRun.contains { $0.hasPrefix("went") })
      try FileManager.default.removeItem(atPath: live.folder.path + "/new.md")
      #expect(eventually { live.cellsRun.contains("went new") })
      #expect(live.cellsRun.filter { $0.hasPrefix("came") } == ["came new"])
      #expect(live.cellsRun.filter { $0 == "model" }.count == 1)
    }
  }

  @Test func aNotebookThatComesIntoAFolderIsServedAndOnTheOtherPages() async throws {
    try await waiting {
      let live = try Live("# Enn\n", followsFolder: true)
      #expect(live.waitForUpdate(1))
      try live.folder.write("# Bee\n", to: "part/b.md")
      #expect(eventually { (try? live.folder.read("Site/b/index.html").contains("Bee")) == true })
      #expect(live.pageComes(to: #"<a href="../b/index.html">Bee</a>"#))
      #expect(eventually { try live.folder.read("Site/assets/search-index.js").contains("Bee") })
    }
  }

  @Test func theDescriptionOfTheSiteIsWatched() async throws {
    try await waiting {
      let live = try Live("# Enn\n")
      #expect(live.waitForUpdate(1))
      try live.folder.write("title: The very site\n", to: "site.yml")
      #expect(live.pageComes(to: ">The very site</a>"))
      // Whole at once: a file that is being written is empty for a moment, and an empty one describes nothing.
      let next = try live.folder.write("titel: Mistyped\n", to: "next")
      #expect(rename(next, live.folder.path + "/site.yml") == 0)
      #expect(eventually { live.cellsRun.contains { $0.contains("no key 'titel'") } })
      #expect(try live.folder.read("Site/n/index.html").contains(">The very site</a>"))
    }
  }

  @Test func thePageIsServedWithWhatMakesItLive() async throws {
    try await waiting {
      let live = try Live(loading)
      #expect(live.waitForUpdate(1))
      #expect(eventually { try live.page().contains("id=\"model\"") })
      let page = try live.page()
      expect(page, contains: "/_folio/live.js", "id=\"model\"")
      #expect(try !live.folder.read("Site/n/index.html").contains("_folio"))
    }
  }

  @Test func stoppingEndsTheRunningCellAndTheNextSaveGoesOn() async throws {
    try await waiting {
      let live = try Live(loading + "```swift\nprint(\"begun\")\nwhile true {}\n```\n")
      #expect(eventually { live.cellsRun.contains("text") })
      // There is a page while the first run lasts, though none is written yet.
      #expect(eventually { try live.page().contains("id=\"model\"") })
      #expect(!FileManager.default.fileExists(atPath: live.folder.path + "/Site/n/index.html"))
      #expect(live.preview?.interrupt() == true)
      #expect(live.waitForUpdate(1))
      #expect(try live.folder.read("Site/n/index.html").contains("was stopped"))
      try live.folder.write(loading + "```swift\nmodel[1]\n```\n", to: "n.md")
      #expect(live.waitForUpdate(2))
      #expect(live.cellsRun.filter { $0 == "model" }.count == 1)
    }
  }
}
