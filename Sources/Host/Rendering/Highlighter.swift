import Document
import Foundation
import SwiftIDEUtils

/// Code with its words in colours, at build time.
package enum Highlighter {
  /// The source as escaped HTML, in the colours of its language; without any for a language that is not known.
  package static func html(_ source: String, language: String?) -> String {
    if language == "swift" { return html(source) }
    guard let language = CodeLanguage.named(language) else { return HTML.text(source) }
    return CodeLexer.pieces(of: source, language).map { piece in
      piece.style.map { HTML.element("span", ["class": $0], html: HTML.text(piece.text)) } ?? HTML.text(piece.text)
    }.joined()
  }

  /// Prose with the fences in it that stand in lists, quotes and notes in the colours of their languages.
  static func prose(_ html: String) -> String {
    let (open, close) = ("<pre><code class=\"language-", "</code></pre>")
    guard html.contains(open) else { return html }
    var (rest, coloured) = (html[...], "")
    while let start = rest.range(of: open), let mark = rest[start.upperBound...].range(of: "\">"),
      let end = rest[mark.upperBound...].range(of: close)
    {
      let language = rest[start.upperBound..<mark.lowerBound].lowercased()
      let code = rest[mark.upperBound..<end.lowerBound]
      coloured += rest[..<mark.upperBound]
      // A value in it is an element: such code stays as it is.
      coloured += code.contains("<") ? String(code) : self.html(unescaped(code), language: language)
      coloured += close
      rest = rest[end.upperBound...]
    }
    return coloured + rest
  }

  /// Without the four escapes that cmark writes.
  private static func unescaped(_ html: Substring) -> String {
    String(html).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
      .replacing("&amp;", with: "&")
  }

  /// Swift as escaped HTML; a `<span>` around what has a colour. Its text is the source, to the byte.
  package static func html(_ source: String) -> String {
    let bytes = Array(source.utf8)
    var html = ""
    var position = 0
    func append(upTo end: Int, in name: String?) {
      guard end > position, end <= bytes.count else { return }
      let text = HTML.text(String(decoding: bytes[position..<end], as: UTF8.self))
      html += name.map { HTML.element("span", ["class": $0], html: text) } ?? text
      position = end
    }
    for part in CellSyntax.parse(source)?.classifications.map(\.self) ?? [] {
      let start = part.range.lowerBound.utf8Offset
      append(upTo: start, in: nil)
      if start == position { append(upTo: part.range.upperBound.utf8Offset, in: name(part.kind)) }
    }
    append(upTo: bytes.count, in: nil)
    return html
  }

  private static func name(_ kind: SyntaxClassification) -> String? {
    switch kind {
    case .keyword, .ifConfigDirective: "k"
    case .type: "t"
    case .stringLiteral, .regexLiteral: "s"
    case .integerLiteral, .floatLiteral: "n"
    case .lineComment, .docLineComment, .blockComment, .docBlockComment: "c"
    case .attribute: "a"
    default: nil
    }
  }
}
