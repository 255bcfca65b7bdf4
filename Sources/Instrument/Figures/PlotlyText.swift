import Text

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
