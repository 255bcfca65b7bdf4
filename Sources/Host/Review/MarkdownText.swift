import Text

/// What goes into a Markdown report: our own markup, and among it texts of records, each of which shows as text, whatever it holds.
///
/// A text comes into it by interpolation alone and stands there as code: in code nothing is a heading, a picture, a link, a formula, a mention
/// of somebody, or the number of an issue, on any host. Only a pipe would end a table's cell even there, so it stands between two pieces of code.
struct MarkdownText: ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation parts: StringInterpolation) { text = parts.text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ other: String) { text += MarkdownText.code(other) }
    mutating func appendInterpolation(_ markdown: MarkdownText) { text += markdown.text }
    /// Words and counts of Folio's own, without a text of a record in them.
    mutating func appendInterpolation(ours words: String) { text += words }
  }

  static func += (text: inout MarkdownText, other: MarkdownText) { text.text += other.text }

  /// Some pieces with something of our own between them.
  static func joined(_ pieces: [MarkdownText], by separator: String) -> MarkdownText {
    MarkdownText(stringLiteral: pieces.map(\.text).joined(separator: separator))
  }

  /// Lines as they are, in a block that none of them ends.
  static func fenced(_ lines: [String], language: String) -> MarkdownText {
    let lines = lines.map { VisibleText.line($0) }
    let fence = String(repeating: "`", count: max(3, (lines.map(longestRun).max() ?? 0) + 1))
    return MarkdownText(stringLiteral: "\(fence)\(language)\n\(lines.joined(separator: "\n"))\n\(fence)\n")
  }

  private static func code(_ text: String) -> String {
    let shown = VisibleText.line(SiteReview.shortened(text, to: 160))
    let pieces = shown.split(separator: "|", omittingEmptySubsequences: false)
    return pieces.map { $0.isEmpty ? "" : span($0) }.joined(separator: "&#124;")
  }

  /// Code in as many backticks as end it nowhere. Spaces at both ends belong to the marks if the text has others.
  private static func span(_ text: Substring) -> String {
    let marks = String(repeating: "`", count: longestRun(text) + 1)
    let needsSpace = text.hasPrefix("`") || text.hasSuffix("`") || text.hasPrefix(" ") && text.hasSuffix(" ")
    let isBlank = text.allSatisfy { $0 == " " }
    return needsSpace && !isBlank ? "\(marks) \(text) \(marks)" : "\(marks)\(text)\(marks)"
  }

  private static func longestRun(_ text: some StringProtocol) -> Int {
    var (run, longest) = (0, 0)
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
