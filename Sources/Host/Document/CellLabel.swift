import Foundation

/// The name of a cell, in links, files and messages: letters of any script, digits, `-` and `_`, a letter first.
enum CellLabel {
  static let rule = "letters, digits, '-' and '_', a letter first, and not 'cell-N' or 'inline-N'"

  /// The label in its canonical form (NFC), so that one spelling names one cell; nil if the text is none.
  static func canonical(_ text: String) -> String? {
    let label = text.precomposedStringWithCanonicalMapping
    let scalars = label.unicodeScalars
    guard let first = scalars.first, isLetter(first), scalars.allSatisfy(isAllowed), !isReserved(label) else { return nil }
    return label
  }

  /// What two labels must not share: there are file systems to which upper and lower case are one.
  static func caseless(_ label: String) -> String { label.lowercased() }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  /// No space, sign or control character: not even those that nobody sees.
  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
      !scalar.properties.isDefaultIgnorableCodePoint
    default: scalar == "-" || scalar == "_" || isLetter(scalar) && !scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  /// What cells without a label are called.
  private static func isReserved(_ label: String) -> Bool {
    label.lowercased().wholeMatch(of: /(cell|inline)-[0-9]+/) != nil
  }
}
