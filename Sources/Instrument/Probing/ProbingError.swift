import Transformer

/// Why a probe or an alignment cannot be trained, or a control cannot be drawn.
public enum ProbingError: Error, Equatable, Sendable {
  /// There is nothing to learn from.
  case noExamples(of: String)
  /// Two lists that are to have as many entries as each other.
  case differentCounts(String, Int, other: String, Int)
  /// Activations that are no matrix of one row for each example.
  case badShape([Int], expected: String)
  /// Activations, or targets, that are not finite; the row is that of the first.
  case notFinite(String, row: Int)
  /// Fewer than two classes among the labels of the training part.
  case oneClass(String, part: String)
  /// A class, a split, a share or a setting that does not exist; in whole sentences.
  case badRequest(String)
}

extension ProbingError: CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .noExamples(let name): "There are no \(name), and nothing can be learned from none."
    case .differentCounts(let first, let count, let second, let other):
      "There are \(count) \(first) and \(other) \(second). Give one for each, in the same order."
    case .badShape(let shape, let expected): "The tensor has the shape \(shape), and \(expected) is expected."
    case .notFinite(let name, let row): "The \(name) of example \(row) are not finite. Leave it out by a rule that you state."
    case .oneClass(let label, let part):
      """
      All labels of \(part) are “\(label)”, and a probe tells classes apart. Give examples of two classes or more, and enough \
      of each that every part of the split has some.
      """
    case .badRequest(let text): text
    }
  }
}

/// One entry of the one list for each entry of the other.
func requireEqualCounts(_ first: (name: String, count: Int), _ second: (name: String, count: Int)) throws(ProbingError) {
  guard first.count == second.count else {
    throw .differentCounts(first.name, first.count, other: second.name, second.count)
  }
}
