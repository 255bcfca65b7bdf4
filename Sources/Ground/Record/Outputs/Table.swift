import Text

/// A table: a row of column titles, and rows of cells, all text; the maker decides how a number reads.
public struct Table: Codable, Sendable, Equatable {
  /// What its columns are, from left to right.
  public var columns: [Column]
  /// Each row has one entry a column.
  public var rows: [[String]]

  /// What a column is.
  public struct Column: Codable, Sendable, Equatable {
    /// What stands above it.
    public var title: String
    /// Whether the column holds numbers, which are set flush right.
    public var isNumeric: Bool

    /// A column of texts, or of numbers.
    public init(_ title: String, isNumeric: Bool = false) {
      self.title = title
      self.isNumeric = isNumeric
    }
  }

  /// A table of columns, and of rows with an entry for each column.
  public init(columns: [Column], rows: [[String]]) {
    self.columns = columns
    self.rows = rows
  }
}

extension Table: OutputContent {
  package var output: Output { .table(self) }
  package var recorded: RecordedOutput { RecordedOutput(kind: .table, text: csv) }
  package var byteCount: Int { rows.joined().reduce(0) { $0 + $1.utf8.count } }

  package mutating func mapTexts(_ change: (String) -> String) {
    columns = columns.map { Column(change($0.title), isNumeric: $0.isNumeric) }
    rows = rows.map { $0.map(change) }
  }

  /// The whole table, as comma-separated values (RFC 4180), with each row on a line of its own.
  public var csv: String { CSVText.text([columns.map(\.title)] + rows) }
}

extension Table {
  /// No column is made wider than this for the sake of one long cell, which then stands out of it.
  private static let mostPadded = 200

  /// The table for a terminal: columns padded, numbers flush right, a rule under the titles. What its cells hold shows as text.
  public var plainText: String {
    let titles = columns.map { VisibleText.line($0.title) }
    let rows = rows.map { $0.map { VisibleText.line($0) } }
    let widths = columns.indices.map { column in
      ([titles[column]] + rows.map { $0.indices.contains(column) ? $0[column] : "" }).map { min($0.count, Self.mostPadded) }.max()
        ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = columns.indices.map { column in
        let cell = cells.indices.contains(column) ? cells[column] : ""
        let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
        return columns[column].isNumeric ? padding + cell : cell + padding
      }
      let joined = padded.joined(separator: "  ").utf8
      return String(
        decoding: joined.prefix(joined.count - joined.reversed().prefix { $0 == UInt8(ascii: " ") }.count), as: UTF8.self)
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(titles), rule] + rows.map(line)).joined(separator: "\n")
  }
}
