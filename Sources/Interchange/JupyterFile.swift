import Document
import Record

/// A notebook of Jupyter, read as far as an import needs it: format 4, whatever its minor version.
struct JupyterFile {
  struct Cell {
    enum Kind: String { case markdown, code, raw }

    var kind: Kind
    /// Its lines end by `\n`.
    var source: String
    var metadata: JSON
    /// Pictures of a Markdown cell, by name.
    var attachments: [String: JSON]
    var line: Int
  }

  var cells: [Cell] = []
  var metadata: JSON = [:]

  /// - Parameter file: the file's path, as diagnostics shall name it.
  /// - Throws: `Diagnostics`, with everything that is wrong with it.
  init(_ text: String, file: String) throws {
    let json = try JSONReader.read(text, file: file)
    var reader = Reader(file: file)
    guard json.object != nil else {
      throw Diagnostics([reader.problem(json, "this is JSON, but no notebook: it is \(json.kindInWords), and must be an object")])
    }
    try reader.checkFormat(json)
    metadata = reader.metadata(of: json, "metadata")
    if let cells = json["cells"]?.array {
      self.cells = cells.enumerated().compactMap { reader.cell($1, "cells[\($0)]") }
    } else {
      reader.report(
        json["cells"] ?? json, json["cells"].map { "'cells' is \($0.kindInWords), and must be a list" } ?? "'cells' is missing")
    }
    guard reader.problems.isEmpty else { throw Diagnostics(reader.problems) }
  }
}

/// Reads parts of a file, and notes what is wrong.
private struct Reader {
  let file: String
  var problems: [Diagnostic] = []

  init(file: String) { self.file = file }

  func problem(_ value: JSON, _ message: String, advice: String? = nil) -> Diagnostic {
    Diagnostic(.error, at: Place(file: file, line: max(1, value.line)), message, advice: advice)
  }

  mutating func report(_ value: JSON, _ message: String) { problems.append(problem(value, message)) }

  /// A file of another format has other fields: nothing else of it is looked at.
  func checkFormat(_ json: JSON) throws {
    guard let format = json["nbformat"] else {
      throw Diagnostics([
        problem(
          json, "this is JSON, but no notebook of Jupyter: 'nbformat' is missing", advice: "Give a file that Jupyter wrote.")
      ])
    }
    guard let number = format.integer else {
      throw Diagnostics([problem(format, "'nbformat' is \(format.kindInWords), and must be a whole number")])
    }
    if number == 4 { return }
    throw Diagnostics([
      problem(
        format, "the notebook is in format \(number), and Folio reads format 4",
        advice: number < 4
          ? "Convert it first: jupyter nbconvert --to notebook --nbformat 4 FILE." : "Save it in format 4.")
    ])
  }

  mutating func cell(_ json: JSON, _ path: String) -> JupyterFile.Cell? {
    guard json.object != nil else {
      report(json, "'\(path)' is \(json.kindInWords), and must be an object")
      return nil
    }
    let type = text(of: json, "cell_type", path)
    let source = text(of: json, "source", path, mayBeLines: true)
    let metadata = metadata(of: json, "\(path).metadata")
    let attachments = json["attachments"].flatMap(\.object) ?? [:]
    guard let type, let source else { return nil }
    guard let kind = JupyterFile.Cell.Kind(rawValue: type) else {
      report(json["cell_type"] ?? json, "'\(path).cell_type' is '\(type)', and must be markdown, code or raw")
      return nil
    }
    return JupyterFile.Cell(
      kind: kind, source: Lines.normalized(source), metadata: metadata, attachments: attachments, line: json.line)
  }

  private mutating func text(of json: JSON, _ key: String, _ path: String, mayBeLines: Bool = false) -> String? {
    guard let value = json[key] else {
      report(json, "'\(path).\(key)' is missing")
      return nil
    }
    if let text = value.string { return text }
    guard mayBeLines, let lines = value.array else {
      report(value, "'\(path).\(key)' is \(value.kindInWords), and must be a text\(mayBeLines ? " or a list of texts" : "")")
      return nil
    }
    for (index, line) in lines.enumerated() where line.string == nil {
      report(line, "'\(path).\(key)[\(index)]' is \(line.kindInWords), and must be a text")
    }
    return lines.compactMap(\.string).joined()
  }

  /// An object that may be missing, since nothing that an import needs must be in it.
  mutating func metadata(of json: JSON, _ path: String) -> JSON {
    guard let metadata = json["metadata"] else { return [:] }
    if metadata.object != nil { return metadata }
    report(metadata, "'\(path)' is \(metadata.kindInWords), and must be an object")
    return [:]
  }
}
