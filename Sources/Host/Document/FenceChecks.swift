import CCmark
import Record

/// Finds fences that look like cells and are none, since of where they stand: within a list, a quote, raw HTML, indented code or another
/// fence. What cannot be meant is an error; what may be a text about Folio is a warning.
struct FenceChecks {
  let root: MarkdownParser.Node

  func run(_ source: inout SourceText) {
    MarkdownParser.forEach(in: root) { node in
      switch cmark_node_get_type(node) {
      case CMARK_NODE_CODE_BLOCK: checkCode(node, &source)
      case CMARK_NODE_HTML_BLOCK: checkHTML(node, &source)
      default: return
      }
    }
  }

  private func checkCode(_ node: MarkdownParser.Node, _ source: inout SourceText) {
    let line = node.line
    let role = FenceRole(information: MarkdownParser.information(node))
    if cmark_node_parent(node) != root, !role.isListing {
      source.report(
        line: line, "a cell stands within a list or a quote",
        advice: "Move it to the top level, or write 'swift norun' if it is only to be shown.")
    }
    guard role.isListing else { return }
    let column = Int(cmark_node_get_start_column(node))
    let opening = source.lines.indices.contains(line - 1) ? source.lines[line - 1] : ""
    let (literal, rest) = (MarkdownParser.literal(node), String(decoding: opening.utf8.dropFirst(column - 1), as: UTF8.self))
    // Indented code begins on its first line; a fence that is shown holds no second one of its kind on the next.
    let fence = literal.hasPrefix(rest + "\n") ? nil : FenceLine(rest)
    checkInside(literal, of: fence, firstLine: fence == nil ? line : line + 1, &source)
  }

  /// Within a longer fence, or one of the other marks, a cell may be shown. One that would have ended the fence around it was not meant for
  /// a part of it; and code that is indented too far is easily taken for a cell.
  private func checkInside(_ literal: String, of fence: FenceLine?, firstLine: Int, _ source: inout SourceText) {
    for (offset, text) in literal.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let inner = FenceLine(text), !inner.role.isListing else { continue }
      guard let fence else {
        source.warn(
          line: firstLine + offset, "what looks like a cell is indented code, and does not run",
          advice: "Indent a cell by at most three columns. To show one, put it into a fence of four backticks.")
        continue
      }
      if inner.breaks(fence.marks) {
        source.warn(
          line: firstLine + offset, "what looks like a cell stands within the code that begins in line \(firstLine - 1)",
          advice: "End that code before it; or, to show the cell, give the fence around it one more mark than the cell has.")
      }
    }
  }

  private func checkHTML(_ node: MarkdownParser.Node, _ source: inout SourceText) {
    guard let offset = Self.cellOffsets(inHTML: MarkdownParser.literal(node)).first else { return }
    source.report(
      line: node.line + offset, "a cell stands within raw HTML",
      advice: "Put a blank line between the HTML and the fence.")
  }

  /// The lines of raw HTML, counted from 0, that look like the beginning of a cell. Comments, scripts and preformatted text may hold what
  /// they like.
  static func cellOffsets(inHTML html: String) -> [Int] {
    guard html.prefixMatch(of: /\s*<(!--|pre|script|style|textarea)/.ignoresCase()) == nil else { return [] }
    let lines = html.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.filter { index in FenceLine(lines[index]).map { !$0.role.isListing } ?? false }
  }
}
