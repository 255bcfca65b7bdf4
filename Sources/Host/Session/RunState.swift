import Document
import Foundation
import Planning
import Record
import Store

/// What is known of a notebook's cells in a run of it. It is a value: to look ahead, a copy is settled further and dropped.
struct RunState {
  var graph: NotebookGraph
  /// The notebook's path.
  var file: String
  /// By number; the first is the notebook's parameters.
  private(set) var cells: [CellProgress]
  /// What the settled cells read and left.
  private(set) var timeline = Timeline()

  init(graph: NotebookGraph, file: String) {
    self.graph = graph
    self.file = file
    cells = Array(repeating: CellProgress(), count: graph.nodes.count)
  }

  subscript(_ number: Int) -> CellState { cells[number].state }

  func settled(_ number: Int) -> SettledCell? { cells[number].state.settled }

  func id(_ number: Int) -> String { graph.nodes[number].cell.id }

  // MARK: - What becomes of a cell

  mutating func settle(_ number: Int, _ cell: SettledCell) {
    var cell = cell
    let before = lastSettled(before: number)
    let isAsBefore = cell.process == before?.process ?? .init()
    cell.processMaker = cell.process == .init() ? nil : isAsBefore ? before?.processMaker : number
    cells[number].state = .settled(cell)
    timeline.set(number, cell.trace)
  }

  /// What a cell was known to give is not what it gives now.
  mutating func unsettle(_ number: Int) {
    if case .failed(let record, _) = self[number] {
      cells[number].state = .failed(record, nil)
    } else {
      cells[number].state = .open(foreseen: nil, former: settled(number))
    }
    timeline.set(number, nil)
  }

  /// A cell has failed; what it changed before, if it is settled, stays known.
  /// - Parameter sparesUsers: whether cells that need what it would have defined are left alone.
  mutating func fail(_ number: Int, _ record: CellRecord, sparesUsers: Bool) {
    cells[number].state = .failed(record, settled(number))
    guard sparesUsers else { return }
    var users: Set<Int> = [number]
    for other in graph.nodes.indices.dropFirst(number + 1) where !graph.nodes[other].needs.isDisjoint(with: users) {
      users.insert(other)
      if self[other].record == nil, !self[other].isLeftOut { cells[other].state = .orphan }
    }
  }

  mutating func foresee(_ number: Int, _ found: RecordBook.LookUp) {
    if case .open(_, let former) = self[number] { cells[number].state = .open(foreseen: found, former: former) }
  }

  /// What was foreseen counts no more, since a cell runs or the notebook is seen anew.
  mutating func forgetForesight() {
    for (number, cell) in cells.enumerated() {
      if case .open(.some, let former) = cell.state { cells[number].state = .open(foreseen: nil, former: former) }
    }
  }

  /// Notes why a cell runs. The first reason stands.
  mutating func note(_ number: Int, reason: String) {
    if cells[number].reason == nil { cells[number].reason = reason }
  }

  mutating func noteRun(_ number: Int) { cells[number].runs += 1 }

  mutating func note(_ number: Int, surprises: Set<MemoryLocation>) { cells[number].surprises.formUnion(surprises) }

  /// Takes a surprise back, to mend it. Returns whether it was there.
  mutating func removeSurprise(_ number: Int, _ location: MemoryLocation) -> Bool {
    cells[number].surprises.remove(location) != nil
  }

  // MARK: - What is known before a cell

  /// The first cell that is neither settled nor left out.
  var firstOpen: Int? { cells.indices.dropFirst().first { !self[$0].isSettled && !self[$0].isLeftOut } }

  /// The settled cells after another.
  func settled(after number: Int) -> [Int] { cells.indices.dropFirst(number + 1).filter { self[$0].isSettled } }

  private func lastSettled(before number: Int) -> SettledCell? {
    for cell in cells[..<number].dropFirst().reversed() { if let settled = cell.state.settled { return settled } }
    return nil
  }

  /// What the process is like before a cell.
  func process(before number: Int) -> WorkerProtocol.ProcessState { lastSettled(before: number)?.process ?? .init() }

  /// The cell that made it so; nil if it is as at the start.
  func processMaker(before number: Int) -> Int? { lastSettled(before: number)?.processMaker }

  /// A cell before another of which something still runs, and may print or change anything.
  func stillRunning(before number: Int) -> Int? { (1..<max(1, number)).first { settled($0)?.goesOn == true } }

  /// Whether a cell before another has written one of these files.
  func isWritten(_ paths: some Collection<String>, before number: Int) -> Bool {
    (1..<max(1, number)).contains { cell in paths.contains { settled(cell)?.written[$0] != nil } }
  }

  // MARK: - What a cell may use

  /// Whether a variable holds a plain value, whoever has set it.
  func holdsValue(_ variable: NotebookGraph.Variable) -> Bool {
    if variable.cell == 0 { return true }
    return settled(variable.cell)?.plain.contains(variable.name) == true && !timeline.isOpaque(.variable(variable))
  }

  /// What a cell may use as far as its text tells, and what the code that it uses shares with others.
  func possibleUses(of number: Int) -> [MemoryLocation: NotebookGraph.PossibleUse] {
    var uses: [MemoryLocation: NotebookGraph.PossibleUse] = [:]
    for (variable, use) in graph.possibleUses(of: number, holdsValue: holdsValue) { uses[.variable(variable)] = use }
    for cell in graph.codeClosure(of: number) {
      for name in settled(cell)?.sharedClasses ?? [] { uses[Self.sharedClass(name)] = .opaque }
    }
    return uses
  }

  /// What all users of a class share.
  static func sharedClass(_ path: String) -> MemoryLocation {
    let name = path.split(separator: ".").last ?? ""
    return .other("what users of the class \(name) share")
  }
}
