import Figures
import Record
import Text

/// A text whose tokens have the colours of their values, in the figures' diverging scale; a token's position and value show on hovering.
///
/// It is text: it wraps, can be searched and copied, and is read aloud as the text that it is.
package struct TokensView: OutputView {
  /// Tokens on the page: the last ones of a longer text, where answers are decided.
  static let mostTokens = 4000

  let tokens: ColoredTokens
  /// Whether it is shown where the site's style sheet is not.
  let standsAlone: Bool

  package init(tokens: ColoredTokens, standsAlone: Bool = false) {
    self.tokens = tokens
    self.standsAlone = standsAlone
  }

  package func html(in context: inout OutputContext) -> String { html }
  package var terminalText: String? { tokens.plainText }

  package var html: String {
    let first = max(0, tokens.tokens.count - Self.mostTokens)
    let omission = first > 0 ? HTML.paragraph("omitted", html: PageWords.current.tokensLeftOut(first)) + "\n" : ""
    let limit = NumberFormat(".3~g")(tokens.limit)
    let legend = [-1.0, 1].map { end in
      HTML.element(
        "span", ["style": Self.style(fraction: end)],
        html: end < 0 ? "&nbsp;−\(limit.drop { $0 == "−" })&nbsp;" : "&nbsp;\(limit)&nbsp;")
    }
    let title = HTML.paragraph("tokens-title", html: "\(HTML.label(tokens.title)): \(legend.joined(separator: " to "))")
    let text = (first..<tokens.tokens.count).map(token).joined()
    let body = HTML.element(
      "div", standsAlone ? ["style": "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.75"] : ["class": "tokens"],
      html: text)
    return "\(title.replacing("tokens-title\"", with: "tokens-title tokens\""))\n\(omission)\(body)"
  }

  private func token(_ index: Int) -> String {
    let text = tokens.tokens[index]
    // A line break would leave nothing to see or to point at.
    let shown = HTML.text(TerminalText.plain(text)).replacing("\n", with: "↵\n")
    guard let value = tokens.value(index) else { return shown }
    let place = "\(Markup.label(text)) (\(tokens.position(index))): \(NumberFormat(".4~g")(value))"
    let fraction = tokens.limit > 0 ? value / tokens.limit : 0
    return HTML.element("span", ["title": place, "style": Self.style(fraction: fraction)], html: shown)
  }

  /// Ground and ink at a value between -1 and 1. What is nearly nothing keeps the page's ground.
  private static func style(fraction: Double) -> String {
    guard abs(fraction) >= 0.02 else { return "" }
    let ground = ColorScale.diverging.color(at: (max(-1, min(1, fraction)) + 1) / 2)
    return "background:\(ground.hex);color:\(ground.ink)"
  }
}
