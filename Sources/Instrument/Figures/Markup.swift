import Text

/// Text on its way into HTML and SVG. All that does not come from this package goes through here.
package enum Markup {
  /// The text as it may stand between tags and in quoted attributes: `&`, `<`, `>` and quotes as entities; what XML forbids, and
  /// what would turn the direction of the text around it, as visible signs.
  package static func escape(_ text: some StringProtocol) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default:
        // A carriage return at a line's end ends it in HTML too. What nobody sees does no harm: sources can be copied as they are.
        let steers = scalar != "\r" && VisibleText.steers(scalar)
        if steers, let sign = VisibleText.sign(scalar, breaks: true) {
          result += sign
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// An element on its way into a page. Attributes are escaped here; the content is markup already. Without content it is empty.
  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String? = nil
  ) -> String {
    let attributes = attributes.map { " \($0.key)=\"\(escape($0.value))\"" }.joined()
    return content.map { "<\(name)\(attributes)>\($0)</\(name)>" } ?? "<\(name)\(attributes)/>"
  }

  /// On one line: line breaks, tabs and other control characters become signs: `↵`, `⇥`, `␛`.
  package static func label(_ text: some StringProtocol) -> String { VisibleText.line(text) }
}

/// Texts in Plotly's schema are a small HTML: a token `<bos>` would vanish as a tag that Plotly does not know.
enum PlotlyText {
  /// Plain text as Plotly must be told it.
  static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  /// A name on one line as Plotly must be told it.
  static func label(_ text: String) -> String { escape(Markup.label(text)) }

  /// What Plotly's text says without its markup; `<br>` is a line break.
  static func plain(_ text: String) -> String {
    guard text.contains(where: { $0 == "<" || $0 == "&" }) else { return text }
    let breaks = text.replacing(/<br\s*\/?>/.ignoresCase(), with: "\n")
    // A tag ends before the next one begins: so each is looked at once.
    let bare = breaks.replacing(/<\/?(b|i|em|strong|sub|sup|s|u|span|a|extra)(\s[^<>]*)?>/.ignoresCase(), with: "")
    return bare.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&nbsp;", with: "\u{A0}")
      .replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&amp;", with: "&")
  }
}

/// How much room a text takes, guessed without its font, rather too much than too little.
enum TextMetrics {
  /// In pixels, in a proportional sans serif of this size.
  static func width(_ text: some StringProtocol, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { $0 + share(of: $1) } * size
  }

  /// The text, or its beginning and an ellipsis.
  static func clipped(_ text: String, to count: Int) -> String {
    guard let end = text.index(text.startIndex, offsetBy: count, limitedBy: text.endIndex), end < text.endIndex else {
      return text
    }
    return text[..<text.index(before: end)] + "…"
  }

  /// Words in lines that are at most this wide, where the words allow it; no more lines than `limit`.
  static func wrapped(_ text: String, width: Double, size: Double, limit: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if let last = lines.last, self.width(last + " " + word, size: size) <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        guard lines.count <= limit else { break }
        lines.append(clipped(String(word), to: Int(bounded: width / size * 1.6, to: 8...10_000)))
      }
    }
    return lines.count <= limit ? lines : lines.prefix(limit - 1) + [lines[limit - 1] + " …"]
  }

  /// A scalar's width as a share of the size of the font.
  private static func share(of scalar: Unicode.Scalar) -> Double {
    switch scalar.value {
    case 0x20: 0.3
    case 0x21, 0x27, 0x28, 0x29, 0x2C, 0x2E, 0x2F, 0x3A, 0x3B, 0x49, 0x5B...0x5D, 0x69, 0x6A, 0x6C, 0x7C: 0.34
    case 0x4D, 0x57, 0x6D, 0x77, 0x40, 0x25: 0.92
    case 0x41...0x5A: 0.7
    case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: 0
    case 0x1100...0x11FF, 0x2E80...0xD7FF, 0xF900...0xFAFF, 0xFF00...0xFF60, 0x1F000...0x3FFFF: 1.1
    default: 0.58
    }
  }
}
