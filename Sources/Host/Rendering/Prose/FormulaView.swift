import Document

/// A formula in a page: MathML with its TeX beside it, which is what copying a passage takes along; of a display formula also the number.
enum FormulaView {
  /// Puts the formulas into prose.
  static func fill(_ html: String, _ formulas: [Formula], _ context: PageContext) -> String {
    Placeholder.formula.fill(html) { index, _ in
      guard formulas.indices.contains(index), let mathML = context.mathematics[formulas[index].source] else { return nil }
      return Self.html(formulas[index], mathML: mathML)
    }
  }

  /// - Parameter mathML: a `math` element.
  static func html(_ formula: Formula, mathML: String) -> String {
    let mark = formula.isDisplay ? "$$" : "$"
    let tex = HTML.element("span", ["class": "tex", "aria-hidden": "true"], html: HTML.text(mark + formula.tex + mark))
    guard formula.isDisplay else { return HTML.element("span", ["class": "math"], html: mathML + tex) }
    let content = HTML.element("span", ["class": "math display scroll"], html: mathML + tex)
    guard let number = formula.number else { return HTML.element("span", ["class": "equation"], html: content) }
    let label = "(" + HTML.label(number) + ")"
    guard let anchor = formula.label else {
      return HTML.element("span", ["class": "equation"], html: content + HTML.element("span", ["class": "number"], html: label))
    }
    let link = HTML.element(
      "a", ["class": "number", "href": SiteNames.anchor(anchor), "aria-label": "Equation (\(number))"], html: label)
    return HTML.element("span", ["class": "equation", "id": anchor], html: content + link)
  }
}
