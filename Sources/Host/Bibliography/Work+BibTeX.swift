import Document
import Foundation
import Record

extension Work {
  /// What an entry of BibTeX says.
  init(_ entry: (kind: String, key: String, fields: BibTeXReader.Fields, line: Int), file: String) {
    self.init(key: entry.key, kind: entry.kind, place: Place(file: file, line: entry.line))
    func field(_ names: String...) -> String {
      names.lazy.compactMap { entry.fields[$0] }.first.map(TeXText.plain) ?? ""
    }
    (authors, hasOthers) = Self.names(entry.fields["author"] ?? "")
    editors = Self.names(entry.fields["editor"] ?? "").names
    title = field("title")
    year = field("year")
    if year.isEmpty { year = String(field("date").prefix(4)) }
    container = field("journal", "journaltitle", "booktitle")
    (volume, number) = (field("volume"), field("number", "issue"))
    pages = field("pages").replacing(/\s*[-–—]+\s*/, with: "–")
    edition = field("edition")
    publisher = field("publisher", "school", "institution", "organization")
    doi = Self.address(entry.fields["doi"] ?? "").replacing(/^(https?:\/\/(dx\.)?doi\.org\/|doi:\s*)/, with: "")
    url = Self.address(entry.fields["url"] ?? "")
    let archive = field("archiveprefix", "eprinttype").lowercased()
    if archive == "arxiv" || archive.isEmpty && entry.fields["eprint"]?.wholeMatch(of: /[0-9]{4}\.[0-9]{4,5}(v[0-9]+)?/) != nil {
      eprint = field("eprint")
    }
    note = field("note")
    if container.isEmpty { container = field("howpublished") }
    // Pages of the web have had no field of their own: `howpublished = {\url{https://…}}`.
    for name in ["howpublished", "note"] {
      guard let found = Self.onlyAddress(entry.fields[name] ?? "") else { continue }
      if url.isEmpty { url = found }
      if name == "note" { note = "" } else if container == field(name) { container = "" }
    }
  }

  /// Addresses are no words: what TeX needs before a sign goes, all else stays.
  private static func address(_ tex: String) -> String {
    tex.replacing(/\\url\s*\{/, with: "").replacing(/\\([_%&#~])/) { String($0.1) }.replacing(/[{}]/, with: "")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The address that a field consists of.
  private static func onlyAddress(_ tex: String) -> String? {
    let address = address(tex)
    return address.wholeMatch(of: /https?:\/\/\S+/) == nil ? nil : address
  }

  /// The names of a field: `Last, First and von Last, Jr, First and others`.
  static func names(_ field: String) -> (names: [Name], hasOthers: Bool) {
    var (names, hasOthers) = ([Name](), false)
    for part in split(field, at: "and") where !part.isEmpty {
      if part.joined(separator: " ") == "others" { hasOthers = true } else { names.append(name(part.joined(separator: " "))) }
    }
    return (names, hasOthers)
  }

  /// The words between those that are a given one, outside of braces.
  private static func split(_ text: String, at separator: String) -> [[String]] {
    var (parts, words) = ([[String]](), [String]())
    for word in self.words(text) {
      if word.lowercased() == separator {
        parts.append(words)
        words = []
      } else {
        words.append(word)
      }
    }
    return parts + [words]
  }

  /// The words of a text; what stands in braces is one.
  private static func words(_ text: String) -> [String] {
    var (words, word, depth) = ([String](), "", 0)
    for character in text {
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      if character.isWhitespace, depth <= 0 {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return word.isEmpty ? words : words + [word]
  }

  private static func name(_ text: String) -> Name {
    var (parts, part, depth) = ([String](), "", 0)
    for character in text {
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      if character == ",", depth <= 0 {
        parts.append(part)
        part = ""
      } else {
        part.append(character)
      }
    }
    parts.append(part)
    let plain = parts.map(TeXText.plain)
    if plain.count >= 3 { return Name(given: plain[2], family: plain[0], suffix: plain[1]) }
    if plain.count == 2 { return Name(given: plain[1], family: plain[0]) }
    // A body stands in braces.
    let words = words(text)
    guard words.count > 1 else { return Name(family: plain[0]) }
    // The family name begins at the first word in small letters, or is the last one.
    let particle = words.dropLast().firstIndex { $0.first?.isLowercase == true }
    let start = particle ?? words.count - 1
    return Name(
      given: TeXText.plain(words[..<start].joined(separator: " ")), family: TeXText.plain(words[start...].joined(separator: " ")))
  }
}
