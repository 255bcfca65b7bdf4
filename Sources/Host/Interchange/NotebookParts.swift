import Document
import Record

/// A notebook's file taken apart into its front matter, its prose and its cells. Joined again, the parts are the file, byte for byte.
package struct NotebookParts {
  /// A piece of prose between cells, or a cell.
  struct Piece: Equatable {
    /// The blank space before it, from the end of the line before.
    var before: String
    /// Its lines as they stand in the file, without the last one's end; of a cell with its fence.
    var text: String
    var isCell: Bool
    /// What Jupyter shows and edits: a cell's options and code, or prose as it is. Its lines end by `\n`.
    var source: String
    /// The line of the source's first line.
    var line: Int
  }

  /// What all lines end with: where some end otherwise than others, `\n`, and they stay as they are.
  var lineEnd = "\n"
  var hasByteOrderMark = false
  /// With its fences, without the end of its last line; empty if there is none.
  var frontMatter = ""
  var pieces: [Piece] = []
  /// What follows the last piece: the end of its line, and blank lines.
  var end = ""

  /// Takes apart the file of a notebook that was read.
  /// - Throws: a `Diagnostic` if the file is not what it was then.
  package init(contentsOf notebook: Notebook) throws {
    let text = try TextFile.read(notebook.file, advice: "It was there a moment ago.")
    try self.init(text, of: notebook)
  }

  /// - Parameter notebook: what the text says.
  package init(_ text: String, of notebook: Notebook) throws {
    self.init(text)
    let cells = notebook.fencedCells
    let isSame = zip(cells, pieces.filter(\.isCell)).allSatisfy { $1.source.hasSuffix($0.source) && $0.line >= $1.line }
    guard isSame, cells.count == pieces.count(where: \.isCell) else {
      throw Diagnostic("\(notebook.file) changed while it was read", advice: "Try again.")
    }
  }

  init(_ text: String) {
    var text = text
    if text.unicodeScalars.first == "\u{FEFF}" {
      hasByteOrderMark = true
      text.unicodeScalars.removeFirst()
    }
    var lines = TextLines(text).all
    let ends = Set(lines.map { Array(TextLines.end($0).utf8) }).subtracting([[]])
    if ends == [[0x0D, 0x0A]] {
      lineEnd = "\r\n"
      lines = TextLines(TextLines.normalized(text)).all
    }
    read(lines)
  }

  private mutating func read(_ lines: [String]) {
    let head = MarkdownLayout.frontMatterLines(lines.map(TextLines.content))
    // What follows the last text that was taken: the end of its line, and blank lines.
    var space = ""
    if head > 0 { (frontMatter, space) = Self.text(lines[..<head]) }
    // The front matter is no Markdown.
    let body = String(repeating: "\n", count: head) + TextLines.normalized(lines[head...].joined())
    var position = head
    for cell in MarkdownLayout(body).code where cell.isTopLevel && cell.isCell {
      addProse(lines, position..<cell.firstLine - 1, &space)
      // A fence that nobody closed holds all lines to the end, blank ones too.
      let last = min(cell.lastLine, lines.count)
      let (text, rest) = Self.text(lines[(cell.firstLine - 1)..<last])
      let source = String(decoding: cell.content.utf8.dropLast(cell.content.utf8.last == 0x0A ? 1 : 0), as: UTF8.self)
      pieces.append(Piece(before: space, text: text, isCell: true, source: source, line: cell.firstLine + 1))
      (space, position) = (rest, last)
    }
    addProse(lines, position..<lines.count, &space)
    end = space
  }

  /// Adds the lines, if they hold any text; the space after it is the next piece's.
  private mutating func addProse(_ lines: [String], _ range: Range<Int>, _ space: inout String) {
    guard let first = range.first(where: { !TextLines.isBlank(lines[$0]) }),
      let last = range.last(where: { !TextLines.isBlank(lines[$0]) })
    else {
      space += lines[range].joined()
      return
    }
    let (text, rest) = Self.text(lines[first...last])
    pieces.append(
      Piece(
        before: space + lines[range.lowerBound..<first].joined(), text: text, isCell: false, source: TextLines.normalized(text),
        line: first + 1))
    space = rest + lines[(last + 1)..<range.upperBound].joined()
  }

  /// Lines as one text, and the end of the last one.
  private static func text(_ lines: ArraySlice<String>) -> (String, end: String) {
    guard let last = lines.last else { return ("", "") }
    return (lines.dropLast().joined() + TextLines.content(last), TextLines.end(last))
  }

  /// The file.
  var text: String {
    let body = frontMatter + pieces.map { $0.before + $0.text }.joined() + end
    let ended =
      lineEnd == "\n"
      ? body : TextLines(body).all.map { TextLines.content($0) + (TextLines.end($0).isEmpty ? "" : lineEnd) }.joined()
    return (hasByteOrderMark ? "\u{FEFF}" : "") + ended
  }

  /// The blank space before a piece where nobody says otherwise: a blank line, unless nothing stands before it.
  static func usualSpace(isFirst: Bool) -> String { isFirst ? "" : "\n\n" }
}
