import Text

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
