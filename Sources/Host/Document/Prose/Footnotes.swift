import CCmark
import Foundation
import Record

/// Footnotes as GitHub has them: `[^name]` in a text, and `[^name]: The note.` at the beginning of a line; what is indented by four columns below it belongs to the
/// note.
///
/// A note stands beside the block that names it first on wide screens, and below it elsewhere: once on the page, so that it is read once.
struct Footnotes {
  /// A note where it is defined.
  struct Definition {
    var name: String
    /// The line of its mark, from 1.
    var line: Int
    /// How many lines it has.
    var count: Int
  }

  private(set) var definitions: [Definition] = []
  /// The text with the notes' words in their places, without marks and indentation: in it they are prose as all other.
  private(set) var lines: [String]
  /// How many bytes a line has lost at its start, by the line from 0.
  private(set) var offsets: [Int: Int] = [:]

  // MARK: - Taking them out of the text

  init(_ written: [String]) {
    lines = written
    guard written.contains(where: { Self.mark($0) != nil }) else { return }
    let taken = Self.linesOfCode(written)
    var index = 0
    while index < written.count {
      guard !taken.contains(index + 1), let (name, content) = Self.mark(written[index]) else {
        index += 1
        continue
      }
      var note = Definition(name: name, line: index + 1, count: 1)
      keep(content, at: index)
      index += 1
      var following: Int? = index
      while index < written.count {
        // The next line that is not empty: asked for once for all the empty lines before it.
        if let next = following, next <= index { following = written[index...].firstIndex { !$0.allSatisfy(\.isWhitespace) } }
        guard let line = continued(written, index, following: following) else { break }
        keep(line, at: index)
        note.count += 1
        index += 1
      }
      definitions.append(note)
    }
  }

  private mutating func keep(_ content: String, at index: Int) {
    offsets[index] = lines[index].utf8.count - content.utf8.count
    lines[index] = content
  }

  /// The text without the notes, in whose places stand empty lines.
  /// - Parameter lines: the text with them, in which formulas may be masked.
  func rest(of lines: [String]) -> [String] {
    var rest = lines
    for note in definitions { for index in (note.line - 1)..<(note.line - 1 + note.count) { rest[index] = "" } }
    return rest
  }

  /// The words of a note.
  func text(of note: Definition, in lines: [String]) -> String {
    lines[(note.line - 1)..<(note.line - 1 + note.count)].joined(separator: "\n")
  }

  /// The lines that are code or raw HTML, from 1.
  private static func linesOfCode(_ lines: [String]) -> Set<Int> {
    let text = lines.joined(separator: "\n")
    guard let root = cmark_parse_document(text, text.utf8.count, CMARK_OPT_DEFAULT) else { return [] }
    defer { cmark_node_free(root) }
    var taken: Set<Int> = []
    for node in root.children {
      let (first, last) = (node.line, node.lastLine)
      guard node.kind == CMARK_NODE_CODE_BLOCK || node.kind == CMARK_NODE_HTML_BLOCK, first <= last else { continue }
      taken.formUnion(first...last)
    }
    return taken
  }

  /// The name and the first words of a note, if one begins in a line.
  static func mark(_ line: String) -> (name: String, content: String)? {
    guard line.contains("[^"), let match = line.prefixMatch(of: /\ {0,3}\[\^([^\[\]\s\\]+)\]:[ \t]*/) else { return nil }
    return (String(match.1), String(line[match.range.upperBound...]))
  }

  /// A line of a note without its indentation; nil if it is none of it.
  private func continued(_ written: [String], _ index: Int, following: Int?) -> String? {
    let line = written[index]
    if Self.mark(line) != nil { return nil }
    if line.allSatisfy(\.isWhitespace) {
      // An empty line belongs to it if more comes.
      return following.map { Self.isIndented(written[$0]) } == true ? "" : nil
    }
    if Self.isIndented(line) { return line.first == "\t" ? String(line.dropFirst()) : String(line.dropFirst(4)) }
    // The words of its last paragraph go on without indentation.
    let begins = line.prefixMatch(of: /\ {0,3}(#|>|[-*+] |\d+[.)] |```|~~~|\||<|\$\$)/) != nil
    return lines[index - 1].allSatisfy(\.isWhitespace) || begins ? nil : line
  }

  private static func isIndented(_ line: String) -> Bool { line.hasPrefix("    ") || line.first == "\t" }

  /// The first name of a note in a text, with its brackets.
  private static func reference(in text: Substring) -> (range: Range<Substring.Index>, name: String)? {
    let bytes = text.utf8
    var start = bytes.startIndex
    while let open = bytes[start...].firstIndex(of: UInt8(ascii: "[")) {
      let mark = bytes.index(after: open)
      start = mark
      guard mark < bytes.endIndex, bytes[mark] == UInt8(ascii: "^") else { continue }
      let first = bytes.index(after: mark)
      let end = text[first...].firstIndex { "[]\\".contains($0) || $0.isWhitespace }
      guard let end else { return nil }
      if text[end] == "]", first < end { return (open..<text.index(after: end), String(text[first..<end])) }
      start = end
    }
    return nil
  }

  // MARK: - Putting them where they are named

  /// Numbers the notes, and puts each below the top-level block that names it first.
  /// - Parameter read: gives the blocks of a note.
  func place(in root: MarkdownNode, _ source: inout SourceText, read: (Definition, inout SourceText) -> [MarkdownNode]) {
    var byName: [String: Int] = [:]
    for (index, note) in definitions.enumerated() {
      if let first = byName[Self.caseless(note.name)] {
        source.report(
          line: note.line, "the footnote '\(note.name)' is given twice", advice: "Give each its own name.",
          notes: [Diagnostic(.note, at: Place(file: source.file, line: definitions[first].line), "the first is here")])
      } else {
        byName[Self.caseless(note.name)] = index
      }
    }
    var placing = Placing(definitions: definitions, byName: byName)
    for block in root.children { placing.place(block, &source, read: read) }
    for (index, note) in definitions.enumerated() where placing.numbers[index] == nil && byName[Self.caseless(note.name)] == index
    {
      source.warn(
        line: note.line, "nothing names the footnote '\(note.name)', and it is not shown",
        advice: "Write '[^\(note.name)]' where it belongs.")
    }
  }

  static func caseless(_ name: String) -> String { name.lowercased() }

  private struct Placing {
    let definitions: [Definition]
    let byName: [String: Int]
    /// By the places of the definitions.
    var numbers: [Int: Int] = [:]
    private var uses: [Int: Int] = [:]

    init(definitions: [Definition], byName: [String: Int]) { (self.definitions, self.byName) = (definitions, byName) }

    mutating func place(_ block: MarkdownNode, _ source: inout SourceText, read: (Definition, inout SourceText) -> [MarkdownNode])
    {
      var waiting = named(in: block, &source)
      guard !waiting.isEmpty else { return }
      var notes: [MarkdownNode] = []
      while !waiting.isEmpty {
        let index = waiting.removeFirst()
        let content = read(definitions[index], &source)
        let holder = MarkdownNode.block("", "", content)
        // A note may name others.
        waiting += named(in: holder, &source)
        notes.append(note(index, holder.children))
        cmark_node_free(holder)
      }
      let aside = MarkdownNode.block("<div class=\"footnotes\">\n", "</div>\n", notes)
      // A heading stays a block of its own, and so does code.
      if block.kind == CMARK_NODE_HEADING || block.kind == CMARK_NODE_CODE_BLOCK {
        cmark_node_insert_after(block, aside)
        return
      }
      let around = MarkdownNode.block("<div class=\"noted\">\n", "</div>\n")
      cmark_node_insert_before(block, around)
      around.append([block, aside])
    }

    private mutating func note(_ index: Int, _ content: [MarkdownNode]) -> MarkdownNode {
      let name = MarkdownTree.escaped(Footnotes.caseless(definitions[index].name))
      let number = numbers[index] ?? 0
      let back =
        " <a class=\"footnote-back\" href=\"#fnref-\(name)\" role=\"doc-backlink\" aria-label=\"Back to footnote \(number) in the text\">↩</a>"
      var content = content
      let endsWithWords = content.last.map { $0.kind == CMARK_NODE_PARAGRAPH && !$0.isLeaf } ?? false
      if !endsWithWords { content.append(.make(CMARK_NODE_PARAGRAPH)) }
      content.last?.append([.html(back)])
      let mark = MarkdownNode.leaf("<p class=\"footnote-number\">", "</p>\n", [.html("\(number)")])
      return .block(
        "<div class=\"footnote\" id=\"fn-\(name)\" role=\"note\" aria-label=\"Footnote \(number)\">\n", "</div>\n",
        [mark] + content)
    }

    /// Makes links of the names in a block. Returns the notes that are named for the first time.
    private mutating func named(in block: MarkdownNode, _ source: inout SourceText) -> [Int] {
      var new: [Int] = []
      for node in MarkdownTree.all(CMARK_NODE_TEXT, in: block)
      where node.literal.contains("[^") && !MarkdownTree.isWithinLink(node) {
        var (parts, rest) = ([MarkdownNode](), node.literal[...])
        while let (range, name) = Footnotes.reference(in: rest) {
          guard let index = byName[Footnotes.caseless(name)] else {
            source.warn(
              line: node.line, "there is no footnote '\(name)', and '[^\(name)]' stands on the page as it is",
              advice: "Define it on a line of its own: '[^\(name)]: The note.'")
            parts.append(.make(CMARK_NODE_TEXT, literal: String(rest[..<range.upperBound])))
            rest = rest[range.upperBound...]
            continue
          }
          if numbers[index] == nil {
            numbers[index] = numbers.count + 1
            new.append(index)
          }
          uses[index, default: 0] += 1
          parts.append(.make(CMARK_NODE_TEXT, literal: String(rest[..<range.lowerBound])))
          parts.append(.html(reference(index)))
          rest = rest[range.upperBound...]
        }
        guard !parts.isEmpty else { continue }
        node.replace(by: parts + [.make(CMARK_NODE_TEXT, literal: String(rest))])
      }
      return new
    }

    private func reference(_ index: Int) -> String {
      let name = MarkdownTree.escaped(Footnotes.caseless(definitions[index].name))
      let (number, use) = (numbers[index] ?? 0, uses[index] ?? 1)
      // No name has brackets in it, so that no other note's mark has the same.
      let id = use == 1 ? "fnref-\(name)" : "fnref-\(name)[\(use)]"
      return
        "<sup class=\"footnote-ref\" id=\"\(id)\"><a href=\"#fn-\(name)\" role=\"doc-noteref\" aria-label=\"Footnote \(number)\">\(number)</a></sup>"
    }
  }
}
