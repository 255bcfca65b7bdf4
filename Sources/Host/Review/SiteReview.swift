/// What changed between two records of a notebook's outputs, and whether it matters.
///
/// A review compares what was put out, and never runs a cell. It goes by kind: text line by line, tables by row and column, figures trace by
/// trace and label by label; numbers are compared as what they are (`NumberRule`). What differs by no more than the tolerance is counted as within
/// it, and never hidden; what cannot be compared is a change, and hides nothing else.
///
/// Promises: equal files are not read twice; one output is held in memory at a time, besides what is said of it; the same two records give the
/// same report, in the order of the notebook, and, for readers in a hurry, worst first.
package struct SiteReview: Codable, Sendable, Equatable {
  /// What is compared, in words: `HEAD`, `the working tree`, a folder.
  package var base: String
  package var head: String
  /// Those that are in either, by name.
  package var notebooks: [NotebookReview]

  package init(base: String, head: String, notebooks: [NotebookReview]) {
    (self.base, self.head, self.notebooks) = (base, head, notebooks)
  }

  /// Whether anything is beyond its tolerance.
  package var isChanged: Bool { notebooks.contains { $0.isChanged } }

  /// What is beyond its tolerance, worst first; equals in the order of the notebooks.
  package var worstFirst: [(notebook: NotebookReview, cell: CellReview)] {
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
package struct NotebookReview: Codable, Sendable, Equatable {
  /// How one names it: `prontoqa`, and a run of it `prontoqa@idx=2`.
  package var name: String
  /// Of a run, where its record is in the site: `prontoqa/idx=2`.
  package var folder: String?
  package var status: Status
  /// In the order of the head; removed ones where they stood.
  package var cells: [CellReview]
  /// Parameters with which it ran, where they differ.
  package var parameters: [ValueChange] = []
  /// The kinds of device on which its models computed, where they differ: that alone is no change.
  package var device: ValueChange?
  /// Why it cannot be compared.
  package var problem: String?

  package enum Status: String, Codable, Sendable { case same, changed, added, removed, unreadable }

  package var isChanged: Bool { status != .same }

  /// Where its record is in the site.
  package var record: String { folder ?? name }

  /// The name of the notebook of which it is a run, or its own.
  package var notebook: String { folder == nil ? name : String(name.prefix { $0 != "@" }) }
}

/// A named value that is different.
package struct ValueChange: Codable, Sendable, Equatable {
  package var name: String
  /// Nil where it is new.
  package var base: String?
  /// Nil where it is gone.
  package var head: String?

  package init(name: String, base: String?, head: String?) { (self.name, self.base, self.head) = (name, base, head) }
}

/// What changed in one cell.
package struct CellReview: Codable, Sendable, Equatable {
  package var id: String
  /// Its former name, if it was renamed.
  package var formerID: String?
  package var status: Status
  package var isMoved = false
  /// How it ended, if that is different.
  package var outcome: ValueChange?
  /// Lines of its source that changed, if the sources are known.
  package var source: [LineChange] = []
  package var outputs: [OutputReview] = []

  package enum Status: String, Codable, Sendable { case same, within, changed, added, removed }

  /// Whether a reviewer must look. A changed source with the same outputs is no reason to look.
  package var isChanged: Bool { status == .changed || status == .added || status == .removed || isMoved || formerID != nil }

  /// From 0, more is worse.
  package var severity: Double {
    if let outcome { return outcome.head == "succeeded" ? 8 : 10 }
    switch status {
    case .removed: return 9
    case .added: return 6
    default: return max(outputs.map(\.severity).max() ?? 0, isMoved || formerID != nil ? 0.1 : 0)
    }
  }
}

/// What changed in one output.
package struct OutputReview: Codable, Sendable, Equatable {
  /// `figure`, as in a record's index.
  package var kind: String
  /// Which of the cell's outputs, from 1, in the head, or in the base if it was removed.
  package var number: Int
  /// The inline expression whose value it is: a number in a sentence.
  package var expression: String?
  package var verdict: Verdict
  /// What a reader must know, in sentences; worst first.
  package var findings: [String] = []
  /// Of all its numbers that stand at the same place in both.
  package var numbers: NumberChanges?
  /// Of text, and of what is compared as text.
  package var lines: [LineChange] = []
  /// Its files, relative to the record.
  package var baseFile: String?
  package var headFile: String?
  /// What differences are within: relative to the number itself, or to the largest beside it where the cell asks for that.
  package var tolerance: Double
  /// Whether more than numbers changed: shapes, labels, words.
  package var isStructural = false

  package enum Verdict: String, Codable, Sendable { case same, within, changed, added, removed }

  var severity: Double {
    guard verdict != .same, verdict != .within else { return 0 }
    if isStructural || verdict == .added || verdict == .removed { return 5 }
    guard let numbers else { return 4 }
    // A change of all of a number is as bad as another word.
    return 1 + min(1, numbers.largest?.share ?? 0) * 2 + (numbers.signFlips > 0 ? 1 : 0) + (numbers.missing > 0 ? 1 : 0)
  }
}

/// A line that is in one of both, or, with numbers that differ, in both.
package struct LineChange: Codable, Sendable, Equatable {
  package var base: String?
  package var head: String?
  /// Where it stands, from 1, in the head, or in the base if it is gone.
  package var line: Int
  /// Whether its numbers differ by no more than the tolerance.
  package var isWithin = false
}
