/// The letters that Unicode has for the styles of mathematics, since browsers of MathML Core know `mathvariant` no more.
enum MathematicalLetters {
  /// Where the letters of a style begin in Unicode; nil where it has none.
  private struct Style {
    var capitals: UInt32?
    var smalls: UInt32?
    var digits: UInt32?
    /// Of the 26 capital letters and signs, and the 32 small ones.
    var greekCapitals: UInt32?
    var greekSmalls: UInt32?
    /// Those that Unicode had before.
    var exceptions: [Unicode.Scalar: Unicode.Scalar] = [:]
  }

  private static let styles: [String: Style] = [
    "bold": Style(capitals: 0x1D400, smalls: 0x1D41A, digits: 0x1D7CE, greekCapitals: 0x1D6A8, greekSmalls: 0x1D6C2),
    "italic": Style(
      capitals: 0x1D434, smalls: 0x1D44E, greekCapitals: 0x1D6E2, greekSmalls: 0x1D6FC, exceptions: ["h": "\u{210E}"]),
    "bold-italic": Style(capitals: 0x1D468, smalls: 0x1D482, digits: 0x1D7CE, greekCapitals: 0x1D71C, greekSmalls: 0x1D736),
    "script": Style(
      capitals: 0x1D49C, smalls: 0x1D4B6,
      exceptions: [
        "B": "\u{212C}", "E": "\u{2130}", "F": "\u{2131}", "H": "\u{210B}", "I": "\u{2110}", "L": "\u{2112}", "M": "\u{2133}",
        "R": "\u{211B}", "e": "\u{212F}", "g": "\u{210A}", "o": "\u{2134}",
      ]),
    "bold-script": Style(capitals: 0x1D4D0, smalls: 0x1D4EA),
    "fraktur": Style(
      capitals: 0x1D504, smalls: 0x1D51E,
      exceptions: ["C": "\u{212D}", "H": "\u{210C}", "I": "\u{2111}", "R": "\u{211C}", "Z": "\u{2128}"]),
    "bold-fraktur": Style(capitals: 0x1D56C, smalls: 0x1D586),
    "double-struck": Style(
      capitals: 0x1D538, smalls: 0x1D552, digits: 0x1D7D8,
      exceptions: [
        "C": "\u{2102}", "H": "\u{210D}", "N": "\u{2115}", "P": "\u{2119}", "Q": "\u{211A}", "R": "\u{211D}", "Z": "\u{2124}",
      ]),
    "sans-serif": Style(capitals: 0x1D5A0, smalls: 0x1D5BA, digits: 0x1D7E2),
    "bold-sans-serif": Style(capitals: 0x1D5D4, smalls: 0x1D5EE, digits: 0x1D7EC, greekCapitals: 0x1D756, greekSmalls: 0x1D770),
    "sans-serif-italic": Style(capitals: 0x1D608, smalls: 0x1D622, digits: 0x1D7E2),
    "sans-serif-bold-italic": Style(
      capitals: 0x1D63C, smalls: 0x1D656, digits: 0x1D7EC, greekCapitals: 0x1D790, greekSmalls: 0x1D7AA),
    "monospace": Style(capitals: 0x1D670, smalls: 0x1D68A, digits: 0x1D7F6),
  ]

  private static let greekSigns: [Unicode.Scalar: UInt32] = [
    "\u{2202}": 25, "\u{03F5}": 26, "\u{03D1}": 27, "\u{03F0}": 28, "\u{03D5}": 29, "\u{03F1}": 30, "\u{03D6}": 31,
  ]

  /// A text in a style of MathML's `mathvariant`; signs that have none stay as they are.
  static func text(_ text: String, variant: String) -> String {
    guard let style = styles[variant] else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(letter(scalar, style)) }
    return String(result)
  }

  private static func letter(_ scalar: Unicode.Scalar, _ style: Style) -> Unicode.Scalar {
    if let exception = style.exceptions[scalar] { return exception }
    let (base, offset): (UInt32?, UInt32) =
      switch scalar {
      case "A"..."Z": (style.capitals, scalar.value - 0x41)
      case "a"..."z": (style.smalls, scalar.value - 0x61)
      case "0"..."9": (style.digits, scalar.value - 0x30)
      case "\u{0391}"..."\u{03A9}": (style.greekCapitals, scalar.value - 0x0391)
      case "\u{03F4}": (style.greekCapitals, 17)
      case "\u{2207}": (style.greekCapitals, 25)
      case "\u{03B1}"..."\u{03C9}": (style.greekSmalls, scalar.value - 0x03B1)
      default: (greekSigns[scalar] == nil ? nil : style.greekSmalls, greekSigns[scalar] ?? 0)
      }
    return base.flatMap { Unicode.Scalar($0 + offset) } ?? scalar
  }
}
