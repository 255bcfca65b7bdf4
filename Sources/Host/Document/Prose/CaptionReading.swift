import CCmark
import Record

extension SourceText {
  /// The captions of cells as the prose would show them, by what is written: formulas, citations and references in them are those of the page.
  mutating func readCaptions(of blocks: [Block]) -> [String: String] {
    var captions: [String: String] = [:]
    for case .cell(let cell) in blocks {
      for caption in cell.options.captions where captions[caption] == nil {
        captions[caption] = read(caption, line: cell.line)
      }
    }
    return captions
  }

  /// Whether a caption holds raw HTML, or a picture. A `<` that is one, as in `p < 0.05`, is a word.
  private static func hasMarkupOrPictures(_ caption: String) -> Bool {
    guard caption.contains("<") || caption.contains("!["),
      let root = cmark_parse_document(caption, caption.utf8.count, CMARK_OPT_DEFAULT)
    else { return false }
    defer { cmark_node_free(root) }
    return [CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK, CMARK_NODE_IMAGE].contains { !MarkdownTree.all($0, in: root).isEmpty }
  }

  /// A caption as HTML without an element around it; nil for what is no paragraph, and for raw HTML, which is shown as it is written.
  private mutating func read(_ caption: String, line: Int) -> String? {
    guard !Self.hasMarkupOrPictures(caption) else { return nil }
    var source = SourceText(caption, file: file)
    (source.isSmart, source.hasBibliography) = (isSmart, hasBibliography)
    let blocks = MarkdownParser.parse(&source).filter { if case .cell = $0 { false } else { true } }
    guard case .prose(let html, _)? = blocks.first, blocks.count == 1, html.hasPrefix("<p>"), html.hasSuffix("</p>\n"),
      html.ranges(of: "<p>").count == 1
    else { return nil }
    for problem in source.problems {
      if problem.severity == .error {
        report(line: line, "a caption: \(problem.message)", advice: problem.advice)
      } else {
        warn(line: line, "a caption: \(problem.message)", advice: problem.advice ?? "")
      }
    }
    let starts: [Placeholder: Int] = [
      .formula: formulas.count, .citation: citations.count, .tableNumber: proseTables.count,
    ]
    formulas += source.formulas.map { Formula(tex: $0.tex, isDisplay: $0.isDisplay, line: line, column: 1) }
    citations += source.citations.map { $0.moved(to: line) }
    references += source.references.map { Reference(url: $0.url, line: line, isWordless: $0.isWordless) }
    return MarkdownFragment.placed(String(html.dropFirst(3).dropLast(5)), anchors: [], name: "", starts: starts)
  }
}
