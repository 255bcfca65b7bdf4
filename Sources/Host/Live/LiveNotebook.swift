import Building
import Document
import Foundation
import Glibc
import Record
import Rendering
import Session

/// One notebook of a live preview: a thread of its own, which keeps the session and brings the page up to date.
final class LiveNotebook: @unchecked Sendable {
  let path: String
  private let overrides: [(name: String, value: String)]
  private let site: Site
  private let server: LiveServer
  private let options: NotebookSession.Options
  private let observe: (LiveSite.Event) -> Void
  private let ran: () -> Void

  private let lock = NSCondition()
  /// When the file was last saved, if no run has answered that save yet.
  private var saved: ContinuousClock.Instant?
  private var isRunning = false
  private var isEnding = false
  private let closed = DispatchSemaphore(value: 0)
  private var files = FilesUsed()
  /// The files besides its own that its page shows.
  private var shown: Set<String> = []
  /// The files besides its own that its cells were compiled from when it could last be read.
  private var code: Set<String> = []
  private let pages: PageMaker
  /// When the last run began, by the clock of files; nil once it was checked whether one of its files has changed since.
  private var began: timespec?
  // These belong to the notebook's thread. Other threads only call `interrupt` and `yield` of the session.
  private var session: NotebookSession?
  private var last: NotebookRecord?
  private var warnings: [Diagnostic] = []

  init(
    _ path: String, overrides: [(name: String, value: String)], site: Site, server: LiveServer,
    options: NotebookSession.Options, observe: @escaping (LiveSite.Event) -> Void, ran: @escaping () -> Void
  ) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    file = path
    self.overrides = overrides
    self.site = site
    var pages = PageMaker(site: site.folder, store: options.store)
    pages.isPreview = true
    self.pages = pages
    self.server = server
    self.options = options
    self.observe = observe
    self.ran = ran
  }

  private let file: String

  /// The page's folder.
  var name: String { Notebook(file: file, frontMatter: FrontMatter(), blocks: []).name }

  /// The notebook's file, what its cells read, and the pictures of its prose.
  var watchedFiles: Set<String> { lock.withLock { files.read.union(shown).union(code).subtracting(files.written).union([path]) } }

  /// Whether a file that the last run read has changed between that and the moment from which on it was watched. Asked once a run.
  func hasMissedChange() -> Bool {
    let (start, paths): (timespec?, Set<String>) = lock.withLock {
      defer { began = nil }
      return (began, files.read.union(code).subtracting(files.written))
    }
    guard let began = start else { return false }
    return paths.contains { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return false }
      let changed = status.st_ctim
      return changed.tv_sec > began.tv_sec || changed.tv_sec == began.tv_sec && changed.tv_nsec > began.tv_nsec
    }
  }

  func start() {
    update()
    Thread.detachNewThread { [self] in
      while let since = nextSave() { bringUpToDate(since) }
      // The worker, the programs that it started, and its folder are gone before the preview ends.
      let former = lock.withLock {
        defer { session = nil }
        return session
      }
      former?.close()
      closed.signal()
    }
  }

  /// The file, or one that its cells read, has changed.
  func update() {
    lock.withLock {
      saved = saved ?? .now
      session?.yield()
      lock.broadcast()
    }
  }

  /// Stops the running cell. Returns whether one runs.
  @discardableResult
  func stop() -> Bool {
    lock.withLock {
      if isRunning { session?.interrupt() }
      return isRunning
    }
  }

  func end() {
    lock.withLock {
      isEnding = true
      session?.interrupt()
      lock.broadcast()
    }
  }

  /// Waits until what runs has stopped, its programs too; not longer than a worker may take.
  func waitForEnd() {
    for _ in 0..<40 {
      // A run may have begun after it was told to stop.
      lock.withLock { session }?.interrupt()
      if closed.wait(timeout: .now() + 0.2) == .success { return }
    }
  }

  private func nextSave() -> ContinuousClock.Instant? {
    lock.lock()
    defer { lock.unlock() }
    while saved == nil && !isEnding { lock.wait() }
    let since = saved
    saved = nil
    isRunning = !isEnding
    return isEnding ? nil : since
  }

  // MARK: - Bringing up to date

  private func bringUpToDate(_ since: ContinuousClock.Instant) {
    defer { lock.withLock { isRunning = false } }
    let begun = Self.now
    do {
      let notebook = try Notebooks.read([file], overrides: overrides, ignoringStrangers: true)[0]
      let problems = pages.problems(in: notebook)
      guard !problems.contains(where: { $0.severity == .error }) else { throw Diagnostics(problems) }
      let session = try startedSession(notebook)
      server.setProblems(page: name, [])
      let display = Display(
        notebook, server: server, pages: pages, device: try session.takeDevice(for: notebook).kind, last: last)
      if last == nil && !site.hasPage(name) {
        // The first run may take long: there is something to read meanwhile.
        try pages.refreshSite(of: [notebook])
        display.showPage()
      }
      defer { display.end() }
      let start = Self.now
      let run = try session.run(notebook) { [self] event in
        display.show(event)
        for event in event.withOutputProblems(in: notebook) { observe(.session(notebook, event)) }
      }
      display.end()
      lock.withLock {
        (files, began) = (run.files, start)
        shown = pages.files(of: notebook)
        code = notebook.codeFiles
      }
      ran()
      // A newer save has come meanwhile: its run goes on where this one stopped.
      if run.hasYielded { return }
      last = run.record
      let (page, warnings) = pages.page(notebook, record: run.record)
      // Without its model, what is in the site stays: its cells could not put out anything else in its place.
      let leftOut = notebook.isLeftOut ? [notebook.leftOut] : []
      tell(notebook.warnings + problems + warnings + leftOut, of: notebook)
      if leftOut.isEmpty {
        try site.write(page, record: RecordFiles(notebook, record: run.record))
      }
      server.show(page: name, html: nil)
      server.setStatus(page: name, nil)
      for other in try pages.refreshSite(of: [notebook]) where other != name { server.touch(page: other) }
      server.show(page: "", html: nil)
      observe(.updated(notebook, run.record, explanations: run.explanations, since.duration(to: .now)))
      if leftOut.isEmpty { try pages.finishDownloads(of: notebook, record: run.record) }
    } catch {
      watchCode(since: begun)
      server.setStatus(page: name, nil)
      server.setProblems(
        page: name, (error as? Diagnostics)?.all ?? [error as? Diagnostic ?? Diagnostic(Diagnostic.words(error))])
      observe(.problem(error))
    }
  }

  /// What keeps it from running may be in a file that its cells are compiled from, or in one that is not there yet.
  private func watchCode(since begun: timespec) {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let notebook = try? Notebook(markdown: text, file: file)
    else { return }
    lock.withLock { (code, began) = (notebook.codeFiles, begun) }
    ran()
  }

  /// By the clock of files.
  private static var now: timespec {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return now
  }

  /// Tells the warnings that were not told after the last save.
  private func tell(_ new: [Diagnostic], of notebook: Notebook) {
    for warning in new where !warnings.contains(warning) { observe(.session(notebook, .warning(warning))) }
    warnings = new
  }

  private func startedSession(_ notebook: Notebook) throws -> NotebookSession {
    let started = try session ?? notebook.session(options)
    lock.withLock {
      session = started
      if isEnding { started.interrupt() } else { started.dropInterruption() }
    }
    return started
  }
}

/// What the browser sees while cells run: the page with what is there so far, a moment after it is there. A run that is over at once
/// shows only its end.
private final class Display: @unchecked Sendable {
  private let notebook: Notebook
  private let server: LiveServer
  private let pages: PageMaker
  private let device: String
  private let lock = NSLock()
  private var records: [String: CellRecord]
  private var isDue = false
  private var isOver = false
  private var cell: Cell?
  private var count = 0

  private static let patience = DispatchTimeInterval.milliseconds(400)

  init(_ notebook: Notebook, server: LiveServer, pages: PageMaker, device: String, last: NotebookRecord?) {
    (self.pages, self.device) = (pages, device)
    self.notebook = notebook
    self.server = server
    records = Dictionary(last?.cells.map { ($0.id, $0) } ?? [], uniquingKeysWith: { first, _ in first })
  }

  func show(_ event: NotebookSession.Event) {
    switch event {
    case .cellStarted(let cell, let count, _):
      self.cell = cell
      self.count = count
      setStatus(nil)
    case .progress(let progress): setStatus(progress.line)
    case .cellEnded(let cell, let record, _), .cellReused(let cell, let record): keep(record, of: cell)
    case .text, .output, .warning, .cellStartsAnew: return
    }
  }

  /// The run is over: the page's file takes over.
  func end() { lock.withLock { isOver = true } }

  /// Shows what is there so far.
  func showPage() {
    lock.withLock {
      isDue = false
      guard !isOver else { return }
      let cells = notebook.cells.map { records[$0.id] ?? CellRecord(id: $0.id, outcome: .notRun, outputs: []) }
      let record = NotebookRecord(notebook: notebook.name, device: device, cells: cells)
      server.show(page: notebook.name, html: pages.page(notebook, record: record).page.html)
    }
  }

  private func keep(_ record: CellRecord, of cell: Cell) {
    let wasDue = lock.withLock {
      records[cell.id] = record
      defer { isDue = true }
      return isDue
    }
    if !wasDue { DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { [self] in showPage() } }
  }

  private func setStatus(_ detail: String?) {
    guard let cell else { return }
    server.setStatus(page: notebook.name, LiveStatus(cell: cell.id, number: cell.number, count: count, detail: detail))
  }
}
