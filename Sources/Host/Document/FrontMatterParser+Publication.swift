import Record
import Yams

/// The keys by which a notebook speaks of itself as a publication.
extension FrontMatterParser {
  static let publicationKeys = ["bibliography", "authors", "date", "doi", "license", "language"]

  static func readPublication(_ entry: YAMLMapping.Entry, into publication: inout Publication, source: inout SourceText) {
    let text = entry.value.text
    switch entry.key {
    case "bibliography":
      publication.bibliography = entry.value.texts ?? []
      publication.bibliographyLine = entry.line
      expect("a path or a list of paths", of: entry, holds: entry.value.texts != nil, in: &source)
    case "authors":
      let nodes = entry.value.list ?? [entry.value]
      let authors = nodes.map { author($0, line: entry.line, &source) }
      publication.authors = authors.compactMap(\.self)
      expect(
        "a list of names, or of mappings with 'name', 'affiliation', 'orcid', 'url' and 'email'", of: entry,
        holds: !authors.isEmpty && !authors.contains(nil), in: &source)
    case "date":
      // A year alone is a number to YAML.
      if case .int(let year)? = entry.value.core, (1000...9999).contains(year) { publication.date = "\(year)" }
      if let text, isDate(text) { publication.date = text }
      expect("a date as 2026-11-26", of: entry, holds: publication.date != nil, in: &source)
    case "doi":
      publication.doi = text.map { $0.replacing(/^(https?:\/\/(dx\.)?doi\.org\/|doi:\s*)/, with: "") }
      let isDOI = publication.doi?.wholeMatch(of: /10\.[0-9]{4,9}\/\S+/) != nil
      expect("a DOI as 10.1000/182", of: entry, holds: isDOI, in: &source)
    case "license":
      publication.license = text
      expect("a name as CC-BY-4.0, or an address", of: entry, holds: text != nil, in: &source)
    default:
      publication.language = text
      expect(
        "a language's tag as 'de' or 'pt-BR'", of: entry, holds: text?.wholeMatch(of: /[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*/) != nil,
        in: &source)
    }
  }

  static func isDate(_ text: String) -> Bool {
    guard let match = text.wholeMatch(of: /[0-9]{4}(?:-([0-9]{2})(?:-([0-9]{2}))?)?/) else { return false }
    let (year, month, day) = (Int(text.prefix(4)) ?? 0, match.1.flatMap { Int($0) } ?? 1, match.2.flatMap { Int($0) } ?? 1)
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains(month) && (1...days[month - 1]).contains(day)
  }

  private static func author(_ node: Node, line: Int, _ source: inout SourceText) -> Publication.Author? {
    if let name = node.text, !name.isEmpty { return Publication.Author(name: name) }
    guard let mapping = node.mapping else { return nil }
    var author = Publication.Author(name: "")
    let keys = ["name", "affiliation", "orcid", "url", "email"]
    for (key, value) in mapping {
      guard let name = key.text, let text = value.text else { return nil }
      let place = (key.mark?.line ?? line - 1) + 1
      switch name {
      case "name": author.name = text
      case "affiliation": author.affiliation = text
      case "orcid":
        author.orcid = text.replacing(/^https?:\/\/orcid\.org\//, with: "")
        if author.orcid?.wholeMatch(of: /([0-9]{4}-){3}[0-9]{3}[0-9X]/) == nil {
          source.report(line: place, "'\(text)' is no ORCID", advice: "It has four groups of four: 0000-0002-1825-0097.")
        }
      case "url": author.url = text
      case "email": author.email = text
      default:
        source.report(line: place, "an author has no key '\(name)'", advice: Suggestion.advice(for: name, among: keys))
      }
    }
    return author.name.isEmpty ? nil : author
  }

  /// A key that Folio does not have: one of another tool's, unless it is near one of Folio's own.
  static func reportUnknown(_ entry: YAMLMapping.Entry, among keys: [String], _ source: inout SourceText) {
    if let near = Suggestion.nearest(to: entry.key, among: keys) {
      source.report(line: entry.line, "the front matter has no key '\(entry.key)'", advice: "Did you mean '\(near)'?")
    } else {
      source.warn(
        line: entry.line, "Folio has no key '\(entry.key)' in the front matter, and leaves it to other tools",
        advice: "Folio's own are: \(keys.joined(separator: ", ")).")
    }
  }
}
