import Foundation

/// Takes the text out of a page that Folio has made, piece by piece, each with the address at which it begins.
///
/// A page may hold its author's own HTML, so nothing rests on its elements being closed: what is never closed ends with the text.
struct SearchText {
  /// A heading or a cell with the text behind it.
  struct Piece: Equatable {
    /// Empty for the page's beginning.
    var anchor: String
    /// The nearest heading's words.
    var heading: String
    var text: String
  }

  /// More text than this of one piece is no prose that somebody looks for.
  private static let mostBytes = 20_000

  private let bytes: [UInt8]
  private var place = 0
  private var pieces = [Piece(anchor: "", heading: "", text: "")]
  private var text: [UInt8] = []
  /// The words of a heading while it is read.
  private var heading: (name: String, start: Int)?
  /// How many `div` are open within what a cell put out.
  private var outputs = 0
  /// The element within what a cell put out whose text is taken.
  private var caption: String?

  static func pieces(of html: Data) -> [Piece] {
    let start = html.range(of: Data("<main".utf8))?.lowerBound ?? html.startIndex
    let end = html.range(of: Data("</main>".utf8), options: .backwards)?.lowerBound ?? html.endIndex
    guard start < end else { return [] }
    var reader = SearchText(bytes: Array(html[start..<end]))
    reader.read()
    return reader.pieces.filter { !$0.text.isEmpty || !$0.heading.isEmpty }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func read() {
    while place < bytes.count {
      if bytes[place] == UInt8(ascii: "<"), let tag = tag() {
        if tag.isClosing { close(tag) } else { open(tag) }
      } else {
        let end = bytes[(place + 1)...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
        if isTaken, text.count < Self.mostBytes { text += bytes[place..<end] }
        place = end
      }
    }
    endPiece()
  }

  private var isTaken: Bool { outputs == 0 || caption != nil }

  // MARK: - Tags

  private struct Tag {
    var name: String
    var isClosing: Bool
    var attributes: ArraySlice<UInt8>

    /// The value of an attribute in double quotes, as Folio writes them.
    func value(_ attribute: String) -> String? {
      let text = String(decoding: attributes, as: UTF8.self)
      guard let start = text.range(of: " \(attribute)=\""), let end = text[start.upperBound...].firstIndex(of: "\"") else {
        return nil
      }
      return String(text[start.upperBound..<end])
    }

    var classes: [Substring] { value("class")?.split(separator: " ") ?? [] }

    func hasClass(_ name: Substring) -> Bool { classes.contains(name) }
  }

  /// Reads what begins at `<`; nil if that is no tag. A comment is a tag without a name.
  private mutating func tag() -> Tag? {
    let rest = bytes[(place + 1)...]
    if rest.starts(with: "!--".utf8) {
      var end = place + 4
      while end < bytes.count, !bytes[end...].starts(with: "-->".utf8) { end += 1 }
      place = min(bytes.count, end + 3)
      return Tag(name: "", isClosing: false, attributes: [])
    }
    let isClosing = rest.first == UInt8(ascii: "/")
    let start = place + (isClosing ? 2 : 1)
    guard start < bytes.count, Self.isLetter(bytes[start]) else { return nil }
    var end = start
    while end < bytes.count, Self.isLetter(bytes[end]) || (0x30...0x39).contains(bytes[end]) || bytes[end] == 0x2D { end += 1 }
    let name = String(decoding: bytes[start..<end], as: UTF8.self).lowercased()
    var (close, quote) = (end, nil as UInt8?)
    while close < bytes.count {
      let byte = bytes[close]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        break
      }
      close += 1
    }
    place = min(bytes.count, close + 1)
    return Tag(name: name, isClosing: isClosing, attributes: bytes[end..<min(close, bytes.count)])
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }

  /// Goes behind the element that has just been opened. Most of a page's bytes are drawings, so only tags of its name are read.
  private mutating func skip(_ name: String) {
    let name = Array(name.utf8)
    var depth = 1
    while depth > 0, let open = bytes[place...].firstIndex(of: UInt8(ascii: "<")) {
      let start = open + (open + 1 < bytes.count && bytes[open + 1] == UInt8(ascii: "/") ? 2 : 1)
      let end = start + name.count
      place = open + 1
      guard end <= bytes.count, zip(bytes[start..<end], name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { continue }
      place = open
      guard let tag = tag() else {
        place = open + 1
        continue
      }
      if tag.name.utf8.count == name.count, tag.attributes.last != UInt8(ascii: "/") { depth += tag.isClosing ? -1 : 1 }
    }
    if depth > 0 { place = bytes.count }
  }

  /// Elements that have no end.
  private static let void: Set = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
  ]

  /// Elements whose text is no text of the page.
  private static let silent: Set = ["script", "style", "template", "nav", "annotation", "button"]

  /// What a page says of itself, and of the pages around it.
  private static let silentClasses: Set<Substring> = [
    "anchor", "cite-card", "cite-page", "contents", "data-links", "label", "page-links", "parameters", "provenance", "status",
  ]

  private mutating func open(_ tag: Tag) {
    let isAlone = tag.attributes.last == UInt8(ascii: "/")
    if tag.name == "svg", let label = tag.value("aria-label"), text.count < Self.mostBytes { text += Array(" \(label) ".utf8) }
    if Self.silent.contains(tag.name) || tag.name == "svg" || tag.classes.contains(where: Self.silentClasses.contains) {
      if !isAlone, !Self.void.contains(tag.name) { skip(tag.name) }
      return
    }
    if outputs > 0 {
      if tag.name == "div" { outputs += 1 }
      if tag.name == "figcaption" || tag.hasClass("caption") { caption = tag.name }
    } else if tag.name == "div", tag.hasClass("outputs") {
      outputs = 1
    }
    if let level = Self.level(tag.name), let anchor = tag.value("id") ?? (level == 1 ? "" : nil) {
      beginPiece(anchor, heading: "")
      heading = (tag.name, text.count)
    } else if tag.name == "section" || tag.name == "figure", let anchor = tag.value("id") {
      beginPiece(anchor, heading: pieces[pieces.count - 1].heading)
    }
    separate(tag.name)
  }

  private mutating func close(_ tag: Tag) {
    if let begun = heading, begun.name == tag.name {
      pieces[pieces.count - 1].heading = Self.words(text[min(begun.start, text.count)...])
      text.removeSubrange(min(begun.start, text.count)...)
      heading = nil
    }
    if outputs > 0, tag.name == "div" { outputs -= 1 }
    if tag.name == caption { caption = nil }
    separate(tag.name)
  }

  /// Elements within a line put no space between words.
  private static let inline: Set = [
    "a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "del", "mark", "q",
  ]

  private mutating func separate(_ name: String) {
    if !Self.inline.contains(name), !text.isEmpty, text.last != 0x20 { text.append(0x20) }
  }

  private static func level(_ name: String) -> Int? {
    name.count == 2 && name.hasPrefix("h") ? name.last?.wholeNumberValue.flatMap { (1...6).contains($0) ? $0 : nil } : nil
  }

  // MARK: - Pieces

  private mutating func beginPiece(_ anchor: String, heading: String) {
    endPiece()
    pieces.append(Piece(anchor: Self.decoded(anchor), heading: heading, text: ""))
  }

  private mutating func endPiece() {
    pieces[pieces.count - 1].text = Self.words(text[...])
    text = []
  }

  /// A text with single spaces, and its entities as what they stand for.
  private static func words(_ bytes: ArraySlice<UInt8>) -> String {
    decoded(String(decoding: bytes, as: UTF8.self)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static let entities = ["&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'", "&nbsp;": " "]

  private static func decoded(_ text: String) -> String {
    guard text.contains("&") else { return text }
    return entities.reduce(text) { $0.replacing($1.key, with: $1.value) }.replacing("&amp;", with: "&")
  }
}
