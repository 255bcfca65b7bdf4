import Document
import Foundation

/// The works that a page cites, in the words of its citations and of its list: author and year, as the American Psychological Association writes them.
package struct CitedWorks: Sendable {
  /// In the order of the list.
  package let works: [Work]
  private let byKey: [String: Work]
  /// The letters that tell works of the same authors and year apart, by key.
  private let letters: [String: String]

  package init(_ citations: [Citation], in bibliography: Bibliography) {
    var keys: Set<String> = []
    let cited = citations.flatMap(\.items).compactMap { keys.insert($0.key).inserted ? bibliography.works[$0.key] : nil }
    byKey = Dictionary(cited.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    works = cited.sorted { Self.order($0).lexicographicallyPrecedes(Self.order($1)) }
    var letters: [String: String] = [:]
    for group in Dictionary(grouping: works, by: { Self.names($0, and: "&") + "\n" + Self.year($0) }).values where group.count > 1
    {
      for (index, work) in group.enumerated() { letters[work.key] = Self.letter(index) }
    }
    self.letters = letters
  }

  package func work(_ key: String) -> Work? { byKey[key] }

  private static func order(_ work: Work) -> [String] {
    let names = work.authors.isEmpty ? work.editors : work.authors
    let words = names.isEmpty ? [work.title] : names.map { $0.family + " " + $0.given }
    // Accents and capitals do not count, in whatever language.
    func folded(_ text: String) -> String { text.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil) }
    return [folded(words.joined(separator: " ")), year(work), folded(work.title), work.key]
  }

  private static func letter(_ index: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    return index < letters.count
      ? String(letters[index]) : letter(index / letters.count - 1) + String(letters[index % letters.count])
  }

  // MARK: - In the text

  /// `Saparov & He`; three and more are `Wei et al.`
  static func names(_ work: Work, and: String) -> String {
    let names = (work.authors.isEmpty ? work.editors : work.authors).map(\.family)
    guard let first = names.first else { return work.title.isEmpty ? work.key : work.title }
    if names.count > 2 || work.hasOthers { return "\(first) et al." }
    return names.count == 2 ? "\(first) \(and) \(names[1])" : first
  }

  static func year(_ work: Work) -> String { work.year.isEmpty ? "n.d." : work.year }

  /// The names of a citation: `Saparov & He` in brackets, `Saparov and He` in a sentence.
  package func names(of work: Work, isNarrative: Bool) -> String { Self.names(work, and: isNarrative ? "and" : "&") }

  /// `2023`, or `2023a`.
  package func year(of work: Work) -> String {
    guard let letter = letters[work.key] else { return Self.year(work) }
    return work.year.isEmpty ? "\(Self.year(work))-\(letter)" : work.year + letter
  }

  // MARK: - In the list

  /// A piece of a reference.
  package enum Piece: Equatable {
    case text(String)
    /// The title of what stands by itself: in italics.
    case title(String)
    case address(String)
  }

  /// The reference as the list has it.
  package func reference(_ work: Work) -> [Piece] {
    var pieces: [Piece] = []
    let names = work.authors.isEmpty ? work.editors : work.authors
    if names.isEmpty {
      pieces += [Self.stands(work) ? .title(work.title) : .text(work.title), .text(" (\(year(of: work))).")]
    } else {
      let role = work.authors.isEmpty ? (names.count > 1 ? " (Eds.)" : " (Ed.)") : ""
      let people = Self.list(names, hasOthers: work.hasOthers) + role
      pieces.append(.text("\(people)\(Self.end(people)) (\(year(of: work))). "))
      pieces += [Self.stands(work) ? .title(work.title) : .text(work.title), .text(Self.end(work.title))]
    }
    pieces += container(work)
    if !work.publisher.isEmpty { pieces.append(.text(" \(work.publisher)\(Self.end(work.publisher))")) }
    if !work.eprint.isEmpty { pieces.append(.text(" arXiv:\(work.eprint).")) }
    if !work.note.isEmpty { pieces.append(.text(" \(work.note)\(Self.end(work.note))")) }
    if let address = work.address { pieces += [.text(" "), .address(address)] }
    return pieces
  }

  private func container(_ work: Work) -> [Piece] {
    guard !work.container.isEmpty else { return [] }
    let isPart = !["article", "article-journal", "misc", "online"].contains(work.kind)
    var pieces: [Piece] = [.text(isPart ? " In " : " "), .title(work.container)]
    var rest = ""
    if !work.volume.isEmpty { rest += ", \(work.volume)" }
    if !work.number.isEmpty { rest += "(\(work.number))" }
    if !work.pages.isEmpty {
      rest += isPart ? " (\(work.pages.contains { "–,".contains($0) } ? "pp." : "p.") \(work.pages))" : ", \(work.pages)"
    }
    pieces.append(.text(rest + "."))
    return pieces
  }

  /// Whether it is published by itself, not in a journal or a book.
  private static func stands(_ work: Work) -> Bool { work.container.isEmpty }

  private static func end(_ text: String) -> String { text.last.map { ".?!".contains($0) } == true ? "" : "." }

  /// `Saparov, A., & He, H.`; of more than twenty the first nineteen and the last.
  private static func list(_ names: [Work.Name], hasOthers: Bool) -> String {
    var all = names.map(inverted)
    if hasOthers { return all.joined(separator: ", ") + ", et al." }
    if all.count > 20 { return all.prefix(19).joined(separator: ", ") + ", … " + all[all.count - 1] }
    guard let last = all.popLast(), !all.isEmpty else { return all.first ?? names.first.map(inverted) ?? "" }
    return all.joined(separator: ", ") + ", & " + last
  }

  private static func inverted(_ name: Work.Name) -> String {
    let initials = name.given.split(whereSeparator: { $0 == " " || $0 == "\u{A0}" }).map { word in
      word.split(separator: "-").map { "\($0.prefix(1))." }.joined(separator: "-")
    }
    let suffix = name.suffix.isEmpty ? "" : ", \(name.suffix)"
    return initials.isEmpty ? name.family + suffix : "\(name.family), \(initials.joined(separator: " "))\(suffix)"
  }
}
