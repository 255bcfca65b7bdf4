import Foundation
import Record

/// A text in Markdown that a cell has put out, read as the notebook's prose is.
///
/// It holds prose and listings. Its code is only shown, also where it would be a cell in a notebook. What it names (formulas, works, pictures, tables)
/// stands at the end of the notebook's own lists, so that whoever fills the places of the prose fills those of the fragment too.
package struct MarkdownFragment: Sendable, Equatable {
  /// Prose and listings, in order.
  package var blocks: [Block]

  /// - Parameters:
  ///   - markdown: the text.
  ///   - name: what the anchors within it begin with, so that no two fragments of a page have the same.
  ///   - notebook: whose lists take up what the text names; all of it stands at the line of the cell.
  /// - Throws: `Diagnostics`, with what is wrong at the lines of the text.
  init(_ markdown: String, name: String, line: Int, into notebook: inout Notebook) throws(Diagnostics) {
    var source = SourceText(markdown, file: Self.file)
    let parsed = MarkdownParser.parse(&source)
    guard !source.problems.contains(where: { $0.severity == .error }) else { throw Diagnostics(source.problems) }
    let starts: [Placeholder: Int] = [
      .formula: notebook.formulas.count, .citation: notebook.citations.count, .tableNumber: notebook.proseTables.count,
    ]
    let anchors = Self.anchors(of: parsed)
    blocks = parsed.compactMap { block in
      switch block {
      case .prose(let html, let line):
        return .prose(html: Self.placed(html, anchors: anchors, name: name, starts: starts), line: line)
      case .heading(let heading):
        let level = max(2, heading.level)
        let html = Self.placed(heading.html, anchors: anchors, name: name, starts: starts)
        return .prose(html: "<h\(level) id=\"\(name)-\(heading.anchor)\">\(html)</h\(level)>\n", line: heading.line)
      case .listing: return block
      case .cell(let cell):
        return cell.isInline ? nil : .listing(Listing(language: "swift", source: cell.source, line: cell.line))
      }
    }
    notebook.references += source.references.filter { reference in
      if case .anchor(let anchor) = reference.target { !anchors.contains(anchor) } else { true }
    }.map { Reference(url: $0.url, line: line, isWordless: $0.isWordless, isPicture: $0.isPicture) }
    notebook.pictures += source.pictures.map { $0.moved(to: line) }
    notebook.proseTables += source.proseTables.map { ProseTable(label: nil, caption: $0.caption, line: line) }
    notebook.formulas += source.formulas.map { formula in
      // Its numbers would be others' numbers. What its author has written as a number stays.
      Formula(
        tex: formula.tex, isDisplay: formula.isDisplay, number: formula.label == nil ? formula.number : nil, line: line, column: 1
      )
    }
    notebook.citations += source.citations.map { $0.moved(to: line) }
  }

  /// What diagnostics call the text.
  private static let file = "Markdown"

  /// A longer text is no prose that somebody reads: it is shown as long texts are.
  package static let mostBytes = 500_000

  /// What is wrong with a text, at its lines.
  package static func problems(_ markdown: String) -> [Diagnostic] {
    guard markdown.utf8.count <= mostBytes else {
      return [Diagnostic(.error, at: Place(file: file, line: 1), "it is longer than \(mostBytes) bytes")]
    }
    var source = SourceText(markdown, file: file)
    _ = MarkdownParser.parse(&source)
    return source.problems
  }

  // MARK: - Names within it

  /// The anchors that its prose defines.
  private static func anchors(of blocks: [Block]) -> Set<String> {
    Set(
      blocks.flatMap { block -> [String] in
        switch block {
        case .prose(let html, _): HTMLTags(html).all.compactMap { $0["id"]?.value }
        case .heading(let heading): HTMLTags(heading.html).all.compactMap { $0["id"]?.value } + [heading.anchor]
        case .listing, .cell: []
        }
      })
  }

  /// The HTML with anchors of its own, and with places that count on from those of the notebook. An expression stays as it is written.
  static func placed(_ html: String, anchors: Set<String>, name: String, starts: [Placeholder: Int]) -> String {
    var bytes = Array(InlineExpressions.fill(html) { _, _ in nil }.utf8)
    let tags = HTMLTags(String(decoding: bytes, as: UTF8.self)).all
    let attributes = tags.flatMap { tag in tag.attributes.map { (tag: tag.name, attribute: $0) } }
    for (tag, attribute) in attributes.sorted(by: { $0.attribute.range.lowerBound > $1.attribute.range.lowerBound }) {
      let value: String
      if attribute.name == "n", let start = Placeholder(rawValue: tag).flatMap({ starts[$0] }), let index = Int(attribute.value) {
        value = String(index + start)
      } else if ["id", "for", "aria-labelledby", "aria-describedby"].contains(attribute.name), anchors.contains(attribute.value) {
        value = "\(name)-\(attribute.value)"
      } else if attribute.name == "href", attribute.value.first == "#",
        let anchor = attribute.value.dropFirst().removingPercentEncoding, anchors.contains(anchor)
      {
        value = "#\(name)-\(attribute.value.dropFirst())"
      } else {
        continue
      }
      let escaped = value.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
      bytes.replaceSubrange(attribute.range, with: Array("\"\(escaped)\"".utf8))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Notebook {
  /// The notebook with the texts in Markdown that its cells have put out; those that cannot be read are left out, and shown as texts.
  package func takingFragments(of record: NotebookRecord) -> Notebook {
    var notebook = self
    let lines = Dictionary(cells.map { ($0.id, $0.line) }, uniquingKeysWith: { first, _ in first })
    for cell in record.cells {
      for (index, output) in cell.outputs.enumerated() {
        guard case .markdown(let markdown) = output, markdown.text.utf8.count <= MarkdownFragment.mostBytes else { continue }
        let name = "\(RecordFiles.name(cell.id))-\(index + 1)"
        // A failed one has added nothing to the lists.
        notebook.fragments[cell.id, default: [:]][index] = try? MarkdownFragment(
          markdown.text, name: name, line: lines[cell.id] ?? 1, into: &notebook)
      }
    }
    return notebook
  }
}
