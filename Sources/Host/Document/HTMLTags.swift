/// The tags of a piece of HTML with their attributes, read as browsers read them (WHATWG HTML, 13.2.5). What stands in comments, scripts,
/// style sheets and text fields is no tag.
package struct HTMLTags {
  package struct Tag: Equatable {
    /// In lower case.
    package var name: String
    package var attributes: [Attribute]
    /// The byte at which it begins.
    package var start: Int

    package subscript(_ name: String) -> Attribute? { attributes.first { $0.name == name } }
  }

  package struct Attribute: Equatable {
    /// In lower case.
    package var name: String
    /// Without quotes and escapes.
    package var value: String
    /// Where the value stands, with its quotes, in bytes.
    package var range: Range<Int>
  }

  package private(set) var all: [Tag] = []
  private let bytes: [UInt8]
  private var position = 0

  package init(_ html: String) {
    bytes = Array(html.utf8)
    while let next = find("<", from: position) {
      position = next + 1
      guard position < bytes.count else { return }
      switch bytes[position] {
      case UInt8(ascii: "!"): skip(past: starts("!--") ? "-->" : ">")
      case UInt8(ascii: "/"), UInt8(ascii: "?"): skip(past: ">")
      case let byte where Self.isLetter(byte): readTag(from: next)
      default: continue
      }
    }
  }

  private mutating func readTag(from start: Int) {
    let name = word { !Self.isSpace($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ">") }.lowercased()
    var tag = Tag(name: name, attributes: [], start: start)
    while position < bytes.count, bytes[position] != UInt8(ascii: ">") {
      if Self.isSpace(bytes[position]) || bytes[position] == UInt8(ascii: "/") {
        position += 1
      } else {
        let attribute = readAttribute()
        // Of two with one name the first counts.
        if tag[attribute.name] == nil { tag.attributes.append(attribute) }
      }
    }
    // A tag that does not end is none.
    guard position < bytes.count else { return }
    position += 1
    all.append(tag)
    if ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"].contains(name) {
      skip(past: "</" + name)
    }
  }

  private mutating func readAttribute() -> Attribute {
    let first = position
    position += 1
    _ = word { !Self.isSpace($0) && ![UInt8(ascii: "/"), UInt8(ascii: ">"), UInt8(ascii: "=")].contains($0) }
    let name = String(decoding: bytes[first..<position], as: UTF8.self).lowercased()
    let end = position
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
      position = end
      return Attribute(name: name, value: "", range: end..<end)
    }
    position += 1
    skipSpace()
    let start = position
    guard position < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[position]) else {
      let value = word { !Self.isSpace($0) && $0 != UInt8(ascii: ">") }
      return Attribute(name: name, value: Self.unescaped(value), range: start..<position)
    }
    let quote = bytes[position]
    position += 1
    let value = word { $0 != quote }
    position = min(bytes.count, position + 1)
    return Attribute(name: name, value: Self.unescaped(value), range: start..<position)
  }

  // MARK: - Bytes

  private mutating func word(_ isInside: (UInt8) -> Bool) -> String {
    let start = position
    while position < bytes.count, isInside(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipSpace() { while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 } }

  private func starts(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private func find(_ text: String, from start: Int) -> Int? {
    let wanted = Array(text.utf8)
    guard start <= bytes.count - wanted.count else { return nil }
    return (start...(bytes.count - wanted.count)).first { index in
      wanted.indices.allSatisfy { Self.lower(bytes[index + $0]) == Self.lower(wanted[$0]) }
    }
  }

  private mutating func skip(past text: String) {
    position = find(text, from: position).map { $0 + text.utf8.count } ?? bytes.count
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(lower(byte)) }
  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(byte) }

  /// Without the character references that URLs have in HTML.
  private static func unescaped(_ value: String) -> String {
    guard value.contains("&") else { return value }
    let names = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    return value.replacing(/&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));/) { match in
      if let name = match.3 { return names[String(name)] ?? String(match.0) }
      let code = match.1.flatMap { UInt32($0, radix: 16) } ?? match.2.flatMap { UInt32($0) }
      return code.flatMap(Unicode.Scalar.init).map { String($0) } ?? String(match.0)
    }
  }
}

extension HTMLTags.Tag {
  /// An attribute that names what the page shows.
  package enum Source: Equatable {
    /// Of a picture.
    case picture(HTMLTags.Attribute)
    /// Of several versions of a picture, each with its size.
    case pictures(HTMLTags.Attribute)
    /// Of something else: a film, a sound, a program.
    case other(HTMLTags.Attribute)

    package var attribute: HTMLTags.Attribute {
      switch self {
      case .picture(let attribute), .pictures(let attribute), .other(let attribute): attribute
      }
    }
  }

  package var sources: [Source] {
    switch name {
    case "img": [self["src"].map(Source.picture), self["srcset"].map(Source.pictures)].compactMap(\.self)
    case "source": [self["srcset"].map(Source.pictures), self["src"].map(Source.other)].compactMap(\.self)
    case "input": self["type"]?.value.lowercased() == "image" ? [self["src"].map(Source.picture)].compactMap(\.self) : []
    case "image": [self["href"], self["xlink:href"]].compactMap { $0.map(Source.picture) }
    case "video": [self["poster"].map(Source.picture), self["src"].map(Source.other)].compactMap(\.self)
    case "audio", "embed", "iframe", "track", "script": [self["src"].map(Source.other)].compactMap(\.self)
    case "object": [self["data"].map(Source.other)].compactMap(\.self)
    case "link": [self["href"].map(Source.other)].compactMap(\.self)
    default: []
    }
  }
}

/// The URLs of a `srcset`, each with what follows it: `a.png 1x, b.png 2x`.
package enum SourceSet {
  package static func urls(_ value: String) -> [String] { candidates(value).map(\.url) }

  /// The same with other URLs.
  package static func mapping(_ value: String, _ transform: (String) -> String) -> String {
    candidates(value).map { ([transform($0.url)] + ($0.size.isEmpty ? [] : [$0.size])).joined(separator: " ") }.joined(
      separator: ", ")
  }

  private static func candidates(_ value: String) -> [(url: String, size: String)] {
    var (candidates, rest) = ([(url: String, size: String)](), value[...])
    while true {
      rest = rest.drop { $0.isWhitespace || $0 == "," }
      if rest.isEmpty { return candidates }
      // A comma within an URL, as a `data:` URL has one, ends nothing; one at its end does.
      let word = rest.prefix { !$0.isWhitespace }
      rest = rest.dropFirst(word.count)
      let url = word.reversed().drop { $0 == "," }.reversed()
      guard url.count == word.count else {
        candidates.append((String(url), ""))
        continue
      }
      let size = rest.prefix { $0 != "," }
      rest = rest.dropFirst(size.count)
      candidates.append((String(url), size.split(whereSeparator: \.isWhitespace).joined(separator: " ")))
    }
  }
}
