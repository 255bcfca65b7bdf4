import Text

/// Writes a formula as the MathML Core that browsers know, out of what blahtexml has made of it. Only elements and attributes of MathML Core come
/// into a page, and all text is escaped; anything else is refused.
struct MathMLWriter {
  /// Whoever changes what is written raises it: what is kept of earlier versions is then made anew.
  static let version = 2

  /// Something that is no part of a formula.
  struct Stranger: Error {
    var name: String
  }

  private static let rows: Set<String> = ["math", "mrow", "mstyle", "mtd", "msqrt", "mpadded", "mphantom"]
  private static let tokens: Set<String> = ["mi", "mn", "mo", "mtext"]
  /// How many children an element has, where that is its meaning.
  private static let counts = [
    "mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3,
  ]
  private static let attributes: [String: Set<String>] = [
    "mo": ["form", "lspace", "rspace", "stretchy", "symmetric", "maxsize", "minsize", "largeop", "movablelimits"],
    "mspace": ["width", "height", "depth"], "mpadded": ["width", "height", "depth", "lspace", "voffset"],
    "mfrac": ["linethickness"],
    "mtd": ["columnspan", "rowspan"],
  ]
  private static let everywhere: Set<String> = ["displaystyle", "scriptlevel", "mathcolor", "mathbackground", "dir"]

  /// - Parameter root: `math`.
  static func html(_ root: XMLTree.Element, tex: String, isDisplay: Bool) throws -> String {
    guard root.name == "math" else { throw Stranger(name: root.name) }
    let content = "<mrow>\(try children(of: root))</mrow>"
    let annotation = "<annotation encoding=\"application/x-tex\">\(Markup.escape(tex))</annotation>"
    return "<math\(isDisplay ? " display=\"block\"" : "")><semantics>\(content)\(annotation)</semantics></math>"
  }

  private static func children(of element: XMLTree.Element) throws -> String {
    try element.children.map { node in
      switch node {
      case .text(let text):
        guard text.allSatisfy(\.isWhitespace) else { throw Stranger(name: text) }
        return ""
      case .element(let child):
        // A space of no width says nothing, where the number of the children says nothing either.
        let isNothing = child.name == "mspace" && rows.contains(element.name) && child.attributes.values.allSatisfy { $0 == "0" }
        return isNothing ? "" : try html(child)
      }
    }.joined()
  }

  private static func html(_ element: XMLTree.Element) throws -> String {
    let name = element.name
    if tokens.contains(name) { return try token(element) }
    var attributes = kept(of: element)
    switch name {
    case "mspace":
      guard element.children.isEmpty else { throw Stranger(name: name) }
    case "mrow", "mstyle", "msqrt", "mpadded", "mphantom", "mtr", "mtd": break
    case "mtable": return try table(element, attributes)
    case let name where counts[name] != nil:
      guard element.elements.count == counts[name] else { throw Stranger(name: name) }
      // That something is an accent is told by what it stands on.
      let isAccent = name != "munder" && element.elements.last?.attributes["accent"] == "true"
      if isAccent { attributes += " accent=\"true\"" }
    default: throw Stranger(name: name)
    }
    return "<\(name)\(attributes)>\(try children(of: element))</\(name)>"
  }

  private static func kept(of element: XMLTree.Element) -> String {
    let allowed = everywhere.union(attributes[element.name] ?? [])
    return element.attributes.filter { allowed.contains($0.key) }.sorted { $0.key < $1.key }
      .map { " \($0.key)=\"\(Markup.escape($0.value == "0" && $0.key != "scriptlevel" ? "0em" : $0.value))\"" }.joined()
  }

  // MARK: - Letters

  private static func token(_ element: XMLTree.Element) throws -> String {
    guard element.elements.isEmpty else { throw Stranger(name: element.elements[0].name) }
    var (text, attributes) = (element.text, kept(of: element))
    if let variant = element.attributes["mathvariant"] {
      if element.name == "mtext" {
        // Words stay words, for those who search and listen.
        attributes += " class=\"\(Markup.escape(variant))\""
      } else if variant == "normal" {
        // One letter is slanted by itself.
        if element.name == "mi", text.unicodeScalars.count == 1 { attributes += " mathvariant=\"normal\"" }
      } else {
        text = MathematicalLetters.text(text, variant: variant)
      }
    }
    if element.name == "mo" { text = signs[text] ?? (element.attributes["accent"] == "true" ? accents[text] : nil) ?? text }
    return "<\(element.name)\(attributes)>\(Markup.escape(text))</\(element.name)>"
  }

  /// Signs that browsers show as they are, and so not as mathematics means them: a hyphen for a minus, and marks that combine with the letter
  /// before them instead of standing over a base.
  private static let signs = [
    "-": "\u{2212}", "\u{0302}": "\u{02C6}", "\u{20D7}": "\u{2192}", "\u{FE37}": "\u{23DE}", "\u{FE38}": "\u{23DF}",
  ]
  private static let accents = ["\u{B7}": "\u{02D9}", "\u{B7}\u{B7}": "\u{A8}"]

  // MARK: - Tables

  /// Browsers ignore how a table's columns are set: style sheets do it.
  private static func table(_ element: XMLTree.Element, _ attributes: String) throws -> String {
    let sides = (element.attributes["columnalign"] ?? "").split(separator: " ").map(String.init)
    let rows = try element.elements.map { row in
      guard row.name == "mtr" else { throw Stranger(name: row.name) }
      let cells = try row.elements.enumerated().map { column, cell in
        guard cell.name == "mtd" else { throw Stranger(name: cell.name) }
        let side = sides.isEmpty ? "center" : sides[min(column, sides.count - 1)]
        let style = side == "left" || side == "right" ? " class=\"\(side)\"" : ""
        return "<mtd\(kept(of: cell))\(style)>\(try children(of: cell))</mtd>"
      }
      return "<mtr>\(cells.joined())</mtr>"
    }
    let isAligned = element.attributes["columnspacing"] != nil
    return "<mtable\(attributes)\(isAligned ? " class=\"aligned\"" : "")>\(rows.joined())</mtable>"
  }
}
