import Foundation
import Planning
import Record
import Store

/// What a run of a cell turned out to read, by name: its values of today make the cell's key whole.
struct CellReads: Codable, Hashable {
  /// As `StoredLocation`.
  var memory: [String] = []
  var files: [FileRead] = []

  struct FileRead: Codable, Hashable {
    /// As it is kept: relative to the notebook's folder if it lies in it.
    var path: String
    var kind: Kind

    enum Kind: String, Codable {
      case content, listing, status
    }
  }

  init(memory: [StoredLocation], files: [FileRead]) {
    self.memory = memory.sorted().map(\.text)
    self.files = files.sorted { ($0.path, $0.kind.rawValue) < ($1.path, $1.kind.rawValue) }
  }
}

/// A cell whose outputs and effects are known in this run: it was reused, or has run.
struct SettledCell {
  var key: Key
  var parts: CellKey
  var reads: CellReads
  var trace: Trace
  /// Its variables that hold plain values.
  var plain: Set<String>
  /// The variables of other cells in which it left something that is no plain value.
  var opaque: Set<Location>
  /// What the process is like after it.
  var process: WorkerProtocol.ProcessState
  var sharedClasses: [String]
  var record: CellRecord
  /// The files that it wrote, with the digests of what it left.
  var written: [String: String]
  /// Whether something that it began goes on after its end.
  var goesOn = false
  /// Whether it has run in this run of the notebook.
  var hasRun = false
}

/// The state of a notebook's run before a cell: what is known of the cells before it.
struct RunState {
  var graph: NotebookGraph
  /// The notebook's path.
  var file: String
  private(set) var settled: [Int: SettledCell] = [:]
  private(set) var timeline = Timeline()
  /// The settled cells besides the parameters', in order.
  private var order: [Int] = []
  /// No cell before this one is unsettled.
  private(set) var firstOpen = 1
  /// By cell, the one that made the process what it is after it; nil where it is as at the start.
  private var processMakers: [Int: Int] = [:]
  /// Those of which something goes on after their end.
  private var goingOn: Set<Int> = []
  /// By path, the cells that wrote a file.
  private var fileWriters: [String: Set<Int>] = [:]
  /// How many cells have left what is no plain value in a variable of another one.
  private var opaque: [Location: Int] = [:]

  init(graph: NotebookGraph, file: String) {
    self.graph = graph
    self.file = file
  }

  mutating func set(_ number: Int, _ cell: SettledCell?) {
    if let former = settled.removeValue(forKey: number) {
      for location in former.opaque { opaque[location, default: 0] -= 1 }
      for path in former.written.keys { fileWriters[path]?.remove(number) }
      goingOn.remove(number)
    }
    timeline.set(number, cell?.trace)
    note(number, isSettled: cell != nil)
    guard let cell else { return }
    for location in cell.opaque { opaque[location, default: 0] += 1 }
    for path in cell.written.keys { fileWriters[path, default: []].insert(number) }
    if cell.goesOn { goingOn.insert(number) }
    let before = lastSettled(before: number)
    let isAsBefore = cell.process == before.flatMap { settled[$0]?.process } ?? .init()
    processMakers[number] = cell.process == .init() ? nil : isAsBefore ? before.flatMap { processMakers[$0] } : number
    settled[number] = cell
  }

  private mutating func note(_ number: Int, isSettled: Bool) {
    guard number > 0 else { return }
    let isThere = isInOrder(number)
    if isSettled && !isThere { order.insert(number, at: place(of: number)) }
    if !isSettled && isThere { order.remove(at: place(of: number)) }
    if !isSettled { firstOpen = min(firstOpen, number) }
    while isInOrder(firstOpen) { firstOpen += 1 }
  }

  private func isInOrder(_ number: Int) -> Bool {
    let place = self.place(of: number)
    return place < order.count && order[place] == number
  }

  /// Of a cell among those that are settled, whether it is or not.
  private func place(of number: Int) -> Int {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if order[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The settled cells after another.
  func settled(after number: Int) -> [Int] { Array(order[place(of: number + 1)...]) }

  /// What the process is like before a cell.
  func process(before number: Int) -> WorkerProtocol.ProcessState {
    lastSettled(before: number).flatMap { settled[$0]?.process } ?? .init()
  }

  /// The cell that made it so; nil if it is as at the start.
  func processWriter(before number: Int) -> Int? { lastSettled(before: number).flatMap { processMakers[$0] } }

  private func lastSettled(before number: Int) -> Int? {
    let place = self.place(of: number)
    return place > 0 ? order[place - 1] : nil
  }

  /// A cell before another of which something still runs, and may print or change anything.
  func stillRunning(before number: Int) -> Int? { goingOn.filter { $0 < number }.min() }

  /// Whether a cell before another has written one of these files.
  func isWritten(_ paths: some Sequence<String>, before number: Int) -> Bool {
    paths.contains { fileWriters[$0]?.contains { $0 < number } == true }
  }

  /// Whether a variable holds a plain value, whoever has set it.
  func holdsValue(_ variable: NotebookGraph.Variable) -> Bool {
    if variable.cell == 0 { return true }
    return settled[variable.cell]?.plain.contains(variable.name) == true && opaque[.variable(variable), default: 0] == 0
  }

  /// What a cell may touch as far as its text tells, and what the code that it uses shares with others.
  func touches(_ number: Int) -> [Location: NotebookGraph.Touch] {
    var touches: [Location: NotebookGraph.Touch] = [:]
    for (variable, touch) in graph.touches(number, holdsValue: holdsValue) { touches[.variable(variable)] = touch }
    for cell in graph.codeClosure(of: number) {
      for name in settled[cell]?.sharedClasses ?? [] { touches[Self.sharedClass(name)] = .opaque }
    }
    return touches
  }

  /// What all users of a class share.
  static func sharedClass(_ path: String) -> Location {
    let name = path.split(separator: ".").last ?? ""
    return .other("what users of the class \(name) share")
  }
}
