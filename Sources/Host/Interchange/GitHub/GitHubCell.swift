import Document
import Record
import Rendering
import Text

/// A cell as GitHub shows it: its code, then its outputs in the order in which they came.
struct GitHubCell {
  /// How many outputs of a cell are shown: one that shows thousands of values would hide the notebook around it.
  private static let mostOutputs = 200

  private let cell: Cell
  private let record: CellRecord?
  private let document: GitHubMarkdown

  init(_ cell: Cell, record: CellRecord?, of document: GitHubMarkdown) {
    (self.cell, self.record, self.document) = (cell, record, document)
  }

  func markdown(_ files: inout GitHubFiles) -> String {
    let anchor = cell.options.label == nil ? nil : GitHubMarkdown.anchor(cell.id)
    let words: String? =
      switch record?.outcome {
      case .notRun: PageWords.current.notRun
      case .failedAsExpected: PageWords.current.meantToFail
      case .succeeded, .failed, nil: nil
      }
    let status = words.map { "*\(Prose.escaped($0))*" }
    let parts = [anchor, code, status, outputs(&files)].compactMap(\.self).filter { !$0.isEmpty }
    // An anchor to nothing would be a paragraph of its own.
    return parts.count == 1 && parts.first == anchor ? "" : parts.joined(separator: "\n\n")
  }

  private var code: String? {
    guard cell.options.echo else { return nil }
    let source = cell.source.hasSuffix("\n") ? String(cell.source.dropLast()) : cell.source
    let block = Fence(around: source, words: "swift").text(around: source)
    guard cell.options.fold else { return block }
    return "<details>\n<summary>\(PageWords.current.code)</summary>\n\n\(block)\n\n</details>"
  }

  /// Below them stand the captions of what is no figure and no table.
  func outputs(_ files: inout GitHubFiles) -> String? {
    guard let record else { return nil }
    let all = record.shownOutputs(hidden: !cell.options.output)
    let numbered = document.numbered.items[cell.id] ?? [:]
    var context = GitHubContext(cell: RecordFiles.name(cell.id), files: files)
    context.alt = all.count { $0.content.bearsCaption } == 1 ? cell.options.alt : nil
    var (parts, place) = ([String](), 0)
    for (index, output) in all.enumerated() where index < Self.mostOutputs {
      context.number = index + 1
      var shown = output.gitHubForm.gitHub(in: &context)
      if case .markdown(let markdown) = output {
        var prose = GitHubProse(markdown.text, firstLine: nil, of: document)
        shown = Prose.closed(prose.markdown(&context.files))
      }
      if NumberedOutputs.Kind(output) != nil {
        place += 1
        if let item = numbered[place] {
          let anchor = item.anchor == cell.id ? nil : GitHubMarkdown.anchor(item.anchor)
          shown = [anchor, shown, "**\(item.name).** \(item.caption)"].compactMap(\.self).joined(separator: "\n\n")
        }
      }
      parts.append(shown)
    }
    if all.count > Self.mostOutputs { parts.append("*\(PageWords.current.outputsLeftOut(all.count - Self.mostOutputs))*") }
    if numbered.isEmpty, !all.isEmpty { parts += cell.options.captions }
    files = context.files
    let shown = parts.filter { !$0.isEmpty }
    return shown.isEmpty ? nil : shown.joined(separator: "\n\n")
  }
}
