import Document
import Foundation
import Planning

/// A notebook as one file of Swift: its cells in order, its prose as comments, its parameters as the value that the cells read.
///
/// `#sourceLocation` before each cell makes the compiler's messages name the line in the Markdown file. Cells stand as they are written:
/// what one defines anew, a script would define twice, and the compiler says so. A cell that is meant to fail would end the script, or keep
/// it from being compiled, and stands as a comment.
public struct SwiftScript {
  private let document: Notebook
  private let parts: NotebookParts

  /// - Parameter document: with the parameters' values that the script shall have.
  public init(_ document: Notebook, parts: NotebookParts) { (self.document, self.parts) = (document, parts) }

  public func text() -> String {
    var sections = [Interchange.scriptMark + Self.line(document.file) + "\nimport FolioKit"]
    let head = [document.frontMatter.title, document.frontMatter.description].compactMap(\.self).joined(separator: "\n\n")
    if !head.isEmpty { sections.append(Self.comment(head)) }
    if !document.frontMatter.parameters.isEmpty {
      sections.append(String(ParametersSource.script(document.frontMatter.parameters).dropLast()))
    }
    var cells = document.fencedCells.makeIterator()
    for piece in parts.pieces {
      if piece.isCell, let cell = cells.next() {
        sections.append(section(cell, piece))
      } else {
        sections.append(Self.comment(piece.source))
      }
    }
    return sections.joined(separator: "\n\n") + "\n"
  }

  private func section(_ cell: Cell, _ piece: NotebookParts.Piece) -> String {
    let place = "// \(Self.line(document.file)):\(cell.line)  \(cell.id)"
    if cell.options.expectsError { return "\(place)  (meant to fail)\n" + Self.comment(piece.source) }
    let location = "#sourceLocation(file: \(CellSource.literal(document.file)), line: \(piece.line))"
    return [place, location, piece.source, "#sourceLocation()"].joined(separator: "\n")
  }

  private static func comment(_ text: String) -> String {
    Lines.normalized(text).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "//" : "// \($0)" }.joined(separator: "\n")
  }

  private static func line(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}
