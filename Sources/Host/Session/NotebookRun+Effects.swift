import Foundation
import Keys
import Planning
import Record
import Store

/// What a run's effects in the worker mean for the notebook.
extension NotebookRun {
  /// What a run read and changed, and what of it was not as it should be.
  struct ObservedUse {
    var memory = RecordBook.MemoryEffects()
    /// What it used and did not find as the cells before it left it.
    var lacking: Set<MemoryLocation> = []
  }

  /// Puts together what the worker saw of a run and what only the cell's text tells.
  func observedUse(of number: Int, _ result: CellExecution.Result) -> ObservedUse {
    var use = ObservedUse()
    addSeen(result, of: number, to: &use)
    for variable in result.effects.variables { add(variable, number, to: &use.memory) }
    // Constants and what is opaque are used as far as the text tells; of the rest the worker has seen it.
    var possibleUses = state.possibleUses(of: number)
    for name in result.effects.sharedClasses { possibleUses[RunState.sharedClass(name)] = .opaque }
    for (location, possibleUse) in possibleUses where possibleUse != .observed {
      use.memory.reads.insert(location)
      if possibleUse == .opaque { use.memory.change(location) }
    }
    use.lacking.formUnion(plan.lacking(use.memory.reads, before: number, in: session.live))
    return use
  }

  private func addSeen(_ result: CellExecution.Result, of number: Int, to use: inout ObservedUse) {
    for access in result.effects.accesses {
      guard let location = location(access.target, run: result.run, number: number) else {
        // What was left by a former version of a cell, or by a run that failed: nothing tells what it should be.
        switch access.target {
        case .objects(let run) where run != result.run: use.lacking.insert(.lostObject)
        case .variable(let name) where cell(ofLibrary: name.library) == nil: use.lacking.insert(.lostObject)
        default: break
        }
        continue
      }
      use.memory.reads.insert(location)
      if access.wasChanged { use.memory.change(location) }
    }
  }

  /// Nil for what is the cell's own, and for what is no part of the notebook any more.
  private func location(_ place: WorkerProtocol.Access.Target, run: Int, number: Int) -> MemoryLocation? {
    switch place {
    case .other(let name): return .other(name)
    case .objects(let maker):
      guard maker != run else { return nil }
      return session.live.key(ofRun: maker).map(MemoryLocation.objects)
    case .variable(let name):
      guard let cell = cell(ofLibrary: name.library), cell != number else { return nil }
      return .variable(.init(cell: cell, name: name.name))
    }
  }

  private func cell(ofLibrary path: String) -> Int? {
    numbersOfModules[String(path.split(separator: "/").last?.prefix { $0 != "." } ?? "")]
  }

  private func add(_ variable: WorkerProtocol.VariableState, _ number: Int, to memory: inout RecordBook.MemoryEffects) {
    guard let cell = cell(ofLibrary: variable.variable.library) else { return }
    let location = MemoryLocation.variable(.init(cell: cell, name: variable.variable.name))
    if cell == number {
      if variable.isPlain { memory.plain.insert(variable.variable.name) }
    } else {
      memory.reads.insert(location)
      if !variable.isPlain { memory.opaque.insert(location) }
    }
    memory.leave(variable.digest.map { .digest(type: stable(variable.type), $0) }, at: location)
  }

  /// A type's name, in which a cell's types bear what they can do in place of the cell's module, whose name changes with everything in it.
  private func stable(_ type: String) -> String {
    guard type.contains("Cell_") else { return type }
    return type.replacing(/Cell_[0-9a-f]{16}/) { match in
      numbersOfModules[String(match.output)].map { graph.nodes[$0].definitions.short } ?? String(match.output)
    }
  }

  // MARK: - The worker's state

  /// Notes what a run has left in the worker.
  func noteRun(_ number: Int, _ run: Int, _ cell: SettledCell, isComplete: Bool) {
    session.note { plan.note(cell.trace, of: number, run: run, key: cell.key, isComplete: isComplete, in: &$0) }
  }

  /// A run that did not find what it should has left nothing that can be built on.
  func noteSpoiledRun(_ number: Int, _ run: Int, _ use: ObservedUse) {
    let trace = Trace(writes: use.memory.writes.mapValues { _ in .spoiled(run) })
    session.note { plan.note(trace, of: number, run: run, key: nil, isComplete: false, in: &$0) }
  }

  func noteParametersRun(_ run: Int) {
    if let cell = state.settled(0) { noteRun(0, run, cell, isComplete: true) }
  }
}

extension RecordBook {
  /// The notebook's parameters, as a variable.
  static let parameterLocation = MemoryLocation.variable(.init(cell: 0, name: ParametersSource.variable))

  /// The parameters are a cell of their own, whose values are its key; what reads them has those that it reads in its own.
  func parameters(_ graph: NotebookGraph) -> SettledCell {
    var builder = KeyBuilder("parameters")
    builder.add("source", graph.nodes[0].cell.source)
    builder.add("values", ParametersSource.values(graph.parameters))
    let version = Version.digest(type: "Parameters", builder.key.description)
    return SettledCell(
      key: builder.key, parts: CellKey(), reads: CellReads(memory: [], files: []),
      trace: Trace(writes: [Self.parameterLocation: version]),
      plain: [ParametersSource.variable], process: .init(), sharedClasses: [],
      record: CellRecord(id: "", outcome: .succeeded, outputs: []),
      written: [:])
  }
}
