import CCmark
import Foundation

extension MathematicsMask {
  /// Puts the formulas into a document that cmark has made of the masked text: placeholders in prose, what was written anywhere else. Fences
  /// whose language is `math` become formulas too.
  /// - Parameter lines: those of the file.
  /// - Returns: the formulas in the order of their placeholders' indices.
  func place(in root: MarkdownParser.Node, lines: [String]) -> [MathematicsSource] {
    var placement = MathematicsPlacement(mask: self, lines: lines)
    var nodes: [MarkdownParser.Node] = []
    MarkdownParser.forEach(in: root) { nodes.append($0) }
    for node in nodes { placement.visit(node) }
    return placement.found
  }
}

private struct MathematicsPlacement {
  typealias Node = MarkdownParser.Node

  let mask: MathematicsMask
  let lines: [String]
  private(set) var found: [MathematicsSource] = []
  /// How many line breaks of the formula that was placed last are still to come.
  private var breaks = 0
  /// What was written on the lines that are still to come of a formula that is none.
  private var pieces: ArraySlice<[UInt8]> = []

  init(mask: MathematicsMask, lines: [String]) { (self.mask, self.lines) = (mask, lines) }

  mutating func visit(_ node: Node) {
    switch cmark_node_get_type(node) {
    case CMARK_NODE_TEXT: isInPicture(node) ? restoreLiteral(node) : split(node)
    case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK:
      guard breaks > 0 else { return }
      breaks -= 1
      cmark_node_unlink(node)
      cmark_node_free(node)
    case CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK: restoreLiteral(node)
    case CMARK_NODE_CODE_BLOCK:
      restoreLiteral(node)
      if let info = restored(MarkdownParser.information(node)) { cmark_node_set_fence_info(node, info) }
      if MarkdownParser.information(node).split(whereSeparator: \.isWhitespace).first == "math" { placeFence(node) }
    case CMARK_NODE_LINK, CMARK_NODE_IMAGE:
      if let url = cmark_node_get_url(node).flatMap({ restored(String(cString: $0)) }) { cmark_node_set_url(node, url) }
      if let title = cmark_node_get_title(node).flatMap({ restored(String(cString: $0)) }) { cmark_node_set_title(node, title) }
    default: return
    }
  }

  private func isInPicture(_ node: Node) -> Bool {
    guard !mask.isEmpty else { return false }
    return sequence(first: node) { cmark_node_parent($0) }.contains { cmark_node_get_type($0) == CMARK_NODE_IMAGE }
  }

  // MARK: - Formulas

  private mutating func split(_ node: Node) {
    guard !mask.isEmpty else { return }
    let literal = MarkdownParser.literal(node)
    guard literal.unicodeScalars.contains(where: { mask.masked[$0] != nil }) || literal.utf8.contains(mask.filler) else { return }
    var (text, parts) = ("", [Node]())
    func flush() {
      guard !text.isEmpty, let part = cmark_node_new(CMARK_NODE_TEXT) else { return }
      cmark_node_set_literal(part, text)
      parts.append(part)
      text = ""
    }
    for scalar in literal.unicodeScalars where scalar != Unicode.Scalar(mask.filler) {
      guard let formula = mask.masked[scalar] else {
        text.unicodeScalars.append(scalar)
        continue
      }
      flush()
      if let part = placeholder(formula.source) { parts.append(part) }
      breaks = formula.pieces.count - 1
    }
    flush()
    node.replace(by: parts)
  }

  /// The element that stands for a formula, with what was written for those who know no better.
  private mutating func placeholder(_ source: MathematicsSource) -> Node? {
    guard let node = cmark_node_new(CMARK_NODE_HTML_INLINE) else { return nil }
    let tex = source.tex.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: "\n")
    cmark_node_set_literal(node, Formula.placeholder(found.count, tex: tex))
    found.append(source)
    return node
  }

  private mutating func placeFence(_ node: Node) {
    let first = node.line
    var literal = MarkdownParser.literal(node).split(separator: "\n", omittingEmptySubsequences: false)
    if literal.last?.isEmpty == true { literal.removeLast() }
    let tex = literal.enumerated().map { offset, text in
      let line = lines.indices.contains(first + offset) ? Array(lines[first + offset].utf8) : []
      return MathematicsSource.Piece(line: first + offset, start: max(0, line.count - text.utf8.count), bytes: Array(text.utf8))
    }
    guard let paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH),
      let place = placeholder(MathematicsSource(tex: tex, isDisplay: true)), cmark_node_append_child(paragraph, place) == 1
    else { return }
    if cmark_node_replace(node, paragraph) == 1 { cmark_node_free(node) }
  }

  // MARK: - What is no formula

  private mutating func restoreLiteral(_ node: Node) {
    if let literal = restored(MarkdownParser.literal(node)) { cmark_node_set_literal(node, literal) }
  }

  /// The text with what was written; nil if it holds nothing that is masked.
  private mutating func restored(_ text: String) -> String? {
    guard !mask.isEmpty, text.utf8.contains(mask.filler) || text.unicodeScalars.contains(where: { mask.masked[$0] != nil })
    else { return nil }
    var (result, isFilling) = (String.UnicodeScalarView(), false)
    for scalar in text.unicodeScalars {
      if let formula = mask.masked[scalar] {
        result.append(contentsOf: String(decoding: formula.pieces[0], as: UTF8.self).unicodeScalars)
        (pieces, isFilling) = (formula.pieces.dropFirst(), true)
      } else if scalar == Unicode.Scalar(mask.filler) {
        if !isFilling, let piece = pieces.popFirst() {
          result.append(contentsOf: String(decoding: piece, as: UTF8.self).unicodeScalars)
        }
        isFilling = true
      } else {
        result.append(scalar)
        isFilling = false
      }
    }
    return String(result)
  }
}

extension Formula {
  /// The element that stands for a formula, with its TeX for those who know no better.
  static func placeholder(_ index: Int, tex: String) -> String {
    let escaped = tex.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    return Placeholder.formula.html(index, fallback: "<code>\(escaped)</code>")
  }

  /// The TeX in such an element, on one line; nil for anything else.
  static func tex(inPlaceholder html: String) -> String? {
    let (open, close) = ("<code>", "</code></\(Placeholder.formula.rawValue)>")
    guard html.hasPrefix("<\(Placeholder.formula.rawValue) "), html.hasSuffix(close), let start = html.range(of: open) else {
      return nil
    }
    let tex = String(html[start.upperBound...].dropLast(close.count))
    return tex.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&").replacing("\n", with: " ")
  }
}
