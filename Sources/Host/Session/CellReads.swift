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
