import Document

/// Pieces of prose that come from documents of their own into one: a label that means several things there gets names of its own, so that all
/// links lead where they led, and what was no link becomes none.
///
/// What a piece looks like is asked of cmark before and after each change; a change that shows is not made.
struct LinkSeparation {
  private(set) var texts: [String]
  /// What each looked like in its own document.
  private let targets: [String]

  /// - Parameter pieces: their lines end by `\n`. What `whole` has more than the text are definitions that the other pieces are expected to
  ///   have; if they do not, the whole is taken.
  init(_ pieces: [(text: String, whole: String?)]) {
    texts = pieces.map(\.text)
    targets = pieces.map { LinkDefinition.html($0.whole ?? $0.text) }
    var shared = definitions
    for (index, piece) in pieces.enumerated() {
      guard let whole = piece.whole, !looksRight(index, with: shared) else { continue }
      texts[index] = whole
      shared = definitions
    }
    separateDefinitions()
    separateWords()
  }

  /// A comment keeps the pieces apart, so that none continues a list of the one before.
  private var definitions: [LinkDefinition] { LinkDefinition.all(in: texts.joined(separator: "\n\n<!-- -->\n\n")) }

  private func looksRight(_ index: Int, with shared: [LinkDefinition]) -> Bool {
    LinkDefinition.html(texts[index], with: shared) == targets[index]
  }

  /// Of labels that two pieces define, the second one gets another name.
  private mutating func separateDefinitions() {
    var shared: [LinkDefinition] = []
    for index in texts.indices {
      if !looksRight(index, with: shared) {
        let before = shared.map(\.text).joined(separator: "\n") + "\n\n"
        for own in LinkDefinition.all(in: texts[index]) where LinkDefinition.of(own.label, in: before + texts[index]) != own {
          rename(own, in: index)
        }
      }
      for own in LinkDefinition.all(in: texts[index])
      where LinkDefinition.of(own.label, in: shared.map(\.text).joined(separator: "\n")) == nil {
        shared.append(own)
      }
    }
  }

  /// Of a label that stands in brackets elsewhere, as words, the definition gets another name.
  private mutating func separateWords() {
    var shared = definitions
    for index in texts.indices where !looksRight(index, with: shared) {
      let alone = LinkDefinition.html(texts[index])
      for definition in shared where LinkDefinition.html(texts[index], with: [definition]) != alone {
        for other in texts.indices where other != index {
          if let own = LinkDefinition.of(definition.label, in: texts[other]) { rename(own, in: other) }
        }
      }
      shared = definitions
    }
  }

  // MARK: - Names

  private mutating func rename(_ definition: LinkDefinition, in index: Int) {
    let folded = texts.joined(separator: "\n").lowercased()
    let name = (2...).lazy.map { "\(definition.label)-\($0)" }.first { !folded.contains("[\($0.lowercased())]") }
    if let name, let text = Self.renamed(definition, to: name, in: texts[index]) { texts[index] = text }
  }

  /// A text in which a definition has another name; nil if that would show.
  static func renamed(_ definition: LinkDefinition, to name: String, in text: String) -> String? {
    let target = LinkDefinition.html(text)
    var alias = definition
    alias.label = name
    var edited = text
    // First the uses, as long as both names hold; then the definitions.
    for place in places(of: definition.label, in: text).reversed() {
      let attempt = uses(of: name, at: place, in: edited).first {
        LinkDefinition.html($0, with: [alias]) == target && LinkDefinition.of(definition.label, in: $0) == definition
      }
      if let attempt { edited = attempt }
    }
    for place in places(of: definition.label, in: edited).reversed() {
      guard let attempt = Self.definition(name, at: place, in: edited) else { continue }
      // Brackets with a colon may also be a part of the address.
      let left = LinkDefinition.of(definition.label, in: attempt)
      if left == nil || left == definition, LinkDefinition.html(attempt, with: [alias]) == target { edited = attempt }
    }
    let isGone = LinkDefinition.of(definition.label, in: edited) == nil
    return isGone && LinkDefinition.html(edited) == target ? edited : nil
  }

  /// Where a label stands in brackets: the brackets with it, in bytes.
  private static func places(of label: String, in text: String) -> [Range<Int>] {
    text.matches(of: /\[((?:[^\[\]\\]|\\.)+)\]/.dotMatchesNewlines()).filter { folded($0.1) == folded(label) }.map { match in
      let start = text.utf8.distance(from: text.startIndex, to: match.range.lowerBound)
      return start..<(start + text[match.range].utf8.count)
    }
  }

  private static func folded(_ label: some StringProtocol) -> String {
    label.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The text with a name for what stands in brackets at a place, in the ways that Markdown has.
  private static func uses(of name: String, at place: Range<Int>, in text: String) -> [String] {
    let bytes = Array(text.utf8)
    let (before, own, after) = (bytes[..<place.lowerBound], bytes[place], bytes[place.upperBound...])
    let bracketed = Array("[\(name)]".utf8)
    var texts = [before + own + bracketed + after]
    if after.starts(with: "[]".utf8) { texts.insert(before + own + bracketed + after.dropFirst(2), at: 0) }
    if before.last == UInt8(ascii: "]") { texts.insert(before + bracketed + after, at: 0) }
    return texts.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The text with a name before the colon at a place; nil if there is none.
  private static func definition(_ name: String, at place: Range<Int>, in text: String) -> String? {
    let bytes = Array(text.utf8)
    guard bytes[place.upperBound...].first == UInt8(ascii: ":") else { return nil }
    return String(decoding: bytes[..<place.lowerBound] + Array("[\(name)]".utf8) + bytes[place.upperBound...], as: UTF8.self)
  }
}
