import Files
import Foundation

/// A notebook's record as files that read well in a plain `git diff`: one an output, and an index.
///
/// Text is a `.txt`, a table a `.csv`, a figure a `.json` with one row of its matrix a line and rounded numbers (`Precision`), coloured tokens a `.csv`,
/// an error a `.txt`. The index says which figures and tokens were computed in single precision. A change of one number is one changed line. Nothing in it is a time, an address, a path or a date, unless a cell
/// printed one. The same record gives the same bytes.
public struct RecordFiles: Sendable, Equatable {
  /// By name, relative to the record's folder.
  public private(set) var files: [String: String] = [:]

  public static let indexName = "index.json"

  /// - Parameters:
  ///   - details: what is known of the cells besides their outputs, by id.
  ///   - parameters: with which the notebook ran, as text.
  ///   - tolerance: the notebook's.
  public init(
    _ record: NotebookRecord, details: [String: RecordIndex.Detail] = [:], parameters: [String: String] = [:],
    tolerance: Tolerance? = nil
  ) {
    var cells: [RecordIndex.Cell] = []
    for cell in record.cells {
      let detail = details[cell.id]
      var expressions = (detail?.expressions ?? [])[...]
      var outputs: [RecordIndex.Output] = []
      for output in cell.outputs {
        let (kind, content, singlePrecision) = Self.content(output)
        let expression = kind == .value ? expressions.popFirst() : nil
        guard let type = kind.fileType else {
          outputs.append(RecordIndex.Output(kind: kind, text: content))
          continue
        }
        let file = "\(Self.name(cell.id))-\(outputs.count + 1).\(type)"
        files[file] = content.isEmpty || content.hasSuffix("\n") ? content : content + "\n"
        var entry = RecordIndex.Output(kind: kind, expression: expression, file: file)
        entry.singlePrecision = singlePrecision.isEmpty ? nil : singlePrecision
        outputs.append(entry)
      }
      cells.append(
        RecordIndex.Cell(
          id: cell.id, outcome: cell.outcome, key: detail?.key, tolerance: detail?.tolerance, outputs: outputs))
    }
    let index = RecordIndex(notebook: record.notebook, parameters: parameters, tolerance: tolerance, cells: cells)
    files[Self.indexName] = index.text
  }

  /// What an output's file holds, and which of its traces were computed in single precision.
  private static func content(_ output: Output) -> (RecordIndex.Kind, String, [Int]) {
    switch output {
    case .text(.standardOutput, let text): return (.text, text, [])
    case .text(.standardError, let text): return (.errorText, text, [])
    case .value(let text): return (.value, text, [])
    case .table(let table): return (.table, table.csv, [])
    case .figure(let figure):
      guard let json = try? JSONValue(figure.plotly.utf8) else { return (.figure, figure.plotly, []) }
      return (.figure, json.roundedFigure.text(), SinglePrecision.traces(of: json))
    case .tokens(let tokens): return (.tokens, tokens.csv, SinglePrecision.holds(tokens.values.compactMap(\.self)) ? [0] : [])
    case .progress(let progress): return (.progress, progress.line, [])
    case .error(let error):
      return (.error, error.kind.rawValue + "\n" + error.diagnostics.map(\.description).joined(separator: "\n"), [])
    }
  }

  /// A name as a part of a file's name: letters, digits, `-` and `_` of ASCII stay, others become their numbers, so that no file system takes
  /// two names for one. File systems end at 255 bytes: of a longer name the beginning stays, with a number that stands for all of it.
  public static func name(_ label: String) -> String {
    let name = spelled(label)
    if name.utf8.count <= 200 { return name }
    // FNV-1a.
    let digest = label.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return "\(name.prefix(160))~~\(String(digest, radix: 16))"
  }

  private static func spelled(_ label: String) -> String {
    label.unicodeScalars.map { scalar in
      let stays =
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) || scalar == "-" || scalar == "_"
      return stays ? String(scalar) : "~" + String(scalar.value, radix: 16)
    }.joined()
  }
}

/// What a record holds, in order.
public struct RecordIndex: Codable, Sendable, Equatable {
  /// Of this description; a reader of another one must not guess.
  public var format = 1
  public var notebook: String
  public var precision: String? = Precision.statement
  public var parameters: [String: String]
  public var tolerance: Tolerance?
  public var cells: [Cell]

  public init(notebook: String, parameters: [String: String] = [:], tolerance: Tolerance? = nil, cells: [Cell]) {
    (self.notebook, self.parameters, self.tolerance, self.cells) = (notebook, parameters, tolerance, cells)
  }

  public struct Cell: Codable, Sendable, Equatable {
    public var id: String
    public var outcome: CellRecord.Outcome
    /// Of the source: equal keys, equal sources.
    public var key: String?
    public var tolerance: Tolerance?
    public var outputs: [Output]

    public init(id: String, outcome: CellRecord.Outcome, key: String? = nil, tolerance: Tolerance? = nil, outputs: [Output]) {
      (self.id, self.outcome, self.key, self.tolerance, self.outputs) = (id, outcome, key, tolerance, outputs)
    }
  }

  public struct Output: Codable, Sendable, Equatable {
    public var kind: Kind
    /// The inline expression whose value it is.
    public var expression: String?
    /// Where it is; nil for what fits into the index.
    public var file: String?
    public var text: String?
    /// The traces of a figure whose numbers were computed in single precision; 0 for coloured tokens.
    public var singlePrecision: [Int]?

    public init(kind: Kind, expression: String? = nil, file: String? = nil, text: String? = nil) {
      (self.kind, self.expression, self.file, self.text) = (kind, expression, file, text)
    }
  }

  public enum Kind: String, Codable, Sendable {
    case text, value, table, figure, tokens, progress, error
    case errorText = "stderr"

    var fileType: String? {
      switch self {
      case .text, .errorText, .value, .error: "txt"
      case .table, .tokens: "csv"
      case .figure: "json"
      case .progress: nil
      }
    }
  }

  /// What is known of a cell besides its outputs.
  public struct Detail: Sendable, Equatable {
    public var key: String
    public var tolerance: Tolerance?
    /// Of a cell of inline expressions, in their order.
    public var expressions: [String]

    public init(key: String, tolerance: Tolerance? = nil, expressions: [String] = []) {
      (self.key, self.tolerance, self.expressions) = (key, tolerance, expressions)
    }
  }

  /// A cell a line.
  var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func line(_ value: some Encodable) -> String {
      (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
    var head = [
      "\"format\": \(format)", "\"notebook\": \(line(notebook))", "\"parameters\": \(line(parameters))",
      "\"precision\": \(line(precision))",
    ]
    if let tolerance { head.append("\"tolerance\": \(line(tolerance))") }
    let rows = cells.map { "  " + line($0) }.joined(separator: ",\n")
    return "{\n " + (head + ["\"cells\": [\n\(rows)\n ]"]).joined(separator: ",\n ") + "\n}\n"
  }

  /// - Throws: what is wrong, in words.
  public init(json: Data) throws(Unreadable) {
    do {
      self = try JSONDecoder().decode(RecordIndex.self, from: json)
    } catch {
      throw Unreadable(reason: "it is not a record's index")
    }
    if format != 1 { throw Unreadable(reason: "its format is \(format), and this Folio reads format 1") }
    try checkNames()
  }

  /// What an index names lies in its folder: whoever wrote it cannot have another file read, or removed.
  private func checkNames() throws(Unreadable) {
    guard FolderFile.isName(notebook) else { throw Unreadable(reason: "its notebook's name, '\(notebook)', is a path") }
    for cell in cells {
      for file in cell.outputs.compactMap(\.file) where !FolderFile.isName(file) {
        throw Unreadable(reason: "cell '\(cell.id)' names the file '\(file)', and a record's files lie in its own folder")
      }
    }
  }

  public struct Unreadable: Error, Equatable {
    public let reason: String

    public init(reason: String) { self.reason = reason }
  }
}

extension Table {
  /// The whole table, as comma-separated values (RFC 4180), a row a line.
  public var csv: String { CSVText.text([columns.map(\.title)] + rows) }
}

extension ColoredTokens {
  /// A line a token: its position, its text, its value with the digits of `Precision`.
  var csv: String {
    let rows = tokens.indices.map { index in
      ["\(position(index))", tokens[index], value(index).map { JSONValue.text(Precision.rounded($0)) } ?? ""]
    }
    return CSVText.text([["position", "token", title]] + rows)
  }
}
