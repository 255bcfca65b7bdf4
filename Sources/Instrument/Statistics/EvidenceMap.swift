/// A map of a model whose cells hold their evidence: for each layer and head, or whatever rows and columns are, a number over examples.
public struct EvidenceMap: Sendable, Hashable, Codable {
  /// What is mapped.
  public let title: String
  /// What the rows are: `layer`.
  public let rowTitle: String
  /// What the columns are: `head`.
  public let columnTitle: String
  /// One for each row.
  public let rowNames: [String]
  /// One for each column.
  public let columnNames: [String]
  /// `[row][column]`; `nil` where nothing was measured.
  public let cells: [[Evidence?]]
  /// What the numbers mean, and their controls: what a reader must know to believe them.
  public let note: String?

  /// A map of evidence.
  /// - Parameters:
  ///   - cells: `[row][column]`; `nil` where nothing was measured.
  ///   - rowNames: one for each row; by default 0, 1, …
  ///   - columnNames: one for each column; by default 0, 1, …
  ///   - note: what the numbers mean, and their controls.
  /// - Throws: `StatisticsError` for no cells, and for names that do not fit them.
  public init(
    _ title: String, cells: [[Evidence?]], rows rowTitle: String = "layer", columns columnTitle: String = "head",
    rowNames: [String]? = nil, columnNames: [String]? = nil, note: String? = nil
  ) throws {
    let rowNames = rowNames ?? cells.indices.map(String.init)
    let columnNames = columnNames ?? (cells.first?.indices.map(String.init) ?? [])
    guard cells.contains(where: { $0.contains { $0 != nil } }) else { throw StatisticsError.noExamples(of: "measured cells") }
    guard cells.count == rowNames.count, cells.allSatisfy({ $0.count == columnNames.count }) else {
      throw StatisticsError.badGrid(
        rows: cells.count, rowNames: rowNames.count,
        columns: cells.first { $0.count != columnNames.count }?.count ?? columnNames.count, columnNames: columnNames.count)
    }
    (self.title, self.cells, self.note) = (title, cells, note)
    (self.rowTitle, self.columnTitle) = (rowTitle, columnTitle)
    (self.rowNames, self.columnNames) = (rowNames, columnNames)
  }

  /// The measured cells, the farthest from 0 first.
  public func largest(_ count: Int = 10) -> [(row: String, column: String, evidence: Evidence)] {
    let all = rowNames.indices.flatMap { row in
      columnNames.indices.compactMap { column in
        cells[row][column].map { (row: rowNames[row], column: columnNames[column], evidence: $0) }
      }
    }
    return Array(
      all.enumerated().sorted {
        (abs($1.element.evidence.estimate.value), $0.offset) < (abs($0.element.evidence.estimate.value), $1.offset)
      }
      .prefix(max(0, count)).map(\.element))
  }
}

extension EvidenceMap: CustomStringConvertible {
  /// What is mapped, and how much of it is measured.
  public var description: String {
    let measured = cells.reduce(0) { $0 + $1.count { $0 != nil } }
    return "\(title): \(measured) cells over \(rowNames.count) × \(columnNames.count) (\(rowTitle) × \(columnTitle))"
  }
}
