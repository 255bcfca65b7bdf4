import CCmark

/// Characters that mean something to the extensions alone, in the places of which stand two marks while cmark reads; they are punctuation as the
/// characters are.
///
/// - A backslash escape: cmark makes a plain character of it, so that nobody could see any more that `\~~` is no strikethrough.
/// - What would be emphasis in an address that stands without marks, as `https://e.org/__init__.py`.
struct EscapeMask {
  private static let escaped = Array("~[]:@/.-".utf8)
  private static let ofAddresses = Array("*_~".utf8)
  private static let first = 0x2E00
  private static let escapeLead: Unicode.Scalar = "\u{2E2E}"
  private static let addressLead: Unicode.Scalar = "\u{2E2D}"
  /// A text that holds such marks itself is left as it is.
  private let isActive: Bool

  init(_ lines: [String]) {
    isActive = !lines.contains { line in
      line.utf8.contains(0xE2) && line.unicodeScalars.contains { (Self.first...0x2E2F).contains(Int($0.value)) }
    }
  }

  func masked(_ line: String) -> String {
    guard isActive else { return line }
    let bytes = Array(line.utf8)
    let paths = BareLinks.paths(in: bytes)
    guard !paths.isEmpty || bytes.contains(UInt8(ascii: "\\")) else { return line }
    var (result, index, path) = ([UInt8](), 0, paths[...])
    while index < bytes.count {
      while let first = path.first, first.upperBound <= index { path.removeFirst() }
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
        let mark = Self.mark(bytes[index + 1], among: Self.escaped, lead: Self.escapeLead)
        result += mark ?? Array(bytes[index...(index + 1)])
        index += 2
      } else {
        let isInPath = path.first?.contains(index) ?? false
        let mark = isInPath ? Self.mark(bytes[index], among: Self.ofAddresses, lead: Self.addressLead) : nil
        result += mark ?? [bytes[index]]
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func mark(_ byte: UInt8, among characters: [UInt8], lead: Unicode.Scalar) -> [UInt8]? {
    guard let place = characters.firstIndex(of: byte), let scalar = Unicode.Scalar(first + place) else { return nil }
    return Array("\(lead)\(scalar)".utf8)
  }

  /// Puts the characters back: what they stand for in prose, what was written in code, raw HTML and `<https://…>`.
  func restore(in root: MarkdownNode) {
    guard isActive else { return }
    MarkdownParser.forEach(in: root) { node in
      switch node.kind {
      case CMARK_NODE_TEXT:
        Self.change(node.literal, with: "") { cmark_node_set_literal(node, $0) }
      case CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK:
        Self.change(node.literal, with: "\\") { cmark_node_set_literal(node, $0) }
      case CMARK_NODE_CODE_BLOCK:
        Self.change(node.literal, with: "\\") { cmark_node_set_literal(node, $0) }
        Self.change(MarkdownParser.information(node), with: "") { cmark_node_set_fence_info(node, $0) }
      case CMARK_NODE_LINK, CMARK_NODE_IMAGE:
        let words = Self.wordsOfAutolink(node)
        let slash = words == nil ? "" : "\\"
        if let words { Self.change(words.literal, with: slash) { cmark_node_set_literal(words, $0) } }
        if let url = cmark_node_get_url(node) { Self.change(String(cString: url), with: slash) { cmark_node_set_url(node, $0) } }
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

  /// The words of a link that is one of `<https://…>`, in which a backslash is one: they are its address, and behind them stands nothing but
  /// the `>`.
  private static func wordsOfAutolink(_ node: MarkdownNode) -> MarkdownNode? {
    guard node.kind == CMARK_NODE_LINK, let words = node.firstChild, words.kind == CMARK_NODE_TEXT,
      let url = cmark_node_get_url(node), cmark_node_get_end_column(node) == cmark_node_get_end_column(words) + 1
    else { return nil }
    return String(cString: url) == words.literal ? words : nil
  }

  private static func change(_ text: String, with slash: String, _ set: (String) -> Void) {
    guard text.utf8.contains(0xE2), text.unicodeScalars.contains(where: { $0 == escapeLead || $0 == addressLead }) else { return }
    var (result, lead) = (String.UnicodeScalarView(), Unicode.Scalar?.none)
    for scalar in text.unicodeScalars {
      if scalar == escapeLead || scalar == addressLead {
        lead = scalar
      } else if let mark = lead {
        let characters = mark == escapeLead ? escaped : ofAddresses
        if mark == escapeLead { result.append(contentsOf: slash.unicodeScalars) }
        result.append(Unicode.Scalar(characters[Int(scalar.value) - first]))
        lead = nil
      } else {
        result.append(scalar)
      }
    }
    set(String(result))
  }
}
