import Record
import Text

/// What a cell wrote to a standard stream.
struct StreamView: OutputView {
  let stream: Output.Stream
  let text: String

  func html(in context: inout OutputContext) -> String { TextBlock(text: text, style: stream.rawValue).html(in: &context) }
  var terminalText: String? { nil }
}

/// A displayed value.
struct ValueView: OutputView {
  let text: String

  func html(in context: inout OutputContext) -> String { TextBlock(text: text, style: "value").html(in: &context) }
  var terminalText: String? { text }
}

/// A text as a terminal would show it, or its beginning and end, with the whole in an attachment.
private struct TextBlock {
  let text: String
  let style: String

  func html(in context: inout OutputContext) -> String {
    let text = TerminalText.plain(text)
    let style = Self.isSetInColumns(text) ? style + " columns" : style
    guard let long = LongText(text) else { return HTML.preformatted(style, html: HTML.text(text)) }
    let link = HTML.link(to: context.attach(suffix: "txt") { _ in text }, html: PageWords.current.readAll)
    return [
      HTML.preformatted(style + " head", html: HTML.text(long.head)),
      HTML.paragraph("omitted", html: PageWords.filled(PageWords.current.leftOut, with: long.omission) + " " + link),
      HTML.preformatted(style + " tail", html: HTML.text(long.tail)),
    ].joined(separator: "\n")
  }

  /// Whether its lines are set below each other, as a table's are: at least two of the first ones have gaps of several spaces within them, tabs or
  /// rules, and those that are long have them. Such a text scrolls; any other wraps, since there its lines lose nothing.
  static func isSetInColumns(_ text: String) -> Bool {
    let lines = text.prefix(20_000).split(separator: "\n").prefix(200)
    let isSet = lines.map { $0.contains("│") || $0.drop(while: \.isWhitespace).contains(/\S(?: {2,}|\t)\S/) }
    return isSet.count(where: \.self) >= 2 && !zip(lines, isSet).contains { $0.utf8.count > 120 && !$1 }
  }
}
