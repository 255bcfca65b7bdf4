import Document
import Foundation
import Machine
import Planning

/// A notebook as one file of Swift: its cells in order, its prose as comments, its parameters as the value that the cells read.
///
/// `#sourceLocation` before each cell makes the compiler's messages name the line in the Markdown file. Cells stand as they are written:
/// what one defines anew, a script would define twice, and the compiler says so. A cell that is meant to fail would end the script, or keep
/// it from being compiled, and stands as a comment.
package struct SwiftScript {
  private let notebook: Notebook
  private let parts: NotebookParts
  private let path: String
  private let device: Device?

  /// - Parameters:
  ///   - notebook: with the parameters' values that the script shall have.
  ///   - path: what the compiler's messages call the notebook, wherever the script is compiled: its whole path.
  ///   - device: on which models compute where the script's own environment says nothing; the notebook's if it is nil.
  package init(_ notebook: Notebook, parts: NotebookParts, path: String, device: Device? = nil) {
    (self.notebook, self.parts, self.path) = (notebook, parts, path)
    self.device = device ?? notebook.frontMatter.device?.device
  }

  package func text() -> String {
    var sections = [InterchangeFile.scriptMark + Self.line(notebook.file) + "\nimport FolioKit"]
    let head = [notebook.frontMatter.title, notebook.frontMatter.description].compactMap(\.self).joined(separator: "\n\n")
    if !head.isEmpty { sections.append(Self.comment(head)) }
    // A script has no front matter; what it is called with outranks what it holds.
    if let device { sections.append("setenv(\"\(Device.variable)\", \"\(device)\", 0)") }
    if !notebook.frontMatter.parameters.isEmpty {
      sections.append(String(ParametersSource.script(notebook.frontMatter.parameters).dropLast()))
    }
    for cell in notebook.shared {
      let location =
        "#sourceLocation(file: \(CellSource.literal(cell.file.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? path)), line: \(cell.line))"
      sections.append(["// " + Self.line(cell.id), location, cell.source, "#sourceLocation()"].joined(separator: "\n"))
    }
    var cells = notebook.fencedCells.makeIterator()
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
    let place = "// \(Self.line(notebook.file)):\(cell.line)  \(cell.id)"
    if cell.options.expectsError { return "\(place)  (meant to fail)\n" + Self.comment(piece.source) }
    let location = "#sourceLocation(file: \(CellSource.literal(path)), line: \(piece.line))"
    return [place, location, piece.source, "#sourceLocation()"].joined(separator: "\n")
  }

  private static func comment(_ text: String) -> String {
    TextLines.normalized(text).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "//" : "// \($0)" }.joined(separator: "\n")
  }

  private static func line(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}
