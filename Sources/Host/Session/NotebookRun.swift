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
  let session: Session
  let document: Notebook
  let observe: (Session.Event) -> Void

  let analyses: [CellAnalysis]
  let lines: [Int: String]
  var state: RunState
  var units: [CellUnit] = []
  private(set) var marks: [Int: Mark] = [:]
  /// The cells that have failed: they define nothing, and do not run again in this run.
  private(set) var failures: Set<Int> = []
  /// The most that one of them has run.
  private var mostRuns = 0
  /// By module, the number of its cell.
  private(set) var cellsOfModules: [String: Int] = [:]
  /// By module, the line of its cell's first line.
  private(set) var firstLines: [String: Int] = [:]
  private var reasons: [Int: String] = [:]
  /// What was found on the way to these of the cells before the first of them, and is not taken yet.
  private var foreseen: [Int: RecordBook.LookUp] = [:]
  private var history: RunHistory

  /// What has become of a cell in this run.
  struct Mark {
    var record: CellRecord?
    /// It is left alone, since it needs what a failed one would have defined.
    var isOrphan = false
    var wasReused = false
    /// How often it has run.
    var runs = 0
    /// What it turned out to touch when it ran without finding it as it should.
    var surprises: Set<Location> = []
    /// What it is made of, as far as it is known.
    var parts: CellKey?
  }

  init(session: Session, document: Notebook, observe: @escaping (Session.Event) -> Void) {
    self.session = session
    self.document = document
    self.observe = observe
    analyses = document.cells.map { CellAnalysis(source: $0.source) }
    lines = document.codeLines
    state = RunState(graph: NotebookGraph(document, analyses: [], leavingOut: []), file: document.file)
    history = RunHistory(notebook: document.file, store: session.store)
  }

  /// Runs what must run.
  mutating func go() throws -> NotebookRecord {
    makeGraph()
    warnOfOlderDefinitions()
    try compileAhead()
    if !hasFailed || session.options.keepsGoing {
      if !hasFailed { try session.release(session.loaded.subtracting(units.map(\.module)).sorted()) }
      try runCells()
    }
    reuseRest()
    return conclude()
  }

  private mutating func runCells() throws {
    while let number = nextCell(), !session.isInterrupted {
      let found =
        foreseen.removeValue(forKey: number) ?? session.book.lookUp(number, in: state, isForced: session.options.isForced)
      if let cell = found.found {
        reuse(number, cell)
        continue
      }
      if reasons[number] == nil { reasons[number] = explain(number, found) }
      marks[number, default: Mark()].parts = found.parts
      foreseen = [:]
      try runWithWhatItNeeds(number)
      if hasFailed && !session.options.keepsGoing { break }
      // A worker that died in this run took along what the next cells need.
      if session.hasLostWorker { break }
      session.hasYielded = session.yields
      if session.hasYielded { break }
    }
  }

  var graph: NotebookGraph { state.graph }

  private var hasFailed: Bool { !failures.isEmpty }

  private var leftOut: Set<Int> { failures.union(marks.filter(\.value.isOrphan).keys) }

  private func isLeftOut(_ number: Int) -> Bool { failures.contains(number) || marks[number]?.isOrphan == true }

  /// The first cell that is not settled.
  private func nextCell() -> Int? {
    (state.firstOpen..<max(state.firstOpen, units.count)).first { state.settled[$0] == nil && !isLeftOut($0) }
  }

  // MARK: - The graph

  private mutating func makeGraph() {
    // What fails, by accident or as it should, defines nothing.
    let expected = document.cells.filter(\.options.expectsError).map(\.number)
    state.graph = NotebookGraph(document, analyses: analyses, leavingOut: leftOut.union(expected))
    units = CellUnit.all(graph, file: document.file, environment: session.compiler.environment)
    cellsOfModules = Dictionary(units.map { ($0.module, $0.number) }, uniquingKeysWith: { first, _ in first })
    firstLines = Dictionary(
      units.dropFirst().map { ($0.module, graph.nodes[$0.number].cell.line) }, uniquingKeysWith: { first, _ in first })
    state.set(0, session.book.parameters(graph))
  }

  /// A cell has failed: what those after it see is something else.
  private mutating func replan() throws {
    makeGraph()
    settleAnew(after: 0)
    session.compilation.replace(expected(), of: units)
  }

  /// Cells that will run, as far as can be told before any does: an error of theirs must not wait for others' run.
  private mutating func expected() -> [Int] {
    var ahead = state
    foreseen = [:]
    var running: Set<Int> = []
    for number in graph.nodes.indices.dropFirst() where !isLeftOut(number) {
      if let settled = state.settled[number] {
        ahead.set(number, settled)
        continue
      }
      let found = session.book.lookUp(number, in: ahead, isForced: session.options.isForced)
      // What a cell that runs will leave is not known; who needs it may run as well.
      let mayRun = found.found == nil || !graph.nodes[number].needs.isDisjoint(with: running)
      if running.isEmpty { foreseen[number] = found }
      if mayRun { running.insert(number) } else { ahead.set(number, found.found) }
    }
    return running.sorted()
  }

  // MARK: - Reuse

  private mutating func reuse(_ number: Int, _ found: SettledCell) {
    let cell = graph.nodes[number].cell
    var settled = found
    // It may bear another label now, or stand in another place.
    settled.record = CellRecord(id: cell.id, outcome: found.record.outcome, outputs: found.record.outputs)
    state.set(number, settled)
    let isNews = marks[number]?.record != settled.record
    marks[number, default: Mark()].record = settled.record
    marks[number]?.parts = settled.parts
    guard marks[number]?.runs == 0, isNews else { return }
    marks[number]?.wasReused = true
    observe(.cellReused(cell, settled.record))
  }

  /// After a run that ended early: what is known without running anything is still shown.
  private mutating func reuseRest() {
    // Those of which they and all that they need are settled.
    var known: Set<Int> = [0]
    for number in graph.nodes.indices.dropFirst() {
      let needsAreKnown = graph.nodes[number].needs.isSubset(of: known)
      if needsAreKnown, state.settled[number] == nil, !isLeftOut(number),
        let cell = session.book.lookUp(number, in: state, isForced: session.options.isForced).found
      {
        reuse(number, cell)
      }
      if needsAreKnown, state.settled[number] != nil { known.insert(number) }
    }
  }

  /// Takes back what was taken for granted of cells after one that has run again, if it is no more so.
  private mutating func settleAnew(after number: Int) {
    for later in state.settled(after: number) {
      guard let cell = state.settled[later], !session.book.holds(cell, later, in: state) else { continue }
      state.set(later, nil)
    }
  }

  private func explain(_ number: Int, _ found: RecordBook.LookUp) -> String {
    if let note = found.note { return note }
    guard let last = history.last(graph.nodes[number].cell.id) else { return "new" }
    let changes = found.parts.changes(since: last.parts)
    if !changes.isEmpty { return changes.joined(separator: ", ") }
    return last.failed ? "it failed last time" : "its record is not in the cache"
  }

  // MARK: - Compiling

  /// Hands all cells that will run to the compiler, and waits until it is sure that each of them compiles: an error in the last cell must
  /// not wait for the others' run.
  private mutating func compileAhead() throws {
    let ahead = expected()
    session.compilation.replace(ahead, of: units)
    let unknown = ahead.filter { !graph.nodes[$0].cell.options.expectsError }
    let isNew = unknown.count { session.compilation.isNew(units[$0]) }
    if isNew > 2, let text = NotebookCheck.text(graph), try session.compiler.check(text) { return }
    for number in unknown {
      do {
        _ = try session.compilation.compiled(units[number].module)
      } catch let failure as CellCompiler.Failure {
        reasons[number] = explain(number, session.book.lookUp(number, in: state, isForced: session.options.isForced))
        fail(number, failure)
      } catch is Compilation.Skipped {
        continue
      }
    }
    if hasFailed && session.options.keepsGoing { try replan() }
  }

  /// Notes that a cell has failed: it defines nothing, and does not run again in this run.
  private mutating func leaveOut(_ number: Int) {
    failures.insert(number)
    guard session.options.sparesOrphans else { return }
    var users: Set<Int> = [number]
    for other in graph.nodes.indices.dropFirst(number + 1) where !graph.nodes[other].needs.isDisjoint(with: users) {
      users.insert(other)
      if marks[other]?.record == nil { marks[other, default: Mark()].isOrphan = true }
    }
  }

  private mutating func fail(_ number: Int, _ failure: CellCompiler.Failure) {
    let cell = graph.nodes[number].cell
    observe(.cellStarted(cell, of: units.count - 1, reason: reasons[number] ?? ""))
    let record = CellRecord(id: cell.id, outcome: .failed, outputs: [.error(compileError(failure, cell))])
    marks[number, default: Mark()].record = record
    leaveOut(number)
    observe(.cellEnded(cell, record, .zero))
  }

  // MARK: - Running

  /// What a cell's run came to.
  private enum Outcome {
    case asExpected
    /// It leaves something else than it was known to leave.
    case changed
    /// It touched what it did not find as it should; it must run again.
    case surprised
    case failed
  }

  /// Runs a cell, after those whose values it needs and does not find. Returns also when it turned out that cells before it must be looked
  /// at again.
  private mutating func runWithWhatItNeeds(_ number: Int) throws {
    while true {
      // What cannot be mended in the worker that there is may be in a new one; what then still surprises is not kept.
      let isLast = mostRuns >= 6
      if isLast || marks[number]?.surprises.remove(.lostObject) != nil { session.restartWorker() }
      guard let cells = plan.cells(for: number, live: session.live) else {
        guard !session.live.isEmpty else { throw Diagnostic("\(graph.nodes[number].cell.id) cannot be given what it needs") }
        session.restartWorker()
        continue
      }
      session.compilation.add(cells, of: units)
      // Before the first of them runs: what a former run's objects do when they go must not reach what comes. The last go first.
      try session.release(cells.reversed().map { units[$0].module })
      for cell in cells {
        if cell != number, reasons[cell] == nil { reasons[cell] = "needed by \(graph.nodes[number].cell.id)" }
        let outcome = try run(cell, acceptsSurprises: isLast)
        if session.isInterrupted || session.hasLostWorker || outcome == .failed { return }
        if outcome == .changed || (outcome == .surprised && cell != number) { return }
        if outcome == .surprised { break }
      }
      if state.settled[number] != nil { return }
    }
  }

  private var plan: RunPlan {
    let (state, marks, units, history) = (state, marks, units, history)
    return RunPlan(graph: graph, modules: units.map(\.module), timeline: state.timeline) { number in
      var needed = marks[number]?.surprises ?? []
      if let settled = state.settled[number] {
        needed.formUnion(settled.trace.reads.keys)
      } else {
        needed.formUnion(state.touches(number).keys)
        // What its last version read, the new one is likely to read.
        let last = history.last(state.graph.nodes[number].cell.id)?.parts.parts.filter { $0.kind == .memory } ?? []
        let locations = last.compactMap { StoredLocation(text: $0.name).location(in: state.graph) }
        needed.formUnion(locations.filter { state.timeline.lastWriter(of: $0, before: number) != nil })
      }
      if state.graph.nodes[number].usesParameters { needed.insert(RecordBook.parameterLocation) }
      return needed
    }
  }

  private mutating func run(_ number: Int, acceptsSurprises: Bool) throws -> Outcome {
    let cell = graph.nodes[number].cell
    if number > 0 { observe(.cellStarted(cell, of: units.count - 1, reason: reasons[number] ?? "")) }
    let start = ContinuousClock.now
    do {
      let compiled = try session.compilation.compiled(units[number].module)
      for warning in compiled.warnings where number > 0 {
        observe(.warning(warning.placed(cell, in: document.file, lines: lines)))
      }
      let execution = try CellExecution(session: session, cell: cell, errors: errors, observe: observe).run(
        compiled, parameters: number == 0 ? ParametersSource.values(graph.parameters) : nil,
        process: state.process(before: number))
      return try conclude(number, execution, start, acceptsSurprises: acceptsSurprises)
    } catch let failure as CellCompiler.Failure {
      guard number > 0 else { throw Diagnostics(failure.diagnostics) }
      // A cell that was expected to fail may do so by not compiling.
      let execution = CellExecution.Result(outputs: [], error: compileError(failure, cell))
      return try conclude(number, execution, start, acceptsSurprises: true)
    } catch is Compilation.Skipped {
      if session.isInterrupted { return .failed }
      // Only what imports a cell that does not compile is skipped, and that is known before.
      throw Diagnostic("\(cell.id) was not compiled, since a cell that it uses does not compile")
    }
  }

  private mutating func conclude(
    _ number: Int, _ execution: CellExecution.Result, _ start: ContinuousClock.Instant, acceptsSurprises: Bool
  ) throws -> Outcome {
    guard number > 0 else {
      noteParametersRun(execution.run)
      return .asExpected
    }
    let cell = graph.nodes[number].cell
    let record = execution.record(of: cell, file: document.file)
    let use = memoryUse(of: number, execution)
    let surprises = use.lacking
    marks[number, default: Mark()].runs += 1
    mostRuns = max(mostRuns, marks[number]?.runs ?? 0)
    let isSurprised = !surprises.isEmpty && !acceptsSurprises && !session.hasLostWorker && !session.isInterrupted
    if isSurprised {
      marks[number]?.surprises.formUnion(surprises)
      observe(.cellStartsAnew(cell))
      noteSpoiledRun(number, execution.run, use)
      return .surprised
    }
    let before = state.settled[number]
    let settled = session.book.keep(
      record, of: number, memory: use.memory, effects: execution.effects, in: state, isSound: surprises.isEmpty)
    marks[number]?.record = record
    marks[number]?.parts = settled.parts
    observe(.cellEnded(cell, record, start.duration(to: .now)))
    state.set(number, settled)
    if !session.hasLostWorker { noteRun(number, execution.run, settled, isComplete: record.outcome != .failed) }
    guard record.outcome != .failed else {
      leaveOut(number)
      guard session.options.keepsGoing else { return .failed }
      // Where it would have defined nothing, the others see what they saw.
      if graph.nodes[number].analysis.definesNothing { settleAnew(after: number) } else { try replan() }
      return .failed
    }
    guard before?.trace.writes != settled.trace.writes || before?.process != settled.process || before?.written != settled.written
    else { return .asExpected }
    settleAnew(after: number)
    return before == nil ? .asExpected : .changed
  }

  // MARK: - The end

  private mutating func conclude() -> NotebookRecord {
    session.peakMemory = max(session.peakMemory, session.worker?.peakMemory ?? 0)
    let nodes = graph.nodes.dropFirst()
    let cells = nodes.map { marks[$0.cell.number]?.record ?? CellRecord(id: $0.cell.id, outcome: .notRun, outputs: []) }
    session.explanations = nodes.map { node in
      let mark = marks[node.cell.number] ?? Mark()
      if mark.wasReused && mark.runs == 0 { return .init(cell: node.cell.id, text: "reused", ran: false) }
      let didRun = mark.record != nil
      return .init(cell: node.cell.id, text: (didRun ? "ran: " : "not run: ") + (reasons[node.cell.number] ?? "new"), ran: didRun)
    }
    var files = Session.Files()
    for node in nodes {
      let mark = marks[node.cell.number]
      let parts = mark?.parts ?? session.book.lookUp(node.cell.number, in: state, isForced: false).parts
      if mark?.record != nil { history.note(node.cell.id, .init(parts: parts, failed: mark?.record?.outcome == .failed)) }
      files.add(parts, absolute: session.book.absolute)
      for path in state.settled[node.cell.number]?.written.keys ?? [:].keys { files.written.insert(session.book.absolute(path)) }
    }
    history.keep(peakMemory: session.peakMemory)
    session.files = files
    return NotebookRecord(notebook: document.name, cells: Array(cells))
  }
}
