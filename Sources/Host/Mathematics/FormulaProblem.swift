import Document

/// Why a formula is none.
package struct FormulaProblem: Sendable, Equatable {
  /// In the TeX, in UTF-8 bytes from its start.
  package var offset: Int
  /// In one sentence without a full stop.
  package var message: String
  package var advice: String

  static let unreadable = FormulaProblem(
    offset: 0, message: "blahtexml makes no MathML of this formula",
    advice: "Take it apart, and find the part that it does not take.")

  init(offset: Int, message: String, advice: String) { (self.offset, self.message, self.advice) = (offset, message, advice) }

  /// What blahtexml says of a formula. It names what it stumbled over in quotes; where that first stands is taken for the place.
  init(message: String, tex: String) {
    let token = message.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
    offset = token.flatMap { Self.offset(of: $0, in: tex) } ?? 0
    if message.hasPrefix("Unrecognised command"), let token {
      self.message = "'\(token)' is no command of formulas"
      advice =
        Suggestion.nearest(to: token, among: TeXCommands.all).map { "Did you mean '\($0)'?" }
        ?? "Formulas are TeX with AMS's commands, as blahtexml knows them. For a name, write '\\operatorname{name}'."
    } else {
      self.message = (message.first?.lowercased() ?? "") + message.dropFirst().replacing("\"", with: "'")
      advice = "Formulas are TeX with AMS's commands, as blahtexml knows them. Write '\\$' for a dollar sign that begins none."
    }
  }

  /// What cannot be written in XML, and in no page.
  static func forbiddenCharacter(in tex: String) -> FormulaProblem? {
    var offset = 0
    for scalar in tex.unicodeScalars {
      if scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || scalar.value & 0xFFFE == 0xFFFE {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return FormulaProblem(offset: offset, message: "the formula holds the control character \(code)", advice: "Take it out.")
      }
      offset += scalar.utf8.count
    }
    return nil
  }

  /// Where a command first stands as a whole, and not as the beginning of a longer one.
  private static func offset(of token: String, in tex: String) -> Int? {
    let (token, tex) = (Array(token.utf8), Array(tex.utf8))
    guard let last = token.last else { return nil }
    let isLetter: (UInt8) -> Bool = { (0x41...0x5A).contains($0 & 0xDF) }
    var index = 0
    while index + token.count <= tex.count {
      let end = index + token.count
      let goesOn = token[0] == UInt8(ascii: "\\") && isLetter(last) && end < tex.count && isLetter(tex[end])
      if tex[index...].starts(with: token), !goesOn { return index }
      index += tex[index] == UInt8(ascii: "\\") && token[0] != UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
