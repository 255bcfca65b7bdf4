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
