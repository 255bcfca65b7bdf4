import CCmark
import Foundation

extension Citation {
  /// What is written where such an element stands; nil for anything else.
  static func words(inPlaceholder html: String) -> String? {
    let name = Placeholder.citation.rawValue
    guard html.hasPrefix("<\(name) "), html.hasSuffix("</\(name)>"), let start = html.range(of: ">") else { return nil }
    let words = String(html[start.upperBound...].dropLast(name.utf8.count + 3))
    return words.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
      .replacing("&amp;", with: "&").replacing("\n", with: " ")
  }
}

extension Placeholder {
  /// What is written where an element stands that is filled later, as text: headings are called by it. Nil for other HTML.
  static func text(of html: String) -> String? {
    Formula.tex(inPlaceholder: html) ?? Citation.words(inPlaceholder: html)
  }
}

/// Finds the citations of the prose, as pandoc writes them: `[see @key, p. 3; @other]`, `-@key` without the author, and `@key` in a sentence, with
/// `[p. 3]` behind it.
///
/// In a notebook without a bibliography `@name` is a word like others, and `[@key]` is a citation that cannot be resolved.
struct CitationScan {
  let lines: [String]
  /// Whether `@key` alone is a citation.
  let hasBibliography: Bool
  private(set) var citations: [Citation] = []

  init(lines: [String], hasBibliography: Bool) { (self.lines, self.hasBibliography) = (lines, hasBibliography) }

  mutating func run(_ root: MarkdownNode) {
    var runs: [[MarkdownNode]] = []
    for node in MarkdownTree.all(CMARK_NODE_TEXT, in: root) where node.literal.contains("@") && !MarkdownTree.isWithinLink(node) {
      if runs.last?.contains(node) != true { runs.append(Self.run(around: node)) }
    }
    for run in runs { read(run) }
  }

  /// The text around a node: a citation may go on in the next line.
  private static func run(around node: MarkdownNode) -> [MarkdownNode] {
    let isText: (MarkdownNode) -> Bool = { $0.kind == CMARK_NODE_TEXT || $0.kind == CMARK_NODE_SOFTBREAK }
    var first = node
    while let before = cmark_node_previous(first), isText(before) { first = before }
    return Array(sequence(first: first) { $0.next }.prefix(while: isText))
  }

  // MARK: - Reading

  private mutating func read(_ nodes: [MarkdownNode]) {
    let text = nodes.map { $0.kind == CMARK_NODE_SOFTBREAK ? "\n" : $0.literal }.joined()
    // A line break has no line of its own.
    let known = nodes.firstIndex { $0.line > 0 } ?? 0
    let line = nodes[known].line - nodes[..<known].count { $0.kind == CMARK_NODE_SOFTBREAK }
    var (parts, rest) = ([MarkdownNode](), text[...])
    var places = PlaceFinder(lines: lines, line: line)
    while let found = next(in: rest, of: text, line: line, &places) {
      parts += Self.nodes(rest[..<found.range.lowerBound])
      let fallback = MarkdownTree.escaped(String(rest[found.range]))
      parts.append(.html(Placeholder.citation.html(citations.count, fallback: fallback)))
      citations.append(found.citation)
      rest = rest[found.range.upperBound...]
    }
    guard !parts.isEmpty else { return }
    parts += Self.nodes(rest)
    nodes[0].replace(by: parts)
    for node in nodes.dropFirst() { node.remove() }
  }

  private static func nodes(_ text: Substring) -> [MarkdownNode] {
    var nodes: [MarkdownNode] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if index > 0 { nodes.append(.make(CMARK_NODE_SOFTBREAK)) }
      if !line.isEmpty { nodes.append(.make(CMARK_NODE_TEXT, literal: String(line))) }
    }
    return nodes
  }

  private func next(
    in rest: Substring, of text: String, line: Int, _ places: inout PlaceFinder
  ) -> (range: Range<Substring.Index>, citation: Citation)? {
    var start = rest.startIndex
    while let place = rest[start...].firstIndex(where: { $0 == "[" || $0 == "@" }) {
      let before = place > text.startIndex ? text[text.index(before: place)] : " "
      if rest[place] == "[", let end = Self.closing(in: rest, from: place) {
        let content = rest[rest.index(after: place)..<end]
        if let items = items(of: content, in: text, line: line, &places) {
          return (place..<rest.index(after: end), Citation(items: items, isNarrative: false))
        }
      } else if rest[place] == "@", hasBibliography, !before.isLetter, !before.isNumber, before != "\\", before != "@",
        let found = narrative(in: rest, at: place, of: text, line: line, &places)
      {
        return found
      }
      start = rest.index(after: place)
    }
    return nil
  }

  private func narrative(
    in rest: Substring, at place: Substring.Index, of text: String, line: Int, _ places: inout PlaceFinder
  ) -> (range: Range<Substring.Index>, citation: Citation)? {
    guard let (key, keyEnd) = Self.key(in: rest, after: place) else { return nil }
    var item = item(key, at: place, in: text, line: line, &places)
    var end = keyEnd
    if let match = rest[keyEnd...].prefixMatch(of: /\s?\[([^\[\]@]+)\]/) {
      item.suffix = Self.words(match.1)
      end = match.range.upperBound
    }
    return (place..<end, Citation(items: [item], isNarrative: true))
  }

  /// The works that stand in brackets; nil if one of them names none.
  private func items(of content: Substring, in text: String, line: Int, _ places: inout PlaceFinder) -> [Citation.Item]? {
    guard content.contains("@") else { return nil }
    var items: [Citation.Item] = []
    for part in content.split(separator: ";", omittingEmptySubsequences: false) {
      guard let at = part.indices.first(where: { part[$0] == "@" && Self.isFree($0, in: part) }),
        let (key, end) = Self.key(in: part, after: at)
      else { return nil }
      var item = item(key, at: at, in: text, line: line, &places)
      var prefix = part[..<at]
      if prefix.last == "-" {
        item.isWithoutAuthor = true
        prefix.removeLast()
      }
      item.prefix = Self.words(prefix)
      let suffix = part[end...]
      item.suffix = Self.words(suffix.first == "," ? suffix.dropFirst() : suffix)
      items.append(item)
    }
    return items
  }

  /// Whether an `@` begins a key: behind a letter it is a part of an address.
  private static func isFree(_ place: Substring.Index, in part: Substring) -> Bool {
    guard place > part.startIndex else { return true }
    let before = part[part.index(before: place)]
    return !before.isLetter && !before.isNumber
  }

  private func item(
    _ key: String, at place: Substring.Index, in text: String, line: Int, _ places: inout PlaceFinder
  ) -> Citation.Item {
    let found = places.find("@" + key, line: line + text[..<place].count { $0 == "\n" })
    return Citation.Item(key: key, line: found.line, column: found.column)
  }

  // MARK: - Characters

  private static func words(_ text: some StringProtocol) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The bracket that closes one; none stands between them.
  private static func closing(in text: Substring, from open: Substring.Index) -> Substring.Index? {
    let end = text[text.index(after: open)...].firstIndex { $0 == "]" || $0 == "[" }
    return end.flatMap { text[$0] == "]" ? $0 : nil }
  }

  /// A key behind an `@`: letters, digits and `_`, and other signs within it; or anything in braces.
  private static func key(in text: Substring, after at: Substring.Index) -> (key: String, end: Substring.Index)? {
    let rest = text[text.index(after: at)...]
    if let match = rest.prefixMatch(of: /\{([^{}\s]+)\}/) { return (String(match.1), match.range.upperBound) }
    guard let match = rest.prefixMatch(of: /[\p{L}\p{N}_](?:[:.#$%&\-+?<>~\/]*[\p{L}\p{N}_])*/) else { return nil }
    return (String(match.0), match.range.upperBound)
  }

  /// Finds words in their line, one after the other.
  private struct PlaceFinder {
    let lines: [String]
    let line: Int
    private var columns: [Int: Int] = [:]

    init(lines: [String], line: Int) { (self.lines, self.line) = (lines, line) }

    /// The column is in UTF-8 bytes, from 1.
    mutating func find(_ word: String, line: Int) -> (line: Int, column: Int) {
      guard lines.indices.contains(line - 1) else { return (line, 1) }
      let (bytes, wanted) = (Array(lines[line - 1].utf8), Array(word.utf8))
      var start = columns[line] ?? 0
      while start + wanted.count <= bytes.count {
        if bytes[start...].starts(with: wanted) {
          columns[line] = start + wanted.count
          return (line, start + 1)
        }
        start += 1
      }
      return (line, 1)
    }
  }
}
