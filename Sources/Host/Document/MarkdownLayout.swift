import CCmark

/// Where the blocks of a Markdown text stand, for those who take notebooks apart and put them together.
///
/// The text ends its lines by `\n`. What the layout says of a part of a notebook between two top-level fences is what it says of the
/// whole: such a fence ends every list, quote and paragraph before it.
package struct MarkdownLayout {
  /// A block of code, fenced or indented.
  package struct Code {
    /// Counted from 1. Of a fence, the line of its opening marks, and that of its closing ones, if it has any.
    package var firstLine: Int
    package var lastLine: Int
    /// How many columns it is indented.
    package var indentation: Int
    /// What is in it, as CommonMark reads it: without the fence's indentation, with a line break at its end if it is not empty.
    package var content: String
    /// Whether it stands in no list or quote.
    package var isTopLevel: Bool
    /// Whether its words are those of a cell: `swift`.
    package var isCell: Bool
    /// Whether a notebook runs it, or refuses it, since it looks like a cell: `Swift`.
    package var looksLikeCell: Bool
  }

  /// The first lines of the top-level blocks.
  package private(set) var blockLines: [Int] = []
  package private(set) var code: [Code] = []
  /// The lines in raw HTML that look like the beginning of a cell, which a notebook refuses.
  package private(set) var cellLinesInHTML: [Int] = []

  package init(_ markdown: String) {
    guard let root = MarkdownParser.document(markdown) else { return }
    defer { cmark_node_free(root) }
    MarkdownParser.forEach(in: root) { node in
      let isTopLevel = cmark_node_parent(node) == root
      if isTopLevel { blockLines.append(Int(cmark_node_get_start_line(node))) }
      if cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK { code.append(Self.code(node, isTopLevel: isTopLevel)) }
      if cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK {
        let first = Int(cmark_node_get_start_line(node))
        cellLinesInHTML += FenceChecks.cellOffsets(inHTML: MarkdownParser.literal(node)).map { first + $0 }
      }
    }
  }

  private static func code(_ node: MarkdownParser.Node, isTopLevel: Bool) -> Code {
    let role = FenceRole(information: MarkdownParser.information(node))
    return Code(
      firstLine: Int(cmark_node_get_start_line(node)), lastLine: Int(cmark_node_get_end_line(node)),
      indentation: max(0, Int(cmark_node_get_start_column(node)) - 1), content: MarkdownParser.literal(node),
      isTopLevel: isTopLevel, isCell: role == .cell, looksLikeCell: !role.isListing)
  }

  /// Whether a line at the very top of a file begins its front matter.
  package static func beginsFrontMatter(_ line: String) -> Bool { FrontMatterParser.isFence(line) }

  /// How many inline expressions a text has.
  package static func inlineExpressionCount(_ markdown: String) -> Int {
    guard let root = MarkdownParser.document(markdown) else { return 0 }
    defer { cmark_node_free(root) }
    var count = 0
    MarkdownParser.forEach(in: root) { node in
      if cmark_node_get_type(node) == CMARK_NODE_CODE, InlineExpressions.runs(MarkdownParser.literal(node)) { count += 1 }
    }
    return count
  }

  /// How many lines the front matter takes at the top of a file, with both of its fences; 0 if there is none.
  package static func frontMatterLines(_ lines: some Collection<String>) -> Int { FrontMatterParser.lineCount(lines) ?? 0 }
}
