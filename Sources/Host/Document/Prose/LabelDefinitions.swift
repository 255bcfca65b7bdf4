/// The definitions of labels that hold in a text, for the parts of it that are read on their own: cells of tables, notes.
struct LabelDefinitions {
  private let byLabel: [String: String]

  /// - Parameter text: everything that cmark reads.
  init(of text: String) {
    guard text.contains("]:") else {
      byLabel = [:]
      return
    }
    let all = LinkDefinition.all(in: text).map { (Self.caseless($0.label), $0.text) }
    byLabel = Dictionary(all, uniquingKeysWith: { first, _ in first })
  }

  /// Those of the labels that a part names, as Markdown: all of them for each part would be work without end.
  func named(in part: String) -> String {
    guard !byLabel.isEmpty, part.utf8.contains(UInt8(ascii: "]")) else { return "" }
    let labels = Set(Self.labels(in: part).map(Self.caseless))
    return labels.sorted().compactMap { byLabel[$0] }.joined(separator: "\n")
  }

  /// What stands between brackets, without brackets in it.
  static func labels(in text: String) -> [String] {
    spans(in: Array(text.utf8)) { _ in true }
  }

  /// What stands between brackets before a colon, in a text that may define it.
  static func defined(in text: String) -> [String] {
    spans(in: Array(text.utf8)) { $0 == UInt8(ascii: ":") }
  }

  private static func spans(in bytes: [UInt8], _ isFollowed: (UInt8?) -> Bool) -> [String] {
    var (spans, open, index) = ([String](), Int?.none, 0)
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 1
      case UInt8(ascii: "["): open = index + 1
      case UInt8(ascii: "]"):
        if let start = open, start < index, isFollowed(index + 1 < bytes.count ? bytes[index + 1] : nil) {
          spans.append(String(decoding: bytes[start..<index], as: UTF8.self))
        }
        open = nil
      default: break
      }
      index += 1
    }
    return spans
  }

  private static func caseless(_ label: String) -> String {
    label.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
  }
}
