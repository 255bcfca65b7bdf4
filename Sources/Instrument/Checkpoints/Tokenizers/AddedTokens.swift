import Tensors

/// Texts that are one token each wherever they stand in a text: `<bos>`, `<|im_start|>`.
///
/// They are found before anything else is done to the text, from left to right, the longest first; those that are `normalized` in what the
/// normalizer made of the text between the others. It is what Hugging Face's tokenizers do, flags and all.
struct AddedTokens: Sendable {
  /// A part of a text: a token, or plain text.
  struct Part: Equatable {
    let range: Range<Int>
    let token: Int?
  }

  /// What is known of one.
  struct Entry: Sendable {
    let token: Int
    var flags = AddedTokenFlags()
  }

  /// A node of the tree of texts: what may follow by its byte, and the entry that ends here.
  private struct Node: Sendable {
    var next: [UInt8: Int] = [:]
    var entry: Int?
  }

  private var nodes = [Node()]
  private var entries: [Entry] = []
  /// Whether a token begins with a byte.
  private var begins = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { entries.isEmpty }

  /// Of two entries with the same text the first one counts.
  mutating func add(_ text: [UInt8], _ entry: Entry) {
    guard let first = text.first else { return }
    begins[Int(first)] = true
    var node = 0
    for byte in text {
      if let next = nodes[node].next[byte] {
        node = next
      } else {
        nodes.append(Node())
        nodes[node].next[byte] = nodes.count - 1
        node = nodes.count - 1
      }
    }
    guard nodes[node].entry == nil else { return }
    nodes[node].entry = entries.count
    entries.append(entry)
  }

  /// The token whose text is this one, whole.
  func token(_ text: some Sequence<UInt8>) -> Int? {
    var node = 0
    for byte in text {
      guard let next = nodes[node].next[byte] else { return nil }
      node = next
    }
    return nodes[node].entry.map { entries[$0].token }
  }

  /// Takes a text apart.
  func parts(_ text: UnsafeBufferPointer<UInt8>) throws(ModelError) -> [Part] {
    guard !text.isEmpty else { return [] }
    guard !isEmpty, let bytes = text.baseAddress else { return [Part(range: 0..<text.count, token: nil)] }
    var parts: [Part] = []
    // Behind the last token; where the search goes on, which is before the white space that a token takes with it.
    var (start, position) = (0, 0)
    while position < text.count {
      if position & 0xFFFF == 0, Interruption.isRequested() { throw .interrupted }
      guard begins[Int(bytes[position])], let (entry, end) = longest(text, position) else {
        position += 1
        continue
      }
      let found = position..<end
      position = end
      guard !entry.flags.isSingleWord || isWord(bytes, found, text.count) else { continue }
      var (lower, upper) = (found.lowerBound, found.upperBound)
      if entry.flags.stripsLeft { lower = max(start, spaceBefore(bytes, lower)) }
      if entry.flags.stripsRight { upper = spaceAfter(bytes, upper, text.count) }
      lower = min(lower, upper)
      if start < lower { parts.append(Part(range: start..<lower, token: nil)) }
      parts.append(Part(range: lower..<upper, token: entry.token))
      start = upper
    }
    if start < text.count { parts.append(Part(range: start..<text.count, token: nil)) }
    return parts
  }

  /// Where the longest text ends that begins at a position.
  func end(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? { begins[Int(text[start])] ? longest(text, start)?.1 : nil }

  private func longest(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> (Entry, Int)? {
    var (node, position) = (0, start)
    var found: (Entry, Int)?
    while position < text.count, let next = nodes[node].next[text[position]] {
      node = next
      position += 1
      if let entry = nodes[node].entry { found = (entries[entry], position) }
    }
    return found
  }

  private func isWord(_ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ end: Int) -> Bool {
    let begins =
      range.lowerBound == 0
      || !UnicodeTable.words.contains(UTF8Text.scalar(bytes, UTF8Text.before(bytes, range.lowerBound, 0), range.lowerBound).value)
    return begins
      && (range.upperBound == end || !UnicodeTable.words.contains(UTF8Text.scalar(bytes, range.upperBound, end).value))
  }

  private func spaceBefore(_ bytes: UnsafePointer<UInt8>, _ position: Int) -> Int {
    var position = position
    while position > 0 {
      let previous = UTF8Text.before(bytes, position, 0)
      guard UnicodeTable.isWhiteSpace(UTF8Text.scalar(bytes, previous, position).value) else { break }
      position = previous
    }
    return position
  }

  private func spaceAfter(_ bytes: UnsafePointer<UInt8>, _ position: Int, _ end: Int) -> Int {
    var position = position
    while position < end {
      let (scalar, length) = UTF8Text.scalar(bytes, position, end)
      guard UnicodeTable.isWhiteSpace(scalar) else { break }
      position += length
    }
    return position
  }
}

/// How the text of an added token is found.
package struct AddedTokenFlags: Sendable, Equatable {
  /// Whether the token takes the white space before it, and behind it.
  package var stripsLeft = false, stripsRight = false
  /// Whether it is only a token where no letter or digit stands beside it.
  package var isSingleWord = false
  /// Whether it is looked for in the text as the normalizer made it.
  package var isNormalized = false
}
