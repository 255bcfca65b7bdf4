import Document
import Foundation
import Record
import TestSupport

/// The prose of notebooks: what is read of it is whole HTML, with nothing of what stands in for characters while it is read, and what is told of
/// it has a place in it.
final class ProseKind: Kind {
  static let name = "prose", share = 10
  private let seeds: Seeds

  init(folder: String) {
    let texts = Self.fixtures.flatMap(Self.markdown)
    let shipped = Repository.files("Notebooks", ending: ".md", upTo: 8000).map(\.bytes)
    seeds = Seeds(inputs: (texts.map { Array($0.utf8) } + shipped + Self.own.map { Array($0.utf8) }).map { [Part("n.md", $0)] })
  }

  /// Texts with everything in them, and marks that are made of the same characters.
  private static let own = [
    """
    Text[^a] $x_1$ ~~b~~ https://e.org/__init__ a@e.org.

    | a[^b] | `{swift} x` |
    |:--|--:|
    | $|x|$ | *y* [l] |
    : Caption. {#tbl-a}

    > [!NOTE] Title
    > - [ ] task
    > - [x] done

    Term
    : definition
    : another

    [^a]: Note.

        | c |
        |---|
        | ~~d~~ |
    [^b]: Other[^a].

    [l]: https://e.org "title"

    $$
    a & b
    $$ {#eq-a}
    """, "[^", "[^a]", "[^a]: ", "~~", "~", "| ", "|---|\n", ": ", "> [!NOTE]\n", "- [ ] ", "https://", "www.", "a@b.c", "\\~",
    "\\[",
    "$", "$$", "\u{2E2E}\u{2E00}", "\u{2E2D}", "\u{1}", "\u{E000}", "\u{F0000}", "[a]: b\n", "{#tbl-a}", "```math\n", "Table: ",
    "`",
    "\t", "    ", "\n\n", "é", "&amp;", "![a](b)", "<b>", "<!--",
  ]

  private static let fixtures = ["CommonMark/spec-0.30.json", "Extensions/extensions.json"]

  private static func markdown(in fixture: String) -> [String] {
    let file = "\(Repository.top)/Tests/Host/DocumentTests/Fixtures/\(fixture)"
    guard let data = FileManager.default.contents(atPath: file), let json = try? JSONValue(data, allowsNonFinite: false) else {
      return []
    }
    return json.array?.compactMap { $0["markdown"]?.string } ?? []
  }

  func input(_ chance: inout Chance) -> Input {
    guard chance.one(in: 3) else { return seeds.mutated(&chance) }
    // A text of pieces, in which each may meet each, a few times or very often.
    let count = chance.size(upTo: chance.one(in: 20) ? 4000 : 60)
    var bytes: [UInt8] = []
    let few = (0..<(1 + chance.below(4))).map { _ in chance.pick(Self.own.dropFirst().map { Array($0.utf8) }) }
    for _ in 0..<count {
      bytes += chance.one(in: 3) ? Array(chance.pick(["a", " ", "\n", "*", "_", "b c", "- ", "> "]).utf8) : chance.pick(few)
    }
    return [Part("n.md", bytes)]
  }

  func attempt(_ input: Input) throws {
    let markdown = input.text("n.md")
    try check(markdown, isBalanced: false)
    // Raw HTML is the author's, and need not be whole.
    try check(markdown.replacing("<", with: ""), isBalanced: true)
  }

  private func check(_ markdown: String, isBalanced: Bool) throws {
    let (html, problems) = Notebook.html(ofProse: markdown)
    try checkPlaces(problems, in: markdown)
    let written = Set(markdown.unicodeScalars)
    // What CommonMark's references to characters stand for may be anything.
    if !markdown.contains("&#"), let mark = html.unicodeScalars.first(where: { Self.isMark($0) && !written.contains($0) }) {
      throw Failure("the mark \(String(mark.value, radix: 16)) is left in the HTML")
    }
    if html.contains("folio-leaf") != markdown.contains("folio-leaf"), !markdown.contains("folio-") {
      throw Failure("an element of the reading is left in the HTML")
    }
    if isBalanced, let problem = Balance.problem(html) { throw Failure(problem) }
  }

  /// What stands for formulas, escapes and other characters while cmark reads.
  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x01...0x08, 0x0B...0x0C, 0x0E...0x1F, 0x7F, 0x2E00...0x2E2F, 0xE000...0xF8FF, 0xF_0000...: true
    default: false
    }
  }

  private func checkPlaces(_ problems: [Diagnostic], in markdown: String) throws {
    guard !problems.isEmpty else { return }
    let lines = TextLines.normalized(markdown).split(separator: "\n", omittingEmptySubsequences: false)
    for problem in problems {
      for place in ([problem] + problem.notes).compactMap(\.place) {
        guard (1...max(1, lines.count)).contains(place.line) else {
          throw Failure("'\(problem.message)' is told at line \(place.line) of \(lines.count)")
        }
        // A place may be behind the line's last character.
        if let column = place.column, !(1...(lines[place.line - 1].utf8.count + 1)).contains(column) {
          throw Failure("'\(problem.message)' is told at column \(column) of \(lines[place.line - 1].utf8.count)")
        }
      }
    }
  }
}

/// Whether each element of an HTML text ends within the one that it begins in.
enum Balance {
  private static let void: Set<String> = ["br", "hr", "img", "input"]
  private static let paragraphs: Set<String> = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "figcaption"]
  /// What stands in no paragraph.
  private static let blocks: Set<String> = [
    "p", "div", "table", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "figure", "figcaption", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr",
  ]

  /// What is wrong with it; nil if nothing is.
  static func problem(_ html: String) -> String? {
    var (open, ids) = ([String](), Set<String>())
    // How many paragraphs, and links, are open.
    var (paragraph, links) = (0, 0)
    let bytes = Array(html.utf8)
    var index = 0
    while let start = bytes[index...].firstIndex(of: UInt8(ascii: "<")) {
      guard let end = endOfTag(bytes, from: start) else { return "a tag does not end" }
      let tag = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
      index = end + 1
      let name = String(tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != "/" })
      if tag.hasPrefix("/") {
        guard open.popLast() == name else { return "</\(name)> ends what is not open" }
        if paragraphs.contains(name) { paragraph -= 1 }
        if name == "a" { links -= 1 }
      } else if !void.contains(name) || blocks.contains(name) {
        if blocks.contains(name), paragraph > 0 { return "<\(name)> stands in a paragraph" }
        if name == "a", links > 0 { return "a link stands in a link" }
        if !void.contains(name) { open.append(name) }
        if paragraphs.contains(name) { paragraph += 1 }
        if name == "a" { links += 1 }
      }
      // Labels of the author are looked at elsewhere.
      if tag.contains("fn"), let id = tag.firstMatch(of: /\sid="(fn[^"]*)"/)?.1, !ids.insert(String(id)).inserted {
        return "the id \(id) is given twice"
      }
    }
    return open.isEmpty ? nil : "<\(open[open.count - 1])> is not ended"
  }

  /// The `>` of a tag, outside of quotes.
  private static func endOfTag(_ bytes: [UInt8], from start: Int) -> Int? {
    var (index, isQuoted) = (start + 1, false)
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
      if bytes[index] == UInt8(ascii: ">"), !isQuoted { return index }
      if bytes[index] == UInt8(ascii: "<"), !isQuoted { return nil }
      index += 1
    }
    return nil
  }
}
