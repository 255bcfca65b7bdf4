import Document
import Foundation
import Record

/// Prose of Markdown cells on its way into one file, where it meets other prose, and where a fence `swift` would run.
enum Prose {
  /// The prose with the fences that Folio would run, or refuse within a list, a quote or raw HTML, as `swift norun`.
  static func withoutCells(_ text: String) -> String {
    var lines = TextLines(text).all
    let layout = MarkdownLayout(TextLines.normalized(text))
    for number in layout.code.filter(\.looksLikeCell).map(\.firstLine) + layout.cellLinesInHTML
    where lines.indices.contains(number - 1) {
      let line = lines[number - 1]
      guard let marks = line.firstMatch(of: /```+|~~~+/) else { continue }
      lines[number - 1] = line[..<marks.range.upperBound] + "swift norun" + TextLines.end(line)
    }
    return lines.joined()
  }

  /// The prose of others with its inline expressions as words: `` `{swift norun} x` `` shows `{swift} x`. What others wrote never runs.
  static func withoutExpressions(_ text: String) -> String {
    var count = MarkdownLayout.inlineExpressionCount(TextLines.normalized(text))
    var (text, position) = (text, text.startIndex)
    while count > 0, let place = text.range(of: "{swift}", range: position..<text.endIndex) {
      let offset = text.utf8.distance(from: text.startIndex, to: place.lowerBound)
      var shown = text
      shown.replaceSubrange(place, with: "{swift norun}")
      let left = MarkdownLayout.inlineExpressionCount(TextLines.normalized(shown))
      // Within a block of code the words are no expression.
      if left < count { (text, count) = (shown, left) }
      position = text.utf8.index(text.startIndex, offsetBy: offset + 1)
    }
    return text
  }

  /// The prose so that what follows it is a block of its own: with the end of a fence, a comment or raw HTML that nobody closed.
  static func closed(_ text: String) -> String {
    if isClosed(text) { return text }
    let fence = MarkdownLayout(TextLines.normalized(text)).code.last { $0.isTopLevel }.flatMap { code in
      TextLines(text).all[safely: code.firstLine - 1].flatMap { $0.firstMatch(of: /^ *(```+|~~~+)/).map { String($0.1) } }
    }
    // CommonMark lets any of these ends end any of these elements; a browser does not.
    let opened = text.lowercased().matches(of: /<(pre|script|style|textarea)[\s>]/).last.map { "</\($0.1)>" }
    let ends = [fence, opened, "-->", "</pre>", "</script>", "</style>", "</textarea>", "?>", "]]>", ">"].compactMap(\.self)
    return ends.lazy.map { text + "\n" + $0 }.first(where: isClosed) ?? text
  }

  private static func isClosed(_ text: String) -> Bool {
    let text = TextLines.normalized(text) + "\n\n"
    return MarkdownLayout(text + "# more").blockLines.last == TextLines(text).all.count + 1
  }

  /// Whether two texts with a blank line between them are other blocks than each for itself: lists that would be one.
  static func grow(together first: String, _ second: String) -> Bool {
    let head = TextLines.normalized(first) + "\n\n"
    let second = TextLines.normalized(second)
    let shift = TextLines(head).all.count
    let apart = MarkdownLayout(head).blockLines + MarkdownLayout(second).blockLines.map { $0 + shift }
    return MarkdownLayout(head + second).blockLines != apart
  }

  /// The prose with the pictures that lie in the cell as `data:` URLs: Markdown has no other place for them.
  static func withPictures(_ text: String, _ attachments: [String: JSONValue]) -> String {
    var text = text
    for (name, forms) in attachments.sorted(by: { $0.key.count > $1.key.count }) where !name.isEmpty {
      guard let form = forms.object?.min(by: { $0.key < $1.key }) else { continue }
      let data = form.value.string ?? form.value.array?.compactMap(\.string).joined() ?? ""
      // A drawing may be there as its text.
      let isText = data.drop(while: \.isWhitespace).hasPrefix("<")
      let url = "data:\(form.key);base64,\(isText ? Data(data.utf8).base64EncodedString() : data.filter { !$0.isWhitespace })"
      for name in [name, name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? name] {
        // As a destination, an attribute, or a definition; not within a word.
        text = text.replacing("(attachment:\(name)", with: "(" + url).replacing("<attachment:\(name)>", with: "<\(url)>")
          .replacing("\"attachment:\(name)\"", with: "\"\(url)\"").replacing("'attachment:\(name)'", with: "'\(url)'")
          .replacing("=attachment:\(name)", with: "=" + url).replacing("]: attachment:\(name)", with: "]: " + url)
      }
    }
    return text
  }
}

extension Prose {
  /// Text on one line that Markdown, and formulas in it, leave as it is.
  static func escaped(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let escaped = String(line.flatMap { #"\`*_[]<>&#|~$!"#.contains($0) ? ["\\", $0] : [$0] })
    // What would begin a list.
    return escaped.replacing(/^(\d*)([-+.)])(?=[\s-]|$)/) { "\($0.1)\\\($0.2)" }
  }
}

extension Array {
  fileprivate subscript(safely index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
