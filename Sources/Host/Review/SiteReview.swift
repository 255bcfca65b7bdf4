/// What changed between two records of a notebook's outputs, and whether it matters.
///
/// A review compares what was put out, and never runs a cell. It goes by kind: text line by line, tables by row and column, figures trace by
/// trace and label by label; numbers are compared as what they are (`NumberRule`). What differs by no more than the tolerance is counted as within
/// it, and never hidden; what cannot be compared is a change, and hides nothing else.
///
/// Promises: equal files are not read twice; one output is held in memory at a time, besides what is said of it; the same two records give the
/// same report, in the order of the notebook, and, for readers in a hurry, worst first.
public struct SiteReview: Codable, Sendable, Equatable {
  /// What is compared, in words: `HEAD`, `the working tree`, a folder.
  public var base: String
  public var head: String
  /// Those that are in either, by name.
  public var notebooks: [NotebookReview]

  public init(base: String, head: String, notebooks: [NotebookReview]) {
    (self.base, self.head, self.notebooks) = (base, head, notebooks)
  }

  /// Whether anything is beyond its tolerance.
  public var isChanged: Bool { notebooks.contains { $0.isChanged } }

  /// What is beyond its tolerance, worst first; equals in the order of the notebooks.
  public var worstFirst: [(notebook: NotebookReview, cell: CellReview)] {
    let all = notebooks.flatMap { notebook in notebook.cells.filter(\.isChanged).map { (notebook: notebook, cell: $0) } }
    return all.largestFirst { $0.cell.severity }
  }
}

extension Sequence {
  /// In falling order of a measure; equals in their own order.
  func largestFirst(_ measure: (Element) -> Double) -> [Element] {
    enumerated().map { (measure: measure($0.element), place: $0.offset, element: $0.element) }
      .sorted { ($1.measure, $0.place) < ($0.measure, $1.place) }.map(\.element)
  }
}

/// What changed in one notebook.
public struct NotebookReview: Codable, Sendable, Equatable {
  public var name: String
  public var status: Status
  /// In the order of the head; removed ones where they stood.
  public var cells: [CellReview]
  /// Parameters with which it ran, where they differ.
  public var parameters: [ValueChange] = []
  /// Why it cannot be compared.
  public var problem: String?

  public enum Status: String, Codable, Sendable { case same, changed, added, removed, unreadable }

  public var isChanged: Bool { status != .same }
}

/// A named value that is different.
public struct ValueChange: Codable, Sendable, Equatable {
  public var name: String
  /// Nil where it is new.
  public var base: String?
  /// Nil where it is gone.
  public var head: String?

  public init(name: String, base: String?, head: String?) { (self.name, self.base, self.head) = (name, base, head) }
}

/// What changed in one cell.
public struct CellReview: Codable, Sendable, Equatable {
  public var id: String
  /// Its former name, if it was renamed.
  public var formerID: String?
  public var status: Status
  public var isMoved = false
  /// How it ended, if that is different.
  public var outcome: ValueChange?
  /// Lines of its source that changed, if the sources are known.
  public var source: [LineChange] = []
  public var outputs: [OutputReview] = []

  public enum Status: String, Codable, Sendable { case same, within, changed, added, removed }

  /// Whether a reviewer must look. A changed source with the same outputs is none of that.
  public var isChanged: Bool { status == .changed || status == .added || status == .removed || isMoved || formerID != nil }

  /// From 0, more is worse.
  public var severity: Double {
    if let outcome { return outcome.head == "succeeded" ? 8 : 10 }
    switch status {
    case .removed: return 9
    case .added: return 6
    default: return max(outputs.map(\.severity).max() ?? 0, isMoved || formerID != nil ? 0.1 : 0)
    }
  }
}

/// What changed in one output.
public struct OutputReview: Codable, Sendable, Equatable {
  /// `figure`, as in a record's index.
  public var kind: String
  /// Which of the cell's outputs, from 1, in the head, or in the base if it was removed.
  public var number: Int
  /// The inline expression whose value it is: a number in a sentence.
  public var expression: String?
  public var verdict: Verdict
  /// What a reader must know, in sentences; worst first.
  public var findings: [String] = []
  /// Of all its numbers that stand at the same place in both.
  public var numbers: NumberChanges?
  /// Of text, and of what is compared as text.
  public var lines: [LineChange] = []
  /// Its files, relative to the record.
  public var baseFile: String?
  public var headFile: String?
  /// What differences are within: relative to the number itself, or to the largest beside it where the cell asks for that.
  public var tolerance: Double
  /// Whether more than numbers changed: shapes, labels, words.
  public var isStructural = false

  public enum Verdict: String, Codable, Sendable { case same, within, changed, added, removed }

  var severity: Double {
    guard verdict != .same, verdict != .within else { return 0 }
    if isStructural || verdict == .added || verdict == .removed { return 5 }
    guard let numbers else { return 4 }
    // A change of all of a number is as bad as another word.
    return 1 + min(1, numbers.largest?.share ?? 0) * 2 + (numbers.signFlips > 0 ? 1 : 0) + (numbers.missing > 0 ? 1 : 0)
  }
}

/// A line that is in one of both, or, with numbers that differ, in both.
public struct LineChange: Codable, Sendable, Equatable {
  public var base: String?
  public var head: String?
  /// Where it stands, from 1, in the head, or in the base if it is gone.
  public var line: Int
  /// Whether its numbers differ by no more than the tolerance.
  public var isWithin = false
}
