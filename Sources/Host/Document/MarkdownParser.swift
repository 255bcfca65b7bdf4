import CCmark
import Foundation
import Record

/// Reads the Markdown below the front matter, by cmark.
struct MarkdownParser {
  typealias Node = OpaquePointer

  private var blocks: [Block] = []
  private var cells = CellParser()
  private var anchors: [String: Int] = [:]
  /// The inline expressions of headings, by the nodes that stand in their places.
  private var values: [Node: Heading.Part] = [:]

  static func parse(_ source: inout SourceText) -> [Block] {
    guard let root = document(&source) else { return [] }
    defer { cmark_node_free(root) }
    var parser = MarkdownParser()
    PictureScan.run(root, &source)
    ReferenceScan.run(root, &source)
    replaceRemoteImages(root)
    FenceChecks(root: root).run(&source)
    var child = cmark_node_first_child(root)
    while let node = child {
      parser.read(node, source: &source)
      child = cmark_node_next(node)
    }
    checkFormulaLabels(parser.blocks, &source)
    return parser.blocks
  }

  private mutating func read(_ node: Node, source: inout SourceText) {
    let line = node.line
    takeInlineExpressions(node, source: &source)
    switch cmark_node_get_type(node) {
    case CMARK_NODE_HEADING:
      var heading = Heading(
        level: Int(cmark_node_get_heading_level(node)), html: Self.innerHTML(node), parts: parts(of: node), anchor: "", line: line
      )
      heading.anchor = anchor(heading.source)
      blocks.append(.heading(heading))
    case CMARK_NODE_CODE_BLOCK: readCode(node, line: line, source: &source)
    default:
      let html = Self.html(node)
      // Paragraphs and lists that follow each other are one piece of prose.
      if case .prose(let before, let first)? = blocks.last {
        blocks[blocks.count - 1] = .prose(html: before + html, line: first)
      } else {
        blocks.append(.prose(html: html, line: line))
      }
    }
  }

  /// `cmark 0.30.2`
  static var version: String { "cmark \(String(cString: cmark_version_string()))" }

  // MARK: - Code

  private mutating func readCode(_ node: Node, line: Int, source: inout SourceText) {
    let literal = Self.literal(node)
    let role = FenceRole(information: Self.information(node))
    switch role {
    case .cell:
      let indentation = Int(cmark_node_get_start_column(node)) - 1
      blocks.append(.cell(cells.parse(literal, line: line + 1, indentation: indentation, source: &source)))
    case .listing(let language):
      // The literal of a fence begins on the line after it; that of indented code on its own.
      blocks.append(.listing(Listing(language: language, source: literal, line: language == nil ? line : line + 1)))
    case .unknown, .foreign:
      if let (message, advice) = role.problem { source.report(line: line, message, advice: advice) }
    }
  }

  // MARK: - Prose

  /// Inline expressions become a cell before the prose that they stand in, and HTML that is filled when their values are known.
  private mutating func takeInlineExpressions(_ block: Node, source: inout SourceText) {
    var spans: [Node] = []
    Self.forEach(in: block) { if cmark_node_get_type($0) == CMARK_NODE_CODE { spans.append($0) } }
    var expressions = InlineExpressions()
    for span in spans {
      let line = span.line
      let cell = cells.nextInlineName
      switch expressions.add(Self.literal(span), line: line, cell: cell, source: &source) {
      case nil: continue
      case .code(let code)?: cmark_node_set_literal(span, code)
      case .html(let html)?:
        guard let place = cmark_node_new(CMARK_NODE_HTML_INLINE) else { continue }
        cmark_node_set_literal(place, html)
        if cmark_node_replace(span, place) == 1 { cmark_node_free(span) }
        if let last = expressions.expressions.last {
          values[place] = .value(cell: cell, index: expressions.expressions.count - 1, expression: last.text)
        }
      }
    }
    guard !expressions.isEmpty else { return }
    blocks.append(.cell(cells.inlineCell(expressions, markdown: source.lines)))
  }

  static func information(_ node: Node) -> String { cmark_node_get_fence_info(node).map { String(cString: $0) } ?? "" }

  static func literal(_ node: Node) -> String { cmark_node_get_literal(node).map { String(cString: $0) } ?? "" }

  static func html(_ node: Node) -> String {
    guard let html = cmark_render_html(node, CMARK_OPT_UNSAFE | CMARK_OPT_VALIDATE_UTF8) else { return "" }
    defer { free(html) }
    return MarkdownTree.unwrapped(String(cString: html))
  }

  /// A text as a page shows it.
  static func html(of markdown: String) -> String {
    guard let root = document(markdown) else { return "" }
    defer { cmark_node_free(root) }
    return html(root)
  }

  /// A heading's HTML without its own tags.
  private static func innerHTML(_ node: Node) -> String {
    let html = html(node)
    guard let start = html.firstIndex(of: ">"), let end = html.range(of: "</h", options: .backwards)?.lowerBound, start < end
    else { return html }
    return String(html[html.index(after: start)..<end])
  }

  /// The words of a heading, and its values.
  private func parts(of heading: Node) -> [Heading.Part] {
    var (parts, text) = ([Heading.Part](), "")
    Self.forEach(in: heading) { node in
      switch cmark_node_get_type(node) {
      case CMARK_NODE_TEXT, CMARK_NODE_CODE: text += Self.literal(node)
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: text += " "
      case CMARK_NODE_HTML_INLINE where values[node] == nil: text += Placeholder.text(of: Self.literal(node)) ?? ""
      default:
        guard let value = values[node] else { return }
        parts += text.isEmpty ? [value] : [.text(text), value]
        text = ""
      }
    }
    return text.isEmpty ? parts : parts + [.text(text)]
  }

  /// As GitHub makes them: lower case, words joined by `-`, a number where one comes again.
  private mutating func anchor(_ text: String) -> String {
    let kept = text.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
    let base = kept.isEmpty ? "section" : kept.replacing(" ", with: "-")
    var anchor = base
    while let used = anchors[anchor] {
      anchors[anchor] = used + 1
      anchor = "\(base)-\(used)"
    }
    anchors[anchor] = 1
    return anchor
  }

  /// A page asks no other host for anything: an image that lies elsewhere becomes a link to it.
  private static func replaceRemoteImages(_ root: Node) {
    var images: [Node] = []
    forEach(in: root) { node in
      guard cmark_node_get_type(node) == CMARK_NODE_IMAGE, let url = cmark_node_get_url(node).map({ String(cString: $0) }),
        url.hasPrefix("//") || url.firstMatch(of: /^[A-Za-z][A-Za-z0-9+.-]*:/) != nil && !url.hasPrefix("data:")
      else { return }
      images.append(node)
    }
    for image in images {
      // Within a link, as a badge is, its text is enough: links do not nest.
      guard let link = cmark_node_new(isWithinLink(image) ? CMARK_NODE_EMPH : CMARK_NODE_LINK) else { continue }
      cmark_node_set_url(link, cmark_node_get_url(image))
      cmark_node_set_title(link, cmark_node_get_title(image))
      while let child = cmark_node_first_child(image) { cmark_node_append_child(link, child) }
      if cmark_node_first_child(link) == nil, let text = cmark_node_new(CMARK_NODE_TEXT) {
        cmark_node_set_literal(text, cmark_node_get_url(image))
        cmark_node_append_child(link, text)
      }
      if cmark_node_replace(image, link) == 1 { cmark_node_free(image) }
    }
  }

  private static func isWithinLink(_ node: Node) -> Bool {
    sequence(first: node) { cmark_node_parent($0) }.contains { cmark_node_get_type($0) == CMARK_NODE_LINK }
  }

  /// Visits a node and all below it.
  static func forEach(in root: Node, _ visit: (Node) -> Void) {
    guard let iterator = cmark_iter_new(root) else { return }
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return }
      if event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) { visit(node) }
    }
  }
}
