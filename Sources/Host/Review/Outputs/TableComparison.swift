import Record

enum TableComparator: OutputComparator {
  static let form = OutputReview.Form.tables

  static func compare(_ sides: OutputSides) -> any Comparison {
    sides.comparingTexts { TableComparison($0, $1, rule: sides.rule) }
  }
}

/// Two tables, row by row and column by column.
///
/// Columns go by their titles. Rows go by the first column that names every row in both tables; where there is none, equal rows stand beside each
/// other in their order, then those that differ in floating-point numbers, then those that differ in numbers. So a row that came moves nobody.
/// A column that only counts the rows is compared by its first number.
struct TableComparison: Comparison {
  private(set) var numbers = NumberChanges()
  private(set) var findings: [String] = []
  private(set) var isStructural = false
  private let rule: NumberRule
  private let old: TableText
  private let new: TableText
  /// Columns that belong together.
  private var columns: [(Int, Int)] = []

  init(_ base: String, _ head: String, rule: NumberRule) {
    self.rule = rule
    (old, new) = (TableText(base), TableText(head))
    compareColumns()
    let rows = pairedRows()
    compareCells(rows)
    numbers.finish()
  }

  var verdict: OutputReview.Verdict { isStructural ? .changed : numbers.verdict }

  // MARK: - What belongs together

  private mutating func compareColumns() {
    let paired = Pairing(old.titles, new.titles)
    columns = paired.pairs
    tell("column", paired, names: (old.titleText, new.titleText))
  }

  private mutating func pairedRows() -> [(Int, Int)] {
    let names = nameColumn()
    let counting = Set(columns.indices.filter { countsRows(columns[$0]) })
    let paired: Pairing
    if let (a, b) = names {
      paired = Pairing(old.rows.map { $0[a] }, new.rows.map { $0[b] })
    } else {
      let compared = columns.indices.filter { !counting.contains($0) }.map { columns[$0] }
      paired = Pairing(
        pairs: aligned(compared), oldCount: old.rows.count, newCount: new.rows.count)
    }
    for index in counting { compareCounting(columns[index]) }
    columns = columns.indices.filter { !counting.contains($0) }.map { columns[$0] }
    let (old, new) = (old, new)
    tell("row", paired, names: ({ old.name(of: $0, column: names?.0) }, { new.name(of: $0, column: names?.1) }))
    rowName = names?.1
    return paired.pairs
  }

  /// The column of the head that names rows.
  private var rowName: Int?

  /// The first column that says of every row which one it is, in both tables.
  private func nameColumn() -> (Int, Int)? { columns.first { old.namesRows($0.0) && new.namesRows($0.1) } }

  private func countsRows(_ column: (Int, Int)) -> Bool { old.countsRows(column.0) && new.countsRows(column.1) }

  private mutating func compareCounting(_ column: (Int, Int)) {
    let (before, after) = (old.rows[0][column.0], new.rows[0][column.1])
    guard before != after else { return }
    isStructural = true
    findings.append("\(new.titleText(column.1)): counts from \(before) -> \(after)")
  }

  private func aligned(_ compared: [(Int, Int)]) -> [(Int, Int)] {
    func row(_ side: Alignment.Side, _ index: Int) -> [String] {
      compared.map { side == .old ? old.rows[index][$0.0] : new.rows[index][$0.1] }
    }
    func shapes(_ side: Alignment.Side, _ index: Int, _ shape: (PrintedText) -> [UInt8]) -> [[UInt8]] {
      row(side, index).map { shape(PrintedText($0)) }
    }
    return Alignment.pairs(
      old.rows.count, new.rows.count,
      by: [
        { row($0, $1).map { Array($0.utf8) } }, { shapes($0, $1, \.wholeShape) }, { shapes($0, $1, \.shape) },
      ])
  }

  /// What came, what went, and whether what stayed stands in another order.
  /// - Parameter names: what rows or columns of the old and of the new table are called, by their indices.
  private mutating func tell(
    _ what: String, _ pairing: Pairing, names: (old: (Int) -> String, new: (Int) -> String)
  ) {
    for (indices, verb, name) in [(pairing.gone, "removed", names.old), (pairing.came, "added", names.new)] where !indices.isEmpty
    {
      isStructural = true
      // The names of all would be made only to be left out.
      let shown = indices.prefix(Words.most).map(name) + Array(repeating: "", count: max(0, indices.count - Words.most))
      findings.append("\(what)\(indices.count == 1 ? "" : "s") \(verb): \(Words.list(shown))")
    }
    guard pairing.isPermuted else { return }
    isStructural = true
    findings.append("the \(what)s stand in another order")
  }

  // MARK: - Cells

  private mutating func compareCells(_ rows: [(Int, Int)]) {
    let (old, new, rowName) = (old, new, rowName)
    var (words, wordCount, changes) = ([String](), 0, numbers)
    for column in columns {
      let largest = rule.needsLargest ? largest(column) : 0
      for row in rows {
        let (before, after) = (old.rows[row.0][column.0], new.rows[row.1][column.1])
        let place = { "\(new.name(of: row.1, column: rowName)), \(new.titleText(column.1))" }
        if before == after, before.utf8.elementsEqual(after.utf8) {
          PrintedText.forEachNumber(in: after) { changes.add($0.value, $0.value, .equal) { "" } }
        } else if !PrintedText.compare(
          PrintedText(before), PrintedText(after), rule: rule, largest: largest, into: &changes, place: place)
        {
          wordCount += 1
          guard words.count < 100 else { continue }
          words.append("\(place()): \(before.isEmpty ? "nothing" : before) -> \(after.isEmpty ? "nothing" : after)")
        }
      }
    }
    numbers = changes
    guard wordCount > 0 else { return }
    isStructural = true
    findings += words
    if wordCount > words.count { findings.append("and \(wordCount - words.count) more") }
  }

  private func largest(_ column: (Int, Int)) -> Double {
    max(
      old.rows.reduce(0) { max($0, PrintedText($1[column.0]).largest) },
      new.rows.reduce(0) { max($0, PrintedText($1[column.1]).largest) })
  }
}

/// A table's cells as text; every row has an entry for each column.
struct TableText {
  let titles: [String]
  let rows: [[String]]

  init(_ csv: String) {
    let all = CSVText.rows(csv)
    let width = all.reduce(0) { max($0, $1.count) }
    func filled(_ row: [String]) -> [String] { row.count == width ? row : row + Array(repeating: "", count: width - row.count) }
    titles = filled(all.first ?? [])
    rows = all.dropFirst().map(filled)
  }

  /// What a row is called.
  /// - Parameter column: that of the rows' names; without one all words of the row name it.
  func name(of row: Int, column: Int?) -> String {
    let words = rows[row].filter { !$0.isEmpty && !PrintedText.isValue($0) }.joined(separator: " ")
    let name = column.map { rows[row][$0] } ?? words
    return name.isEmpty ? "row \(row + 1)" : name
  }

  /// Whether a column says of every row which one it is: its texts are no values, and no text stands twice.
  func namesRows(_ column: Int) -> Bool {
    var seen = Set<String>()
    return !rows.isEmpty
      && rows.allSatisfy { !$0[column].isEmpty && seen.insert($0[column]).inserted && !PrintedText.isValue($0[column]) }
  }

  /// Whether a column only numbers the rows.
  func countsRows(_ column: Int) -> Bool {
    guard rows.count > 1, let first = Int(rows[0][column]) else { return false }
    return rows.indices.allSatisfy { rows[$0][column] == String(first &+ $0) }
  }

  func titleText(_ column: Int) -> String { titles[column].isEmpty ? "column \(column + 1)" : titles[column] }
}

/// Which of two lists belong together: by their names where these are unique, else in their order.
struct Pairing {
  /// Indices of both, in the order of the new ones.
  private(set) var pairs: [(Int, Int)]
  let gone: [Int]
  let came: [Int]
  /// Whether those that belong together stand in another order.
  var isPermuted: Bool { zip(pairs, pairs.dropFirst()).contains { $0.0 > $1.0 } }

  init(pairs: [(Int, Int)], oldCount: Int, newCount: Int) {
    self.pairs = pairs
    let (old, new) = (Set(pairs.map(\.0)), Set(pairs.map(\.1)))
    gone = (0..<oldCount).filter { !old.contains($0) }
    came = (0..<newCount).filter { !new.contains($0) }
  }

  init<Name: Hashable>(_ old: [Name], _ new: [Name]) {
    let places = Dictionary(zip(old, old.indices), uniquingKeysWith: { first, _ in first })
    let isUnique = places.count == old.count && Set(new).count == new.count
    let pairs =
      isUnique
      ? new.enumerated().compactMap { index, name in places[name].map { ($0, index) } } : Alignment.pairs(old, new)
    self.init(pairs: pairs, oldCount: old.count, newCount: new.count)
  }
}

enum Words {
  /// How many of a list are named.
  static let most = 6

  /// The first few of a list, and how many more.
  static func list(_ items: [String], first: Int = most) -> String {
    let shown = items.prefix(first).joined(separator: ", ")
    return items.count > first ? "\(shown) and \(items.count - first) more" : shown
  }

  static func count(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }

  /// A number with four digits, or as many as asked for.
  static func number(_ value: Double, digits: Int = 4) -> String { PlainNumber.text(value, digits: digits) }

  /// Two numbers that differ, with as many digits as it takes to see that.
  static func change(_ base: Double, _ head: Double) -> String {
    let digits = (4...17).first { number(base, digits: $0) != number(head, digits: $0) } ?? 17
    return "\(number(base, digits: digits)) -> \(number(head, digits: digits))"
  }
}
