import CCmark
import Foundation

/// Addresses that stand in a text without marks: `https://…`, `www.…` and e-mail addresses, as GitHub finds them.
enum BareLinks {
  static func run(_ root: MarkdownNode) {
    for node in MarkdownTree.all(CMARK_NODE_TEXT, in: root) {
      let text = node.literal
      guard text.contains("://") || text.contains("www.") || text.contains("@"), !MarkdownTree.isWithinLink(node) else {
        continue
      }
      let links = links(in: Array(text.utf8))
      guard !links.isEmpty else { continue }
      let bytes = Array(text.utf8)
      var (parts, end) = ([MarkdownNode](), 0)
      func piece(_ range: Range<Int>) -> MarkdownNode {
        .make(CMARK_NODE_TEXT, literal: String(decoding: bytes[range], as: UTF8.self))
      }
      for link in links {
        if end < link.range.lowerBound { parts.append(piece(end..<link.range.lowerBound)) }
        let element = MarkdownNode.make(CMARK_NODE_LINK)
        cmark_node_set_url(element, link.prefix + String(decoding: bytes[link.range], as: UTF8.self))
        element.append([piece(link.range)])
        parts.append(element)
        end = link.range.upperBound
      }
      if end < bytes.count { parts.append(piece(end..<bytes.count)) }
      node.replace(by: parts)
    }
  }

  struct Link: Equatable {
    var range: Range<Int>
    /// What the address lacks: `http://`, `mailto:`.
    var prefix: String
    var isMail = false
  }

  /// The links in a text, in bytes.
  static func links(in bytes: [UInt8]) -> [Link] {
    var (links, index) = ([Link](), 0)
    while index < bytes.count {
      if let link = address(in: bytes, at: index) ?? mail(in: bytes, at: index, from: links.last?.range.upperBound ?? 0) {
        links.append(link)
        index = link.range.upperBound
      } else {
        index += 1
      }
    }
    return links
  }

  /// Of a line as it is written, the parts of addresses behind their hosts, up to what is markup for sure.
  static func paths(in bytes: [UInt8]) -> [Range<Int>] {
    guard bytes.contains(UInt8(ascii: ":")) || bytes.contains(UInt8(ascii: "w")) else { return [] }
    return links(in: bytes).compactMap { link in
      guard !link.isMail else { return nil }
      let host = bytes[link.range].firstRange(of: "://".utf8)?.upperBound ?? link.range.lowerBound
      guard let start = bytes[host..<link.range.upperBound].firstIndex(where: { "/?#".utf8.contains($0) }) else { return nil }
      var (end, depth) = (start, 0)
      while end < link.range.upperBound, !"`<>\"]".utf8.contains(bytes[end]) {
        if bytes[end] == UInt8(ascii: "(") { depth += 1 }
        if bytes[end] == UInt8(ascii: ")") { depth -= 1 }
        if depth < 0 { break }
        end += 1
      }
      return start..<end
    }
  }

  // MARK: - Addresses

  private static func address(in bytes: [UInt8], at start: Int) -> Link? {
    let isFree = start == 0 || " \t\n*_~(".utf8.contains(bytes[start - 1])
    guard "hfw".utf8.contains(bytes[start] | 0x20) else { return nil }
    let head = bytes[start...].prefix(8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    let isWWW = head.starts(with: "www.".utf8)
    guard isWWW ? isFree : start == 0 || !isWordByte(bytes[start - 1]),
      let scheme = isWWW ? "" : schemes.first(where: { head.starts(with: $0.utf8) })
    else { return nil }
    let host = start + scheme.utf8.count
    guard let hostEnd = domain(in: bytes, from: host, allowsShort: !isWWW) else { return nil }
    var end = hostEnd
    while end < bytes.count, !isSpace(bytes[end]), bytes[end] != UInt8(ascii: "<") { end += 1 }
    end = trimmed(bytes, start..<end)
    return end > host ? Link(range: start..<end, prefix: isWWW ? "http://" : "") : nil
  }

  private static let schemes = ["https://", "http://", "ftp://"]
  /// No name of a host is longer, in bytes.
  private static let longestHost = 253

  /// The end of a domain; nil if there is none. In its last two parts is no underscore.
  private static func domain(in bytes: [UInt8], from start: Int, allowsShort: Bool) -> Int? {
    var end = start
    while end < bytes.count, isWordByte(bytes[end]) || bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: ".") {
      end += 1
      if end - start > longestHost { return nil }
    }
    var parts = bytes[start..<end].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if parts.last?.isEmpty == true { parts.removeLast() }
    guard end > start, isWordByte(bytes[start]), allowsShort || parts.count > 1, parts.first?.isEmpty == false,
      !parts.suffix(2).contains(where: { $0.contains(UInt8(ascii: "_")) })
    else { return nil }
    return end
  }

  /// Without the punctuation behind it, brackets that it does not open, and what looks like a character's name.
  private static func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
    var (end, surplus) = (range.upperBound, [UInt8: Int]())
    // How many more brackets are closed than opened.
    for (open, close) in [(UInt8(ascii: "("), UInt8(ascii: ")")), (UInt8(ascii: "["), UInt8(ascii: "]"))] {
      surplus[close] = bytes[range].reduce(0) { $0 + ($1 == close ? 1 : $1 == open ? -1 : 0) }
    }
    while end > range.lowerBound {
      let last = bytes[end - 1]
      if "?!.,:*_~'\"".utf8.contains(last) {
        end -= 1
      } else if let count = surplus[last] {
        guard count > 0 else { return end }
        surplus[last] = count - 1
        end -= 1
      } else if last == UInt8(ascii: ";") {
        var start = end - 1
        while start > range.lowerBound, isLetterOrDigit(bytes[start - 1]) { start -= 1 }
        let isName = start < end - 1 && start > range.lowerBound && bytes[start - 1] == UInt8(ascii: "&")
        end = isName ? start - 1 : end - 1
      } else {
        return end
      }
    }
    return end
  }

  // MARK: - Mail

  private static func mail(in bytes: [UInt8], at place: Int, from first: Int) -> Link? {
    guard bytes[place] == UInt8(ascii: "@") else { return nil }
    var start = place
    while start > first, isLetterOrDigit(bytes[start - 1]) || ".-_+".utf8.contains(bytes[start - 1]) { start -= 1 }
    var end = place + 1
    while end < bytes.count, isLetterOrDigit(bytes[end]) || ".-_".utf8.contains(bytes[end]) { end += 1 }
    while end > place + 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
    let domain = bytes[(place + 1)..<end]
    guard start < place, domain.contains(UInt8(ascii: ".")), let last = domain.last, isLetterOrDigit(last) else { return nil }
    // Its scheme may be written before it.
    let scheme = Array("mailto:".utf8)
    let before = start - scheme.count
    if before >= first, bytes[before..<start].elementsEqual(scheme), before == 0 || !isWordByte(bytes[before - 1]) {
      return Link(range: before..<end, prefix: "", isMail: true)
    }
    return Link(range: start..<end, prefix: "mailto:", isMail: true)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D, 0x0C, 0x0B].contains(byte) }
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
  }
  /// Of ASCII's, and whatever is beyond ASCII: domains have letters of every script.
  private static func isWordByte(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80 }
}
