/// What a notebook says of itself as a publication.
package struct Publication: Sendable, Equatable {
  package struct Author: Sendable, Equatable {
    package var name: String
    package var affiliation: String?
    /// `0000-0002-1825-0097`
    package var orcid: String?
    package var url: String?
    package var email: String?

    package init(name: String) { self.name = name }
  }

  /// The files of its bibliography, by their paths from the notebook, with the line that names them.
  package var bibliography: [String] = []
  package var bibliographyLine = 1
  package var authors: [Author] = []
  /// `2026-11-26`, `2026-11` or `2026`.
  package var date: String?
  /// `10.1000/182`
  package var doi: String?
  /// Its name, or its address.
  package var license: String?
  /// Of its text, by its tag in BCP 47: `de`.
  package var language: String?

  package init() {}
}
