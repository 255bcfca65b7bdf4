/// How much room a text takes, guessed without its font, rather too much than too little.
package enum TextMetrics {
  /// In pixels, in a proportional sans serif of this size.
  package static func width(_ text: some StringProtocol, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { $0 + share(of: $1) } * size
  }

  /// The text, or its beginning and an ellipsis.
  package static func clipped(_ text: String, to count: Int) -> String {
    guard let end = text.index(text.startIndex, offsetBy: count, limitedBy: text.endIndex), end < text.endIndex else {
      return text
    }
    return text[..<text.index(before: end)] + "…"
  }

  /// Words in lines that are at most this wide, where the words allow it; no more lines than `limit`.
  package static func wrapped(_ text: String, width: Double, size: Double, limit: Int) -> [String] {
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
