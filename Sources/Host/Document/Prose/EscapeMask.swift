import CCmark

/// Backslash escapes that mean something to the extensions alone. cmark makes plain characters of them, so that nobody could see any more that
/// `\~~` is no strikethrough: while it reads, each is two marks in their place, which are punctuation as the escape is.
struct EscapeMask {
  private static let escaped = Array("~[:@-".utf8)
  private static let first = 0x2E00
  private static let lead: Unicode.Scalar = "\u{2E2E}"
  /// A text that holds such marks itself is left as it is.
  private let isActive: Bool

  init(_ lines: [String]) {
    isActive = !lines.contains { line in
      line.utf8.contains(0xE2) && line.unicodeScalars.contains { (Self.first...0x2E2F).contains(Int($0.value)) }
    }
  }

  func masked(_ line: String) -> String {
    let bytes = Array(line.utf8)
    guard isActive, bytes.contains(UInt8(ascii: "\\")) else { return line }
    var (result, index) = ([UInt8](), 0)
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
        result.append(bytes[index])
        index += 1
        continue
      }
      if let place = Self.escaped.firstIndex(of: bytes[index + 1]), let scalar = Unicode.Scalar(Self.first + place) {
        result += Array("\(Self.lead)\(scalar)".utf8)
      } else {
        result += bytes[index...(index + 1)]
      }
      index += 2
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Puts the characters back: what they stand for in prose, what was written in code and raw HTML.
  func restore(in root: MarkdownNode) {
    guard isActive else { return }
    MarkdownParser.forEach(in: root) { node in
      switch node.kind {
      case CMARK_NODE_TEXT: Self.change(node.literal, with: "") { cmark_node_set_literal(node, $0) }
      case CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK:
        Self.change(node.literal, with: "\\") { cmark_node_set_literal(node, $0) }
      case CMARK_NODE_CODE_BLOCK:
        Self.change(node.literal, with: "\\") { cmark_node_set_literal(node, $0) }
        Self.change(MarkdownParser.information(node), with: "") { cmark_node_set_fence_info(node, $0) }
      case CMARK_NODE_LINK, CMARK_NODE_IMAGE:
        if let url = cmark_node_get_url(node) { Self.change(String(cString: url), with: "") { cmark_node_set_url(node, $0) } }
        if let title = cmark_node_get_title(node) {
          Self.change(String(cString: title), with: "") { cmark_node_set_title(node, $0) }
        }
      default: return
      }
    }
  }

  /// A piece of the prose with the characters themselves.
  func restored(_ text: String) -> String {
    var result = text
    if isActive { Self.change(text, with: "") { result = $0 } }
    return result
  }

  private static func change(_ text: String, with slash: String, _ set: (String) -> Void) {
    guard text.unicodeScalars.contains(lead) else { return }
    var (result, isMark) = (String.UnicodeScalarView(), false)
    for scalar in text.unicodeScalars {
      if scalar == lead {
        isMark = true
      } else if isMark {
        result.append(contentsOf: slash.unicodeScalars)
        result.append(Unicode.Scalar(escaped[Int(scalar.value) - first]))
        isMark = false
      } else {
        result.append(scalar)
      }
    }
    set(String(result))
  }
}
