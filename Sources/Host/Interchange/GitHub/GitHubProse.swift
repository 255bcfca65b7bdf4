import Document
import Foundation
import Record
import Rendering
import Text

/// A piece of a notebook's prose as GitHub shows it: what Folio alone understands is in words, all else stays as it is, byte for byte.
struct GitHubProse {
  private let document: GitHubMarkdown
  private var mask: ProseMask
  /// The line of the file at which the piece begins, from 1; nil for a text of its own, of which the notebook's lists say nothing.
  private let firstLine: Int?
  private var edits: [(range: Range<Int>, text: String)] = []

  init(_ text: String, firstLine: Int?, of document: GitHubMarkdown) {
    self.document = document
    mask = ProseMask(text)
    self.firstLine = firstLine
  }

  /// The Markdown; files that it names are added.
  mutating func markdown(_ files: inout GitHubFiles) -> String {
    if firstLine != nil {
      takeFormulas()
      takeExpressions()
      takeCitations()
      takeTableCaptions()
    }
    takeShownExpressions()
    takeLinks(&files)
    takeDefinitions(&files)
    takeTags(&files)
    var (result, position) = ([UInt8](), 0)
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where edit.range.lowerBound >= position {
      result += mask.bytes[position..<edit.range.lowerBound] + Array(edit.text.utf8)
      position = edit.range.upperBound
    }
    return String(decoding: result + mask.bytes[position...], as: UTF8.self)
  }

  private mutating func replace(_ range: Range<Int>, _ text: String) { edits.append((range, text)) }

  /// The byte at a place of the file; nil for one that is not in the piece.
  private func offset(line: Int, column: Int) -> Int? {
    guard let firstLine, line >= firstLine else { return nil }
    let offset = mask.offset(line: line - firstLine + 1, column: column)
    return offset < mask.bytes.count ? offset : nil
  }

  // MARK: - Formulas

  /// A formula with a number has it as a tag, and its label as an anchor before it.
  private mutating func takeFormulas() {
    for formula in document.notebook.formulas {
      guard let start = offset(line: formula.line, column: formula.column - 1) else { continue }
      let mark = Array((formula.isDisplay ? "$$" : "$").utf8)
      // Fences have other marks, and are code here.
      guard let open = mask.bytes[..<start].lastIndex(where: { $0 == UInt8(ascii: "$") }).map({ $0 + 1 - mark.count }),
        open >= 0, mask.bytes[(open + mark.count)..<start].allSatisfy(Self.isSpaceOrMark),
        let close = closing(mark, from: open + mark.count)
      else { continue }
      let end = close + mark.count
      if formula.number != nil { number(formula, open..<end, tex: (open + mark.count)..<close) }
      mask.blank(open..<end)
    }
  }

  /// White space, or what stands before the lines of quotes.
  private static func isSpaceOrMark(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, UInt8(ascii: ">")].contains(byte) }

  private func closing(_ mark: [UInt8], from start: Int) -> Int? {
    var index = start
    while index < mask.bytes.count {
      if mask.bytes[index] == UInt8(ascii: "\\") {
        index += 2
      } else if mask.bytes[index...].starts(with: mark) {
        return index
      } else {
        index += 1
      }
    }
    return nil
  }

  private mutating func number(_ formula: Formula, _ range: Range<Int>, tex: Range<Int>) {
    let written = mask.text(tex)
    let stripped = written.replacing(/\s*\\(?:label|tag)\{[^{}]*\}/, with: "")
    let space = String(stripped.reversed().prefix { $0.isWhitespace || $0 == ">" }.reversed())
    let tagged = stripped.dropLast(space.count) + " \\tag{\(formula.number ?? "")}" + space
    // What stands before it in its line is repeated: quotes, and what indents it in lists.
    let prefix = String(decoding: mask.prefix(of: range.lowerBound), as: UTF8.self)
    let isAlone = prefix.allSatisfy { $0 == " " || $0 == ">" }
    let anchor = formula.label.map(GitHubMarkdown.anchor) ?? ""
    let before =
      anchor.isEmpty || !isAlone ? anchor : "\(anchor)\n\(String(prefix.reversed().drop { $0 == " " }.reversed()))\n\(prefix)"
    replace(range, before + "$$" + tagged + "$$")
    let rest = String(decoding: mask.bytes[range.upperBound...].prefix(200), as: UTF8.self)
    if let attribute = rest.prefixMatch(of: /[ \t]*\{#[^\s{}]+\}/) {
      replace(range.upperBound..<range.upperBound + attribute.0.utf8.count, "")
    }
  }

  // MARK: - Expressions

  private mutating func takeExpressions() {
    for (expression, value) in document.values {
      guard let column = expression.column, let start = offset(line: expression.line, column: column),
        let range = span(around: start, expression.text)
      else { continue }
      replace(range, Prose.escaped(TerminalText.plain(value)))
    }
  }

  /// `` `{swift norun} x` `` shows `{swift} x`.
  private mutating func takeShownExpressions() {
    let (shown, mark) = (Array("{swift norun}".utf8), Array("{swift}".utf8))
    for span in mask.spans where mask.bytes[span.drop { mask.bytes[$0] == UInt8(ascii: "`") }].starts(with: shown) {
      let start = span.first { mask.bytes[$0] != UInt8(ascii: "`") } ?? span.lowerBound
      replace(start..<start + shown.count, String(decoding: mark, as: UTF8.self))
    }
  }

  /// The code span that holds an expression, with its backticks.
  private func span(around start: Int, _ expression: String) -> Range<Int>? {
    let tick = UInt8(ascii: "`")
    guard let last = mask.bytes[..<start].lastIndex(of: tick) else { return nil }
    let count = mask.bytes[...last].reversed().prefix { $0 == tick }.count
    var index = start + expression.utf8.count
    while index < mask.bytes.count {
      let run = mask.bytes[index...].prefix { $0 == tick }.count
      if run == count { return (last + 1 - count)..<(index + run) }
      index += max(1, run)
    }
    return nil
  }

  // MARK: - Citations

  /// Citations in the words of the list of references: `[@key, p. 3]` with its brackets, `@key` alone.
  private mutating func takeCitations() {
    for (index, citation) in document.notebook.citations.enumerated() {
      guard let words = document.works.citations[index], let first = citation.items.first, let last = citation.items.last,
        let start = offset(line: first.line, column: first.column - 1), let end = offset(line: last.line, column: last.column - 1)
      else { continue }
      if let range = range(of: citation, from: start, to: end) { replace(range, words) }
    }
  }

  private func range(of citation: Citation, from start: Int, to end: Int) -> Range<Int>? {
    if !citation.isNarrative {
      guard let open = mask.visible[..<start].lastIndex(of: UInt8(ascii: "[")),
        let close = mask.visible[end...].firstIndex(of: UInt8(ascii: "]"))
      else { return nil }
      return open..<close + 1
    }
    let key = citation.items.first?.key ?? ""
    guard let at = mask.visible[...start].lastIndex(of: UInt8(ascii: "@")) else { return nil }
    var close = start + key.utf8.count + (at == start ? 1 : 0)
    // `@key [p. 3]`
    if let suffix = citation.items.first?.suffix, !suffix.isEmpty,
      let bracket = mask.visible[close...].prefix(200).firstIndex(of: UInt8(ascii: "]"))
    {
      close = bracket + 1
    }
    return at..<close
  }

  // MARK: - Tables

  /// `: What it shows. {#tbl-models}` below a table as `**Table 2.** What it shows.`
  private mutating func takeTableCaptions() {
    for (index, table) in document.notebook.proseTables.enumerated() {
      guard let number = document.numbered.tables[index], var position = offset(line: table.line, column: 0) else { continue }
      // The table ends at an empty line, and its caption stands behind that.
      while position < mask.bytes.count, !isEmpty(lineAt: position) { position = nextLine(position) }
      while position < mask.bytes.count, isEmpty(lineAt: position) { position = nextLine(position) }
      var end = position
      while end < mask.bytes.count, !isEmpty(lineAt: end) { end = nextLine(end) }
      let text = mask.text(position..<end)
      guard let match = text.prefixMatch(of: /[ \t>]*((?:Table)?: )/) else { continue }
      let start = position + String(text[..<match.1.startIndex]).utf8.count
      let anchor = table.label.map(GitHubMarkdown.anchor) ?? ""
      replace(start..<start + match.1.utf8.count, "\(anchor)**\(NumberedOutputs.Kind.table.word) \(number).** ")
      if let label = text.firstMatch(of: /\s*\{#[^\s{}]+\}(?=\s*$)/) {
        let from = position + String(text[..<label.range.lowerBound]).utf8.count
        replace(from..<from + label.0.utf8.count, "")
      }
    }
  }

  private func isEmpty(lineAt start: Int) -> Bool {
    mask.bytes[start...].prefix { $0 != 0x0A }.allSatisfy(Self.isSpaceOrMark)
  }

  private func nextLine(_ start: Int) -> Int { (mask.bytes[start...].firstIndex(of: 0x0A) ?? mask.bytes.count - 1) + 1 }

  // MARK: - Links

  /// Inline links and pictures: what stands between `](` and `)`.
  private mutating func takeLinks(_ files: inout GitHubFiles) {
    var position = 0
    while let mark = mask.find("](", from: position) {
      position = mark + 2
      guard mark == 0 || mask.visible[mark - 1] != UInt8(ascii: "\\"), let destination = destination(from: mark + 2),
        let close = close(from: destination.range.upperBound), let open = open(before: mark)
      else { continue }
      position = close + 1
      let isPicture = open > 0 && mask.visible[open - 1] == UInt8(ascii: "!")
      let reference = Reference(url: destination.url, line: 0)
      if isPicture {
        if let figure = document.shown(reference, &files) {
          replace((open - 1)..<close + 1, figure)
        } else if case .notebook = reference.target {
          replace((open - 1)..<close + 1, document.named(reference))
        } else if let address = document.picture(destination.url, &files) {
          replace(destination.range, address)
        }
        continue
      }
      let words = open + 1 == mark ? Prose.escaped(document.linker.words(of: reference) ?? destination.url) : ""
      switch document.address(of: reference, &files) {
      case .same: replace(mark..<mark, words)
      case .other(let address):
        replace(mark..<mark, words)
        replace(destination.range, address)
      case .none:
        replace(open..<open + 1, "")
        replace(mark..<close + 1, words)
      }
    }
  }

  /// The opening bracket of what is closed at a byte.
  private func open(before close: Int) -> Int? {
    var (depth, index) = (0, close - 1)
    while index >= 0 {
      let byte = mask.visible[index]
      let isEscaped = index > 0 && mask.visible[index - 1] == UInt8(ascii: "\\")
      if byte == UInt8(ascii: "]"), !isEscaped { depth += 1 }
      if byte == UInt8(ascii: "["), !isEscaped {
        if depth == 0 { return index }
        depth -= 1
      }
      // A link does not go beyond its paragraph.
      if byte == 0x0A, index > 0, mask.visible[index - 1] == 0x0A { return nil }
      index -= 1
    }
    return nil
  }

  /// The address that stands at a byte, in brackets or not.
  private func destination(from start: Int) -> (range: Range<Int>, url: String)? {
    var index = start
    while index < mask.visible.count, [0x20, 0x09, 0x0A].contains(mask.visible[index]) { index += 1 }
    guard index < mask.visible.count else { return nil }
    if mask.visible[index] == UInt8(ascii: "<") {
      guard let end = mask.visible[index...].firstIndex(where: { $0 == UInt8(ascii: ">") || $0 == 0x0A }),
        mask.visible[end] == UInt8(ascii: ">")
      else { return nil }
      return (index..<end + 1, Self.unescaped(mask.text((index + 1)..<end)))
    }
    var (depth, end) = (0, index)
    while end < mask.visible.count {
      let byte = mask.visible[end]
      if byte <= 0x20 || byte == UInt8(ascii: ")") && depth == 0 { break }
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      end += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    return end <= mask.visible.count ? (index..<end, Self.unescaped(mask.text(index..<end))) : nil
  }

  /// The end of a link: behind its address may stand a title.
  private func close(from start: Int) -> Int? {
    var index = start
    func skipSpace() { while index < mask.visible.count, [0x20, 0x09, 0x0A].contains(mask.visible[index]) { index += 1 } }
    skipSpace()
    guard index < mask.visible.count else { return nil }
    if let quote = Self.closingQuotes[mask.visible[index]] {
      index += 1
      while index < mask.visible.count, mask.visible[index] != quote {
        index += mask.visible[index] == UInt8(ascii: "\\") ? 2 : 1
      }
      index += 1
      skipSpace()
    }
    return index < mask.visible.count && mask.visible[index] == UInt8(ascii: ")") ? index : nil
  }

  /// Of titles, by what opens them.
  private static let closingQuotes: [UInt8: UInt8] = Dictionary(
    uniqueKeysWithValues: zip(Array("\"'(".utf8), Array("\"')".utf8)))

  private static func unescaped(_ url: String) -> String {
    url.replacing(/\\([!-\/:-@\[-`{-~])/) { String($0.1) }.replacing("&amp;", with: "&")
  }

  /// `[label]: address`
  private mutating func takeDefinitions(_ files: inout GitHubFiles) {
    let text = String(decoding: mask.visible, as: UTF8.self)
    for match in text.matches(of: /(?m)^[ >]*\[(?!\^)(?:[^\[\]\\\n]|\\.)+\]:/) {
      let start = text.utf8.distance(from: text.startIndex, to: match.range.upperBound)
      guard let destination = destination(from: start) else { continue }
      let reference = Reference(url: destination.url, line: 0)
      if case .other(let address) = document.address(of: reference, &files) {
        replace(destination.range, address)
      } else if let address = document.picture(destination.url, &files) {
        replace(destination.range, address)
      }
    }
  }

  /// Links and pictures of raw HTML.
  private mutating func takeTags(_ files: inout GitHubFiles) {
    for tag in HTMLTags(String(decoding: mask.visible, as: UTF8.self)).all {
      if tag.name == "a", let link = tag["href"],
        case .other(let address) = document.address(of: Reference(url: link.value, line: 0), &files)
      {
        replace(link.range, "\"\(address)\"")
      }
      if tag.name == "img" || tag.name == "source", let source = tag["src"], let address = document.picture(source.value, &files)
      {
        replace(source.range, "\"\(address)\"")
      }
    }
  }
}
