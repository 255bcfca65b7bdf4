import Foundation

/// The text of a BibTeX value: accents and signs that TeX spells out are letters, braces and commands without one are gone.
enum TeXText {
  private static let accents: [Character: Unicode.Scalar] = [
    "`": "\u{300}", "'": "\u{301}", "^": "\u{302}", "~": "\u{303}", "=": "\u{304}", "u": "\u{306}", ".": "\u{307}",
    "\"": "\u{308}",
    "r": "\u{30A}", "H": "\u{30B}", "v": "\u{30C}", "d": "\u{323}", "c": "\u{327}", "k": "\u{328}", "b": "\u{331}",
  ]
  private static let letters = [
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "i": "i",
    "j": "j",
    "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "ng": "ŋ", "dj": "đ", "DJ": "Đ", "S": "§", "P": "¶", "copyright": "©",
    "pounds": "£", "euro": "€",
    "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "ldots": "…", "dots": "…",
    "textasciitilde": "~", "textasciicircum": "^",
    "textbackslash": "\\", "textunderscore": "_", "TeX": "TeX", "LaTeX": "LaTeX", "BibTeX": "BibTeX", "alpha": "α", "beta": "β",
    "gamma": "γ",
    "delta": "δ", "epsilon": "ε", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "tau": "τ", "ell": "ℓ", "infty": "∞",
    "times": "×",
  ]

  static func plain(_ tex: String) -> String {
    var reader = Reader(rest: Array(tex)[...])
    let text = reader.text()
    return text.replacing("---", with: "—").replacing("--", with: "–").replacing("``", with: "“").replacing("''", with: "”")
      .split(whereSeparator: \.isWhitespace).joined(separator: " ").replacing("\u{1}", with: "\u{A0}")
  }

  private struct Reader {
    var rest: ArraySlice<Character>

    mutating func text() -> String {
      var text = ""
      while let character = rest.popFirst() {
        switch character {
        case "{", "}", "$": continue
        case "~": text += "\u{1}"
        case "\\": text += command()
        default: text.append(character)
        }
      }
      return text
    }

    private mutating func command() -> String {
      guard let first = rest.popFirst() else { return "" }
      guard first.isLetter else {
        if let accent = TeXText.accents[first] { return accented(accent) }
        // `\&`, `\%`, and a space that is wanted.
        return first == "-" || first == "/" ? "" : String(first)
      }
      var name = String(first)
      while let next = rest.first, next.isLetter, next.isASCII { name.append(rest.removeFirst()) }
      if let letter = TeXText.letters[name] {
        skipSpace()
        if rest.prefix(2) == ["{", "}"] { rest = rest.dropFirst(2) }
        return letter
      }
      if name.count == 1, let accent = TeXText.accents[first] { return accented(accent) }
      skipSpace()
      return ""
    }

    private mutating func accented(_ accent: Unicode.Scalar) -> String {
      while let next = rest.first, next == "{" || next.isWhitespace { rest = rest.dropFirst() }
      guard var letter = rest.popFirst() else { return "" }
      // `\"{\i}`: the letter without its dot.
      if letter == "\\", let name = rest.popFirst() {
        letter = name
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
      }
      var scalars = String(letter).unicodeScalars
      scalars.append(accent)
      return String(scalars).precomposedStringWithCanonicalMapping
    }

    private mutating func skipSpace() { while rest.first == " " { rest = rest.dropFirst() } }
  }
}
