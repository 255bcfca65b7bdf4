import Record

/// Two tables, by the names of their columns and the keys of their rows.
///
/// A row's key is what stands in its columns that hold no numbers; equal keys are told apart by their order. Without such columns rows go
/// by their place.
struct TableComparison {
  private(set) var numbers = NumberChanges()
  private(set) var findings: [String] = []
  private(set) var isStructural = false
  private let tolerance: Tolerance

  init(_ base: String, _ head: String, tolerance: Tolerance) {
    self.tolerance = tolerance
    let (old, new) = (KeyedTable(base, head), KeyedTable(head, base))
    compareNames("column", old.columns, new.columns)
    compareNames("row", old.keys, new.keys)
    let columns = new.columns.filter(Set(old.columns).contains)
    let rows = new.keys.filter(Set(old.keys).contains)
    var words: [String] = []
    for column in columns {
      let scale = rows.reduce(0) { largest, row in
        max(largest, [old, new].compactMap { $0.number(row, column).map { abs($0.value) } }.max() ?? 0)
      }
      for row in rows { compare(old, new, row: row, column: column, scale: scale, words: &words) }
    }
    if !words.isEmpty { isStructural = true }
    findings += words
    numbers.finish()
  }

  private mutating func compare(
    _ old: KeyedTable, _ new: KeyedTable, row: String, column: String, scale: Double, words: inout [String]
  ) {
    let (a, b) = (old.text(row, column), new.text(row, column))
    let place = "\(row), \(column)"
    switch (PrintedNumber(a), PrintedNumber(b)) {
    case (let x?, let y?):
      let accepts = tolerance.accepts(x.value, y.value, scale: scale) || tolerance.accepts(x, y)
      numbers.add(x.value, y.value, scale: scale, tolerance: tolerance, accepts: accepts) { place }
    case (let x, let y) where (x == nil) != (y == nil) && [a, b].contains { ["", "nan", "NaN", "inf", "-inf"].contains($0) }:
      numbers.add(x?.value, y?.value, scale: scale, tolerance: tolerance) { place }
      words.append("\(place): \(a.isEmpty ? "nothing" : a) -> \(b.isEmpty ? "nothing" : b)")
    default:
      if a != b { words.append("\(place): \(a) -> \(b)") }
    }
  }

  /// What came, what went, and whether what stayed stands in another order.
  private mutating func compareNames(_ what: String, _ old: [String], _ new: [String]) {
    guard old != new else { return }
    isStructural = true
    let (gone, came) = (old.filter { !new.contains($0) }, new.filter { !old.contains($0) })
    if !gone.isEmpty { findings.append("\(what)\(gone.count == 1 ? "" : "s") removed: \(Words.list(gone))") }
    if !came.isEmpty { findings.append("\(what)\(came.count == 1 ? "" : "s") added: \(Words.list(came))") }
    let common = old.filter(new.contains)
    if common != new.filter(old.contains) { findings.append("the \(what)s stand in another order") }
  }

  var verdict: OutputReview.Verdict { isStructural ? .changed : numbers.verdict }
}

/// A table whose cells are found by names.
private struct KeyedTable {
  let columns: [String]
  let keys: [String]
  private let cells: [String: [String: String]]

  /// - Parameter other: the table that it is compared with; a column is a key only if it holds no number there either.
  init(_ csv: String, _ other: String) {
    let rows = CSVText.rows(csv)
    let titles = Self.distinct(rows.first ?? [], empty: "untitled")
    columns = titles
    let named = [rows, CSVText.rows(other)].map { rows in
      let titles = Self.distinct(rows.first ?? [], empty: "untitled")
      return Set(
        titles.indices.filter { column in
          rows.dropFirst().contains { $0.indices.contains(column) && PrintedNumber($0[column]) != nil }
        }.map { titles[$0] })
    }
    let numeric = named[0].union(named[1])
    let body = rows.dropFirst()
    let keyColumns = titles.indices.filter { !numeric.contains(titles[$0]) }
    let plain = body.enumerated().map { index, row in
      let key = keyColumns.compactMap { row.indices.contains($0) && !row[$0].isEmpty ? row[$0] : nil }.joined(separator: " ")
      return keyColumns.isEmpty || key.isEmpty ? "row \(index + 1)" : key
    }
    keys = Self.distinct(plain, empty: "row")
    cells = Dictionary(
      zip(keys, body).map { key, row in
        (key, Dictionary(zip(titles, row).map { ($0, $1) }, uniquingKeysWith: { first, _ in first }))
      }, uniquingKeysWith: { first, _ in first })
  }

  func text(_ row: String, _ column: String) -> String { cells[row]?[column] ?? "" }
  func number(_ row: String, _ column: String) -> PrintedNumber? { PrintedNumber(text(row, column)) }

  private static func distinct(_ names: [String], empty: String) -> [String] {
    var seen: [String: Int] = [:]
    return names.map { name in
      let name = name.isEmpty ? empty : name
      seen[name, default: 0] += 1
      let count = seen[name]!
      return count == 1 ? name : "\(name) (\(count))"
    }
  }
}

enum Words {
  /// The first few of a list, and how many more.
  static func list(_ items: [String], first: Int = 6) -> String {
    let shown = items.prefix(first).joined(separator: ", ")
    return items.count > first ? "\(shown) and \(items.count - first) more" : shown
  }

  static func count(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }

  /// A number with four digits, or as many as asked for.
  static func number(_ value: Double, digits: Int = 4) -> String { PlainNumber.text(value, digits: digits) }
}
