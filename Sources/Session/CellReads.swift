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
  /// How many cells have left what is no plain value in a variable of another one.
  private var opaque: [Location: Int] = [:]

  init(graph: NotebookGraph, file: String) {
    self.graph = graph
    self.file = file
  }

  mutating func set(_ number: Int, _ cell: SettledCell?) {
    for location in settled[number]?.opaque ?? [] { opaque[location, default: 0] -= 1 }
    for location in cell?.opaque ?? [] { opaque[location, default: 0] += 1 }
    settled[number] = cell
    timeline.set(number, cell?.trace)
  }

  /// What the process is like before a cell.
  func process(before number: Int) -> WorkerProtocol.ProcessState {
    lastSettled(before: number).flatMap { settled[$0]?.process } ?? .init()
  }

  /// The cell that made it so; nil if it is as at the start.
  func processWriter(before number: Int) -> Int? {
    let state = process(before: number)
    var writer: Int?
    var next = lastSettled(before: number)
    while let cell = next, settled[cell]?.process == state, state != .init() {
      writer = cell
      next = lastSettled(before: cell)
    }
    return writer
  }

  private func lastSettled(before number: Int) -> Int? { (1..<max(1, number)).last { settled[$0] != nil } }

  /// A cell before another of which something still runs, and may print or change anything.
  func stillRunning(before number: Int) -> Int? {
    settled.filter { $0.key < number && $0.value.goesOn }.keys.min()
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
