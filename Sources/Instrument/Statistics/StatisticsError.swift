/// Why a number over examples cannot be stated.
public enum StatisticsError: Error, Equatable, Sendable {
  /// There are no examples.
  case noExamples(of: String)
  /// A number that is not finite, at an index of its list.
  case notFinite(value: String, index: Int, of: String)
  /// Two lists that are to have as many entries as each other.
  case differentCounts(String, Int, other: String, Int)
  /// More hits than trials, or fewer than none.
  case badHits(Int, of: Int)
  /// A confidence that is not between 0 and 1.
  case badConfidence(Double)
  /// Too few resamples for the ends of an interval.
  case badResamples(Int, atLeast: Int)
  /// A statistic that has no finite value on a resample.
  case badStatistic(String)
  /// Cells that do not fill their grid.
  case badGrid(rows: Int, rowNames: Int, columns: Int, columnNames: Int)
}

extension StatisticsError: CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .noExamples(let name): "There are no \(name), and nothing can be said over none. Give at least one."
    case .notFinite(let value, let index, let name):
      """
      Entry \(index) of the \(name) is \(value). Leave such examples out by a rule that you state, or find out where the number \
      comes from.
      """
    case .differentCounts(let first, let count, let second, let other):
      "There are \(count) \(first) and \(other) \(second). Give one for each example, in the same order."
    case .badHits(let hits, let trials):
      "\(hits) hits of \(trials) trials are not a share. Hits lie between 0 and the number of trials."
    case .badConfidence(let confidence):
      "An interval of confidence \(confidence) does not exist. Write a share between 0 and 1, such as 0.95."
    case .badResamples(let resamples, let least):
      "The ends of this interval cannot be told from \(resamples) resamples. Take at least \(least); 10000 are usual."
    case .badStatistic(let value):
      "The statistic is \(value) on a resample of the examples, so that no interval can be given. Choose one that every resample has."
    case .badGrid(let rows, let rowNames, let columns, let columnNames):
      """
      The map has \(rows) rows with \(rowNames) names, and a row of \(columns) cells with \(columnNames) names of columns. \
      Give each row and each column one name, and each row a cell for each column.
      """
    }
  }
}

/// Examples that can be counted on: there is one, and every number is finite.
func requireFinite(_ values: [Double], _ name: String) throws(StatisticsError) {
  guard !values.isEmpty else { throw .noExamples(of: name) }
  if let index = values.firstIndex(where: { !$0.isFinite }) {
    throw .notFinite(value: "\(values[index])", index: index, of: name)
  }
}

/// One entry of the one list for each entry of the other.
func requireEqualCounts(_ first: (name: String, count: Int), _ second: (name: String, count: Int)) throws(StatisticsError) {
  guard first.count == second.count else {
    throw .differentCounts(first.name, first.count, other: second.name, second.count)
  }
}
