/// What is coloured in code of a language that is only shown: comments, texts, numbers and the words that the language keeps for itself.
///
/// That much can be told from a few facts about a language, without its grammar. What they do not say stays as it is: code whose colours are wrong
/// is worse than code without.
struct CodeLanguage: Sendable {
  /// How a text is written.
  struct Quotation: Sendable {
    var open: String
    var close: String
    /// Whether a backslash takes the meaning from what follows it.
    var escapes = true
    /// Whether it goes on over the end of a line; one that may not, and is not closed there, is no text.
    var isLong = false
  }

  var keywords: Set<String> = []
  /// Whether words are keywords in upper case as well.
  var isCaseless = false
  /// What begins a comment that goes to the end of its line.
  var lineComments: [String] = []
  /// Whether such a comment only begins behind a space, or where a line begins.
  var commentsNeedSpace = false
  var blockComments: [(open: String, close: String)] = []
  /// Where one begins as another, the longer one stands first.
  var quotations: [Quotation] = []
  /// Whether a text, or a word at the beginning of a line, is a name if a colon stands behind it.
  var hasKeys = false
  /// What names may begin with besides letters and `_`.
  var sigils = ""

  /// The language of a fence's first word; nil for one that is not known.
  static func named(_ name: String?) -> CodeLanguage? { name.flatMap { all[$0.lowercased()] } }

  private static let all: [String: CodeLanguage] = {
    let table: [(names: String, language: CodeLanguage)] = [
      ("python py ipython", python), ("bash sh shell zsh console", shell), ("json jsonc json5", json), ("yaml yml", yaml),
      ("toml", toml),
      ("c h", c), ("cpp c++ cc cxx hpp cuda cu", cpp), ("javascript js jsx mjs typescript ts tsx", javaScript),
      ("rust rs", rust), ("r", r), ("julia jl", julia), ("sql", sql), ("java kotlin kt", java), ("go", go),
    ]
    return table.reduce(into: [:]) { all, entry in
      for name in entry.names.split(separator: " ") { all[String(name)] = entry.language }
    }
  }()

  private static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }
  private static let double = Quotation(open: "\"", close: "\"")
  private static let single = Quotation(open: "'", close: "'")
  private static let blocks = [(open: "/*", close: "*/")]

  private static let python = CodeLanguage(
    keywords: words(
      "False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield"
    ), lineComments: ["#"],
    quotations: [
      Quotation(open: "\"\"\"", close: "\"\"\"", isLong: true), Quotation(open: "'''", close: "'''", isLong: true), double,
      single,
    ], sigils: "@")
  private static let shell = CodeLanguage(
    keywords: words(
      "case do done elif else esac export fi for function if in local readonly return select then time unset until while"),
    lineComments: ["#"], commentsNeedSpace: true,
    quotations: [
      Quotation(open: "\"", close: "\"", isLong: true), Quotation(open: "'", close: "'", escapes: false, isLong: true),
    ],
    sigils: "$-")
  private static let json = CodeLanguage(
    keywords: words("true false null"), lineComments: ["//"], blockComments: blocks, quotations: [double], hasKeys: true)
  private static let yaml = CodeLanguage(
    keywords: words("true false null"), lineComments: ["#"], commentsNeedSpace: true,
    quotations: [double, Quotation(open: "'", close: "'", escapes: false)], hasKeys: true, sigils: "-")
  private static let toml = CodeLanguage(
    keywords: words("true false"), lineComments: ["#"],
    quotations: [
      Quotation(open: "\"\"\"", close: "\"\"\"", isLong: true), double, Quotation(open: "'", close: "'", escapes: false),
    ])
  private static let cWords =
    "auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"
  private static let c = CodeLanguage(
    keywords: words(cWords), lineComments: ["//"], blockComments: blocks, quotations: [double, single], sigils: "#")
  private static let cpp = CodeLanguage(
    keywords: words(
      cWords
        + " alignas bool catch class concept constexpr decltype delete explicit export false final friend mutable namespace new noexcept nullptr operator override private protected public requires template this throw true try typename using virtual __global__ __device__ __shared__ __host__"
    ), lineComments: ["//"], blockComments: blocks, quotations: [double, single], sigils: "#")
  private static let javaScript = CodeLanguage(
    keywords: words(
      "as async await break case catch class const continue debugger default delete do else enum export extends false finally for from function if implements import in instanceof interface let new null of private protected public return static super switch this throw true try type typeof undefined var void while with yield"
    ), lineComments: ["//"], blockComments: blocks,
    quotations: [double, single, Quotation(open: "`", close: "`", isLong: true)], sigils: "$")
  // A quotation mark begins a lifetime as well as a letter: texts alone are sure.
  private static let rust = CodeLanguage(
    keywords: words(
      "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while"
    ), lineComments: ["//"], blockComments: blocks, quotations: [Quotation(open: "\"", close: "\"", isLong: true)])
  private static let r = CodeLanguage(
    keywords: words("if else repeat while function for in next break TRUE FALSE NULL Inf NaN NA"), lineComments: ["#"],
    quotations: [double, single])
  private static let julia = CodeLanguage(
    keywords: words(
      "baremodule begin break catch const continue do else elseif end export false finally for function global if import in let local macro module mutable quote return struct true try using where while"
    ), lineComments: ["#"], blockComments: [("#=", "=#")],
    quotations: [Quotation(open: "\"\"\"", close: "\"\"\"", isLong: true), double], sigils: "@")
  private static let sql = CodeLanguage(
    keywords: words(
      "all and as asc between by case create delete desc distinct drop else end exists from group having in index inner insert into is join left like limit not null on or order outer primary right select set table then union unique update values view when where with"
    ), isCaseless: true, lineComments: ["--"], blockComments: blocks,
    quotations: [Quotation(open: "'", close: "'", escapes: false, isLong: true)])
  private static let java = CodeLanguage(
    keywords: words(
      "abstract as assert boolean break byte case catch char class const continue default do double else enum extends false final finally float for fun if implements import in instanceof int interface is long native new null object override package private protected public return short static super switch this throw throws true try typealias val var void when while"
    ), lineComments: ["//"], blockComments: blocks,
    quotations: [Quotation(open: "\"\"\"", close: "\"\"\"", isLong: true), double, single], sigils: "@")
  private static let go = CodeLanguage(
    keywords: words(
      "break case chan const continue default defer else fallthrough false for func go goto if import interface map nil package range return select struct switch true type var"
    ), lineComments: ["//"], blockComments: blocks,
    quotations: [double, single, Quotation(open: "`", close: "`", escapes: false, isLong: true)])
}

/// Takes code apart by the facts of its language. The pieces joined are the code, to the byte.
struct CodeLexer {
  /// A piece of the code, and what it is called in the style sheet; nil for what has no colour.
  typealias Piece = (text: String, style: String?)

  private let language: CodeLanguage
  private let bytes: [UInt8]
  private var position = 0
  private var pieces: [Piece] = []
  /// Where what has no colour and is not among the pieces yet begins.
  private var plain = 0
  /// What opened a text that nothing closes: it is not looked for again.
  private var unclosed: Set<String> = []

  static func pieces(of source: String, _ language: CodeLanguage) -> [Piece] {
    var lexer = CodeLexer(language: language, bytes: Array(source.utf8))
    lexer.run()
    return lexer.pieces
  }

  private init(language: CodeLanguage, bytes: [UInt8]) { (self.language, self.bytes) = (language, bytes) }

  private mutating func run() {
    while position < bytes.count {
      if let end = comment() {
        take(upTo: end, "c")
      } else if let end = quotation() {
        take(upTo: end, isKey(end) ? "t" : "s")
      } else if Self.isDigit(bytes[position]) {
        take(upTo: end(of: position) { Self.isWord($0) || $0 == UInt8(ascii: ".") }, "n")
      } else if isWordStart(bytes[position]) {
        let end = end(of: position + 1, while: Self.isWord)
        take(upTo: end, style(of: String(decoding: bytes[position..<end], as: UTF8.self), end: end))
      } else {
        position += 1
      }
    }
    take(upTo: bytes.count, nil)
  }

  private mutating func take(upTo end: Int, _ style: String?) {
    if style != nil || end == bytes.count {
      if plain < position { pieces.append((String(decoding: bytes[plain..<position], as: UTF8.self), nil)) }
      if position < end { pieces.append((String(decoding: bytes[position..<end], as: UTF8.self), style)) }
      plain = end
    }
    position = end
  }

  /// The end of a comment that begins here.
  private func comment() -> Int? {
    if let (_, close) = language.blockComments.first(where: { starts($0.open) }) {
      return find(close, from: position + 2) ?? bytes.count
    }
    guard language.lineComments.contains(where: starts) else { return nil }
    if language.commentsNeedSpace, position > 0, !Self.isSpace(bytes[position - 1]) { return nil }
    return end(of: position) { $0 != UInt8(ascii: "\n") }
  }

  /// The end of a text that begins here.
  private mutating func quotation() -> Int? {
    guard let quotation = language.quotations.first(where: { starts($0.open) }), !unclosed.contains(quotation.open) else {
      return nil
    }
    let close = Array(quotation.close.utf8)
    var index = position + quotation.open.utf8.count
    while index < bytes.count {
      if bytes[index...].starts(with: close) { return index + close.count }
      if bytes[index] == UInt8(ascii: "\n"), !quotation.isLong { return nil }
      index += quotation.escapes && bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    unclosed.insert(quotation.open)
    return nil
  }

  private func style(of word: String, end: Int) -> String? {
    if isKey(end) { return "t" }
    if language.keywords.contains(language.isCaseless ? word.lowercased() : word) { return "k" }
    guard let first = word.first, language.sigils.contains(first), word.count > 1, first != "-" else { return nil }
    return "a"
  }

  /// Whether what ends there is a name of which a value follows.
  private func isKey(_ end: Int) -> Bool {
    guard language.hasKeys else { return false }
    let next = self.end(of: end) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard next < bytes.count, bytes[next] == UInt8(ascii: ":") else { return false }
    return next + 1 == bytes.count || Self.isSpace(bytes[next + 1]) || bytes[position] == UInt8(ascii: "\"")
  }

  // MARK: - Bytes

  private func starts(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private func find(_ text: String, from start: Int) -> Int? {
    let wanted = Array(text.utf8)
    guard start <= bytes.count - wanted.count else { return nil }
    return (start...(bytes.count - wanted.count)).first { bytes[$0...].starts(with: wanted) }.map { $0 + wanted.count }
  }

  private func end(of start: Int, while isInside: (UInt8) -> Bool) -> Int {
    var end = start
    while end < bytes.count, isInside(bytes[end]) { end += 1 }
    return end
  }

  /// A hyphen or a dollar sign is a part of names where the language says so.
  private func isWordStart(_ byte: UInt8) -> Bool {
    Self.isWord(byte) || language.sigils.utf8.contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
  }
}
