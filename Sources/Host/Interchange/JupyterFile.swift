import Document
import Record

/// A notebook of Jupyter, read as far as an import needs it: format 4, whatever its minor version.
struct JupyterFile {
  struct Cell {
    enum Kind: String { case markdown, code, raw }

    var kind: Kind
    /// Its lines end by `\n`.
    var source: String
    var metadata: JSONValue
    /// Pictures of a Markdown cell, by name.
    var attachments: [String: JSONValue]
  }

  var cells: [Cell] = []
  var metadata: JSONValue = [:]

  /// - Parameter file: the file's path, as diagnostics shall name it.
  /// - Throws: `Diagnostics`, with everything that is wrong with it.
  init(_ text: String, file: String) throws {
    var reader = Reader(bytes: Array(text.utf8), file: file)
    let json = try reader.json()
    let whole = JSONValue.Path()
    guard json.object != nil else {
      throw Diagnostics([
        reader.problem(whole, "this is JSON, but no notebook: it is \(json.kindInWords), and must be an object")
      ])
    }
    try reader.checkFormat(json)
    metadata = reader.metadata(of: json, whole)
    let path = whole["cells"]
    if let cells = json["cells"]?.array {
      self.cells = cells.enumerated().compactMap { reader.cell($1, path[$0]) }
    } else {
      reader.report(
        path, json["cells"].map { "'cells' is \($0.kindInWords), and must be a list" } ?? "'cells' is missing")
    }
    guard reader.problems.isEmpty else { throw Diagnostics(reader.problems) }
  }
}

/// Reads parts of a file, and notes what is wrong, with its line.
private struct Reader {
  let bytes: [UInt8]
  let file: String
  var problems: [Diagnostic] = []

  init(bytes: [UInt8], file: String) { (self.bytes, self.file) = (bytes, file) }

  func json() throws -> JSONValue {
    do {
      return try JSONValue(bytes, allowsNonFinite: true)
    } catch {
      throw Diagnostics([
        Diagnostic(
          .error, at: place(error.byte), "this is not JSON: \(error.problem)",
          advice: "A notebook of Jupyter is a JSON file. Was it written to its end, or merged by git?")
      ])
    }
  }

  private func place(_ byte: Int) -> Place {
    let before = bytes.prefix(byte)
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return Place(file: file, line: 1 + before.count { $0 == 0x0A }, column: byte - lineStart + 1)
  }

  func problem(_ path: JSONValue.Path, _ message: String, advice: String? = nil) -> Diagnostic {
    Diagnostic(.error, at: place(JSONValue.byte(of: path, in: bytes, allowsNonFinite: true)), message, advice: advice)
  }

  /// To find the line of each, the file is read again.
  private static let mostProblems = 50

  mutating func report(_ path: JSONValue.Path, _ message: String) {
    if problems.count < Self.mostProblems { problems.append(problem(path, message)) }
  }

  /// A file of another format has other fields: nothing else of it is looked at.
  func checkFormat(_ json: JSONValue) throws {
    let path = JSONValue.Path()["nbformat"]
    guard let format = json["nbformat"] else {
      throw Diagnostics([
        problem(
          path, "this is JSON, but no notebook of Jupyter: 'nbformat' is missing", advice: "Give a file that Jupyter wrote.")
      ])
    }
    guard let number = format.number.flatMap({ Int(exactly: $0) }) else {
      throw Diagnostics([problem(path, "'nbformat' is \(format.kindInWords), and must be a whole number")])
    }
    if number == 4 { return }
    throw Diagnostics([
      problem(
        path, "the notebook is in format \(number), and Folio reads format 4",
        advice: number < 4
          ? "Convert it first: jupyter nbconvert --to notebook --nbformat 4 FILE." : "Save it in format 4.")
    ])
  }

  mutating func cell(_ json: JSONValue, _ path: JSONValue.Path) -> JupyterFile.Cell? {
    guard json.object != nil else {
      report(path, "'\(path)' is \(json.kindInWords), and must be an object")
      return nil
    }
    let type = text(of: json, "cell_type", path)
    let source = text(of: json, "source", path, mayBeLines: true)
    let metadata = metadata(of: json, path)
    let attachments = json["attachments"].flatMap(\.object) ?? [:]
    guard let type, let source else { return nil }
    guard let kind = JupyterFile.Cell.Kind(rawValue: type) else {
      report(path["cell_type"], "'\(path["cell_type"])' is '\(type)', and must be markdown, code or raw")
      return nil
    }
    return JupyterFile.Cell(kind: kind, source: TextLines.normalized(source), metadata: metadata, attachments: attachments)
  }

  private mutating func text(
    of json: JSONValue, _ key: String, _ parent: JSONValue.Path, mayBeLines: Bool = false
  ) -> String? {
    let path = parent[key]
    guard let value = json[key] else {
      report(path, "'\(path)' is missing")
      return nil
    }
    if let text = value.string { return text }
    guard mayBeLines, let lines = value.array else {
      report(path, "'\(path)' is \(value.kindInWords), and must be a text\(mayBeLines ? " or a list of texts" : "")")
      return nil
    }
    for (index, line) in lines.enumerated() where line.string == nil {
      report(path[index], "'\(path[index])' is \(line.kindInWords), and must be a text")
    }
    return lines.compactMap(\.string).joined()
  }

  /// An object that may be missing, since nothing that an import needs must be in it.
  mutating func metadata(of json: JSONValue, _ parent: JSONValue.Path) -> JSONValue {
    let path = parent["metadata"]
    guard let metadata = json["metadata"] else { return [:] }
    if metadata.object != nil { return metadata }
    report(path, "'\(path)' is \(metadata.kindInWords), and must be an object")
    return [:]
  }
}
