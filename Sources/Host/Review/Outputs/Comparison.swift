import Foundation
import Record

/// What the comparison of two outputs of one kind has found. Each way of comparing has a file of its own in this folder.
protocol Comparison {
  var verdict: OutputReview.Verdict { get }
  /// Of all its numbers that stand at the same place in both.
  var numbers: NumberChanges { get }
  /// What a reader must know besides the numbers, in sentences; worst first.
  var findings: [String] { get }
  /// What is said after the numbers.
  var remarks: [String] { get }
  /// Whether more than numbers changed: shapes, labels, words.
  var isStructural: Bool { get }
  /// Of what is compared line by line.
  var lines: [LineChange] { get }
}

extension Comparison {
  var remarks: [String] { [] }
  var lines: [LineChange] { [] }
}

/// Two outputs of one kind, as their records keep them, and how their numbers are compared.
struct OutputSides {
  let base: Data
  let head: Data
  /// The traces that were computed in single precision in both; 0 for what has no traces.
  let singlePrecision: Set<Int>
  let rule: NumberRule
}

/// How outputs of a kind are compared.
protocol OutputComparator {
  /// How a report shows both sides.
  static var form: OutputReview.Form { get }
  static func compare(_ sides: OutputSides) -> any Comparison
}

extension OutputReview {
  /// How both sides of an output are shown beside each other.
  package enum Form { case lines, tables, figures }

  package var form: Form { RecordIndex.Kind(rawValue: kind)?.comparator.form ?? .lines }
}

extension RecordIndex.Kind {
  /// The table of the comparators: a kind that lacks its line does not compile.
  var comparator: any OutputComparator.Type {
    switch self {
    case .text, .errorText, .value, .progress, .error, .markdown, .html: TextComparator.self
    case .table: TableComparator.self
    case .tokens: TokensComparator.self
    case .figure: FigureComparator.self
    case .picture: PictureComparator.self
    }
  }
}

/// What cannot be read as what it should be, and is different.
struct UnreadableComparison: Comparison {
  let findings: [String]
  let verdict = OutputReview.Verdict.changed
  let numbers = NumberChanges()
  let isStructural = true

  init(_ sides: OutputSides, _ reason: String) {
    findings = [reason, "it had \(sides.base.count) bytes, and has \(sides.head.count)"]
  }
}

extension OutputSides {
  /// Compares both as texts; what is no UTF-8 is told as that.
  func comparingTexts(_ compare: (String, String) -> any Comparison) -> any Comparison {
    guard let before = String(validating: base, as: UTF8.self), let after = String(validating: head, as: UTF8.self) else {
      return UnreadableComparison(self, "it is not UTF-8 text")
    }
    return compare(before, after)
  }
}
