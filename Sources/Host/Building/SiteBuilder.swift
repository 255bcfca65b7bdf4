import Document
import Foundation
import Machine
import Processes
import Record
import Rendering
import Scheduling
import Session
import Store

/// Builds a site from runs of notebooks, several at once, and writes a page for each and the index.
///
/// Promises: a page is replaced whole when its notebook has run, also if a cell
/// failed (the page then shows where and why, and keeps what was put out before); pages of other notebooks stay as they are. A notebook
/// that says `after: other` runs when all runs of the other have; one that reads what another writes without saying so is run again, and told. Runs of one
/// notebook are made in the same sessions, one after the other.
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
  private var pages: PageMaker
  private let options: NotebookSession.Options
  private let isWhole: Bool

  private let lock = NSCondition()
  private var room: MachineRoom
  private let warm = WarmSessions()
  private var sessions: [Int: NotebookSession] = [:]
  /// The files that each run read and wrote, for those that have ended.
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
    var options = options
    options.sites = options.sites.isEmpty || !options.sites.contains(site) ? [site] : options.sites
    self.options = options
    room = Self.room(notebooks, options)
  }

  /// Nobody waits for a notebook that is left out.
  private static func room(_ notebooks: [Notebook], _ options: NotebookSession.Options) -> MachineRoom {
    let places = Dictionary(grouping: notebooks.indices.filter { !notebooks[$0].isLeftOut }) { notebooks[$0].notebookName }
    let jobs = notebooks.map { notebook in
      Schedule.Job(group: notebook.file, after: notebook.runsAfter.flatMap { places[$0] ?? [] })
    }
    return MachineRoom(jobs: jobs, notebooks: notebooks, options: options)
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
    for notebook in notebooks where notebook.isLeftOut { tell(.warning(notebook.leftOut)) }
    // Who collects runs must not find those of notebooks that are no more.
    if isWhole { removeOrphans(observe: tell) }
    noteRuns(observe: tell)
    pages.known = KnownPages(site: site, notebooks: notebooks.map(\.notebookName))
    let group = DispatchGroup()
    while let index = next() {
      if notebooks[index].isLeftOut {
        end(index, .succeeded)
        continue
      }
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
    if isWhole, !isInterrupted { tellOlderRuns(observe: tell) }
    do {
      try pages.refreshSite(of: notebooks)
    } catch {
      tell(.problem(error))
      status = max(status, .couldNotRun)
    }
    warm.closeAll()
    pruneStore()
    return status
  }

  /// Which runs the site should have is known before the first of them runs: what is missing afterwards is known then.
  private func noteRuns(observe: (Event) -> Void) {
    for runs in Dictionary(grouping: notebooks, by: \.notebookName).sorted(by: { $0.key < $1.key }).map(\.value) {
      let variants = runs.compactMap(\.variant)
      do { try Site(folder: site).note(runs: variants, of: runs[0]) } catch {
        observe(.problem(error))
        lock.withLock { status = max(status, .couldNotRun) }
      }
    }
  }

  /// Stops the cells that run, and begins no other.
  package func interrupt() {
    lock.withLock {
      isInterrupted = true
      room.stop()
      status = .interrupted
      for session in sessions.values { session.interrupt() }
      lock.broadcast()
    }
  }

  // MARK: - One after the other, or side by side

  /// Waits for the next run that may begin; nil when there is none left.
  private func next() -> Int? {
    lock.lock()
    defer { lock.unlock() }
    while true {
      if let index = room.next(prepared: warm.notebooks) { return index }
      guard room.hasOpen else { return nil }
      lock.wait()
    }
  }

  private func end(_ index: Int, _ status: Status) {
    let file = notebooks[index].file
    let isLast = lock.withLock {
      sessions[index] = nil
      self.status = max(self.status, status)
      finished[index] = finished[index] ?? FilesUsed()
      room.end(index, notebook: notebooks[index], succeeded: status == .succeeded)
      lock.broadcast()
      return !room.schedule.hasOpen(file)
    }
    if isLast { warm.close(file) }
  }

  private func build(_ notebook: Notebook, index: Int, observe: @escaping (Event) -> Void) -> Status {
    do {
      let session = try warm.take(notebook.file) ?? notebook.session(options)
      let isLate = lock.withLock {
        sessions[index] = session
        return isInterrupted
      }
      guard !isLate else {
        session.close()
        return .interrupted
      }
      defer { warm.give(session, back: notebook.file) }
      let run = try session.run(notebook) { event in
        for event in event.withOutputProblems(in: notebook) { observe(.session(notebook, event)) }
      }
      var files = run.files
      files.read.formUnion(pages.files(of: notebook))
      let record = try write(notebook, run.record, observe: observe)
      observe(
        .notebookEnded(
          notebook, run.record, page: "\(site)/\(notebook.name)/index.html", explanations: run.explanations))
      files.written.insert(record)
      lock.withLock { finished[index] = files }
      return Status(run.record)
    } catch {
      observe(.problem(error))
      return .couldNotRun
    }
  }

  /// Writes the page and the record of a run. Returns the absolute path of the record's index.
  private func write(_ notebook: Notebook, _ record: NotebookRecord, observe: (Event) -> Void) throws -> String {
    let (page, warnings) = pages.page(notebook, record: record)
    for warning in warnings { observe(.warning(warning)) }
    try Site(folder: site).write(page, record: RecordFiles(notebook, record: record))
    pages.known?.note(page.entry)
    return URL(fileURLWithPath: "\(site)/\(notebook.name)/record/\(RecordFiles.indexName)").standardizedFileURL.path
  }

  /// Runs a notebook again that read a file which another one wrote meanwhile.
  private func repairOrder(observe: @escaping (Event) -> Void) {
    guard status == .succeeded || options.keepsGoing, !isInterrupted else { return }
    var writers: [String: Int] = [:]
    for index in notebooks.indices.reversed() { for path in finished[index]?.written ?? [] { writers[path] = index } }
    for reader in notebooks.indices {
      let notebook = notebooks[reader]
      let known = Set(notebook.runsAfter + [notebook.notebookName])
      let shared = (finished[reader]?.read ?? []).filter { path in
        writers[path].map { !known.contains(notebooks[$0].notebookName) } ?? false
      }.min()
      guard let shared, let writer = writers[shared] else { continue }
      observe(
        .warning(
          Diagnostic(
            .warning, at: Place(file: notebook.file, line: 1),
            "\(notebook.name) reads \(shared), which \(notebooks[writer].name) writes",
            advice:
              "Say 'after: \(notebooks[writer].notebookName)' in its front matter, so that it is built after it.")))
      status = max(status, build(notebook, index: reader, observe: observe))
    }
  }

  private func removeOrphans(observe: (Event) -> Void) {
    let folder = Site(folder: site)
    for name in folder.orphans(besides: Set(notebooks.map(\.name))) {
      folder.removeOrphan(name)
      observe(
        .warning(Diagnostic(.note, "removed \(site)/\(name): there is no notebook, and no run of one, of that name any more")))
    }
  }

  /// Runs of a command line are not made again by a build of all notebooks: those that are of other code than the notebook has now are told.
  private func tellOlderRuns(observe: (Event) -> Void) {
    for notebook in notebooks where notebook.variant == nil {
      let older = Site(folder: site).runsOfCommandLine(of: notebook).filter { $0.keys != notebook.cellKeys }.map(\.name)
      guard !older.isEmpty else { continue }
      let names = older.prefix(8).map { "\(notebook.name)@\($0)" }.joined(separator: ", ") + (older.count > 8 ? ", …" : "")
      observe(
        .warning(
          Diagnostic(
            .note, at: Place(file: notebook.file, line: 1),
            "\(older.count == 1 ? "a run is" : "\(older.count) runs are") of an older version of the notebook: \(names)",
            advice:
              "Make them again (folio build \(notebook.name) -P …), or remove their folders and their lines in \(site)/\(notebook.name)/\(RunsFile.fileName)."
          )))
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
