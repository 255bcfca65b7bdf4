import Building
import Document
import Foundation
import Record
import Rendering
import Session

/// A site that follows its notebooks while they are written: each save runs what must run, in a session that stays warm, and the pages in
/// the browser change in place.
///
/// Promises: a session is never lost to a file that cannot be read, a cell that does not compile, or one that fails; what is wrong
/// shows in the page, and the next save goes on from there. A save that comes while cells run waits for the running cell, not for all.
/// The files of the site are written whole when a run has ended; while it lasts, only the browser sees what is there so far.
package final class LiveSite: @unchecked Sendable {
  package enum Event {
    /// It serves at this address.
    case serving(url: String)
    case session(Notebook, NotebookSession.Event)
    /// A notebook is up to date; how long it took since its file was saved.
    case updated(Notebook, NotebookRecord, explanations: [NotebookSession.Explanation], Duration)
    case problem(any Error)
    /// A notebook has come into the folder, or its file is there no more: its name.
    case came(String)
    case went(String)
  }

  /// How long the file of a notebook may be away until the notebook counts as removed: a session is dear, and editors and git take files away
  /// for a moment.
  private static let patience = Duration.seconds(2)

  private let notebooks: Locked<[LiveNotebook]>
  private let folder: String?
  private let makeNotebook: @Sendable (String) -> LiveNotebook
  private let server: LiveServer
  private let watcher: FileWatcher
  private let observe: @Sendable (Event) -> Void
  private let isEnding = Locked(false)
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - paths: the notebooks.
  ///   - folder: the one whose notebooks these are, if those that come and go there shall too.
  ///   - overrides: parameters' values, as written after `-P`.
  ///   - site: the folder of the pages.
  ///   - port: 0 takes any free one.
  ///   - hosts: names besides localhost by which browsers may know this machine.
  ///   - observe: is told what happens, on threads of the notebooks.
  package init(
    _ paths: [String], following folder: String? = nil, overrides: [(name: String, value: String)], site: String, port: UInt16,
    hosts: [String] = [], options: NotebookSession.Options, observe: @escaping @Sendable (Event) -> Void
  ) throws {
    var options = options
    options.keepsGoing = true
    // While a line is being written, one error is enough.
    options.sparesOrphans = true
    let (settled, watcher) = (options, try FileWatcher())
    self.observe = observe
    self.watcher = watcher
    self.folder = folder
    let notebooks = Locked<[LiveNotebook]>([])
    self.notebooks = notebooks
    let server = LiveServer(site: site, port: port, names: hosts) { page in
      notebooks.with { $0.first { $0.name == page } }?.stop()
    }
    self.server = server
    makeNotebook = { path in
      LiveNotebook(path, overrides: overrides, site: Site(folder: site), server: server, options: settled, observe: observe) {
        // What its cells read is known better after each run.
        watcher.interrupt()
      }
    }
    notebooks.with { [makeNotebook] in $0 = paths.map(makeNotebook) }
  }

  /// Serves until `end`. The pages then show what has been computed.
  package func run() throws {
    // Before anything runs: where it cannot serve, nobody would see what comes of it.
    let port = try server.start()
    defer {
      let all = notebooks.with { $0 }
      for notebook in all { notebook.end() }
      for notebook in all { notebook.waitForEnd() }
    }
    let first = notebooks.with { $0 }
    watcher.watch(watchedFiles)
    for notebook in first { notebook.start() }
    Thread.detachNewThread { [self] in follow() }
    observe(.serving(url: LiveServer.address(of: first.count == 1 ? first[0].name : "", port: port)))
    ended.wait()
    server.stop()
  }

  /// Brings notebooks up to date whose files change, and takes in those that come.
  private func follow() {
    var missing: [String: ContinuousClock.Instant] = [:]
    while !isEnding.with({ $0 }) {
      watcher.watch(watchedFiles)
      for notebook in notebooks.with({ $0 }) where notebook.hasMissedChange() { notebook.update() }
      let changed = watcher.changes(timeout: missing.isEmpty ? .seconds(60) : .milliseconds(250))
      if let folder, !changed.isDisjoint(with: Notebooks.folders(in: folder)) || !missing.isEmpty { follow(folder, &missing) }
      for notebook in notebooks.with({ $0 }) where !changed.isDisjoint(with: notebook.watchedFiles) { notebook.update() }
    }
  }

  /// - Parameter missing: since when the files of notebooks are away, by path.
  private func follow(_ folder: String, _ missing: inout [String: ContinuousClock.Instant]) {
    let there = (try? Notebooks.all(in: folder)) ?? []
    let paths = Set(there.map { URL(fileURLWithPath: $0).standardizedFileURL.path })
    let known = notebooks.with { $0 }
    for path in there where !known.contains(where: { $0.path == URL(fileURLWithPath: path).standardizedFileURL.path }) {
      let notebook = makeNotebook(path)
      notebooks.with { $0.append(notebook) }
      observe(.came(notebook.name))
      notebook.start()
    }
    for notebook in known {
      guard !paths.contains(notebook.path) else {
        missing[notebook.path] = nil
        continue
      }
      let since = missing[notebook.path] ?? .now
      missing[notebook.path] = since
      guard since.duration(to: .now) >= Self.patience else { continue }
      missing[notebook.path] = nil
      notebooks.with { $0.removeAll { $0 === notebook } }
      notebook.end()
      observe(.went(notebook.name))
    }
  }

  private var watchedFiles: Set<String> {
    Set(notebooks.with { $0 }.flatMap(\.watchedFiles)).union(folder.map(Notebooks.folders) ?? [])
  }

  /// Stops the cells that run. Returns whether there were any.
  package func interrupt() -> Bool { notebooks.with { $0 }.map { $0.stop() }.contains(true) }

  /// Makes `run` return.
  package func end() {
    isEnding.with { $0 = true }
    watcher.interrupt()
    ended.signal()
  }
}
