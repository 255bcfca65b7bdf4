import Keys
import Store

/// Something that the run of one cell leaves for others to read or change.
package enum MemoryLocation: Hashable, Sendable {
  /// A variable of a cell's top level, or a stored static member.
  case variable(NotebookGraph.Variable)
  /// The objects that the run with this key made.
  case objects(Key)
  /// A state that no cell defines, in words: a variable of a library, or what all users of a library's class share.
  case other(String)

  /// An object that a former run left. No cell of the notebook accounts for it.
  package static let lostObject = MemoryLocation.other("an object of a former run")
}

/// Tells what a location holds. For a plain value it is the digest of the value, and for anything else the key of the run that changed it last.
/// Locations of equal versions have equal contents.
package struct Version: Hashable, Sendable, Codable {
  package var text: String

  package static func digest(type: String, _ digest: String) -> Version { Version(text: "value \(digest) \(type)") }

  /// The version of what a run has left.
  /// - Parameter key: The key of the run.
  package static func run(_ key: Key) -> Version { Version(text: "run \(key)") }

  /// The version of what a run has left that did not find everything as it should.
  package static func spoiled(_ run: Int) -> Version { Version(text: "spoiled \(run)") }

  /// Whether the location may lead to objects. Then equal versions that two runs have left are not the same objects in memory.
  var isIdentity: Bool { !text.hasPrefix("value ") }

  package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  init(text: String) { self.text = text }
}

/// What a run of a cell read, in the versions that it found, and what it left.
package struct Trace: Sendable, Equatable {
  /// The locations that the run read, with the versions that it found. A location without a version had no value yet.
  package var reads: [MemoryLocation: Version?]
  package var writes: [MemoryLocation: Version]
  /// Those variables of other cells, among `writes`, in which the run left something that is no plain value.
  package var opaque: Set<MemoryLocation>

  package init(
    reads: [MemoryLocation: Version?] = [:], writes: [MemoryLocation: Version] = [:], opaque: Set<MemoryLocation> = []
  ) {
    self.reads = reads
    self.writes = writes
    self.opaque = opaque
  }

  /// The key of the run; nil if the run made no objects.
  var key: Key? {
    for case (.objects(let key), let version) in writes where version == .run(key) { return key }
    return nil
  }
}

/// The traces of a notebook's cells, as far as they are known. They tell what each location holds before each cell.
///
/// Which cells changed a location is decided here and nowhere else. A cell changes what its trace writes, and a location holds before a cell what the
/// last cell before it that changed the location has left there.
package struct Timeline: Sendable {
  package private(set) var traces: [Int: Trace] = [:]
  /// For each location, the cells that write it, in their order, with what they leave.
  private var writers: [MemoryLocation: [(cell: Int, version: Version)]] = [:]

  package init() {}

  /// Sets the trace of a cell, or removes it where it is nil.
  package mutating func set(_ cell: Int, _ trace: Trace?) {
    for location in traces[cell]?.writes.keys ?? [:].keys {
      guard let index = writers[location]?.firstIndex(from: cell, by: \.cell), writers[location]?[index].cell == cell else {
        continue
      }
      writers[location]?.remove(at: index)
    }
    traces[cell] = trace
    for (location, version) in trace?.writes ?? [:] {
      let index = writers[location]?.firstIndex(from: cell, by: \.cell) ?? 0
      writers[location, default: []].insert((cell, version), at: index)
    }
  }

  /// The last cell before another one that wrote a location, and what it left; nil if no cell did.
  package func lastWriter(of location: MemoryLocation, before cell: Int) -> (cell: Int, version: Version)? {
    guard let all = writers[location] else { return nil }
    let index = all.firstIndex(from: cell, by: \.cell)
    return index > 0 ? all[index - 1] : nil
  }

  /// Whether some cell has left, in this variable of another cell, something that is no plain value.
  package func isOpaque(_ location: MemoryLocation) -> Bool {
    writers[location]?.contains { traces[$0.cell]?.opaque.contains(location) == true } == true
  }

  package func version(of location: MemoryLocation, before cell: Int) -> Version? {
    lastWriter(of: location, before: cell)?.version
  }
}
