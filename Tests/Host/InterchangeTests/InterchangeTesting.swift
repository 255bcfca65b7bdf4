import Document
import Foundation
import Interchange
import Record
import Testing

/// A notebook as an export makes it.
func exported(_ markdown: String, record: NotebookRecord? = nil, file: String = "n.md") throws -> String {
  let document = try Notebook(markdown: markdown, file: file)
  return JupyterNotebook(document, parts: try NotebookParts(markdown, of: document), record: record).text()
}

func imported(_ notebook: String) throws -> String { try JupyterImport(notebook, file: "n.ipynb").text }

/// A notebook as another program reads it: Foundation's JSON, not ours.
struct JupyterJSON {
  var json: [String: Any]

  init(_ text: String) throws {
    json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  var cells: [[String: Any]] {
    get { json["cells"] as? [[String: Any]] ?? [] }
    set { json["cells"] = newValue }
  }

  func source(_ index: Int) -> String { ((cells[index]["source"] as? [String]) ?? []).joined() }

  var outputs: [[String: Any]] { cells.flatMap { $0["outputs"] as? [[String: Any]] ?? [] } }

  /// Saved again, in another order and with each source in one piece, as another program may.
  var text: String {
    get throws {
      var copy = json
      copy["cells"] = cells.map { cell in
        var cell = cell
        if let lines = cell["source"] as? [String] { cell["source"] = lines.joined() }
        return cell
      }
      return String(decoding: try JSONSerialization.data(withJSONObject: copy), as: UTF8.self)
    }
  }
}

/// A notebook of Jupyter with these cells, as JSON.
func notebook(_ cells: String..., metadata: String = #"{"language_info": {"name": "swift"}}"#) -> String {
  #"{"cells": [\#(cells.joined(separator: ",\n"))], "metadata": \#(metadata), "nbformat": 4, "nbformat_minor": 5}"#
}

func cell(_ type: String, _ source: String, _ more: String = "", metadata: String = "{}") throws -> String {
  let source = String(decoding: try JSONEncoder().encode(source), as: UTF8.self)
  return #"{"cell_type": "\#(type)", "metadata": \#(metadata), "source": \#(source)\#(more)}"#
}

/// What a body throws, as diagnostics.
func problems(_ body: () throws -> Void) -> [Diagnostic] {
  do {
    try body()
    return []
  } catch let error as Diagnostics {
    return error.all
  } catch let error as Diagnostic {
    return [error]
  } catch {
    return [Diagnostic("an error of another kind: \(error)")]
  }
}

func areSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
