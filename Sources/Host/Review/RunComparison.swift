import Foundation
import Record

/// Runs of notebooks beside each other: all numbers that differ, run by run, and what one has that another lacks.
///
/// Numbers belong together by the label of their cell, the kind and order of the output, and their place in it by its labels; so a table in another
/// order, or a figure with a row more, moves nobody. The first run is the reference.
package struct RunComparison: Codable, Sendable, Equatable {
  /// The runs, the reference first.
  package var runs: [Run]
  /// How many places of numbers there are in any of them.
  package var compared: Int
  /// All that differ beyond the tolerance, in the order of the notebook.
  package var numbers: [Row]
  /// Outputs that are figures, and their files, of those that are not the same in all runs.
  package var figures: [Figures]
  /// What else differs from the reference, of each other run.
  package var reviews: [NotebookReview]

  package struct Run: Codable, Sendable, Equatable {
    /// How one names it: `prontoqa@idx=2`.
    package var name: String
    /// The values with which it ran, by the parameters' names.
    package var parameters: [String: String]
  }

  /// A number in all runs.
  package struct Row: Codable, Sendable, Equatable {
    package var cell: String
    /// `figure`, `table 2`, `{swift} best.score`
    package var output: String
    /// Where in the output, by labels; empty for an output of one number.
    package var place: String
    /// One for each run; nil where it has none there.
    package var values: [Double?]

    /// The last run's less the reference's, for two; nil where either has none.
    package var difference: Double? {
      guard values.count == 2, let base = values[0], let head = values[1] else { return nil }
      return head - base
    }
    /// The second run's through the reference's; nil where either has none, and where the reference's is 0.
    package var ratio: Double? {
      guard values.count == 2, let base = values[0], let head = values[1], base != 0 else { return nil }
      return head / base
    }
    /// The largest less the smallest.
    package var spread: Double {
      let present = values.compactMap(\.self).filter(\.isFinite)
      return (present.max() ?? 0) - (present.min() ?? 0)
    }
    /// How many runs have none there.
    package var missing: Int { values.count { $0 == nil } }
  }

  /// One figure in all runs.
  package struct Figures: Codable, Sendable, Equatable {
    package var cell: String
    package var output: String
    /// Its file in the record of each run; nil where there is none.
    package var files: [String?]
  }

  /// In which order numbers are told.
  package enum Order: String, CaseIterable, Sendable {
    case notebook, size
  }

  /// - Parameters:
  ///   - tolerance: for all cells; nil for what cells, notebooks, and the standard say.
  /// - Throws: `Diagnostic` for a record that cannot be read.
  package init(_ records: [RunRecord], order: Order = .notebook, tolerance: Tolerance? = nil) throws {
    var table = NumberTable(runs: records.count, tolerance: tolerance)
    runs = []
    for (number, record) in records.enumerated() {
      do {
        let index = try record.index(of: RunRecord.notebook)
        runs.append(Run(name: record.name, parameters: index.parameters))
        try table.add(index, of: record, number: number)
      } catch let error as RecordIndex.Unreadable {
        throw Diagnostic(
          "The record of \(record.name) cannot be read: \(error.reason)", advice: "Build it again: folio build '\(record.name)'.")
      }
    }
    (compared, numbers, figures) = (table.count, table.differing(), table.figures)
    if order == .size { numbers = numbers.largestFirst { $0.missing > 0 ? .infinity : $0.spread } }
    reviews = records.dropFirst().map { record in
      var review = NotebookComparison(RunRecord.notebook, records[0], record, tolerance: tolerance).review()
      review.name = record.name
      return review
    }
  }

  /// Names of parameters that have not the same value in all runs.
  package var varying: [String] {
    let names = Set(runs.flatMap(\.parameters.keys)).sorted()
    return names.filter { name in Set(runs.map { $0.parameters[name] }).count > 1 }
  }

  /// Whether an output differs beyond its tolerance. That the parameters do is what the runs are for.
  package var isChanged: Bool {
    !numbers.isEmpty || reviews.contains { $0.status == .unreadable || $0.cells.contains(where: \.isChanged) }
  }

  /// The whole in a sentence.
  package var verdict: String {
    let what = "\(Words.count(compared, "number")) of \(Words.count(runs.count, "run")) compared"
    guard isChanged else { return "No output differs; \(what)." }
    let missing = numbers.count { $0.missing > 0 }
    let cells = Set(reviews.flatMap(\.cells).filter(\.isChanged).map(\.id)).count
    let parts =
      ["\(Words.count(numbers.count, "number")) \(numbers.count == 1 ? "differs" : "differ")"]
      + (missing > 0 ? ["\(missing) of them not in all runs"] : [])
      + (cells > 0 ? ["outputs of \(Words.count(cells, "cell")) differ"] : [])
    return "\(parts.joined(separator: ", ")); \(what)."
  }

  /// What is missing in some runs: cells, outputs, and cells that ended otherwise, each with the runs.
  package var missing: [String] {
    var runs: [String: [String]] = [:]
    var order: [String] = []
    for review in reviews {
      for sentence in Self.missing(in: review) {
        if runs[sentence] == nil { order.append(sentence) }
        runs[sentence, default: []].append(review.name)
      }
    }
    return order.map { "\($0) in \(Words.list(runs[$0] ?? [], first: 8))" }
  }

  private static func missing(in review: NotebookReview) -> [String] {
    if let problem = review.problem { return ["it cannot be compared (\(problem))"] }
    return review.cells.flatMap { cell -> [String] in
      if cell.status == .added { return ["cell \(cell.id) is not in the reference, and is"] }
      if cell.status == .removed { return ["cell \(cell.id) is missing"] }
      let outcome = cell.outcome.map { "cell \(cell.id): \($0.base ?? "nothing") -> \($0.head ?? "nothing")" }
      let outputs = cell.outputs.compactMap { output -> String? in
        switch output.verdict {
        case .added: "cell \(cell.id), \(output.label) is not in the reference, and is"
        case .removed: "cell \(cell.id), \(output.label) is missing"
        default: nil
        }
      }
      return [outcome].compactMap(\.self) + outputs
    }
  }
}

/// The numbers of all runs by their places, in the order of the notebook.
private struct NumberTable {
  private struct Key: Hashable {
    var cell: String
    var output: String
    var place: String

    var ofOutput: Key { Key(cell: cell, output: output, place: "") }
  }

  private struct Row {
    var key: Key
    var numbers: [RecordedNumber?]
    var rule: NumberRule
  }

  private let runs: Int
  private let tolerance: Tolerance?
  private var rows: [Row] = []
  private var places: [Key: Int] = [:]
  /// In which order cells, and outputs in them, were found first.
  private var order: [String: Int] = [:]
  private var outputOrder: [Key: Int] = [:]
  private var figureFiles: [Key: [(file: String, content: Int)?]] = [:]

  init(runs: Int, tolerance: Tolerance?) { (self.runs, self.tolerance) = (runs, tolerance) }

  var count: Int { rows.count }

  mutating func add(_ index: RecordIndex, of record: RunRecord, number: Int) throws {
    for cell in index.cells {
      let rule = NumberRule(tolerance ?? cell.tolerance ?? index.tolerance)
      var kinds: [String: Int] = [:]
      for output in cell.outputs {
        let name = output.expression.map { "{swift} \($0)" } ?? output.kind.rawValue
        kinds[name, default: 0] += 1
        let label = kinds[name, default: 1] > 1 ? "\(name) \(kinds[name, default: 1])" : name
        let content = try output.file.flatMap { try record.read($0, of: RunRecord.notebook) }
        if output.kind == .figure, let file = output.file {
          note(file, content, Key(cell: cell.id, output: label, place: ""), number)
        }
        for found in RecordedNumbers(output, content: content).numbers {
          set(found, at: Key(cell: cell.id, output: label, place: found.place), rule, number)
        }
      }
    }
  }

  /// Of a figure only a digest of what it holds is kept.
  private mutating func note(_ file: String, _ content: Data?, _ key: Key, _ run: Int) {
    var files = figureFiles[key] ?? Array(repeating: nil, count: runs)
    var hasher = Hasher()
    content?.withUnsafeBytes { hasher.combine(bytes: $0) }
    files[run] = (file, hasher.finalize())
    figureFiles[key] = files
    if order[key.cell] == nil { order[key.cell] = order.count }
    if outputOrder[key] == nil { outputOrder[key] = outputOrder.count }
  }

  /// Those that are not the same in all runs, in the order of the notebook.
  var figures: [RunComparison.Figures] {
    figureFiles.filter { Set($0.value.map { $0?.content }).count > 1 }
      .sorted { rank($0.key) < rank($1.key) }
      .map { RunComparison.Figures(cell: $0.key.cell, output: $0.key.output, files: $0.value.map { $0?.file }) }
  }

  private func rank(_ key: Key) -> (Int, Int) { (order[key.cell] ?? 0, outputOrder[key.ofOutput] ?? 0) }

  private mutating func set(_ number: RecordedNumber, at key: Key, _ rule: NumberRule, _ run: Int) {
    if order[key.cell] == nil { order[key.cell] = order.count }
    if outputOrder[key.ofOutput] == nil { outputOrder[key.ofOutput] = outputOrder.count }
    if let place = places[key] {
      rows[place].numbers[run] = number
    } else {
      var numbers = [RecordedNumber?](repeating: nil, count: runs)
      numbers[run] = number
      places[key] = rows.count
      rows.append(Row(key: key, numbers: numbers, rule: rule))
    }
  }

  /// The rows in which not all numbers are the first run's.
  func differing() -> [RunComparison.Row] {
    rows.enumerated().map { (rank: rank($0.element.key), place: $0.offset, row: $0.element) }
      .sorted { ($0.rank.0, $0.rank.1, $0.place) < ($1.rank.0, $1.rank.1, $1.place) }
      .compactMap { _, _, row in
        let reference = row.numbers.lazy.compactMap(\.self).first
        let isSame = row.numbers.allSatisfy { number in
          guard let number, let reference else { return false }
          return reference.isSame(as: number, by: row.rule)
        }
        guard !isSame else { return nil }
        return RunComparison.Row(
          cell: row.key.cell, output: row.key.output, place: row.key.place, values: row.numbers.map { $0?.value })
      }
  }
}
