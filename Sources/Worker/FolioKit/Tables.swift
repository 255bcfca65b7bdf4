import Foundation
import Record

/// A table of texts, which a reviewer compares entry by entry.
public typealias Table = Record.Table

extension Record.Table {
  /// A table of values by rows. A column whose every value is a number is set flush right.
  /// - Parameters:
  ///   - columns: the columns' titles.
  ///   - rows: one entry a column; a short row is filled with empty cells, a longer one loses nothing: it adds an untitled column.
  ///   - digits: digits after the point of floating-point numbers; one that would be all zeros is written as `3.2e-06`.
  public init(columns titles: [String], rows values: [[Any]], digits: Int = 3) {
    let width = max(titles.count, values.map(\.count).max() ?? 0)
    self.init(
      columns: (0..<width).map { column in
        let entries = values.compactMap { $0.indices.contains(column) ? $0[column] : nil }
        return Column(
          titles.indices.contains(column) ? titles[column] : "",
          isNumeric: !entries.isEmpty && entries.allSatisfy { $0 is any Numeric })
      },
      rows: values.map { row in (0..<width).map { row.indices.contains($0) ? Self.text(row[$0], digits: digits) : "" } })
  }

  /// A table of items, a row each: `Table(heads, ["head": \.name, "score": \.score])`.
  public init<Item>(_ items: some Sequence<Item>, _ columns: KeyValuePairs<String, (Item) -> Any>, digits: Int = 3) {
    self.init(columns: columns.map(\.key), rows: items.map { item in columns.map { $0.value(item) } }, digits: digits)
  }

  /// A number that is not zero is not shown as zero: `3.2e-06`.
  private static func text(_ number: Double, digits: Int) -> String {
    let rounds = number != 0 && abs(number) < 0.5 * pow(10, -Double(digits))
    return String(format: rounds ? "%.1e" : "%.\(digits)f", number)
  }

  private static func text(_ value: Any, digits: Int) -> String {
    switch value {
    case let number as Float: text(Double(number), digits: digits)
    case let number as Double: text(number, digits: digits)
    case Optional<Any>.none: ""
    case Optional<Any>.some(let value): String(describing: value)
    default: String(describing: value)
    }
  }
}
