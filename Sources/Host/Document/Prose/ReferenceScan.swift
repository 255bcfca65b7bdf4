import CCmark
import Foundation
import Record

/// Finds the links of the prose, those of raw HTML too.
struct ReferenceScan {
  static func run(_ root: MarkdownParser.Node, _ source: inout SourceText) {
    MarkdownParser.forEach(in: root) { node in
      let line = node.line
      switch cmark_node_get_type(node) {
      case CMARK_NODE_LINK:
        let isWordless = cmark_node_first_child(node) == nil
        source.references.append(Reference(url: url(node), line: line, isWordless: isWordless))
      case CMARK_NODE_IMAGE where isOutput(url(node)):
        source.references.append(Reference(url: url(node), line: line, isPicture: true))
        guard let parent = cmark_node_parent(node), cmark_node_get_type(parent) == CMARK_NODE_PARAGRAPH,
          cmark_node_previous(node) == nil, cmark_node_next(node) == nil
        else {
          source.report(
            line: line, "an output of another notebook stands within a paragraph",
            advice: "Give it a paragraph of its own: an empty line before it, and one behind.")
          return
        }
      case CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK:
        for tag in HTMLTags(MarkdownParser.literal(node)).all where tag.name == "a" {
          if let link = tag["href"] { source.references.append(Reference(url: link.value, line: line)) }
        }
      default: return
      }
    }
  }

  /// Whether a picture's URL names an output of another notebook.
  static func isOutput(_ url: String) -> Bool {
    if case .notebook(_, anchor: _?) = Reference(url: url, line: 0).target { true } else { false }
  }

  private static func url(_ node: MarkdownParser.Node) -> String { cmark_node_get_url(node).map { String(cString: $0) } ?? "" }
}

/// A caption: one paragraph of Markdown.
package enum CaptionText {
  /// As HTML without an element around it. Raw HTML is shown as it is written; a text that is no paragraph too.
  package static func html(_ markdown: String) -> String {
    guard let root = cmark_parse_document(markdown, markdown.utf8.count, CMARK_OPT_DEFAULT) else { return "" }
    defer { cmark_node_free(root) }
    guard let paragraph = cmark_node_first_child(root), cmark_node_next(paragraph) == nil,
      cmark_node_get_type(paragraph) == CMARK_NODE_PARAGRAPH
    else { return escaped(markdown) }
    var raw: [MarkdownParser.Node] = []
    var pictures = false
    MarkdownParser.forEach(in: root) { node in
      if cmark_node_get_type(node) == CMARK_NODE_HTML_INLINE { raw.append(node) }
      if cmark_node_get_type(node) == CMARK_NODE_IMAGE { pictures = true }
    }
    // The page asks nobody for pictures, and those of captions are not put into it.
    if pictures { return escaped(markdown) }
    for node in raw {
      guard let text = cmark_node_new(CMARK_NODE_TEXT) else { continue }
      cmark_node_set_literal(text, MarkdownParser.literal(node))
      if cmark_node_replace(node, text) == 1 { cmark_node_free(node) }
    }
    guard let rendered = cmark_render_html(root, CMARK_OPT_VALIDATE_UTF8) else { return "" }
    defer { free(rendered) }
    let html = String(cString: rendered)
    guard html.hasPrefix("<p>"), let end = html.range(of: "</p>", options: .backwards) else { return escaped(markdown) }
    return String(html[html.index(html.startIndex, offsetBy: 3)..<end.lowerBound])
  }

  /// The words of a caption, without what marks them.
  package static func plain(_ markdown: String) -> String {
    guard let root = cmark_parse_document(markdown, markdown.utf8.count, CMARK_OPT_DEFAULT) else { return markdown }
    defer { cmark_node_free(root) }
    var text = ""
    MarkdownParser.forEach(in: root) { node in
      switch cmark_node_get_type(node) {
      case CMARK_NODE_TEXT, CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE: text += MarkdownParser.literal(node)
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: text += " "
      default: return
      }
    }
    return text.isEmpty ? markdown : text
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
