import Document

/// A fence around code: what it takes so that any code stays what it is.
struct Fence: Equatable {
  /// The opening line, with its indentation.
  var open: String
  /// The closing line; empty if the fence is not closed, which the end of the file does.
  var close: String

  /// One that no line of the code can close.
  init(around source: String, words: String) {
    var (longest, run) = (2, 0)
    for byte in source.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    close = String(repeating: "`", count: longest + 1)
    open = close + words
  }

  init(open: String, close: String) { (self.open, self.close) = (open, close) }

  /// The fence of a cell's lines in a file.
  init(of text: String, source: String) {
    let lines = TextLines(TextLines.normalized(text)).all.map(TextLines.content)
    open = lines.first ?? ""
    // A fence that is not closed ends in the last line of its code.
    let last = lines.count > 1 ? lines[lines.count - 1] : ""
    let marks = last.drop { $0 == " " }
    let isClosed = marks.hasPrefix(String(Self.marks(open))) && marks.allSatisfy { $0 == marks.first || $0 == " " || $0 == "\t" }
    close = isClosed ? last : ""
  }

  private static func marks(_ open: String) -> Substring {
    let start = open.drop { $0 == " " }
    return start.prefix { $0 == start.first }
  }

  /// The fence with the code in it, each of whose lines is indented as the fence is.
  func text(around source: String) -> String {
    let indentation = String(open.prefix { $0 == " " })
    let lines = source.isEmpty ? [] : source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let indented = lines.map { $0.isEmpty ? "" : indentation + $0 }
    return ([open] + indented + (close.isEmpty ? [] : [close])).joined(separator: "\n")
  }

  /// Whether a text is one cell with this source and nothing else, also if more follows it.
  static func isCell(_ text: String, source: String, isLast: Bool) -> Bool {
    let text = TextLines.normalized(text)
    let layout = MarkdownLayout(text + (isLast ? "\n" : "\n\nmore"))
    guard let cell = layout.code.first, layout.blockLines.count == (isLast ? 1 : 2), cell.isTopLevel, cell.isCell,
      cell.firstLine == 1
    else { return false }
    return TextLines.areSame(cell.content, source.isEmpty ? "" : source + "\n") || source.isEmpty && cell.content == "\n"
  }
}
