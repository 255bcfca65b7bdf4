import Document
import Foundation
import Planning
import Record

/// A notebook as Jupyter's `ipynb`, in format 4.5: prose in Markdown cells, cells with their outputs in code cells.
package struct JupyterNotebook {
  private let notebook: Notebook
  private let parts: NotebookParts
  private let record: NotebookRecord?
  private var ids: Set<String> = []

  /// - Parameters:
  ///   - notebook: with the parameters' values of the run.
  ///   - parts: the file of the notebook.
  ///   - record: what the cells put out; nil for a notebook without outputs.
  package init(_ notebook: Notebook, parts: NotebookParts, record: NotebookRecord?) {
    (self.notebook, self.parts, self.record) = (notebook, parts, record)
  }

  /// The file's text.
  package func text() -> String {
    var notebook = self
    return notebook.json().text(numbersShareLines: false) + "\n"
  }

  private mutating func json() -> JSONValue {
    var metadata: [String: JSONValue] = [
      "kernelspec": ["display_name": "Swift", "language": "swift", "name": "swift"],
      "language_info": [
        "codemirror_mode": "swift", "file_extension": ".swift", "mimetype": "text/x-swift", "name": "swift",
        "pygments_lexer": "swift",
      ],
      "folio": .object(fileMetadata),
    ]
    if let title = notebook.frontMatter.title { metadata["title"] = .string(title) }
    return [
      "cells": .array(cells()), "metadata": .object(metadata), "nbformat": 4, "nbformat_minor": 5,
    ]
  }

  /// What of the file belongs to no cell.
  private var fileMetadata: [String: JSONValue] {
    var metadata: [String: JSONValue] = [:]
    if !parts.frontMatter.isEmpty { metadata["frontMatter"] = .string(parts.frontMatter) }
    if parts.lineEnd != "\n" { metadata["lineEnd"] = .string(parts.lineEnd) }
    if parts.hasByteOrderMark { metadata["byteOrderMark"] = true }
    if parts.end != "\n" { metadata["end"] = .string(parts.end) }
    return metadata
  }

  // MARK: - Cells

  private mutating func cells() -> [JSONValue] {
    var cells: [JSONValue] = []
    if let head = NotebookHead(notebook, record: record).markdown {
      cells.append(markdown(head, id: "title", folio: ["generated": .string(head)]))
    }
    var fencedCells = notebook.fencedCells.makeIterator()
    let expressions = inlineValues
    let definitions = SharedDefinitions(parts.pieces.map { $0.before + $0.text }.joined())
    // By the cell before it: so prose keeps its id when other prose comes or goes.
    var prose = "prose"
    for (index, piece) in parts.pieces.enumerated() {
      var kept: [String: JSONValue] = [:]
      if piece.before != NotebookParts.usualSpace(isFirst: index == 0 && parts.frontMatter.isEmpty) {
        kept["before"] = .string(piece.before)
      }
      if piece.isCell, let cell = fencedCells.next() {
        cells.append(code(cell, piece, kept: kept))
        prose = "after-" + cell.id
      } else {
        if !TextLines.areSame(piece.text, piece.source) { kept["exact"] = .string(piece.text) }
        let (text, values) = InlineValues.fill(piece.source, firstLine: piece.line, expressions)
        kept["values"] = values.json
        let needed = definitions.needed(by: piece.source)
        kept["definitions"] = needed?.json
        cells.append(markdown(needed?.added(to: text) ?? text, id: prose, folio: kept))
      }
    }
    return cells
  }

  /// The inline expressions that have a value, in order.
  private var inlineValues: [(expression: InlineExpression, value: String)] {
    notebook.cells.filter(\.isInline).flatMap { cell in
      zip(cell.expressions, record?.cells.first { $0.id == cell.id }?.values ?? []).map { ($0, $1) }
    }
  }

  private mutating func markdown(_ source: String, id: String, folio: [String: JSONValue]) -> JSONValue {
    [
      "cell_type": "markdown", "id": .string(unique(id)), "metadata": folio.isEmpty ? [:] : ["folio": .object(folio)],
      "source": Self.lines(source),
    ]
  }

  private mutating func code(_ cell: Cell, _ piece: NotebookParts.Piece, kept: [String: JSONValue]) -> JSONValue {
    var metadata: [String: JSONValue] = [:]
    var folio = kept
    folio.merge(Self.fence(of: piece)) { $1 }
    if !folio.isEmpty { metadata["folio"] = .object(folio) }
    var hidden: [String: JSONValue] = [:]
    if !cell.options.echo || cell.options.fold { hidden["source_hidden"] = true }
    if !cell.options.output { hidden["outputs_hidden"] = true }
    if !hidden.isEmpty { metadata["jupyter"] = .object(hidden) }
    // So that what runs it elsewhere goes on after it.
    if cell.options.expectsError { metadata["tags"] = ["raises-exception"] }
    let record = record?.cells.first { $0.id == cell.id }
    let hasRun = record.map { $0.outcome != .notRun } ?? false
    return [
      "cell_type": "code", "execution_count": hasRun ? .number(Double(cell.ordinal)) : .null, "id": .string(unique(cell.id)),
      "metadata": .object(metadata), "outputs": .array(record.map { JupyterOutputs(cell, $0).all } ?? []),
      "source": Self.lines(piece.source),
    ]
  }

  /// What of a cell's lines in the file an import would not write by itself.
  private static func fence(of piece: NotebookParts.Piece) -> [String: JSONValue] {
    let usual = Fence(around: piece.source, words: "swift")
    if TextLines.areSame(usual.text(around: piece.source), piece.text) { return [:] }
    let own = Fence(of: piece.text, source: piece.source)
    var kept: [String: JSONValue] = ["open": .string(own.open), "close": .string(own.close)]
    if !TextLines.areSame(own.text(around: piece.source), piece.text) { kept["exact"] = .string(piece.text) }
    return kept
  }

  /// An id must be unique, of ASCII's letters, digits, `-` and `_`, and at most 64 characters long.
  private mutating func unique(_ id: String) -> String {
    let base = String(RecordFiles.name(id).replacing("~", with: "_").prefix(56))
    var unique = base
    var count = 2
    while !ids.insert(unique).inserted {
      unique = "\(base)-\(count)"
      count += 1
    }
    return unique
  }

  /// A text as Jupyter keeps it, so that a change of a line is one: a list of lines with their ends.
  static func lines(_ text: String) -> JSONValue {
    var lines: [JSONValue] = []
    var rest = text.utf8[...]
    while let end = rest.firstIndex(of: 0x0A) {
      lines.append(.string(String(decoding: rest[...end], as: UTF8.self)))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { lines.append(.string(String(decoding: rest, as: UTF8.self))) }
    return .array(lines)
  }
}
