import ArgumentParser
import Building
import Document
import Foundation
import Live
import Session

/// What an author and a maintainer wait for: an edit in a live preview, a build of which nothing changed, a notebook of many cells.
struct SessionBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session",
    abstract: "Measure edits, builds and overheads of the session.",
    discussion: """
      The peer is 'jupyter nbconvert --execute' on the same cells in Python: pip install nbconvert ipykernel, and put jupyter on the \
      PATH, or name it by --jupyter. Without it, Folio's own figures are printed.
      """)

  @Option(help: ArgumentHelp("The jupyter program to compare with.", valueName: "path"))
  var jupyter: String?

  @Option(help: ArgumentHelp("How often an edit is measured.", valueName: "n"))
  var edits = 15

  func run() throws {
    let workshop = try Workshop()
    defer { workshop.close() }
    try measureEdits(workshop)
    try measureSite(workshop)
    try measureManyCells(workshop)
    try measureWriteUp(workshop)
    try PlanningBenchmark.run()
    try measureOverhead(workshop)
    try measurePeer(workshop)
  }

  // MARK: - An edit in a live preview

  /// From the moment the file is saved to the page on the disk, compiler and all, in a session that is warm.
  private func measureEdits(_ workshop: Workshop) throws {
    let file = workshop.folder + "/edits.md"
    let edited = { (number: Int) in Workshop.notebook(50, lastCell: "x49 + \(number)") }
    try workshop.write(edited(0), to: file)
    let times = LockedTimes()
    let preview = try LiveSite(
      [file], overrides: [], site: workshop.folder + "/Site", port: 0, options: workshop.options("edits")
    ) { event in
      if case .updated(_, _, _, let duration) = event { times.add(duration / .seconds(1)) }
    }
    let thread = Thread { try? preview.run() }
    thread.start()
    times.wait(for: 1)
    // What is seen from outside: the file's change to the page's.
    var seen: [Double] = []
    for number in 1...max(1, edits) {
      let page = workshop.folder + "/Site/edits/index.html"
      let before = Workshop.modified(page)
      usleep(50_000)
      seen.append(
        try seconds {
          try workshop.write(edited(number), to: file)
          while Workshop.modified(page) == before { usleep(500) }
        })
      times.wait(for: number + 1)
    }
    preview.end()
    let compiler = try workshop.compilerTime()
    report("edit of 1 of 50 cells, saved to page written, median", text(seen.median), judged(seen.median, limit: 0.3))
    report(
      "  of which compiling and linking, by a bare session", text(compiler),
      String(format: "%.0f %%", compiler / seen.median * 100))
  }

  // MARK: - Builds

  private func measureSite(_ workshop: Workshop) throws {
    let root = FileManager.default.currentDirectoryPath
    guard FileManager.default.fileExists(atPath: root + "/Notebooks") else {
      return report("build of the shipped site", "-", "run it in the repository's folder")
    }
    let build = ["build", "--site", workshop.folder + "/Shipped"]
    _ = try folio(build, in: root, workshop, store: "site")
    let times = try (0..<5).map { _ in try seconds { _ = try folio(build, in: root, workshop, store: "site") } }
    report("build of the shipped site, nothing changed, median", text(times.median), judged(times.median, limit: 0.5))
  }

  private func measureManyCells(_ workshop: Workshop) throws {
    for (kind, isChain) in [("independent", false), ("each on the last", true)] {
      let name = isChain ? "chain" : "flat"
      try workshop.write(Workshop.notebook(200, isChain: isChain), to: workshop.folder + "/\(name).md")
      let build = ["build", "\(name).md"]
      var memory = 0
      let cold = try seconds { memory = try folio(build, in: workshop.folder, workshop, store: name).peakMemory }
      try FileManager.default.removeItem(atPath: workshop.folder + "/Site/\(name)")
      let warm = try seconds { _ = try folio(build, in: workshop.folder, workshop, store: name) }
      report("200 trivial cells (\(kind)), cold", text(cold), judged(cold, limit: 15))
      report("  the same after deleting the page", text(warm), judged(warm, limit: 1))
      report(
        "  largest memory of the host", String(format: "%.0f MB", Double(memory) / 1e6),
        String(format: "%.2f of the limit of 200 MB", Double(memory) / 200e6))
    }
  }

  /// A page of many formulas, citations and figures whose cells are known, made again since its prose has changed.
  private func measureWriteUp(_ workshop: Workshop) throws {
    try workshop.write(WriteUp.bibliography, to: workshop.folder + "/large.bib")
    try workshop.write(WriteUp.markdown, to: workshop.folder + "/large.md")
    let cold = try seconds { _ = try folio(["build", "large.md"], in: workshop.folder, workshop, store: "large") }
    let times = try (1...5).map { number in
      try workshop.write(WriteUp.markdown + "Edit \(number).\n", to: workshop.folder + "/large.md")
      return try seconds { _ = try folio(["build", "large.md"], in: workshop.folder, workshop, store: "large") }
    }
    report("\(WriteUp.formulas) formulas, \(WriteUp.works) citations, \(WriteUp.figures) figures, cold", text(cold))
    report("  the same after an edit of its prose, median", text(times.median), judged(times.median, limit: 2))
  }

  /// Cells that are compiled already, run again in a warm session: all that is left is the session's own work.
  private func measureOverhead(_ workshop: Workshop) throws {
    let notebook = try Notebook(
      markdown: Workshop.notebook(200, isChain: false, options: "//| cache: false\n"), file: workshop.folder + "/overhead.md")
    let session = try notebook.session(workshop.options("overhead"))
    _ = try session.run(notebook)
    let time = try seconds { _ = try session.run(notebook) } / 200
    report("one cell's run without compiling, mean of 200", text(time), judged(time, limit: 0.005))
  }

  private func measurePeer(_ workshop: Workshop) throws {
    guard let jupyter = jupyter ?? Workshop.find("jupyter") else {
      return report("jupyter nbconvert --execute", "-", "not found: pip install nbconvert ipykernel")
    }
    for count in [50, 200] {
      let name = "peer\(count)"
      try workshop.write(Workshop.notebook(count, isChain: false), to: "\(workshop.folder)/\(name).md")
      try workshop.write(Workshop.jupyterNotebook(count), to: "\(workshop.folder)/\(name).ipynb")
      let cold = try seconds { _ = try folio(["build", "\(name).md"], in: workshop.folder, workshop, store: name) }
      let warm = try seconds { _ = try folio(["build", "\(name).md"], in: workshop.folder, workshop, store: name) }
      let peer = try seconds {
        let end = try launch(jupyter, ["nbconvert", "--execute", "--to", "html", "\(name).ipynb"], in: workshop.folder)
        if end.status != 0 { throw ValidationError("nbconvert failed:\n\(end.output)") }
      }
      report("\(count) cells: jupyter nbconvert --execute", text(peer))
      report("  folio build, cold", text(cold), String(format: "%.2f times jupyter's", cold / peer))
      report("  folio build, nothing changed", text(warm), String(format: "%.3f times jupyter's", warm / peer))
    }
  }

  private func folio(_ arguments: [String], in folder: String, _ workshop: Workshop, store: String) throws -> Finished {
    let end = try launch(workshop.folio, arguments, in: folder, environment: ["FOLIO_CACHE": workshop.folder + "/store-" + store])
    if end.status != 0 { throw ValidationError("folio \(arguments.joined(separator: " ")) failed:\n\(end.output)") }
    return end
  }
}

/// Times that arrive on another thread.
private final class LockedTimes: @unchecked Sendable {
  private let lock = NSCondition()
  private var times: [Double] = []

  func add(_ time: Double) {
    lock.withLock {
      times.append(time)
      lock.broadcast()
    }
  }

  func wait(for count: Int) {
    lock.lock()
    defer { lock.unlock() }
    while times.count < count { lock.wait() }
  }
}
