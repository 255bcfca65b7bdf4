import Text

/// A piece of HTML that shall stand in one element of a page: it closes what it opens, opens what it closes, and holds nothing that belongs to a
/// whole document. Browsers mend what does not, and put it elsewhere.
///
/// End tags must be written, those of `p` and `li` too, since what stands for them depends on what follows. Scripts, style sheets and handlers
/// are the author's: who vouches for a piece of HTML vouches for what it does.
struct HTMLPiece {
  /// What keeps it from standing in an element, and the line of that, from 1; nil if nothing does.
  private(set) var problem: (message: String, line: Int)?

  private let bytes: [UInt8]
  private var position = 0
  /// What is open, outermost first.
  private var open: [(name: String, start: Int)] = []

  private static let void: Set<String> = [
    "area", "br", "col", "embed", "hr", "img", "input", "param", "source", "track", "wbr",
  ]
  /// What these hold is text up to their end tags.
  private static let texts: Set<String> = ["script", "style", "textarea", "iframe", "xmp", "noembed", "noframes"]
  /// What a page has once, or what changes how the rest of it is read.
  private static let documents: Set<String> = [
    "html", "head", "body", "base", "title", "meta", "link", "frame", "frameset", "plaintext",
  ]

  init(_ html: String) {
    bytes = Array(html.utf8)
    while problem == nil, let next = find("<", from: position) { readMarkup(at: next) }
    if problem == nil, let last = open.last { report("'<\(last.name)>' is not closed", at: last.start) }
  }

  /// Whether it stands in a drawing or a formula, where each element may close itself.
  private var isForeign: Bool { open.contains { $0.name == "svg" || $0.name == "math" } }

  private mutating func readMarkup(at start: Int) {
    position = start + 1
    guard position < bytes.count else { return }
    switch bytes[position] {
    case UInt8(ascii: "!") where starts("!--"):
      // As browsers read it, '<!-->' and '<!--->' are whole comments.
      guard let end = find("-->", from: position + 1) else { return report("a comment is not closed", at: start) }
      position = end + 3
    case UInt8(ascii: "!"), UInt8(ascii: "?"):
      report(
        "'<\(Character(Unicode.Scalar(bytes[position])))' begins a declaration, which belongs to a whole document", at: start)
    case UInt8(ascii: "/"): readEnd(at: start)
    case let byte where Self.isLetter(byte): readStart(at: start)
    default: return
    }
  }

  private mutating func readEnd(at start: Int) {
    position += 1
    let name = readName()
    guard let end = find(">", from: position) else { return report("'</\(name)' does not end", at: start) }
    position = end + 1
    guard let last = open.last, last.name == name else {
      let expected = open.last.map { "'</\($0.name)>' is missing before it" } ?? "nothing is open there"
      return report("'</\(name)>' closes what is not open: \(expected)", at: start)
    }
    open.removeLast()
  }

  private mutating func readStart(at start: Int) {
    let name = readName()
    guard let closesItself = skipAttributes() else { return report("'<\(name)' does not end", at: start) }
    if name.hasPrefix("folio-") { return report("'<\(name)>' is an element of Folio's own", at: start) }
    if Self.documents.contains(name), !isForeign { return report("'<\(name)>' belongs to a whole document", at: start) }
    if isForeign || name == "svg" || name == "math" {
      if !closesItself { open.append((name, start)) }
    } else if closesItself, !Self.void.contains(name) {
      report("'<\(name)/>' does not close itself in HTML; write '<\(name)></\(name)>'", at: start)
    } else if Self.texts.contains(name) {
      guard let end = find("</\(name)", from: position) else { return report("'<\(name)>' is not closed", at: start) }
      position = end
      open.append((name, start))
    } else if !Self.void.contains(name) {
      open.append((name, start))
    }
  }

  /// Goes to the end of a start tag. A `>` in quotes ends nothing.
  /// - Returns: whether it ends by `/>`; nil if it does not end.
  private mutating func skipAttributes() -> Bool? {
    var quote: UInt8?
    var (last, isValue) = (UInt8(ascii: " "), false)
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: ">") {
        return last == UInt8(ascii: "/")
      } else if isValue, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      }
      if !Self.isSpace(byte) { isValue = byte == UInt8(ascii: "=") }
      last = byte
    }
    return nil
  }

  private mutating func report(_ message: String, at start: Int) {
    problem = (VisibleText.line(message), bytes[..<start].count { $0 == UInt8(ascii: "\n") } + 1)
  }

  // MARK: - Bytes

  private mutating func readName() -> String {
    let start = position
    while position < bytes.count, !Self.isSpace(bytes[position]),
      ![UInt8(ascii: "/"), UInt8(ascii: ">")].contains(bytes[position])
    {
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
  }

  private func starts(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  /// Whatever the case of its letters.
  private func find(_ text: String, from start: Int) -> Int? {
    let wanted = Array(text.utf8)
    guard start <= bytes.count - wanted.count else { return nil }
    return (start...(bytes.count - wanted.count)).first { index in
      wanted.indices.allSatisfy { Self.lower(bytes[index + $0]) == wanted[$0] }
    }
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(lower(byte)) }
  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(byte) }
}
