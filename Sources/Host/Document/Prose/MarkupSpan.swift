/// The spans of inline Markdown in which dollar signs are no formulas: tags, autolinks, and the addresses and titles of links.
struct MarkupSpan {
  let bytes: [UInt8]

  private func at(_ index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

  private func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }

  private func isLetter(_ byte: UInt8?) -> Bool {
    byte.map { (0x41...0x5A).contains($0 & 0xDF) } ?? false
  }

  private func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }

  private func skippingSpace(_ start: Int) -> Int {
    var index = start
    while isSpace(at(index)) { index += 1 }
    return index
  }

  /// Behind the tag, comment or autolink that begins at a `<`; nil if none does.
  func endOfTag(at start: Int) -> Int? {
    switch at(start + 1) {
    case UInt8(ascii: "!")?:
      let isComment = bytes[start...].starts(with: "<!--".utf8)
      return isComment ? end(of: "-->", from: start + 4) : isLetter(at(start + 2)) ? end(of: ">", from: start + 2) : nil
    case UInt8(ascii: "?")?: return end(of: "?>", from: start + 2)
    case UInt8(ascii: "/")?:
      guard isLetter(at(start + 2)) else { return nil }
      let index = skippingSpace(endOfName(start + 2))
      return at(index) == UInt8(ascii: ">") ? index + 1 : nil
    case let byte where isLetter(byte): return endOfOpenTag(start + 1) ?? endOfAutolink(start + 1)
    default: return nil
    }
  }

  private func end(of mark: String, from start: Int) -> Int? {
    let mark = Array(mark.utf8)
    var index = start
    while index + mark.count <= bytes.count {
      if bytes[index...].starts(with: mark) { return index + mark.count }
      index += 1
    }
    return nil
  }

  private func endOfName(_ start: Int) -> Int {
    var index = start
    while let byte = at(index), isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-") { index += 1 }
    return index
  }

  private func endOfOpenTag(_ start: Int) -> Int? {
    var index = endOfName(start)
    while true {
      let next = skippingSpace(index)
      if at(next) == UInt8(ascii: ">") { return next + 1 }
      if at(next) == UInt8(ascii: "/") { return at(next + 1) == UInt8(ascii: ">") ? next + 2 : nil }
      guard next > index, let end = endOfAttribute(next) else { return nil }
      index = end
    }
  }

  private func endOfAttribute(_ start: Int) -> Int? {
    guard isLetter(at(start)) || at(start) == UInt8(ascii: "_") || at(start) == UInt8(ascii: ":") else { return nil }
    var index = start
    while let byte = at(index), isLetter(byte) || isDigit(byte) || "_.:-".utf8.contains(byte) { index += 1 }
    let equals = skippingSpace(index)
    guard at(equals) == UInt8(ascii: "=") else { return index }
    let value = skippingSpace(equals + 1)
    guard let first = at(value) else { return nil }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      return bytes[(value + 1)...].firstIndex(of: first).map { $0 + 1 }
    }
    var end = value
    while let byte = at(end), !isSpace(byte), !"\"'=<>`".utf8.contains(byte) { end += 1 }
    return end > value ? end : nil
  }

  private func endOfAutolink(_ start: Int) -> Int? {
    let end = bytes[start...].firstIndex { $0 <= 0x20 || $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }
    guard let end, bytes[end] == UInt8(ascii: ">"),
      bytes[start..<end].contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") })
    else { return nil }
    return end + 1
  }

  /// Behind the `)` of a link whose address begins at a `(`; nil if it is no address.
  func endOfLinkTarget(at start: Int) -> Int? {
    var index = skippingSpace(start + 1)
    if at(index) == UInt8(ascii: "<") {
      guard let end = bytes[(index + 1)...].firstIndex(where: { $0 == UInt8(ascii: ">") || $0 == 0x0A }), bytes[end] != 0x0A
      else { return nil }
      index = end + 1
    } else {
      var depth = 0
      loop: while let byte = at(index), byte > 0x20 {
        switch byte {
        case UInt8(ascii: "\\"): index += 1
        case UInt8(ascii: "("): depth += 1
        case UInt8(ascii: ")"):
          if depth == 0 { break loop }
          depth -= 1
        default: break
        }
        index += 1
      }
    }
    let title = skippingSpace(index)
    if at(title) == UInt8(ascii: ")") { return title + 1 }
    guard title > index, let open = at(title), let end = endOfTitle(title, open: open) else { return nil }
    let close = skippingSpace(end)
    return at(close) == UInt8(ascii: ")") ? close + 1 : nil
  }

  private func endOfTitle(_ start: Int, open: UInt8) -> Int? {
    guard "\"'(".utf8.contains(open) else { return nil }
    let close = open == UInt8(ascii: "(") ? UInt8(ascii: ")") : open
    var index = start + 1
    while let byte = at(index) {
      if byte == close { return index + 1 }
      index += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
