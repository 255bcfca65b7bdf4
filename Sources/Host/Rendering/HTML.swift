import Figures
import Text

/// HTML elements. Attributes and texts are escaped; what is called `html` is markup already.
enum HTML {
  static func text(_ text: some StringProtocol) -> String { Markup.escape(text) }

  /// Text on one line, with signs for control characters.
  static func label(_ text: String) -> String { Markup.escape(Markup.label(text)) }

  static func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], html: String) -> String {
    Markup.element(name, attributes, html)
  }

  static func paragraph(_ style: String, html: String) -> String { element("p", ["class": style], html: html) }

  static func link(to address: String, html: String) -> String { element("a", ["href": address], html: html) }

  /// Text as it is, in the machine's font. A line break at the end makes no line.
  static func preformatted(_ style: String, html: String) -> String {
    // HTML drops a first line break, so one more stands before it.
    element("pre", ["class": style], html: (html.hasPrefix("\n") ? "\n" : "") + withoutLastBreak(html))
  }

  static func code(_ html: String) -> String { preformatted("code", html: element("code", html: withoutLastBreak(html))) }

  private static func withoutLastBreak(_ html: String) -> String { html.hasSuffix("\n") ? String(html.dropLast()) : html }
}
