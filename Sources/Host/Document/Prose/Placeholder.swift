import Foundation

/// A place in the HTML of prose that is filled when the page is made, since the Markdown file alone does not say what stands there: a formula as
/// MathML, a number, a citation in the words of its list of references.
///
/// It is written as an element, `<folio-math n="3">…</folio-math>`, whose content is what is shown where nothing else is known.
package enum Placeholder: String, CaseIterable, Sendable {
  /// A formula: its place in the notebook's `formulas`.
  case formula = "folio-math"
  /// A citation: its place in the notebook's `citations`.
  case citation = "folio-cite"
  /// The number of a captioned table of the prose: its place in the notebook's `proseTables`.
  case tableNumber = "folio-table"

  /// The element for a place.
  /// - Parameter fallback: HTML.
  package func html(_ index: Int, fallback: String) -> String { "<\(rawValue) n=\"\(index)\">\(fallback)</\(rawValue)>" }

  /// Puts content into the places of a kind.
  /// - Parameter content: the HTML for a place, by its index and its fallback; nil leaves the fallback alone.
  package func fill(_ html: String, _ content: (Int, String) -> String?) -> String {
    let (open, close) = ("<\(rawValue) n=\"", "</\(rawValue)>")
    guard html.contains(open) else { return html }
    var (rest, filled) = (html[...], "")
    while let start = rest.range(of: open), let mark = rest[start.upperBound...].range(of: "\">"),
      let index = Int(rest[start.upperBound..<mark.lowerBound]), let end = rest[mark.upperBound...].range(of: close)
    {
      let fallback = String(rest[mark.upperBound..<end.lowerBound])
      filled += rest[..<start.lowerBound] + (content(index, fallback) ?? fallback)
      rest = rest[end.upperBound...]
    }
    return filled + rest
  }
}
