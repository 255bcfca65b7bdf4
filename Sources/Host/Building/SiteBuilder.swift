import Document
import Foundation
import Machine
import Processes
import Record
import Rendering
import Session
import Store

/// Builds a site from notebooks: reads them, runs each in a session of its own, several at once, and writes a page for each and the index.
///
/// Promises: a page is replaced whole when its notebook has run, also if a cell
/// failed (the page then shows where and why, and keeps what was put out before); pages of other notebooks stay as they are. A notebook
/// that says `after: other` runs when the other has; one that reads what another writes without saying so is run again, and told.
package final class SiteBuilder: @unchecked Sendable {
  package enum Event {
    case notebookStarted(Notebook, number: Int, of: Int)
    case session(Notebook, NotebookSession.Event)
    /// The page is written.
    case notebookEnded(Notebook, NotebookRecord, page: String, explanations: [NotebookSession.Explanation])
    case warning(Diagnostic)
    /// A notebook could not be run, or its page not be written.
    case problem(any Error)
  }

  /// How a build ended; the raw value is the command's exit status.
  package enum Status: Int32, Comparable, Sendable {
    case succeeded = 0
    case cellFailed = 1
    case couldNotRun = 2
    /// The status by which shells tell that SIGINT has ended a program.
    case interrupted = 130

    package static func < (left: Status, right: Status) -> Bool { left.rawValue < right.rawValue }
  }

  private let notebooks: [Notebook]
  private let site: String
  private let pages: PageMaker
  private let options: NotebookSession.Options
  private let isWhole: Bool

  private let lock = NSCondition()
  private var waiting: [Int] = []
  private var running: [Int: NotebookSession?] = [:]
  /// The files that each notebook read and wrote, for those that have ended.
  private var finished: [Int: FilesUsed] = [:]
  private var status = Status.succeeded
  private var isInterrupted = false

  /// - Parameters:
  ///   - site: the site's folder.
  ///   - isWhole: whether these are all notebooks of the site: then pages and records of others that are no more are removed.
  ///   - plotly: makes the pages' figures interactive.
  package init(
    _ notebooks: [Notebook], site: String, isWhole: Bool = false, plotly: PlotlyScript? = nil, options: NotebookSession.Options
  ) {
    self.isWhole = isWhole
    pages = PageMaker(site: site, store: options.store, plotly: plotly)
    self.notebooks = notebooks
    self.site = site
    self.options = options
  }

  /// Builds the site. After a notebook that did not run through, no other is begun, unless the options say to keep going.
  /// - Parameter observe: is told what happens, one thing at a time.
  package func build(observe: @escaping (Event) -> Void) -> Status {
    let telling = NSLock()
    // Where nothing can be written, each notebook and the index meet the same problem: it is told once.
    var told: Set<String> = []
    nonisolated(unsafe) let tell: (Event) -> Void = { event in
      telling.withLock {
        if case .problem(let error) = event, !told.insert("\(error)").inserted { return }
        observe(event)
      }
    }
    waiting = notebooks.indices.filter { !notebooks[$0].isLeftOut }
    for notebook in notebooks where notebook.isLeftOut { tell(.warning(notebook.leftOut)) }
    let group = DispatchGroup()
    while let index = next() {
      group.enter()
      tell(.notebookStarted(notebooks[index], number: index + 1, of: notebooks.count))
      Thread.detachNewThread { [self] in
        let status = build(notebooks[index], index: index, observe: tell)
        end(index, status)
        group.leave()
      }
    }
    group.wait()
    repairOrder(observe: tell)
    if isWhole, !isInterrupted { removeOrphans(observe: tell) }
    do {
      try pages.refreshSite(of: notebooks)
    } catch {
      tell(.problem(error))
      status = max(status, .couldNotRun)
    }
    pruneStore()
    return status
  }

  /// Stops the cells that run, and begins no other.
  package func interrupt() {
    lock.withLock {
      isInterrupted = true
      waiting = []
      status = .interrupted
      for session in running.values { session?.interrupt() }
      lock.broadcast()
    }
  }

  // MARK: - One after the other, or side by side

  /// Waits for the next notebook that may run; nil when there is none left.
  private func next() -> Int? {
    lock.lock()
    defer { lock.unlock() }
    while true {
      if status != .succeeded && !options.keepsGoing { waiting = [] }
      guard !waiting.isEmpty else { return nil }
      let ready = waiting.first { index in
        notebooks[index].runsAfter.allSatisfy { name in
          !notebooks.indices.contains {
            notebooks[$0].name == name && $0 != index && finished[$0] == nil && !notebooks[$0].isLeftOut
          }
        }
      }
      if let ready, hasRoom(for: notebooks[ready]) {
        waiting.removeAll { $0 == ready }
        running[ready] = .some(nil)
        return ready
      }
      if ready == nil && running.isEmpty {
        // They wait for each other: the order of the site decides.
        let first = waiting.removeFirst()
        running[first] = .some(nil)
        return first
      }
      lock.wait()
    }
  }

  /// Whether there is a core, and enough memory and descriptors, for a notebook beside those that run. One alone may always run.
  private func hasRoom(for notebook: Notebook) -> Bool {
    if running.isEmpty { return true }
    guard running.count < min(Processor.threads, Descriptors.mostPrograms) else { return false }
    let known = NotebookSession.peakMemory(of: notebook, store: options.store)
    // A notebook that has never run may load anything, so half of the machine's memory must be free for it.
    return SystemMemory.available > (known > 0 ? known + known / 2 : SystemMemory.total / 2)
  }

  private func end(_ index: Int, _ status: Status) {
    lock.withLock {
      running[index] = nil
      self.status = max(self.status, status)
      finished[index] = finished[index] ?? FilesUsed()
      lock.broadcast()
    }
  }

  private func build(_ notebook: Notebook, index: Int, observe: @escaping (Event) -> Void) -> Status {
    do {
      let session = try notebook.session(options)
      defer { session.close() }
      let isLate = lock.withLock {
        running[index] = session
        return isInterrupted
      }
      if isLate { return .interrupted }
      let run = try session.run(notebook) { event in
        for event in event.withOutputProblems(in: notebook) { observe(.session(notebook, event)) }
      }
      let (page, warnings) = pages.page(notebook, record: run.record)
      for warning in warnings { observe(.warning(warning)) }
      try Site(folder: site).write(page, record: RecordFiles(notebook, record: run.record))
      observe(
        .notebookEnded(
          notebook, run.record, page: "\(site)/\(notebook.name)/index.html", explanations: run.explanations))
      var files = run.files
      files.read.formUnion(pages.files(of: notebook))
      lock.withLock { finished[index] = files }
      return Status(run.record)
    } catch {
      observe(.problem(error))
      return .couldNotRun
    }
  }

  /// Runs a notebook again that read a file which another one wrote meanwhile.
  private func repairOrder(observe: @escaping (Event) -> Void) {
    guard status == .succeeded || options.keepsGoing, !isInterrupted else { return }
    for reader in notebooks.indices {
      for writer in notebooks.indices
      where writer != reader && !notebooks[reader].frontMatter.after.contains(notebooks[writer].name) {
        guard let read = finished[reader], let wrote = finished[writer],
          let shared = read.read.intersection(wrote.written).min()
        else { continue }
        observe(
          .warning(
            Diagnostic(
              .warning, at: Place(file: notebooks[reader].file, line: 1),
              "\(notebooks[reader].name) reads \(shared), which \(notebooks[writer].name) writes",
              advice: "Say 'after: \(notebooks[writer].name)' in its front matter, so that it is built after it.")))
        status = max(status, build(notebooks[reader], index: reader, observe: observe))
        break
      }
    }
  }

  private func removeOrphans(observe: (Event) -> Void) {
    let folder = Site(folder: site)
    for name in folder.orphans(besides: Set(notebooks.map(\.name))) {
      folder.removeOrphan(name)
      observe(.warning(Diagnostic(.note, "removed \(site)/\(name): there is no notebook of that name any more")))
    }
  }

  private func pruneStore() {
    guard let folder = options.store else { return }
    EntryStore(folder: folder).prune(to: EntryStore.limit(environment: ProcessInfo.processInfo.environment))
  }
}

extension SiteBuilder.Status {
  /// What a notebook's record says of the run.
  package init(_ record: NotebookRecord) {
    let kinds = record.cells.filter { $0.outcome == .failed }.compactMap(\.error?.kind)
    if kinds.contains(.interrupted) || kinds.isEmpty && record.cells.contains(where: { $0.outcome == .notRun }) {
      self = .interrupted
    } else if kinds.contains(.compile) || kinds.contains(.unavailable) {
      self = .couldNotRun
    } else {
      self = kinds.isEmpty ? .succeeded : .cellFailed
    }
  }
}

extension Notebook {
  /// A session for the notebook, in its own folder.
  package func session(_ options: NotebookSession.Options) throws -> NotebookSession {
    try NotebookSession(directory: folder, toolchain: .find(), installation: .find(), options: options)
  }
}
