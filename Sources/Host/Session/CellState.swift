import Document
import Keys
import Planning
import Record
import Store

/// What has become of a cell in a run of its notebook.
enum CellState {
  /// It is not known yet what the cell gives.
  /// - Parameters:
  ///   - foreseen: what was found when the cells were looked through before the first of them ran; nil as soon as one has run.
  ///   - former: what it gave before a cell that it reads from ran again. Its record stands if the run ends before more is known.
  case open(foreseen: RecordBook.LookUp?, former: SettledCell?)
  /// Its outputs and effects are known: all that it read when it ran is what it is now.
  case settled(SettledCell)
  /// It has failed: it defines nothing, and does not run again in this run. What it changed before it failed counts as long as it is known.
  case failed(CellRecord, SettledCell?)
  /// It is left alone, since it needs what a failed cell would have defined.
  case orphan

  var settled: SettledCell? {
    switch self {
    case .settled(let cell), .failed(_, let cell?): cell
    case .open, .failed, .orphan: nil
    }
  }

  var isSettled: Bool {
    switch self {
    case .settled, .failed(_, .some): true
    case .open, .failed, .orphan: false
    }
  }

  /// What is shown of it when the run ends now; nil if it has given nothing.
  var record: CellRecord? {
    switch self {
    case .open(_, let former): former?.record
    case .settled(let cell): cell.record
    case .failed(let record, _): record
    case .orphan: nil
    }
  }

  /// Whether it defines nothing for other cells, and does not run.
  var isLeftOut: Bool {
    switch self {
    case .open, .settled: false
    case .failed, .orphan: true
    }
  }

  var hasFailed: Bool { if case .failed = self { true } else { false } }

  /// What it is made of, where that is known by a run of it.
  var parts: CellKey? {
    if case .open(_, let former) = self { former?.parts } else { settled?.parts }
  }
}

/// A cell in a run of its notebook: what has become of it, and how it came to that.
struct CellProgress {
  var state = CellState.open(foreseen: nil, former: nil)
  /// Why it runs, once that is asked.
  var reason: String?
  /// How often it has run.
  var runs = 0
  /// What it turned out to use when it ran without finding that as it should.
  var surprises: Set<MemoryLocation> = []
}

/// A cell whose outputs and effects are known in this run: it was reused, or has run.
struct SettledCell {
  var key: Key
  var parts: CellKey
  var reads: CellReads
  var trace: Trace
  /// Its variables that hold plain values.
  var plain: Set<String>
  /// What the process is like after it.
  var process: WorkerProtocol.ProcessState
  /// The cell that made it so, itself or one before it; nil where it is as at the start.
  var processMaker: Int?
  var sharedClasses: [String]
  var record: CellRecord
  /// The files that it wrote, with the digests of what it left.
  var written: [String: String]
  /// Whether something that it began goes on after its end.
  var goesOn = false

  /// Whether another run of the same cell left the same behind, but for objects of its own.
  func leavesTheSame(as other: SettledCell) -> Bool {
    let (own, others) = (MemoryLocation.objects(key), MemoryLocation.objects(other.key))
    return trace.writes.filter { $0.key != own } == other.trace.writes.filter { $0.key != others } && process == other.process
      && written == other.written
  }
}
