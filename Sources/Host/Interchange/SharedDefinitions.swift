import Document
import Record

/// The link definitions of a file, which hold for all of its prose, on their way to cells that share none.
struct SharedDefinitions {
  private let all: [LinkDefinition]

  /// - Parameter body: the file without its front matter.
  init(_ body: String) { all = LinkDefinition.all(in: TextLines.normalized(body)) }

  /// What a cell is given.
  struct Needed: Equatable {
    private var definitions: String
    /// Whether they stand before the text, since it has others for the same labels, which hold no longer; else they stand after it.
    private var isBefore: Bool

    init(_ definitions: String, isBefore: Bool) { (self.definitions, self.isBefore) = (definitions, isBefore) }

    /// What an export kept.
    init?(json: JSONValue?) {
      if let before = json?["before"]?.string {
        self.init(before, isBefore: true)
      } else if let after = json?["after"]?.string {
        self.init(after, isBefore: false)
      } else {
        return nil
      }
    }

    var json: JSONValue { [isBefore ? "before" : "after": .string(definitions)] }

    func added(to text: String) -> String { isBefore ? "\(definitions)\n\n\(text)" : "\(text)\n\n\(definitions)" }

    /// The text without them; nil if they were edited.
    func removed(from text: String) -> String? {
      let (bytes, own) = (Array(text.utf8), Array((isBefore ? definitions + "\n\n" : "\n\n" + definitions).utf8))
      guard bytes.count > own.count else { return nil }
      if isBefore { return bytes.starts(with: own) ? String(decoding: bytes.dropFirst(own.count), as: UTF8.self) : nil }
      return bytes.reversed().starts(with: own.reversed()) ? String(decoding: bytes.dropLast(own.count), as: UTF8.self) : nil
    }
  }

  /// The definitions without which a piece of prose would look otherwise than in its file; nil if there are none.
  func needed(by text: String) -> Needed? {
    guard !all.isEmpty else { return nil }
    let target = LinkDefinition.html(text, with: all)
    if LinkDefinition.html(text) == target { return nil }
    var needed = all
    for definition in all {
      let fewer = needed.filter { $0 != definition }
      if LinkDefinition.html(text, with: fewer) == target { needed = fewer }
    }
    let lines = needed.map(\.text).joined(separator: "\n")
    let after = Needed(lines, isBefore: false)
    return LinkDefinition.html(after.added(to: text)) == target ? after : Needed(lines, isBefore: true)
  }
}
