import Foundation
import Planning
import Record
import Store

/// What a run's effects in the worker mean for the notebook.
extension NotebookRun {
  /// What a run touched.
  struct Use {
    var memory: RecordBook.MemoryUse
    /// What it touched and did not find as the cells before it left it.
    var lacking: Set<Location>
  }

  /// Puts together what the worker saw of a run and what only the cell's text tells.
  func memoryUse(of number: Int, _ execution: CellExecution.Result) -> Use {
    var use = Use(memory: .init(reads: [], writes: [:], plain: [], opaque: []), lacking: [])
    addSeen(execution, of: number, to: &use)
    for state in execution.effects.variables { add(state, number, to: &use) }
    // Constants and what is opaque are touched as far as the text tells; of the rest the worker has seen it.
    var touches = state.touches(number)
    for name in execution.effects.sharedClasses { touches[RunState.sharedClass(name)] = .opaque }
    for (location, touch) in touches where touch != .observed {
      use.memory.reads.insert(location)
      if touch == .opaque, use.memory.writes[location] == nil { use.memory.writes[location] = .some(nil) }
    }
    use.lacking.formUnion(requirement(number).lacking(number, session.live, more: use.memory.reads))
    return use
  }

  /// - Returns: a plan that asks for nothing by itself.
  private func requirement(_ number: Int) -> RunPlan {
    RunPlan(graph: graph, modules: units.map(\.module), timeline: state.timeline) { _ in [] }
  }

  private func addSeen(_ execution: CellExecution.Result, of number: Int, to use: inout Use) {
    for access in execution.effects.accesses {
      guard let location = location(access.place, run: execution.run, number: number) else {
        // What was left by a former version of a cell, or by a run that failed: nothing tells what it should be.
        switch access.place {
        case .objects(let run) where run != execution.run: use.lacking.insert(.lostObject)
        case .variable(let name) where cell(ofLibrary: name.library) == nil: use.lacking.insert(.lostObject)
        default: break
        }
        continue
      }
      use.memory.reads.insert(location)
      if access.wasChanged, use.memory.writes[location] == nil { use.memory.writes[location] = .some(nil) }
    }
  }

  /// Nil for what is the cell's own, and for what is no part of the notebook any more.
  private func location(_ place: WorkerProtocol.Access.Place, run: Int, number: Int) -> Location? {
    switch place {
    case .other(let name): return .other(name)
    case .objects(let maker):
      guard maker != run else { return nil }
      return session.live.key(ofRun: maker).map(Location.objects)
    case .variable(let name):
      guard let cell = cell(ofLibrary: name.library), cell != number else { return nil }
      return .variable(.init(cell: cell, name: name.name))
    }
  }

  private func cell(ofLibrary path: String) -> Int? {
    cellsOfModules[String(path.split(separator: "/").last?.prefix { $0 != "." } ?? "")]
  }

  private func add(_ variable: WorkerProtocol.VariableState, _ number: Int, to use: inout Use) {
    guard let cell = cell(ofLibrary: variable.variable.library) else { return }
    let location = Location.variable(.init(cell: cell, name: variable.variable.name))
    if cell == number {
      if variable.isPlain { use.memory.plain.insert(variable.variable.name) }
    } else {
      use.memory.reads.insert(location)
      if !variable.isPlain { use.memory.opaque.insert(location) }
    }
    use.memory.writes[location] = .some(variable.digest.map { .digest(type: stable(variable.type), $0) })
  }

  /// A type's name, in which a cell's types bear what they can do in place of the cell's module, whose name changes with everything in it.
  private func stable(_ type: String) -> String {
    guard type.contains("Cell_") else { return type }
    return type.replacing(/Cell_[0-9a-f]{16}/) { match in
      cellsOfModules[String(match.output)].map { graph.nodes[$0].definitions.short } ?? String(match.output)
    }
  }

  // MARK: - The worker's state

  /// Notes what a run has left in the worker.
  func noteRun(_ number: Int, _ run: Int, _ cell: SettledCell, isComplete: Bool) {
    let plan = requirement(number)
    session.live.run(
      run, module: units[number].module, key: cell.key, isComplete: isComplete, reads: cell.trace.reads.keys.map(plan.place),
      writes: Dictionary(cell.trace.writes.map { (plan.place($0.key), $0.value) }) { first, _ in first })
  }

  /// A run that did not find what it should has left nothing that can be built on.
  func noteSpoiledRun(_ number: Int, _ run: Int, _ use: Use) {
    let plan = requirement(number)
    session.live.run(
      run, module: units[number].module, key: nil, isComplete: false, reads: [],
      writes: Dictionary(use.memory.writes.keys.map { (plan.place($0), .spoiled(run)) }) { first, _ in first })
  }

  func noteParametersRun(_ run: Int) {
    guard let cell = state.settled[0] else { return }
    noteRun(0, run, cell, isComplete: true)
  }
}

extension RecordBook {
  /// The notebook's parameters, as a variable.
  static let parameterLocation = Location.variable(.init(cell: 0, name: ParametersSource.variable))

  /// The parameters are a cell of their own, whose values are its key; what reads them has those that it reads in its own.
  func parameters(_ graph: NotebookGraph) -> SettledCell {
    var builder = KeyBuilder("parameters")
    builder.add("source", graph.nodes[0].cell.source)
    builder.add("values", ParametersSource.values(graph.parameters))
    let version = Version.digest(type: "Parameters", builder.key.description)
    return SettledCell(
      key: builder.key, parts: CellKey(), reads: CellReads(memory: [], files: []),
      trace: Trace(writes: [Self.parameterLocation: version]),
      plain: [ParametersSource.variable], opaque: [], process: .init(), sharedClasses: [],
      record: CellRecord(id: "", outcome: .succeeded, outputs: []),
      written: [:])
  }
}
