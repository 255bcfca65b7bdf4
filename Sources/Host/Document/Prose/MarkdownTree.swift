import CCmark
import Foundation

// What the extensions of Markdown do with cmark's tree.

typealias MarkdownNode = MarkdownParser.Node

extension MarkdownNode {
  var kind: cmark_node_type { cmark_node_get_type(self) }
  /// In the file, from 1.
  var line: Int { Int(cmark_node_get_start_line(self)) + offset }
  var lastLine: Int { Int(cmark_node_get_end_line(self)) + offset }
  /// How many lines of the file stand before the text that the node was read in, where that is a part of the file.
  private var offset: Int { Int(bitPattern: cmark_node_get_user_data(self)) }

  /// Tells a node, and all below it, how many lines of the file stand before the text that it was read in.
  func move(by lines: Int) {
    guard lines > 0 else { return }
    MarkdownParser.forEach(in: self) { cmark_node_set_user_data($0, UnsafeMutableRawPointer(bitPattern: lines)) }
  }
  var next: MarkdownNode? { cmark_node_next(self) }
  var parent: MarkdownNode? { cmark_node_parent(self) }
  var firstChild: MarkdownNode? { cmark_node_first_child(self) }
  var literal: String { MarkdownParser.literal(self) }

  var children: [MarkdownNode] { Array(sequence(first: firstChild) { $0?.next }.prefix { $0 != nil }.compactMap(\.self)) }

  func ancestors(_ isMeant: (MarkdownNode) -> Bool) -> Int {
    sequence(first: self) { $0.parent }.count(where: isMeant)
  }

  /// Takes the node out of its tree for good.
  func remove() {
    cmark_node_unlink(self)
    cmark_node_free(self)
  }

  func append(_ children: [MarkdownNode]) {
    for child in children {
      cmark_node_unlink(child)
      cmark_node_append_child(self, child)
    }
  }

  /// Puts others into the node's place.
  func replace(by nodes: [MarkdownNode]) {
    let line = line
    for node in nodes {
      cmark_node_insert_before(self, node)
      // What is made in its place stands where it stood.
      if node.line == 0, line > 0 { cmark_node_set_user_data(node, UnsafeMutableRawPointer(bitPattern: line)) }
    }
    remove()
  }

  /// A node of a kind that is never refused: the process is out of memory otherwise, as everywhere in cmark.
  static func make(_ kind: cmark_node_type, literal: String? = nil) -> MarkdownNode {
    guard let node = cmark_node_new(kind) else { fatalError("cmark has no memory left.") }
    if let literal { cmark_node_set_literal(node, literal) }
    return node
  }

  /// An element around blocks.
  static func block(_ open: String, _ close: String, _ children: [MarkdownNode] = []) -> MarkdownNode {
    let node = make(CMARK_NODE_CUSTOM_BLOCK)
    cmark_node_set_on_enter(node, open)
    cmark_node_set_on_exit(node, close)
    node.append(children)
    return node
  }

  /// An element around inline content.
  static func inline(_ open: String, _ close: String, _ children: [MarkdownNode] = []) -> MarkdownNode {
    let node = make(CMARK_NODE_CUSTOM_INLINE)
    cmark_node_set_on_enter(node, open)
    cmark_node_set_on_exit(node, close)
    node.append(children)
    return node
  }

  /// A block whose children are inline content, as `<dt>`: cmark knows paragraphs and headings alone, so it is a paragraph that loses its own
  /// tags when it is HTML (`MarkdownTree.unwrapped`).
  static func leaf(_ open: String, _ close: String, _ children: [MarkdownNode]) -> MarkdownNode {
    let paragraph = make(CMARK_NODE_PARAGRAPH)
    paragraph.append([inline(MarkdownTree.leafStart + open, close + MarkdownTree.leafEnd, children)])
    return paragraph
  }

  /// Whether the node is such a block, and no paragraph.
  var isLeaf: Bool {
    guard kind == CMARK_NODE_PARAGRAPH, let only = firstChild, only.kind == CMARK_NODE_CUSTOM_INLINE,
      let open = cmark_node_get_on_enter(only)
    else { return false }
    return String(cString: open).hasPrefix(MarkdownTree.leafStart)
  }

  static func html(_ html: String) -> MarkdownNode { make(CMARK_NODE_HTML_INLINE, literal: html) }
}

enum MarkdownTree {
  // No author can write these: elements of this kind are refused in raw HTML.
  fileprivate static let leafStart = "<folio-leaf>"
  fileprivate static let leafEnd = "</folio-leaf>"

  /// HTML of cmark's with the elements of blocks that cmark does not know.
  static func unwrapped(_ html: String) -> String {
    guard html.contains(leafStart) else { return html }
    return html.replacing("<p>" + leafStart, with: "").replacing(leafEnd + "</p>\n", with: "").replacing(
      leafEnd + "</p>", with: ""
    )
    .replacing(leafStart, with: "").replacing(leafEnd, with: "")
  }

  /// Whether a node stands where its text is no text of the page: in a link, or as a picture's words.
  static func isWithinLink(_ node: MarkdownNode) -> Bool {
    node.ancestors { $0.kind == CMARK_NODE_LINK || $0.kind == CMARK_NODE_IMAGE } > 0
  }

  /// The nodes of a kind below a node, in order.
  static func all(_ kind: cmark_node_type, in root: MarkdownNode) -> [MarkdownNode] {
    var nodes: [MarkdownNode] = []
    MarkdownParser.forEach(in: root) { if $0.kind == kind { nodes.append($0) } }
    return nodes
  }

  /// A text as HTML.
  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }

  /// The words of inline content.
  static func text(of nodes: [MarkdownNode]) -> String {
    var text = ""
    for node in nodes {
      MarkdownParser.forEach(in: node) { node in
        switch node.kind {
        case CMARK_NODE_TEXT, CMARK_NODE_CODE: text += node.literal
        case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: text += " "
        case CMARK_NODE_HTML_INLINE: text += Placeholder.text(of: node.literal) ?? ""
        default: return
        }
      }
    }
    return text
  }

  /// Reads Markdown that stands at a line of a file.
  static func read(_ text: String, line: Int, definitions: LabelDefinitions, options: Int32) -> MarkdownNode? {
    let labels = definitions.named(in: text)
    let text = labels.isEmpty ? text : text + "\n\n" + labels
    let root = cmark_parse_document(text, text.utf8.count, options)
    root?.move(by: line - 1)
    return root
  }

  /// Reads inline Markdown that stands at a line of a file: never a list, a heading, or code that it may look like.
  static func readInline(_ text: String, line: Int, definitions: LabelDefinitions, options: Int32) -> [MarkdownNode] {
    // A colon begins no block, and is punctuation, as the beginning of a line is to emphasis.
    guard let root = read(":" + text, line: line, definitions: definitions, options: options) else { return [] }
    defer { cmark_node_free(root) }
    guard let paragraph = root.firstChild, paragraph.kind == CMARK_NODE_PARAGRAPH else { return [] }
    let nodes = paragraph.children
    for node in nodes { cmark_node_unlink(node) }
    if let first = nodes.first, first.kind == CMARK_NODE_TEXT { cmark_node_set_literal(first, String(first.literal.dropFirst())) }
    return nodes
  }
}
