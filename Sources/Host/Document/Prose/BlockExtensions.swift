import CCmark
import Foundation

/// Callouts, task lists and definition lists, of what CommonMark takes for quotes, lists and paragraphs.
enum BlockExtensions {
  static func run(_ root: MarkdownNode) {
    for quote in MarkdownTree.all(CMARK_NODE_BLOCK_QUOTE, in: root) { makeCallout(quote) }
    for item in MarkdownTree.all(CMARK_NODE_ITEM, in: root) { makeTask(item) }
    var previous: MarkdownNode?
    for paragraph in MarkdownTree.all(CMARK_NODE_PARAGRAPH, in: root) { makeDefinitions(paragraph, after: &previous) }
  }

  // MARK: - Callouts

  static let callouts = ["note": "Note", "tip": "Tip", "important": "Important", "warning": "Warning", "caution": "Caution"]

  /// `> [!NOTE]`, as GitHub has it; a title of its own may stand behind it.
  private static func makeCallout(_ quote: MarkdownNode) {
    guard let paragraph = quote.firstChild, paragraph.kind == CMARK_NODE_PARAGRAPH, let first = paragraph.firstChild,
      first.kind == CMARK_NODE_TEXT, first.literal.hasPrefix("[!"),
      let match = first.literal.prefixMatch(of: /\[!([A-Za-z]+)\](?:[ \t]+|$)/),
      let title = callouts[match.1.lowercased()]
    else { return }
    let kind = match.1.lowercased()
    cmark_node_set_literal(first, String(first.literal[match.range.upperBound...]))
    // The first line is the title.
    let children = paragraph.children
    let end = children.firstIndex { $0.kind == CMARK_NODE_SOFTBREAK || $0.kind == CMARK_NODE_LINEBREAK } ?? children.count
    let isOwn = children[..<end].contains { $0.kind != CMARK_NODE_TEXT || !$0.literal.isEmpty }
    let words = isOwn ? Array(children[..<end]) : [.make(CMARK_NODE_TEXT, literal: title)]
    let titled = MarkdownNode.leaf("<p class=\"callout-title\">", "</p>\n", words)
    if end < children.count {
      let text = MarkdownNode.make(CMARK_NODE_PARAGRAPH)
      text.append(Array(children[(end + 1)...]))
      cmark_node_insert_after(paragraph, text)
    }
    paragraph.remove()
    let callout = MarkdownNode.block(
      "<div class=\"callout \(kind)\" role=\"note\" aria-label=\"\(title)\">\n", "</div>\n", [titled] + quote.children)
    quote.replace(by: [callout])
  }

  // MARK: - Tasks

  private static func makeTask(_ item: MarkdownNode) {
    guard let paragraph = item.firstChild, paragraph.kind == CMARK_NODE_PARAGRAPH, let first = paragraph.firstChild,
      first.kind == CMARK_NODE_TEXT, first.literal.hasPrefix("["),
      let match = first.literal.prefixMatch(of: /\[([ xX])\](?=\s)/)
    else { return }
    let isDone = match.1 != " "
    cmark_node_set_literal(first, String(first.literal[match.range.upperBound...]))
    let box =
      "<input type=\"checkbox\" disabled=\"\"\(isDone ? " checked=\"\"" : "") aria-label=\"\(isDone ? "done" : "to do")\">"
    cmark_node_prepend_child(paragraph, .html(box))
  }

  // MARK: - Definition lists

  /// `Term`, and on the next line `: What it means.`
  private static func makeDefinitions(_ paragraph: MarkdownNode, after previous: inout MarkdownNode?) {
    var lines: [[MarkdownNode]] = [[]]
    for child in paragraph.children {
      let begins = child.kind == CMARK_NODE_SOFTBREAK && isDefinition(child.next)
      if begins { lines.append([]) } else { lines[lines.count - 1].append(child) }
    }
    let above = cmark_node_previous(paragraph)
    // A paragraph that begins with a colon goes on with what stands above it: a list, or a term on one line.
    let begins = isDefinition(paragraph.firstChild)
    let goesOn = begins && previous != nil && above == previous
    let term = begins && !goesOn ? above.flatMap { isTerm($0) ? $0 : nil } : nil
    guard begins ? goesOn || term != nil : lines.count > 1 && isOneLine(lines[0]) else { return }
    var parts: [MarkdownNode] = []
    if let term { parts.append(.leaf("<dt>", "</dt>\n", term.children)) }
    if !begins { parts.append(.leaf("<dt>", "</dt>\n", lines.removeFirst())) }
    term?.remove()
    for line in lines {
      if let first = line.first { cmark_node_set_literal(first, String(first.literal.dropFirst().drop(while: \.isWhitespace))) }
      parts.append(.leaf("<dd>", "</dd>\n", line))
    }
    if let list = previous, cmark_node_previous(paragraph) == list {
      list.append(parts)
      paragraph.remove()
    } else {
      for break_ in paragraph.children where break_.kind == CMARK_NODE_SOFTBREAK { break_.remove() }
      let list = MarkdownNode.block("<dl>\n", "</dl>\n", parts)
      paragraph.replace(by: [list])
      previous = list
    }
  }

  private static func isTerm(_ node: MarkdownNode) -> Bool {
    node.kind == CMARK_NODE_PARAGRAPH && !node.isLeaf && isOneLine(node.children)
  }

  private static func isOneLine(_ nodes: [MarkdownNode]) -> Bool {
    !nodes.contains { $0.kind == CMARK_NODE_SOFTBREAK || $0.kind == CMARK_NODE_LINEBREAK }
  }

  private static func isDefinition(_ node: MarkdownNode?) -> Bool {
    guard let node, node.kind == CMARK_NODE_TEXT else { return false }
    let text = node.literal
    return text.hasPrefix(":") && (text.prefixMatch(of: /:[ \t]+\S/) != nil || text == ": ")
  }
}
