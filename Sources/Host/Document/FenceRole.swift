import Foundation

/// What a fence is, by the words after its marks.
enum FenceRole: Equatable {
  case cell
  /// Code that is only shown: another language, or `swift norun`.
  case listing(language: String?)
  /// `swift`, and a second word that is not `norun`.
  case unknown(String)
  /// What other tools call Swift: `{swift}`, `Swift`, `swift,ignore`. It would look like a cell, and never run.
  case foreign(String)

  init(information: String) {
    let words = information.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.first == "swift" else {
      self = Self.namesSwift(information) ? .foreign(words.joined(separator: " ")) : .listing(language: words.first)
      return
    }
    switch words.dropFirst().first {
    case nil: self = .cell
    case "norun"?: self = words.count == 2 ? .listing(language: "swift") : .unknown(words[2])
    case let word?: self = .unknown(word)
    }
  }

  var isListing: Bool { if case .listing = self { true } else { false } }

  /// Why it is neither a cell nor a listing, and what to write instead.
  var problem: (message: String, advice: String)? {
    switch self {
    case .cell, .listing: nil
    case .unknown(let word):
      (
        "'\(word)' after 'swift' means nothing to Folio",
        Suggestion.nearest(to: word, among: ["norun"]).map { "Did you mean '\($0)'?" }
          ?? "A fence is 'swift', which runs, or 'swift norun', which is only shown. Options stand in the cell: '//| fold: true'."
      )
    case .foreign(let words):
      (
        "a fence '\(words)' looks like a cell, and would not run",
        "Write 'swift', in lower case and alone, for a cell, and 'swift norun' for code that is only shown. Options stand in the "
          + "cell: '//| fold: true'."
      )
    }
  }

  /// Whether the language is Swift in another tool's spelling. `swift-output` and `swiftui` are languages of their own.
  private static func namesSwift(_ information: String) -> Bool {
    // What nobody sees makes no other word.
    let seen = information.lowercased().unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }
    let words = seen.split { !isInName($0) }.map { String(String.UnicodeScalarView($0)) }
    if words.first == "swift" { return true }
    // Attributes of Pandoc: `{#first .swift .numberLines}`.
    let isAttributes = seen.first { !$0.properties.isWhitespace } == "{"
    return isAttributes && String(String.UnicodeScalarView(seen)).firstMatch(of: /[.=\s]swift(?=[\s}.,]|$)/) != nil
  }

  private static func isInName(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "-_+#".unicodeScalars.contains(scalar)
  }
}

/// The opening line of a fence within a text: its marks, and the words after them.
struct FenceLine: Equatable {
  var marks: Substring
  var role: FenceRole

  /// - Returns: nil if the line does not begin with a fence, wherever it is indented to.
  init?(_ line: some StringProtocol) {
    let line = Substring(line).drop { $0 == " " || $0 == "\t" }
    guard let first = line.first, first == "`" || first == "~" else { return nil }
    marks = line.prefix { $0 == first }
    let words = line.dropFirst(marks.count)
    // Backticks within a line are code in a sentence.
    guard marks.count >= 3, first == "~" || !words.contains("`") else { return nil }
    role = FenceRole(information: words.trimmingCharacters(in: .whitespaces))
  }

  /// Whether it could close or continue a fence of these marks, so that it cannot stand in one.
  func breaks(_ marks: Substring) -> Bool { self.marks.first == marks.first && self.marks.count >= marks.count }
}
