import Record

/// The numbers behind a figure, as a table for other programs: a row for each point, bar or cell, with the name of its trace.
///
/// It is read from Plotly's schema by its form, not by kinds of traces: each list of a trace is a column, and a matrix `z` gives a row for each of its
/// cells with the row's and the column's label.
struct FigureNumbers {
  private static let first = ["x", "y", "z"]
  /// A table of more rows would take many times what the figure takes in the record, which has all of its numbers.
  static let mostRows = 20_000

  private var columns: Set<String> = []
  private var rows: [[String: String]] = []

  /// - Parameter figure: with rounded numbers, as in the record.
  init(_ figure: JSONValue) {
    guard case .array(let traces)? = figure["data"] else { return }
    guard traces.reduce(0, { $0 + Self.count(of: $1) }) <= Self.mostRows else { return }
    for (index, trace) in traces.enumerated() {
      let name = trace["name"]?.string ?? String(index + 1)
      for var row in Self.rows(of: trace) {
        columns.formUnion(row.keys)
        row["trace"] = name
        rows.append(row)
      }
    }
  }

  /// Nil if the figure has no numbers, or too many.
  var csv: String? {
    guard !rows.isEmpty else { return nil }
    let names = Self.first.filter(columns.contains) + columns.subtracting(Self.first).sorted()
    return CSVText.text([["trace"] + names] + rows.map { row in (["trace"] + names).map { row[$0] ?? "" } })
  }

  /// How many rows a trace has at most.
  private static func count(of trace: JSONValue) -> Int {
    if let rows = trace["z"]?.array, rows.contains(where: { $0.array != nil }) {
      return rows.reduce(0) { $0 + ($1.array?.count ?? 0) }
    }
    return trace.object?.values.map { $0.array?.count ?? $0.object?.values.map { $0.array?.count ?? 0 }.max() ?? 0 }.max() ?? 0
  }

  private static func rows(of trace: JSONValue) -> [[String: String]] {
    guard case .object(let members) = trace else { return [] }
    if let matrix = matrix(members["z"]) { return cells(of: matrix, members) }
    var lists: [String: [String]] = [:]
    for (key, value) in members {
      if let list = list(value) { lists[key] = list }
      guard case .object(let inner) = value else { continue }
      for (name, value) in inner { if let list = list(value) { lists["\(key).\(name)"] = list } }
    }
    let count = lists.values.map(\.count).max() ?? 0
    return (0..<count).map { index in lists.compactMapValues { $0.indices.contains(index) ? $0[index] : nil } }
  }

  private static func cells(of matrix: [[String]], _ members: [String: JSONValue]) -> [[String: String]] {
    let (xs, ys) = (members["x"].flatMap(list) ?? [], members["y"].flatMap(list) ?? [])
    // What else has a value for each cell: its label.
    let others = members.compactMapValues(Self.matrix).filter { key, other in
      key != "z" && other.map(\.count) == matrix.map(\.count)
    }
    return matrix.indices.flatMap { row in
      matrix[row].indices.map { column in
        var cell = others.mapValues { $0[row][column] }
        cell["x"] = xs.indices.contains(column) ? xs[column] : String(column)
        cell["y"] = ys.indices.contains(row) ? ys[row] : String(row)
        cell["z"] = matrix[row][column]
        return cell
      }
    }
  }

  private static func matrix(_ value: JSONValue?) -> [[String]]? {
    guard case .array(let rows)? = value, !rows.isEmpty else { return nil }
    let lists = rows.compactMap(list)
    return lists.count == rows.count ? lists : nil
  }

  /// The texts of a list of numbers and texts; what is missing is empty.
  private static func list(_ value: JSONValue) -> [String]? {
    guard case .array(let values) = value, !values.isEmpty else { return nil }
    let texts = values.compactMap { value -> String? in
      switch value {
      case .null: ""
      case .string(let text): text
      case .number, .bool: value.text()
      case .array, .object: nil
      }
    }
    return texts.count == values.count ? texts : nil
  }
}
