/// A site that follows its notebooks while they are written: each save runs what must run, in a session that stays warm, and the pages in
/// the browser change in place.
///
/// Promises: a session is never lost to a file that cannot be read, a cell that does not compile, or one that fails; what is wrong
/// shows in the page, and the next save goes on from there. A save that comes while cells run waits for the running cell, not for all.
/// The files of the site are written whole when a run has ended; while it lasts, only the browser sees what is there so far.

import Document
import Foundation
import Preview
import Record
import Rendering
import Session

public final class LivePreview: @unchecked Sendable {
  public enum Event {
    /// It serves at this address.
    case serving(url: String)
    case session(Document, Session.Event)
    /// A notebook is up to date; how long it took since its file was saved.
    case updated(Document, NotebookRecord, explanations: [Session.Explanation], Duration)
    case problem(any Error)
  }

  private let notebooks: [LiveNotebook]
  private let server: PreviewServer
  private let watcher: FileWatcher
  private let observe: @Sendable (Event) -> Void
  private let isEnding = Locked(false)
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - paths: the notebooks.
  ///   - overrides: parameters' values, as written after `-P`.
  ///   - site: the folder of the pages.
  ///   - port: 0 takes any free one.
  ///   - observe: is told what happens, on threads of the notebooks.
  public init(
    _ paths: [String], overrides: [(name: String, value: String)], site: String, port: UInt16, options: Session.Options,
    observe: @escaping @Sendable (Event) -> Void
  ) throws {
    var options = options
    options.keepsGoing = true
    // While a line is being written, one error is enough.
    options.sparesOrphans = true
    self.observe = observe
    watcher = try FileWatcher()
    let watcher = watcher
    let byName = Locked<[String: LiveNotebook]>([:])
    server = PreviewServer(site: site, port: port) { page in byName.with { $0[page] }?.stop() }
    let server = server
    notebooks = paths.map { path in
      LiveNotebook(path, overrides: overrides, site: Site(folder: site), server: server, options: options, observe: observe) {
        // What its cells read is known better after each run.
        watcher.interrupt()
      }
    }
    byName.with { [notebooks] in $0 = Dictionary(notebooks.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }) }
  }

  /// Serves until `end`.
  public func run() throws {
    defer { for notebook in notebooks { notebook.end() } }
    watcher.watch(watchedFiles)
    for notebook in notebooks { notebook.start() }
    Thread.detachNewThread { [self] in follow() }
    let port: UInt16
    do {
      port = try server.start()
    } catch {
      end()
      throw error
    }
    observe(.serving(url: "http://127.0.0.1:\(port)/" + (notebooks.count == 1 ? "\(notebooks[0].name)/" : "")))
    ended.wait()
    server.stop()
  }

  /// Brings notebooks up to date whose files change.
  private func follow() {
    while !isEnding.with({ $0 }) {
      watcher.watch(watchedFiles)
      let changed = watcher.changes(timeout: .seconds(60))
      for notebook in notebooks where !changed.isDisjoint(with: notebook.watchedFiles) { notebook.update() }
    }
  }

  private var watchedFiles: Set<String> { Set(notebooks.flatMap(\.watchedFiles)) }

  /// Stops the cells that run. Returns whether there were any.
  public func interrupt() -> Bool { notebooks.map { $0.stop() }.contains(true) }

  /// Makes `run` return.
  public func end() {
    isEnding.with { $0 = true }
    watcher.interrupt()
    ended.signal()
  }
}
