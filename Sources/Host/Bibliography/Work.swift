import Record

/// A work of a bibliography.
package struct Work: Sendable, Equatable {
  /// A person, or a body in `family` alone.
  package struct Name: Sendable, Equatable {
    package var given: String
    /// With its particle: `van der Waals`.
    package var family: String
    package var suffix: String

    package init(given: String = "", family: String, suffix: String = "") {
      (self.given, self.family, self.suffix) = (given, family, suffix)
    }
  }

  /// What citations call it by.
  package var key: String
  /// `article`, `inproceedings`, `book`: BibTeX's words.
  package var kind: String
  package var authors: [Name] = []
  package var editors: [Name] = []
  /// Whether there are more authors than are named.
  package var hasOthers = false
  package var title = ""
  package var year = ""
  /// The journal, or the book or the proceedings that it stands in.
  package var container = ""
  package var volume = ""
  package var number = ""
  package var pages = ""
  package var edition = ""
  /// The publisher, the school or the institution.
  package var publisher = ""
  package var doi = ""
  package var url = ""
  /// Of arXiv.
  package var eprint = ""
  package var note = ""
  /// Where it is defined.
  package var place: Place

  package init(key: String, kind: String, place: Place) { (self.key, self.kind, self.place) = (key, kind, place) }

  /// Where it is read.
  package var address: String? {
    if !doi.isEmpty { return Self.encoded("https://doi.org/\(doi)") }
    if !url.isEmpty { return Self.encoded(url) }
    return eprint.isEmpty ? nil : Self.encoded("https://arxiv.org/abs/\(eprint)")
  }

  /// An address without signs that none may hold: there are DOIs with `<` and `>`.
  private static func encoded(_ address: String) -> String {
    address.unicodeScalars.map { scalar in
      let isSign = scalar.value <= 0x20 || scalar.value == 0x7F || "\"<>\\^`{|}".unicodeScalars.contains(scalar)
      return isSign ? (scalar.value < 16 ? "%0" : "%") + String(scalar.value, radix: 16, uppercase: true) : String(scalar)
    }.joined()
  }
}
