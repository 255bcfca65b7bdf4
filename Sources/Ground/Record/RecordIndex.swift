import Files
import Foundation

/// What a record holds, in order.
public struct RecordIndex: Codable, Sendable, Equatable {
  /// Of this description; a reader of another one must not guess.
  public var format = 1
  /// The name of the notebook.
  public var notebook: String
  /// The kind of device on which its models computed: `cpu`, or the name of the graphics card; nil if that is not known.
  public var device: String?
  /// How the numbers of figures were rounded, in words.
  public var precision: String? = Precision.statement
  /// Which of the runs of a notebook it is; nil for the one with the defaults of its parameters.
  public var run: Run?
  /// The values with which the notebook ran, as text, by name.
  public var parameters: [String: String]
  /// How far a review lets numbers differ where a cell says nothing else.
  public var tolerance: Tolerance?
  /// The cells, in the order of the notebook.
  public var cells: [Cell]

  /// The index of a record in the format that this Folio writes.
  public init(
    notebook: String, device: String? = nil, run: Run? = nil, parameters: [String: String] = [:], tolerance: Tolerance? = nil,
    cells: [Cell]
  ) {
    self.run = run
    (self.notebook, self.device, self.parameters) = (notebook, device, parameters)
    (self.tolerance, self.cells) = (tolerance, cells)
  }

  /// One of the runs of a notebook.
  public struct Run: Codable, Sendable, Equatable {
    /// The notebook's own name: `prontoqa`.
    public var notebook: String
    /// The run's name, and its folder in that of the notebook: `idx=2`.
    public var name: String
    /// The parameters that were given values, in the notebook's order.
    public var assigned: [String]
    /// Whether the front matter names it, and not a command line.
    public var isDeclared: Bool

    /// A run of a notebook.
    public init(notebook: String, name: String, assigned: [String], isDeclared: Bool) {
      (self.notebook, self.name, self.assigned, self.isDeclared) = (notebook, name, assigned, isDeclared)
    }
  }

  /// A cell, and the files of its outputs.
  public struct Cell: Codable, Sendable, Equatable {
    /// The label of the cell, or `cell-N`.
    public var id: String
    /// How the cell ended.
    public var outcome: CellRecord.Outcome
    /// Of the source: equal keys, equal sources.
    public var key: String?
    /// How far a review lets numbers of this cell differ.
    public var tolerance: Tolerance?
    /// The outputs, in the order in which they came.
    public var outputs: [Output]

    /// A cell; without a key, its source is not known.
    public init(id: String, outcome: CellRecord.Outcome, key: String? = nil, tolerance: Tolerance? = nil, outputs: [Output]) {
      (self.id, self.outcome, self.key, self.tolerance, self.outputs) = (id, outcome, key, tolerance, outputs)
    }
  }

  /// An output: its kind, and where its content is.
  public struct Output: Codable, Sendable, Equatable {
    /// What kind of output it is.
    public var kind: Kind
    /// The inline expression whose value it is.
    public var expression: String?
    /// Where it is; nil for what fits into the index.
    public var file: String?
    /// The content of an output that has no file; of a picture, what describes it to those who do not see it.
    public var text: String?
    /// The traces of a figure whose numbers were computed in single precision; 0 for coloured tokens.
    public var singlePrecision: [Int]?

    /// An output in a file, or in the index itself.
    public init(kind: Kind, expression: String? = nil, file: String? = nil, text: String? = nil) {
      (self.kind, self.expression, self.file, self.text) = (kind, expression, file, text)
    }
  }

  /// What is known of a cell besides its outputs.
  public struct Detail: Sendable, Equatable {
    /// Of the source: equal keys, equal sources.
    public var key: String
    /// How far a review lets numbers of this cell differ.
    public var tolerance: Tolerance?
    /// Of a cell of inline expressions, in their order.
    public var expressions: [String]

    /// What is known of a cell by its source.
    public init(key: String, tolerance: Tolerance? = nil, expressions: [String] = []) {
      (self.key, self.tolerance, self.expressions) = (key, tolerance, expressions)
    }
  }

  /// The index as text, with each cell on a line of its own.
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
    if let run { head.append("\"run\": \(line(run))") }
    if let device { head.append("\"device\": \(line(device))") }
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
    guard FolderFile.isPath(notebook) else {
      throw Unreadable(reason: "its notebook's name, '\(notebook)', leads out of the site")
    }
    if let run, "\(run.notebook)/\(run.name)" != notebook || !FolderFile.isName(run.name) {
      throw Unreadable(reason: "it is of '\(notebook)', and says that it is the run '\(run.name)' of '\(run.notebook)'")
    }
    for cell in cells {
      for file in cell.outputs.compactMap(\.file) where !FolderFile.isName(file) {
        throw Unreadable(reason: "cell '\(cell.id)' names the file '\(file)', and a record's files lie in its own folder")
      }
    }
  }

  /// Why an index cannot be read.
  public struct Unreadable: Error, Equatable {
    /// The reason, in words.
    public let reason: String

    /// An index that cannot be read for this reason.
    public init(reason: String) { self.reason = reason }
  }
}
