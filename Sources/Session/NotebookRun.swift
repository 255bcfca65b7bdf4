import Document
import Foundation
import Planning
import Record
import Store

/// One run of a notebook in its session: plans, compiles ahead, and runs cell by cell, planning anew whenever a cell turned out other than
/// the plan took for granted.
struct NotebookRun {
  let session: Session
  let document: Document
  let observe: (Session.Event) -> Void

  private let analyses: [CellAnalysis]
  private let lines: [Int: String]
  private var graph: NotebookGraph
  private var units: [CellUnit] = []
  private var survey = RecordBook.Survey()
  private var plan: RunPlan
  /// By number.
  private var records: [Int: CellRecord] = [:]
  private var ran: [Int: RecordBook.Ran] = [:]
  private var failed: Set<Int> = []
  private var failedParts: [Int: CellKey] = [:]
  /// Cells that are left alone, since they need what a failed one would have defined.
  private var orphans: Set<Int> = []
  private var reused: Set<Int> = []
  private var reasons: [Int: String] = [:]
  private var parametersRan = false
  private var history: RunHistory

  init(session: Session, document: Document, observe: @escaping (Session.Event) -> Void) {
    self.session = session
    self.document = document
    self.observe = observe
    analyses = document.cells.map { CellAnalysis(source: $0.source) }
    lines = document.codeLines
    graph = NotebookGraph(document, analyses: [], leavingOut: [])
    plan = RunPlan()
    history = RunHistory(notebook: document.file, store: session.store)
  }

  /// Runs what must run.
  mutating func go() throws -> NotebookRecord {
    makePlan()
    warnOfOlderDefinitions()
    try compileAhead()
    if failed.isEmpty || session.options.keepsGoing {
      if failed.isEmpty { try session.release(session.loaded.subtracting(units.map(\.module))) }
      while let number = nextCell(), !session.isInterrupted {
        try run(number)
        if !failed.isEmpty && !session.options.keepsGoing { break }
        // A worker that died in this run took along what the next cells need.
        if session.hasLostWorker { break }
        session.hasYielded = session.yields
        if session.hasYielded { break }
      }
    }
    reuseRest()
    return conclude()
  }

  // MARK: - Planning

  private mutating func makePlan() {
    // What fails, by accident or as it should, defines nothing.
    let expected = document.cells.filter(\.options.expectsError).map(\.number)
    graph = NotebookGraph(document, analyses: analyses, leavingOut: leftOut.union(expected))
    units = CellUnit.all(graph, file: document.file, environment: session.compiler.environment)
    survey = session.book.survey(graph, file: document.file, ran: ran, failed: leftOut, isForced: session.options.isForced)
    let done = Set(ran.keys)
    plan = RunPlan(facts, live: session.live)
    for (number, reason) in plan.reasons where !done.contains(number) && reasons[number] == nil {
      reasons[number] = explain(number, reason)
    }
  }

  private var facts: RunPlan.Facts {
    let survey = survey
    return RunPlan.Facts(
      graph: graph, modules: units.map(\.module), known: survey.keys, touches: survey.touches,
      holdsValue: survey.holdsValue, leftOut: leftOut)
  }

  /// The first cell of the plan that has not run; passes those that need not.
  private mutating func nextCell() -> Int? {
    let next = plan.cells.first { !hasRun($0) && !leftOut.contains($0) }
    for number in 1..<max(1, next ?? units.count) where ran[number] == nil { reuse(number) }
    return next
  }

  private func hasRun(_ number: Int) -> Bool { number == 0 ? parametersRan : ran[number] != nil }

  private mutating func reuse(_ number: Int) {
    guard let entry = survey.entries[number], reused.insert(number).inserted else { return }
    let cell = graph.nodes[number].cell
    // It may bear another label now, or stand in another place.
    let record = CellRecord(id: cell.id, outcome: entry.record.outcome, outputs: entry.record.outputs)
    records[number] = record
    observe(.cellReused(cell, record))
  }

  private mutating func reuseRest() {
    for number in units.indices.dropFirst() where records[number] == nil { reuse(number) }
  }

  private func explain(_ number: Int, _ reason: RunPlan.Reason) -> String {
    switch reason {
    case .neededBy(let user): return "needed by \(graph.nodes[user].cell.id)"
    case .changed:
      if let note = survey.notes[number] { return note }
      guard let parts = survey.parts[number], let last = history.last(graph.nodes[number].cell.id) else { return "new" }
      let changes = parts.changes(since: last.parts)
      if !changes.isEmpty { return changes.joined(separator: ", ") }
      return last.failed ? "it failed last time" : "its record is not in the cache"
    }
  }

  /// A function that a later cell's new definition does not reach is a surprise to most.
  private func warnOfOlderDefinitions() {
    for older in graph.olderDefinitions {
      let newer = graph.nodes[older.newer].cell
      observe(
        .warning(
          Diagnostic(
            .warning, at: Place(file: document.file, line: newer.line),
            "'\(older.user.name)' (\(graph.nodes[older.user.cell].cell.id)) still calls the '\(older.used.name)' of "
              + "\(graph.nodes[older.used.cell].cell.id), not the one of \(newer.id)",
            advice:
              "A cell keeps what it was compiled against. Define '\(older.user.name)' again after it, or give the new one another name."
          )))
    }
  }

  // MARK: - Compiling

  /// Hands all cells that will run to the compiler, and waits until it is sure that each of them compiles: an error in the last cell must
  /// not wait for the others' run.
  private mutating func compileAhead() throws {
    let numbers = plan.cells
    session.compilation.add(numbers, of: units)
    let unknown = numbers.filter { $0 > 0 && !graph.nodes[$0].cell.options.expectsError }
    let isNew = unknown.count { session.compilation.isNew(units[$0]) }
    if isNew > 2, let text = NotebookCheck.text(graph), try session.compiler.check(text) { return }
    for number in unknown {
      do {
        _ = try session.compilation.compiled(units[number].module)
      } catch let failure as CellCompiler.Failure {
        fail(number, failure)
      } catch is Compilation.Skipped {
        continue
      }
    }
    if !failed.isEmpty && session.options.keepsGoing { replan() }
  }

  private var leftOut: Set<Int> { failed.union(orphans) }

  /// Notes that a cell has failed: it defines nothing, and does not run again in this run.
  private mutating func leaveOut(_ number: Int) {
    failed.insert(number)
    failedParts[number] = survey.parts[number]
    guard session.options.sparesOrphans else { return }
    orphans.formUnion(graph.nodes.indices.filter { records[$0] == nil && graph.ancestors(of: $0).contains(number) })
  }

  private mutating func replan() {
    makePlan()
    session.compilation.add(plan.cells, of: units)
  }

  private mutating func fail(_ number: Int, _ failure: CellCompiler.Failure) {
    let cell = graph.nodes[number].cell
    observe(.cellStarted(cell, of: units.count - 1, reason: reasons[number] ?? ""))
    let error = CellError(
      kind: .compile,
      diagnostics: failure.diagnostics.map { advise($0.placed(cell, in: document.file, lines: lines), cell: cell) })
    let record = CellRecord(id: cell.id, outcome: .failed, outputs: [.error(error)])
    records[number] = record
    leaveOut(number)
    observe(.cellEnded(cell, record, .zero))
  }

  // MARK: - Running

  private mutating func run(_ number: Int) throws {
    let cell = graph.nodes[number].cell
    let compiled: CellCompiler.Compiled
    if number > 0 { observe(.cellStarted(cell, of: units.count - 1, reason: reasons[number] ?? "")) }
    let start = ContinuousClock.now
    do {
      compiled = try session.compilation.compiled(units[number].module)
    } catch let failure as CellCompiler.Failure {
      return try didNotCompile(number, failure, start)
    } catch is Compilation.Skipped {
      if session.isInterrupted { return }
      // Only what imports a cell that does not compile is skipped, and that is known before.
      throw Diagnostic("\(cell.id) was not compiled, since a cell that it uses does not compile")
    }
    for warning in compiled.warnings where number > 0 { observe(.warning(warning.placed(cell, in: document.file, lines: lines))) }
    let execution = try CellExecution(session: session, cell: cell, errors: errors, observe: observe)
      .run(compiled, parameters: number == 0 ? ParametersSource.values(graph.parameters) : nil)
    if number == 0 {
      parametersRan = true
      session.live.run(0, mark: facts.mark(0), facts)
      return
    }
    conclude(number, execution, start)
  }

  /// A cell that was expected to fail may do so by not compiling.
  private mutating func didNotCompile(_ number: Int, _ failure: CellCompiler.Failure, _ start: ContinuousClock.Instant) throws {
    let cell = graph.nodes[number].cell
    guard number > 0 else { throw Diagnostics(failure.diagnostics) }
    let error = CellError(
      kind: .compile,
      diagnostics: failure.diagnostics.map { advise($0.placed(cell, in: document.file, lines: lines), cell: cell) })
    conclude(number, CellExecution.Result(outputs: [], error: error, values: [], files: []), start)
  }

  private mutating func conclude(_ number: Int, _ execution: CellExecution.Result, _ start: ContinuousClock.Instant) {
    let cell = graph.nodes[number].cell
    let record = execution.record(of: cell, file: document.file)
    records[number] = record
    observe(.cellEnded(cell, record, start.duration(to: .now)))
    if record.outcome == .failed {
      session.live.run(number, mark: .failed(number), facts)
      leaveOut(number)
      if session.options.keepsGoing { replan() }
      return
    }
    let planned = survey.keys[number]
    survey.touches[number] = graph.touches(number, holdsValue: survey.holdsValue)
    let result = session.book.keep(
      record, of: number, values: execution.values, files: execution.files, graph: graph, file: document.file, survey: survey,
      isSound: RunPlan.missing(for: number, facts, session.live).isEmpty)
    ran[number] = result
    survey.keys[number] = result.key
    survey.parts[number] = result.parts
    survey.values[number] = Set(execution.values)
    survey.written.formUnion(result.entry.written.keys)
    if session.hasLostWorker { return }
    session.live.run(number, mark: .key(result.key), facts)
    let isAsPlanned = planned == nil || planned == result.key
    if !isAsPlanned || !result.entry.written.isEmpty { replan() }
  }

  // MARK: - The end

  private mutating func conclude() -> NotebookRecord {
    session.peakMemory = max(session.peakMemory, session.worker?.peakMemory ?? 0)
    let cells = graph.nodes.dropFirst().map { node in
      records[node.cell.number] ?? CellRecord(id: node.cell.id, outcome: .notRun, outputs: [])
    }
    session.explanations = graph.nodes.dropFirst().map { node in
      let number = node.cell.number
      if reused.contains(number) && !hasRun(number) { return .init(cell: node.cell.id, text: "reused", ran: false) }
      let didRun = records[number] != nil
      return .init(cell: node.cell.id, text: (didRun ? "ran: " : "not run: ") + (reasons[number] ?? "new"), ran: didRun)
    }
    for node in graph.nodes.dropFirst() where records[node.cell.number] != nil {
      if let parts = survey.parts[node.cell.number] ?? failedParts[node.cell.number] {
        history.note(node.cell.id, .init(parts: parts, failed: records[node.cell.number]?.outcome == .failed))
      }
    }
    history.keep(peakMemory: session.peakMemory)
    session.files = survey.files.mapped(session.book.absolute)
    return NotebookRecord(notebook: document.name, cells: Array(cells))
  }

  private var errors: CellErrors {
    CellErrors(
      symbolizer: Symbolizer(
        toolchain: session.compiler.toolchain, file: document.file, folder: session.compiler.folder,
        firstLines: Dictionary(
          units.dropFirst().map { ($0.module, graph.nodes[$0.number].cell.line) }, uniquingKeysWith: { first, _ in first })),
      file: document.file, lines: lines)
  }

  /// Adds what the session knows and the compiler does not.
  private func advise(_ diagnostic: Diagnostic, cell: Cell) -> Diagnostic {
    var diagnostic = diagnostic
    if diagnostic.place == nil { diagnostic.place = Place(file: document.file, line: cell.line) }
    if let match = diagnostic.message.firstMatch(of: /cannot find (?:type |operator )?'([^']+)' in scope/),
      let failed = failed.sorted().last(where: { number in
        number < cell.number && analyses[number - 1].declarations.contains { $0.name == match.1 }
      })
    {
      let cell = document.cells[failed - 1]
      diagnostic.advice = "It is defined in \(cell.id) (line \(cell.line)), which failed: what a failed cell defines is dropped."
    } else if diagnostic.message == "'async' call in a function that does not support concurrency" {
      diagnostic.advice = "At the top level of a cell, write 'await' before the call."
    }
    return diagnostic
  }
}

extension Document {
  /// The lines of the cells' code, by number, as they stand in the file.
  var codeLines: [Int: String] {
    var lines: [Int: String] = [:]
    for cell in cells {
      for (offset, line) in (cell.isInline ? cell.excerpts : cell.sourceLines.map(String.init)).enumerated() {
        lines[cell.line + offset] = String(repeating: " ", count: cell.indentation) + line
      }
    }
    return lines
  }
}
