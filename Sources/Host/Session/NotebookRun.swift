import Document
import Foundation
import Planning
import Record
import Store

/// One run of a notebook in its session: goes through the cells in order, takes what is known, and runs what is not.
///
/// A cell is settled when it is known what it gives and what it leaves behind: from an earlier run in which all that it read was what it is
/// now, or since it has run. A cell that runs changes what is known of those after it: they are looked up when they are met.
struct NotebookRun {
  let session: NotebookSession
  let notebook: Notebook
  let observe: (NotebookSession.Event) -> Void

  let analyses: [CellAnalysis]
  /// The lines of the cells' code.
  let lines: CodeLines
  var state: RunState
  /// The cells as they are compiled, by number.
  private(set) var units: [CellUnit] = []
  /// By module, the number of its cell.
  private(set) var numbersOfModules: [String: Int] = [:]
  /// Whether the worker has died while a cell of this run ran.
  private var hasLostWorker = false
  private var hasYielded = false
  /// How often the worker has ended in this run while none of the author's cells ran.
  private var vanishedWorkers = 0
  private var history: RunHistory

  init(session: NotebookSession, notebook: Notebook, observe: @escaping (NotebookSession.Event) -> Void) {
    self.session = session
    self.notebook = notebook
    self.observe = observe
    analyses = notebook.cells.map { CellAnalysis(source: $0.source) }
    lines = CodeLines(notebook)
    history = RunHistory(notebook: notebook.file, store: session.store)
    let graph = NotebookGraph(notebook, analyses: analyses, leavingOut: notebook.cellsThatShallFail)
    state = RunState(graph: graph, file: notebook.file)
    useGraph(graph)
  }

  /// Runs what must run, and says what came of the run.
  mutating func runWhatMustRun() throws -> NotebookSession.RunResult {
    warnOfOlderDefinitions()
    try keepSources()
    try compileAhead()
    if !hasFailed || session.options.keepsGoing {
      // What cells hold that are not in the notebook any more goes.
      if !hasFailed { _ = try session.release(session.live.loaded.subtracting(units.map(\.module)).sorted()) }
      try settleCells()
    }
    reuseRest()
    return result()
  }

  private mutating func settleCells() throws {
    while let number = state.firstOpen, !session.isInterrupted {
      let found = found(number)
      if let cell = found.found {
        reuse(number, cell)
        continue
      }
      state.note(number, reason: explain(number, found))
      state.forgetForesight()
      try runWithWhatItNeeds(number)
      if hasFailed && !session.options.keepsGoing { break }
      // A worker that died in this run took along what the next cells need.
      if hasLostWorker { break }
      hasYielded = session.isAskedToYield
      if hasYielded { break }
    }
  }

  var graph: NotebookGraph { state.graph }

  private var hasFailed: Bool { state.cells.contains { $0.state.hasFailed } }

  /// What is known of a cell that is not settled.
  private func found(_ number: Int) -> RecordBook.LookUp {
    if case .open(let found?, _) = state[number] { return found }
    return session.book.lookUp(number, in: state, isForced: session.options.isForced)
  }

  // MARK: - The graph

  private mutating func useGraph(_ graph: NotebookGraph) {
    state.graph = graph
    units = CellUnit.all(graph, file: notebook.file, environment: session.runtime.codeEnvironment)
    numbersOfModules = Dictionary(units.map { ($0.module, $0.number) }, uniquingKeysWith: { first, _ in first })
    state.settle(0, session.book.parameters(graph))
  }

  /// A cell has failed: what those after it see is something else.
  private mutating func replan() {
    let leftOut = state.cells.indices.filter { state[$0].isLeftOut }
    useGraph(NotebookGraph(notebook, analyses: analyses, leavingOut: notebook.cellsThatShallFail.union(leftOut)))
    settleAnew(after: 0)
    session.runtime.prepare(foreseenRuns(), of: units, dropsOthers: true)
  }

  /// Cells that will run, as far as can be told before any does: an error of theirs must not wait for others' run.
  private mutating func foreseenRuns() -> [Int] {
    var ahead = state
    state.forgetForesight()
    var running: Set<Int> = []
    for number in graph.nodes.indices.dropFirst() where !state[number].isLeftOut {
      if let settled = state.settled(number) {
        ahead.settle(number, settled)
        continue
      }
      let found = session.book.lookUp(number, in: ahead, isForced: session.options.isForced)
      if running.isEmpty { state.foresee(number, found) }
      // What a cell that runs will leave is not known; who needs it may run as well.
      if let cell = found.found, graph.nodes[number].needs.isDisjoint(with: running) {
        ahead.settle(number, cell)
      } else {
        running.insert(number)
      }
    }
    return running.sorted()
  }

  // MARK: - Reuse

  private mutating func reuse(_ number: Int, _ found: SettledCell) {
    let cell = graph.nodes[number].cell
    var settled = found
    // It may bear another label now, or stand in another place.
    settled.record = CellRecord(id: cell.id, outcome: found.record.outcome, outputs: found.record.outputs)
    let isNews = state[number].record != settled.record
    state.settle(number, settled)
    if state.cells[number].runs == 0, isNews { observe(.cellReused(cell, settled.record)) }
  }

  /// After a run that ended early: what is known without running anything is still shown.
  private mutating func reuseRest() {
    // Those of which they and all that they need are settled.
    var known: Set<Int> = [0]
    for number in graph.nodes.indices.dropFirst() where graph.nodes[number].needs.isSubset(of: known) {
      if !state[number].isSettled, !state[number].isLeftOut,
        let cell = session.book.lookUp(number, in: state, isForced: session.options.isForced).found
      {
        reuse(number, cell)
      }
      if state[number].isSettled { known.insert(number) }
    }
  }

  /// Takes back what was taken for granted of cells after one that has run again, if it is no more so.
  /// - Returns: whether there was such a cell.
  @discardableResult private mutating func settleAnew(after number: Int) -> Bool {
    var isChanged = false
    for later in state.settled(after: number) {
      guard let cell = state.settled(later), !session.book.holds(cell, later, in: state) else { continue }
      state.unsettle(later)
      isChanged = true
    }
    return isChanged
  }

  private func explain(_ number: Int, _ found: RecordBook.LookUp) -> String {
    if let note = found.note { return note }
    guard let last = history.last(state.id(number)) else { return "new" }
    let changes = found.parts.changes(since: last.parts)
    if !changes.isEmpty { return changes.joined(separator: ", ") }
    return last.failed ? "it failed last time" : "its record is not in the cache"
  }

  // MARK: - Compiling

  /// Lets all cells that will run be compiled, and waits until it is sure that each of them compiles: an error in the last cell must
  /// not wait for the others' run.
  private mutating func compileAhead() throws {
    let ahead = foreseenRuns()
    session.runtime.prepare(ahead, of: units, dropsOthers: true)
    let unknown = ahead.filter { !graph.nodes[$0].cell.options.expectsError }
    let newCount = unknown.count { session.runtime.isNew(units[$0]) }
    if newCount > 2, let text = NotebookCheck.text(graph), try session.runtime.accepts(text) { return }
    for number in unknown {
      do {
        _ = try session.runtime.waitUntilReady(units[number])
      } catch let failure as CellDoesNotCompile {
        state.note(
          number, reason: explain(number, session.book.lookUp(number, in: state, isForced: session.options.isForced)))
        fail(number, failure)
      } catch is CellWasSkipped {
        continue
      }
    }
    if hasFailed && session.options.keepsGoing { replan() }
  }

  private mutating func fail(_ number: Int, _ failure: CellDoesNotCompile) {
    let cell = graph.nodes[number].cell
    observe(.cellStarted(cell, of: units.count - 1, reason: state.cells[number].reason ?? ""))
    let record = CellRecord(id: cell.id, outcome: .failed, outputs: [.error(compileError(failure, cell))])
    state.fail(number, record, sparesUsers: session.options.sparesOrphans)
    observe(.cellEnded(cell, record, .zero))
  }

  // MARK: - Running

  /// What a cell's run came to.
  private enum Outcome {
    case asExpected
    /// It leaves something else than it was known to leave.
    case changed
    /// It used what it did not find as it should; it must run again.
    case surprised
    case failed
    /// It did not begin, since the worker had ended.
    case withoutWorker
  }

  /// How often a cell may run, and a worker vanish, until no more is tried.
  private static let mostAttempts = 6

  /// Runs a cell, after those whose values it needs and does not find. Returns also when it turned out that cells before it must be looked
  /// at again.
  private mutating func runWithWhatItNeeds(_ number: Int) throws {
    while !state[number].isSettled {
      // What cannot be mended in the worker that there is may be in a new one; what then still surprises is not kept.
      let isLast = state.cells.contains { $0.runs >= Self.mostAttempts }
      if isLast || state.removeSurprise(number, .lostObject) { session.restart() }
      guard let cells = plan.cells(for: number, live: session.live) else {
        guard !session.live.isEmpty else { throw Diagnostic("\(state.id(number)) cannot be given what it needs") }
        session.restart()
        continue
      }
      session.runtime.prepare(cells, of: units, dropsOthers: false)
      guard try run(cells, for: number, acceptsSurprises: isLast) else { return }
    }
  }

  /// Runs cells one after the other, the wanted one last.
  /// - Returns: whether the wanted cell is to be tried again if it is not settled; if not, the run ends, or cells before it are looked at
  ///   first.
  private mutating func run(_ cells: [Int], for wanted: Int, acceptsSurprises: Bool) throws -> Bool {
    // Before the first of them runs: what a former run's objects do when they go must not reach what comes. The last go first.
    guard try session.release(cells.reversed().map { units[$0].module }) else {
      try noteVanishedWorker()
      return true
    }
    for cell in cells {
      if cell != wanted { state.note(cell, reason: "needed by \(state.id(wanted))") }
      let outcome = try run(cell, acceptsSurprises: acceptsSurprises)
      if session.isInterrupted || hasLostWorker { return false }
      switch outcome {
      case .asExpected: continue
      case .failed, .changed: return false
      case .surprised: return cell == wanted
      case .withoutWorker:
        try noteVanishedWorker()
        return true
      }
    }
    return true
  }

  /// The worker has ended while no cell ran. What is needed is made again in another one, unless that goes on and on.
  private mutating func noteVanishedWorker() throws {
    vanishedWorkers += 1
    guard vanishedWorkers >= Self.mostAttempts else { return }
    throw Diagnostic(
      "the worker has ended \(vanishedWorkers) times while no cell ran",
      advice: "Something ends it from outside, as the system does where memory is short, or a thread that a cell has begun does.")
  }

  var plan: RunPlan {
    let (state, history) = (state, history)
    return RunPlan(graph: graph, modules: units.map(\.module), timeline: state.timeline) { number in
      var needed = state.cells[number].surprises
      if let settled = state.settled(number) {
        needed.formUnion(settled.trace.reads.keys)
      } else {
        needed.formUnion(state.possibleUses(of: number).keys)
        // What its last version read, the new one is likely to read.
        let last = history.last(state.id(number))?.parts.parts.filter { $0.kind == .memory } ?? []
        let locations = last.compactMap { StoredLocation(text: $0.name).location(in: state.graph) }
        needed.formUnion(locations.filter { state.timeline.lastWriter(of: $0, before: number) != nil })
      }
      if state.graph.nodes[number].usesParameters { needed.insert(RecordBook.parameterLocation) }
      return needed
    }
  }

  private mutating func run(_ number: Int, acceptsSurprises: Bool) throws -> Outcome {
    let cell = graph.nodes[number].cell
    if number > 0 { observe(.cellStarted(cell, of: units.count - 1, reason: state.cells[number].reason ?? "")) }
    let start = ContinuousClock.now
    do {
      for warning in try session.runtime.waitUntilReady(units[number]) where number > 0 {
        observe(.warning(warning.placed(cell, in: notebook.file(of: cell), lines: lines)))
      }
      let request = RunRequest(
        cell: number, unit: units[number], parameters: number == 0 ? ParametersSource.values(graph.parameters) : nil,
        process: state.process(before: number))
      let execution = CellExecution(session: session, cell: cell, errors: errors, observe: observe)
      guard let result = try execution.run(request) else {
        if number > 0 { observe(.cellStartsAnew(cell)) }
        return .withoutWorker
      }
      if number == 0 { return try concludeParameters(result) }
      return conclude(number, result, since: start, acceptsSurprises: acceptsSurprises)
    } catch let failure as CellDoesNotCompile {
      guard number > 0 else { throw Diagnostics(failure.diagnostics) }
      // A cell that was expected to fail may do so by not compiling.
      let result = CellExecution.Result(outputs: [], error: compileError(failure, cell))
      return conclude(number, result, since: start, acceptsSurprises: true)
    } catch is CellWasSkipped {
      if session.isInterrupted { return .failed }
      // Only what imports a cell that does not compile is skipped, and that is known before.
      throw Diagnostic("\(cell.id) was not compiled, since a cell that it uses does not compile")
    }
  }

  /// The parameters are no author's code: if the worker ends meanwhile, it is not for their sake.
  private func concludeParameters(_ result: CellExecution.Result) throws -> Outcome {
    if result.hasLostValues { return .withoutWorker }
    guard let error = result.error else {
      noteParametersRun(result.run)
      return .asExpected
    }
    if session.isInterrupted { return .failed }
    throw Diagnostics(error.diagnostics)
  }

  private mutating func conclude(
    _ number: Int, _ result: CellExecution.Result, since start: ContinuousClock.Instant, acceptsSurprises: Bool
  ) -> Outcome {
    let cell = graph.nodes[number].cell
    let record = result.record(of: cell, file: notebook.file(of: cell))
    let use = observedUse(of: number, result)
    hasLostWorker = hasLostWorker || result.hasLostValues
    state.noteRun(number)
    if !use.lacking.isEmpty, !acceptsSurprises, !hasLostWorker, !session.isInterrupted {
      state.note(number, surprises: use.lacking)
      observe(.cellStartsAnew(cell))
      noteSpoiledRun(number, result.run, use)
      return .surprised
    }
    let (before, hadFailed) = (state.settled(number), state[number].hasFailed)
    let settled = session.book.keep(
      record, of: number, memory: use.memory, effects: result.effects, in: state, isSound: use.lacking.isEmpty)
    state.settle(number, settled)
    let fails = record.outcome == .failed
    if fails || hadFailed { state.fail(number, record, sparesUsers: session.options.sparesOrphans) }
    observe(.cellEnded(cell, record, start.duration(to: .now)))
    if !hasLostWorker { noteRun(number, result.run, settled, isComplete: !fails) }
    // One that has failed before runs again only for what it changes before it fails: that it fails is no news.
    if fails, !hadFailed {
      // Where it would have defined nothing, the others see what they saw.
      if session.options.keepsGoing {
        if graph.nodes[number].analysis.definesNothing { settleAnew(after: number) } else { replan() }
      }
      return .failed
    }
    // Objects of its own have another key each time if its record cannot be kept: that alone concerns only those who use them.
    let concernsOthers = settleAnew(after: number)
    guard let before else { return .asExpected }
    return concernsOthers || !settled.leavesTheSame(as: before) ? .changed : .asExpected
  }

  // MARK: - The end

  private func explanation(_ number: Int) -> NotebookSession.Explanation {
    let (id, cell) = (state.id(number), state.cells[number])
    guard cell.state.record != nil else { return .init(cell: id, text: "not run: " + (cell.reason ?? "new"), ran: false) }
    if cell.runs == 0, !cell.state.hasFailed { return .init(cell: id, text: "reused", ran: false) }
    if cell.state.record?.error?.kind == .compile {
      return .init(cell: id, text: "does not compile: " + (cell.reason ?? "new"), ran: false)
    }
    return .init(cell: id, text: "ran: " + (cell.reason ?? "new"), ran: true)
  }

  private mutating func result() -> NotebookSession.RunResult {
    let numbers = Array(graph.nodes.indices.dropFirst())
    let records = numbers.map { state[$0].record ?? CellRecord(id: state.id($0), outcome: .notRun, outputs: []) }
    var files = FilesUsed()
    for (number, record) in zip(numbers, records) {
      let parts = state[number].parts ?? session.book.lookUp(number, in: state, isForced: false).parts
      if record.outcome != .notRun { history.note(record.id, .init(parts: parts, failed: record.outcome == .failed)) }
      files.add(parts, absolute: session.book.absolute)
      for path in state.settled(number)?.written.keys ?? [:].keys { files.written.insert(session.book.absolute(path)) }
    }
    let peakMemory = session.runtime.peakMemory
    history.keep(peakMemory: peakMemory)
    return NotebookSession.RunResult(
      record: NotebookRecord(notebook: notebook.name, device: session.runtime.device.kind, cells: records),
      explanations: numbers.map(explanation), files: files, peakMemory: peakMemory, hasYielded: hasYielded)
  }
}

extension Notebook {
  /// The cells that define nothing for others, since they fail as they should.
  fileprivate var cellsThatShallFail: Set<Int> { Set(cells.filter(\.options.expectsError).map(\.number)) }
}
