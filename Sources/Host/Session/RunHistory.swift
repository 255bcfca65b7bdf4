import Foundation
import Keys
import Planning
import Store

/// What a notebook's cells were made of when they last ran, by which the next run can say what has changed; and how much memory it took.
struct RunHistory {
  struct Cell: Codable {
    var parts: CellKey
    var failed: Bool
  }

  private struct Kept: Codable {
    var cells: [String: Cell] = [:]
    var peakMemory = 0
  }

  private let store: EntryStore?
  private let key: Key
  private let earlier: Kept
  private var cells: [String: Cell] = [:]

  /// - Parameter notebook: its path.
  init(notebook: String, store: EntryStore?) {
    self.store = store
    var builder = KeyBuilder("history")
    builder.add("notebook", URL(fileURLWithPath: notebook).standardizedFileURL.path)
    key = builder.key
    earlier = store?.value(Kept.self, .notebooks, key) ?? Kept()
  }

  /// What a cell was made of, by its id.
  func last(_ cell: String) -> Cell? { earlier.cells[cell] }

  /// The most memory that the notebook's worker has had, in bytes; 0 if it is not known.
  var peakMemory: Int { earlier.peakMemory }

  mutating func note(_ id: String, _ cell: Cell) { cells[id] = cell }

  /// Cells that did not run keep what they had.
  func keep(peakMemory: Int) {
    let merged = earlier.cells.merging(cells) { $1 }
    let kept = Kept(cells: merged, peakMemory: peakMemory > 0 ? peakMemory : earlier.peakMemory)
    store?.put(value: kept, .notebooks, key)
  }
}
