/// Text of others on its way to a reader: out of a record, a notebook, a file's name.
///
/// What it holds shows as text wherever it is shown. Characters that write to a terminal instead (escapes and other controls), that end a line
/// where none ends, that turn the direction of what stands around them, or that nobody sees, are shown by a sign: control characters by
/// their pictures (`␛`, `␀`, `↵`), all others by their numbers (`\u{202E}`).
package enum VisibleText {
  /// On one line.
  package static func line(_ text: some StringProtocol) -> String { visible(text, breaks: false) }

  /// On as many lines as it has; line feeds and tabs stay as they are.
  package static func lines(_ text: some StringProtocol) -> String { visible(text, breaks: true) }

  /// What is shown instead of a character; nil for one that shows itself.
  /// - Parameter breaks: whether line feeds, carriage returns and tabs may stay.
  package static func sign(_ scalar: Unicode.Scalar, breaks: Bool) -> String? {
    switch scalar.value {
    case 0x20..<0x7F: return nil
    case 0x09, 0x0A: return breaks ? nil : scalar == "\n" ? "↵" : "⇥"
    case 0x00..<0x20: return Unicode.Scalar(0x2400 + scalar.value).map { String($0) }
    case 0x7F: return "␡"
    // They join letters and choose among forms of them; Persian and emoji need them.
    case 0x200C, 0x200D, 0xFE00...0xFE0F: return nil
    case 0xFFF9...0xFFFB: return number(scalar)
    default: return isHidden(scalar) ? number(scalar) : nil
    }
  }

  /// Whether a character does something to a terminal, or to the direction of what stands around it, or is none at all.
  package static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: scalar.properties.isNoncharacterCodePoint
    }
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint || properties.isBidiControl || properties.isNoncharacterCodePoint { return true }
    return switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  private static func number(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16, uppercase: true))}" }

  private static func visible(_ text: some StringProtocol, breaks: Bool) -> String {
    guard text.unicodeScalars.contains(where: { sign($0, breaks: breaks) != nil }) else { return String(text) }
    var result = ""
    for scalar in text.unicodeScalars {
      if let sign = sign(scalar, breaks: breaks) { result += sign } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
