import Foundation
import Record
import Review

/// A record in memory, as a side of a review.
struct MemoryRecords: RecordSource {
  var name: String
  /// By notebook, then by file.
  var records: [String: [String: Data]]
  var documents: [String: String] = [:]

  init(
    _ name: String, _ cells: [CellRecord], notebook: String = "n", document: String? = nil, tolerance: Tolerance? = nil,
    tolerances: [String: Tolerance] = [:]
  ) {
    let details = cells.map { cell in
      (cell.id, RecordIndex.Detail(key: document.flatMap { Self.source(cell.id, $0) } ?? cell.id, tolerance: tolerances[cell.id]))
    }
    let files = RecordFiles(
      NotebookRecord(notebook: notebook, cells: cells), details: Dictionary(uniqueKeysWithValues: details), tolerance: tolerance)
    self.init(name, files, notebook: notebook)
    if let document { documents[notebook] = document }
  }

  init(
    _ name: String, _ cells: [CellRecord], details: [String: RecordIndex.Detail], parameters: [String: String] = [:]
  ) {
    self.init(
      name, RecordFiles(NotebookRecord(notebook: "n", cells: cells), details: details, parameters: parameters), notebook: "n")
  }

  private init(_ name: String, _ files: RecordFiles, notebook: String) {
    self.name = name
    records = [notebook: files.all]
  }

  /// The cell with a label, to tell equal sources: what stands between its label and the fence's end.
  private static func source(_ id: String, _ document: String) -> String? {
    guard let start = document.range(of: "//| label: \(id)\n"),
      let end = document.range(of: "```", range: start.upperBound..<document.endIndex)
    else { return nil }
    return String(document[start.upperBound..<end.lowerBound])
  }

  func notebooks() -> [String] { records.keys.sorted() }
  func files(of notebook: String) -> [String: String?] { (records[notebook] ?? [:]).mapValues { _ in nil } }
  func read(_ file: String, of notebook: String) -> Data? { records[notebook]?[file] }
  func markdown(of notebook: String) -> String? { documents[notebook] }
}

/// A figure of one heatmap, as Folio writes it.
func figure(
  _ rows: [[Double?]], y: [String]? = nil, x: [String]? = nil, title: String = "DLA",
  names: (x: String, y: String) = ("head", "layer")
) -> Output {
  func list(_ texts: [String]?) -> String {
    texts.map { ",\"tickmode\":\"array\",\"ticktext\":[\($0.map { "\"\($0)\"" }.joined(separator: ","))]" } ?? ""
  }
  let z = rows.map { "[" + $0.map { $0.map { "\($0)" } ?? "null" }.joined(separator: ",") + "]" }.joined(separator: ",")
  return .figure(
    FigureOutput(
      plotly: """
        {"data":[{"type":"heatmap","name":"Heads","xaxis":"x","yaxis":"y","coloraxis":"coloraxis","z":[\(z)]}],
         "layout":{"title":{"text":"\(title)"},"coloraxis":{"cmin":-1,"cmax":1},
         "xaxis":{"title":{"text":"\(names.x)"}\(list(x))},"yaxis":{"title":{"text":"\(names.y)"}\(list(y))}}}
        """))
}

func cell(_ id: String, _ outputs: Output..., outcome: CellRecord.Outcome = .succeeded) -> CellRecord {
  CellRecord(id: id, outcome: outcome, outputs: outputs)
}

func table(_ columns: [String], _ rows: [[String]]) -> Output {
  .table(Table(columns: columns.map { Table.Column($0) }, rows: rows))
}

/// A review of two lists of cells.
func review(_ base: [CellRecord], _ head: [CellRecord], tolerance: Tolerance? = nil) throws -> SiteReview {
  try SiteReview(
    MemoryRecords("base", base),
    MemoryRecords("head", head), tolerance: tolerance)
}

extension SiteReview {
  func cell(_ id: String) -> CellReview? { notebooks.first?.cells.first { $0.id == id } }
  func output(_ id: String) -> OutputReview? { cell(id)?.outputs.first }
  var findings: [String] { notebooks.flatMap(\.cells).flatMap(\.outputs).flatMap(\.findings) }
}
