import SwiftParser
import SwiftSyntax

/// Swift's syntax as Folio reads it: of code that anybody may have written, and whose nesting must exhaust no stack.
///
/// The parser limits brackets within brackets, by a number that needs more stack than some threads have; chains (`a.b.c`, `f()()`, `x!!`)
/// it builds without a limit, as trees that are as deep as they are long. Where many `#` stand in a row, it looks at all that follow from
/// each of them; where a word is repeated without end (`if if if`), it looks ahead without end; and where `[` follows `[` in what may be a type, it looks twice at the inner one for each outer one.
package enum CellSyntax {
  /// Levels of brackets and blocks; code that people write has a tenth of it.
  private static let mostLevels = 100
  /// Levels of the tree; so much recursion fits into every stack.
  private static let deepest = 2_000
  /// In a row.
  private static let mostNumberSigns = 100
  /// Open at once in what may be a type: each doubles the work.
  private static let mostSquareBrackets = 12
  /// Open at once in what may be a type, with results of functions: each takes stack, since the parser looks ahead without a limit.
  private static let mostTypeLevels = 300

  /// The tree of some code; nil for code that is nested too deeply to be walked. What does not parse is read as far as it goes.
  package static func parse(_ source: String) -> SourceFileSyntax? {
    guard isQuicklyParsed(source) else { return nil }
    var source = source
    let file = source.withUTF8 { Parser.parse(source: $0, maximumNestingLevel: mostLevels) }
    return mayBeDeep(source) && isDeep(file) || hasManyBrackets(source) && isNested(file) ? nil : file
  }

  /// Whether some code can be read; without parsing it, for nearly all code.
  package static func isReadable(_ source: String) -> Bool {
    isQuicklyParsed(source) && (!mayBeDeep(source) && !hasManyBrackets(source) || parse(source) != nil)
  }

  private static func isQuicklyParsed(_ source: String) -> Bool {
    hasFewNumberSigns(source) && !hasDeepType(source) && !repeatsItself(source)
  }

  /// In bytes: of something of at most so many that is repeated, and of all repetitions in a row.
  private static let longestRepeated = 24, mostRepeated = 1_000

  /// Whether the same few bytes follow each other very often. Numbers do so in tables, and spaces anywhere.
  private static func repeatsItself(_ source: String) -> Bool {
    let bytes = Array(source.utf8)
    guard bytes.count > mostRepeated else { return false }
    return (1...longestRepeated).contains { period in
      var run = 0
      for index in period..<bytes.count {
        let isPlain = bytes[index] <= 0x20 || (0x30...0x39).contains(bytes[index])
        run = bytes[index] == bytes[index - period] ? run + 1 : 0
        if run > mostRepeated, !isPlain {
          let part = bytes[(index - period)..<index]
          if !part.contains(where: { (0x30...0x39).contains($0) }), !isWithinToken(part) { return true }
        }
      }
      return false
    }
  }

  /// Whether what is repeated stays within one token, however often: letters, as in data that are written as a text, or a line of one sign.
  private static func isWithinToken(_ part: ArraySlice<UInt8>) -> Bool {
    part.allSatisfy { Character(Unicode.Scalar($0)).isLetter || $0 == UInt8(ascii: "_") }
      || Set(part).count == 1 && "-=*~/.+|".utf8.contains(part[part.startIndex])
  }

  /// What stands in no type is counted by itself. A comment is none of that: what is in it counts on, since it may be a text that only looks
  /// like one.
  private static func hasDeepType(_ source: String) -> Bool {
    // Results of functions, as `->`, are no brackets, and never closed.
    var (open, levels, last, isComment, isLine) = (0, 0, UInt8(0), false, false)
    for byte in source.utf8 {
      switch (last, byte) {
      case (UInt8(ascii: "/"), UInt8(ascii: "*")): isComment = true
      case (UInt8(ascii: "*"), UInt8(ascii: "/")): isComment = false
      case (UInt8(ascii: "/"), UInt8(ascii: "/")): isLine = true
      case (_, 0x0A), (_, 0x0D): isLine = false
      case (_, UInt8(ascii: "[")): (open, levels) = (open + 1, levels + 1)
      case (_, UInt8(ascii: "]")): (open, levels) = (max(0, open - 1), max(0, levels - 1))
      case (UInt8(ascii: "-"), UInt8(ascii: ">")), (_, UInt8(ascii: "(")), (_, UInt8(ascii: "<")): levels += 1
      case (_, UInt8(ascii: ")")), (_, UInt8(ascii: ">")): levels = max(0, levels - 1)
      case (_, let byte) where !isComment && !isLine && endsType.contains(byte): (open, levels) = (0, 0)
      default: break
      }
      if open > mostSquareBrackets || levels > mostTypeLevels { return true }
      last = byte
    }
    return false
  }

  private static let endsType = Set("\"\\{};+%^|".utf8)

  private static func hasFewNumberSigns(_ source: String) -> Bool {
    var run = 0
    for byte in source.utf8 {
      run = byte == UInt8(ascii: "#") ? run + 1 : 0
      if run > mostNumberSigns { return false }
    }
    return true
  }

  /// Each level of a tree has a byte of its own that is neither a letter nor space; a chain of words has a word for each.
  private static func mayBeDeep(_ source: String) -> Bool {
    guard source.utf8.count > deepest else { return false }
    var (marks, words, wasSpace) = (0, 0, true)
    for byte in source.utf8 {
      let isSpace = byte <= 0x20
      if !isSpace, wasSpace { words += 1 }
      wasSpace = isSpace
      if !isSpace, byte < 0x80, !Character(Unicode.Scalar(byte)).isLetter, !Character(Unicode.Scalar(byte)).isNumber {
        marks += 1
      }
    }
    return marks + words > deepest
  }

  /// Whether more brackets are open anywhere than may be, those within texts counted too.
  private static func hasManyBrackets(_ source: String) -> Bool {
    var open = 0
    for byte in source.utf8 {
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): open -= 1
      default: continue
      }
      if open > mostLevels { return true }
    }
    return false
  }

  /// The same without those within texts.
  private static func isNested(_ file: SourceFileSyntax) -> Bool {
    var open = 0
    for token in file.tokens(viewMode: .sourceAccurate) {
      switch token.tokenKind {
      case .leftParen, .leftSquare, .leftBrace: open += 1
      case .rightParen, .rightSquare, .rightBrace: open -= 1
      default: continue
      }
      if open > mostLevels { return true }
    }
    return false
  }

  /// Walks the tree without recursion.
  private static func isDeep(_ file: SourceFileSyntax) -> Bool {
    var waiting: [(node: Syntax, depth: Int)] = [(Syntax(file), 0)]
    while let (node, depth) = waiting.popLast() {
      if depth > deepest { return true }
      for child in node.children(viewMode: .sourceAccurate) where !child.is(TokenSyntax.self) {
        waiting.append((child, depth + 1))
      }
    }
    return false
  }
}
