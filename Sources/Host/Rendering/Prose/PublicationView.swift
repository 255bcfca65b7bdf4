import Document
import Foundation
import Record
import Text

/// What a page says of its notebook as a publication: who wrote it and when, and how it is cited; for readers, and for those who index pages.
struct PublicationView {
  let publication: Publication
  let title: String
  /// The notebook's name.
  let name: String
  /// Where the page will be read, if that is known.
  let address: String?

  // MARK: - For readers

  /// Below the title.
  var byline: String? {
    let authors = publication.authors.map(author)
    let facts = [publication.date.map { HTML.element("time", ["datetime": $0], html: HTML.text($0)) }, doi, license].compactMap(
      \.self)
    guard !authors.isEmpty || !facts.isEmpty else { return nil }
    let lines = [
      authors.isEmpty ? nil : HTML.element("p", ["class": "authors"], html: authors.joined(separator: ", ")),
      facts.isEmpty ? nil : HTML.element("p", ["class": "facts"], html: facts.joined(separator: " · ")),
    ]
    return HTML.element("div", ["class": "byline"], html: lines.compactMap(\.self).joined(separator: "\n"))
  }

  private func author(_ author: Publication.Author) -> String {
    let address = author.url ?? author.orcid.map { "https://orcid.org/\($0)" } ?? author.email.map { "mailto:\($0)" }
    let name = address.map { HTML.link(to: $0, html: HTML.text(author.name)) } ?? HTML.text(author.name)
    return name + (author.affiliation.map { HTML.element("span", ["class": "affiliation"], html: " (\(HTML.text($0)))") } ?? "")
  }

  private var doi: String? {
    publication.doi.map { HTML.link(to: "https://doi.org/\($0)", html: "doi:" + HTML.text($0)) }
  }

  private var license: String? {
    publication.license.map { license in
      license.hasPrefix("http")
        ? HTML.element("a", ["href": license, "rel": "license"], html: HTML.text(license)) : HTML.text(license)
    }
  }

  /// How the page is cited: a fold with its entry for a bibliography.
  func citing(_ words: PageWords) -> String {
    guard !publication.authors.isEmpty else { return "" }
    return """
      <details class="cite-page">
      <summary>\(HTML.text(words.citeThisPage))</summary>
      \(HTML.preformatted("code", html: HTML.element("code", html: HTML.text(bibTeX))))
      </details>
      """
  }

  /// The page as an entry of BibTeX.
  var bibTeX: String {
    let family = publication.authors.first?.name.split(separator: " ").last.map { $0.lowercased() } ?? ""
    let year = publication.date.map { String($0.prefix(4)) } ?? ""
    let words = (family + year + name.replacing("/", with: "-")).folding(options: .diacriticInsensitive, locale: nil)
    let key = words.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    let fields = [
      ("author", publication.authors.map { Self.tex($0.name) }.joined(separator: " and ")), ("title", "{\(Self.tex(title))}"),
      ("year", year), ("doi", publication.doi ?? ""), ("url", address ?? ""),
    ]
    let lines = fields.filter { !$0.1.isEmpty }.map { "  \($0.0) = {\($0.1)}" }
    return "@misc{\(key),\n\(lines.joined(separator: ",\n"))\n}"
  }

  private static func tex(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "\\": result += "\\textbackslash{}"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
      default: result.append(character)
      }
    }
  }

  // MARK: - For those who index pages

  /// Elements for the page's head: the tags of Google Scholar and of Dublin Core, and schema.org's.
  var meta: String {
    guard !publication.authors.isEmpty || publication.date != nil || publication.doi != nil else { return "" }
    var tags: [(String, String)] = [("citation_title", title)]
    tags += publication.authors.flatMap { [("citation_author", $0.name), ("author", $0.name), ("DC.creator", $0.name)] }
    if let date = publication.date {
      tags += [("citation_publication_date", date.replacing("-", with: "/")), ("DC.date", date)]
    }
    if let doi = publication.doi { tags += [("citation_doi", doi), ("DC.identifier", "doi:" + doi)] }
    if let language = publication.language { tags.append(("citation_language", language)) }
    let elements = tags.map { Markup.element("meta", ["name": $0.0, "content": Markup.label($0.1)]) }
    return (elements + [linkedData]).joined(separator: "\n")
  }

  private var linkedData: String {
    var object: [String: JSONValue] = [
      "@context": .string("https://schema.org"), "@type": .string("ScholarlyArticle"), "headline": .string(title),
    ]
    object["author"] = .array(
      publication.authors.map { author in
        var person: [String: JSONValue] = ["@type": .string("Person"), "name": .string(author.name)]
        person["affiliation"] = author.affiliation.map { .object(["@type": .string("Organization"), "name": .string($0)]) }
        person["identifier"] = author.orcid.map { .string("https://orcid.org/\($0)") }
        person["url"] = author.url.map(JSONValue.string)
        return .object(person)
      })
    object["datePublished"] = publication.date.map(JSONValue.string)
    object["identifier"] = publication.doi.map { .string("https://doi.org/\($0)") }
    object["license"] = publication.license.map(JSONValue.string)
    object["inLanguage"] = publication.language.map(JSONValue.string)
    object["url"] = address.map(JSONValue.string)
    // Nothing in a script may look like its end.
    let json = JSONValue.object(object).line.replacing("<", with: "\\u003c")
    return "<script type=\"application/ld+json\">\(json)</script>"
  }
}
