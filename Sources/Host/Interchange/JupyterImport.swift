import Document
import Foundation
import Record

/// A notebook of Jupyter as a Markdown file.
package struct JupyterImport {
  /// The Markdown file's text.
  package private(set) var text: String

  /// - Parameter file: the notebook's path, for messages.
  /// - Throws: `Diagnostics`, with everything that is wrong with the notebook.
  package init(_ json: String, file: String) throws {
    let notebook = try JupyterFile(json, file: file)
    text = Assembly(notebook).text
  }

  /// Reads the notebook from a file.
  package init(contentsOf path: String) throws {
    try self.init(
      TextFile.read(path, advice: "Give the path of a notebook of Jupyter, a file that ends in '.ipynb'."), file: path)
  }

  /// What Folio finds wrong with the notebook, as warnings at their lines: it can be read and written, but not yet run.
  /// - Parameter path: where the Markdown file is.
  package func problems(at path: String) -> [Diagnostic] {
    do {
      return try Notebook(markdown: text, file: path).warnings
    } catch let error as Diagnostics {
      return error.all.map { problem in
        var problem = problem
        problem.severity = .warning
        return problem
      }
    } catch {
      return [Diagnostic(.warning, "\(error)")]
    }
  }
}

/// Puts a Markdown file together.
///
/// Of what an export kept, a piece takes what still fits it; the rest is written as most would write it: a blank line between pieces, fences
/// of three backticks, or more where the code has as many.
private struct Assembly {
  private let notebook: JupyterFile
  /// What an export kept; nil for a notebook that others wrote.
  private let own: JSONValue?
  private let language: String
  private var parts = NotebookParts("")
  /// The prose as it stood in Jupyter, where an export had given it definitions of links that stand elsewhere, by its place in the pieces.
  private var withDefinitions: [Int: String] = [:]

  init(_ notebook: JupyterFile) {
    self.notebook = notebook
    own = notebook.metadata["folio"].flatMap { $0.object == nil ? nil : $0 }
    let name = notebook.metadata["language_info"]?["name"]?.string ?? notebook.metadata["kernelspec"]?["language"]?.string
    language = Self.word(name ?? "")
    parts.lineEnd = own?["lineEnd"]?.string == "\r\n" ? "\r\n" : "\n"
    parts.hasByteOrderMark = own?["byteOrderMark"]?.bool == true
    var cells = notebook.cells[...]
    readFrontMatter(&cells)
    for (index, cell) in zip(cells.indices, cells) { add(cell, isLast: index == cells.indices.last) }
    separateLinks()
    avoidFrontMatter()
    parts.end = own?["end"]?.string.flatMap { isEnd($0) ? $0 : nil } ?? "\n"
  }

  var text: String { parts.text }

  // MARK: - The front matter

  /// The export's own, else one that stands in a first raw cell as Quarto has it, else one with the notebook's title.
  private mutating func readFrontMatter(_ cells: inout ArraySlice<JupyterFile.Cell>) {
    if let own = own?["frontMatter"]?.string, Self.isFrontMatter(own) {
      parts.frontMatter = own
      return
    }
    if let first = cells.first, first.kind == .raw {
      let text = Self.trimmed(first.source)
      if Self.isFrontMatter(text), (try? Notebook(markdown: text, file: "")) != nil {
        parts.frontMatter = text
        cells = cells.dropFirst()
        return
      }
    }
    // A file without a title has that of its first heading.
    guard let title = notebook.metadata["title"]?.string, !title.isEmpty else { return }
    let prose = cells.first { $0.kind == .markdown }.flatMap { try? Notebook(markdown: $0.source, file: "") }
    if prose?.beginsWithTitle == true, prose?.title == title { return }
    let name = JSONValue.string(title).line
    parts.frontMatter = "---\ntitle: \(name)\n---"
  }

  private static func isFrontMatter(_ text: String) -> Bool {
    let lines = TextLines(text).all.map(TextLines.content)
    guard MarkdownLayout.frontMatterLines(lines) == lines.count, let last = TextLines(text).all.last else { return false }
    return TextLines.end(last).isEmpty
  }

  /// A rule at the top of a file would begin a front matter.
  private mutating func avoidFrontMatter() {
    guard parts.frontMatter.isEmpty, let first = parts.pieces.first, first.before.isEmpty else { return }
    var line = TextLines.content(TextLines(first.text).all.first ?? "")
    // The reader of a file takes it for a byte order mark.
    if line.unicodeScalars.first == "\u{FEFF}" { line.unicodeScalars.removeFirst() }
    if MarkdownLayout.beginsFrontMatter(line) { parts.pieces[0].before = "\n" }
  }

  // MARK: - Pieces

  private mutating func add(_ cell: JupyterFile.Cell, isLast: Bool) {
    // What stands there in a notebook of others was never written by an export of it.
    let folio = own == nil ? nil : cell.metadata["folio"]
    if let generated = folio?["generated"]?.string, TextLines.areSame(generated, cell.source) { return }
    // Jupyter ends most notebooks by an empty cell; those of an export are the author's.
    if own == nil && Self.trimmed(cell.source).isEmpty { return }
    switch cell.kind {
    case .markdown: addProse(cell, folio, isLast: isLast)
    case .code: addCode(cell, folio, isLast: isLast)
    case .raw: add(Fence(around: cell.source, words: Self.language(ofRaw: cell)).text(around: cell.source), folio)
    }
  }

  private mutating func addProse(_ cell: JupyterFile.Cell, _ folio: JSONValue?, isLast: Bool) {
    let whole = Self.trimmed(cell.source)
    if whole.isEmpty { return }
    let source = SharedDefinitions.Needed(json: folio?["definitions"])?.removed(from: whole) ?? whole
    var text = prose(of: source, cell, folio)
    if !isLast { text = Prose.closed(text) }
    if source != whole { withDefinitions[parts.pieces.count] = Prose.closed(prose(of: whole, cell, folio)) }
    add(text, folio, isProse: true)
  }

  /// The Markdown of a cell as it stands in a notebook.
  private func prose(of source: String, _ cell: JupyterFile.Cell, _ folio: JSONValue?) -> String {
    var text = InlineValues(json: folio?["values"]).restored(source)
    if let exact = folio?["exact"]?.string, TextLines.areSame(TextLines.normalized(exact), text) {
      text = exact
    } else {
      text = Prose.withPictures(text, cell.attachments)
    }
    text = Prose.withoutCells(text)
    return own == nil ? Prose.withoutExpressions(text) : text
  }

  /// In Jupyter each cell has labels of its own; in a file all cells share them.
  private mutating func separateLinks() {
    let places = parts.pieces.indices.filter { !parts.pieces[$0].isCell }
    let separated = LinkSeparation(
      places.map { (text: TextLines.normalized(parts.pieces[$0].text), whole: withDefinitions[$0].map(TextLines.normalized)) })
    for (place, text) in zip(places, separated.texts)
    where !TextLines.areSame(text, TextLines.normalized(parts.pieces[place].text)) {
      parts.pieces[place].text = text
    }
  }

  private mutating func addCode(_ cell: JupyterFile.Cell, _ folio: JSONValue?, isLast: Bool) {
    let language = cell.metadata["vscode"]?["languageId"]?.string.map(Self.word) ?? self.language
    guard language.lowercased() == "swift" else {
      return add(Fence(around: cell.source, words: language).text(around: cell.source), folio)
    }
    let tags = cell.metadata["tags"]?.array?.compactMap(\.string) ?? []
    if tags.contains("skip-execution") {
      return add(Fence(around: cell.source, words: "swift norun").text(around: cell.source), folio)
    }
    var candidates = [folio?["exact"]?.string].compactMap(\.self)
    if let open = folio?["open"]?.string, let close = folio?["close"]?.string {
      candidates.append(Fence(open: open, close: close).text(around: cell.source))
    }
    let fitting = candidates.first { Fence.isCell($0, source: cell.source, isLast: isLast) }
    add(fitting ?? Fence(around: cell.source, words: "swift").text(around: cell.source), folio)
  }

  private mutating func add(_ text: String, _ folio: JSONValue?, isProse: Bool = false) {
    let isFirst = parts.pieces.isEmpty && parts.frontMatter.isEmpty
    var before = NotebookParts.usualSpace(isFirst: isFirst)
    if let kept = folio?["before"]?.string, Self.isSpace(kept), isFirst || !TextLines(kept).all.isEmpty { before = kept }
    if isProse, let last = parts.pieces.last, !last.isCell {
      // Nothing but an export's cell that was split or moved comes without a blank line.
      if TextLines(before).all.count < 2 { before = NotebookParts.usualSpace(isFirst: false) }
      if Prose.grow(together: last.text, text) { before += "<!-- -->\n\n" }
    }
    parts.pieces.append(NotebookParts.Piece(before: before, text: text, isCell: !isProse, source: text, line: 0))
  }

  // MARK: - Texts

  /// Whether a text is blank and ends a line, if it is not empty.
  private static func isSpace(_ text: String) -> Bool {
    TextLines(text).all.allSatisfy { TextLines.isBlank($0) && !TextLines.end($0).isEmpty }
  }

  /// Whether a text is blank, and adds nothing to the line before it: the last line of a file need not end.
  private func isEnd(_ text: String) -> Bool {
    let lines = TextLines(text).all
    let isAlone = parts.pieces.isEmpty && parts.frontMatter.isEmpty
    return lines.allSatisfy(TextLines.isBlank) && (isAlone || lines.first.map { TextLines.content($0).isEmpty } ?? true)
  }

  /// Without blank lines at both ends, and without the end of the last line.
  private static func trimmed(_ text: String) -> String {
    let lines = TextLines(text).all
    guard let first = lines.firstIndex(where: { !TextLines.isBlank($0) }),
      let last = lines.lastIndex(where: { !TextLines.isBlank($0) })
    else { return "" }
    return lines[first..<last].joined() + TextLines.content(lines[last])
  }

  /// A language's name as the one word that a fence can have: `R`, `c++`, `wolfram-language`.
  private static func word(_ name: String) -> String {
    let words = name.split(whereSeparator: \.isWhitespace).joined(separator: "-")
    return words.filter { $0.isLetter || $0.isNumber || "+-#._".contains($0) }
  }

  /// Raw cells are for converters: they are shown as what they are written in.
  private static func language(ofRaw cell: JupyterFile.Cell) -> String {
    let types = ["text/html": "html", "text/latex": "latex", "text/markdown": "markdown", "text/restructuredtext": "rst"]
    let type = cell.metadata["raw_mimetype"]?.string ?? cell.metadata["format"]?.string ?? ""
    return types[type] ?? "text"
  }
}
