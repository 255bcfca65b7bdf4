import SwiftSyntax

/// Finds lines in a cell's code that look like options and are not read as such.
///
/// Within a string, a regular expression or a block comment such a line is the author's text. Swift's own parser says what is one.
enum OptionMarks {
  static let swift = "//|"
  /// What Quarto writes in Python and R. It is no Swift.
  static let others = "#|"

  /// Whether a line begins with a mark, behind spaces.
  static func begins(_ line: Substring, with mark: String) -> Bool { line.drop(while: \.isWhitespace).hasPrefix(mark) }

  /// The lines, counted from 0, that begin with a mark and are no part of a text or a block comment.
  static func misplaced(in lines: ArraySlice<Substring>) -> [(offset: Int, mark: String)] {
    var candidates: [(offset: Int, mark: String, byte: Int)] = []
    var start = 0
    for (offset, line) in lines.enumerated() {
      let indentation = line.prefix(while: \.isWhitespace).utf8.count
      for mark in [swift, others] where begins(line, with: mark) { candidates.append((offset, mark, start + indentation)) }
      start += line.utf8.count + 1
    }
    if candidates.isEmpty { return [] }
    let texts = ranges(in: lines.joined(separator: "\n"))
    return candidates.filter { candidate in !texts.contains { $0.contains(candidate.byte) } }.map { ($0.offset, $0.mark) }
  }

  /// Of texts and block comments, in bytes.
  private static func ranges(in code: String) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    guard let file = CellSyntax.parse(code) else { return [] }
    for token in file.tokens(viewMode: .sourceAccurate) {
      add(token.leadingTrivia, at: token.position.utf8Offset, to: &ranges)
      switch token.tokenKind {
      case .stringSegment, .regexLiteralPattern:
        ranges.append(token.positionAfterSkippingLeadingTrivia.utf8Offset..<token.endPositionBeforeTrailingTrivia.utf8Offset)
      default: break
      }
      add(token.trailingTrivia, at: token.endPositionBeforeTrailingTrivia.utf8Offset, to: &ranges)
    }
    return ranges
  }

  private static func add(_ trivia: Trivia, at start: Int, to ranges: inout [Range<Int>]) {
    var position = start
    for piece in trivia {
      let end = position + piece.sourceLength.utf8Length
      switch piece {
      case .blockComment, .docBlockComment: ranges.append(position..<end)
      default: break
      }
      position = end
    }
  }
}
