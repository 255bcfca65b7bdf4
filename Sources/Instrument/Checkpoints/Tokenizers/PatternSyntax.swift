/// A regular expression of a pre-tokenizer, as a tree.
///
/// This is the part of Oniguruma's syntax that the tokenizers of language models use: characters and their escapes, classes with ranges,
/// `\s \S \d \D`, general categories `\p{L} \P{Nd} \p{^Lu}`, groups, `(?i:…)`, alternatives, repetitions greedy and possessive, and what
/// must or must not follow, `(?=…)` and `(?!…)`. Anything else is an error that names it.
indirect enum PatternSyntax: Sendable {
  case set(ScalarSet)
  case sequence([PatternSyntax])
  case alternatives([PatternSyntax])
  case repetition(PatternSyntax, least: Int, most: Int, isPossessive: Bool)
  case lookahead(PatternSyntax, isNegative: Bool)

  /// What is wrong with a pattern, in words that go on after it: "holds …".
  struct Problem: Error { let text: String }

  init(_ pattern: String) throws(Problem) {
    var parser = PatternParser(pattern)
    self = try parser.whole()
  }

  /// The pattern of a text itself.
  init(literal text: String) { self = .sequence(text.unicodeScalars.map { .set(ScalarSet($0.value...$0.value)) }) }

  /// Whether it can match nothing at all.
  var canBeEmpty: Bool {
    switch self {
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
    case .alternatives(let parts): parts.contains(where: \.canBeEmpty)
    case .repetition(let part, let least, _, _): least == 0 || part.canBeEmpty
    case .lookahead: true
    }
  }

  /// The characters with which it can begin; nil if it can begin with any, or with none.
  var first: ScalarSet? {
    switch self {
    case .set(let set): return set
    case .sequence(let parts):
      var result = ScalarSet()
      for part in parts {
        guard let first = part.first else { return nil }
        result.formUnion(first)
        if !part.canBeEmpty { return result }
      }
      return nil
    case .alternatives(let parts):
      var result = ScalarSet()
      for part in parts {
        guard let first = part.first else { return nil }
        result.formUnion(first)
      }
      return result
    case .repetition(let part, _, let most, _): return most == 0 ? nil : part.first
    case .lookahead: return nil
    }
  }
}

private struct PatternParser {
  typealias Problem = PatternSyntax.Problem
  private let text: [Unicode.Scalar]
  private var position = 0
  private var ignoresCase = false
  /// So many different sets would take a few megabytes; no tokenizer has as many.
  private var sets = 0

  init(_ pattern: String) { text = Array(pattern.unicodeScalars) }

  private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private mutating func skips(_ other: String) -> Bool {
    let other = Array(other.unicodeScalars)
    guard text[position...].starts(with: other) else { return false }
    position += other.count
    return true
  }

  mutating func whole() throws(Problem) -> PatternSyntax {
    guard text.count <= 10_000 else { throw Problem(text: "is longer than 10,000 characters") }
    let result = try alternatives(depth: 0)
    guard position == text.count else { throw Problem(text: "closes a group that is not open") }
    return result
  }

  private mutating func alternatives(depth: Int) throws(Problem) -> PatternSyntax {
    guard depth < 20 else { throw Problem(text: "is nested too deeply") }
    var parts = [try sequence(depth)]
    while skips("|") { parts.append(try sequence(depth)) }
    return parts.count == 1 ? parts[0] : .alternatives(parts)
  }

  private mutating func sequence(_ depth: Int) throws(Problem) -> PatternSyntax {
    var parts: [PatternSyntax] = []
    var letters = ""
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = position
      let atom = try atom(depth)
      letters += position == start + 1 ? String(scalar) : " "
      parts.append(try repeated(atom))
    }
    if ignoresCase { try refuseFoldings(letters.lowercased()) }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  /// Without regard to case, some pairs of letters are also one character: `ss` is `ß`.
  private func refuseFoldings(_ letters: String) throws(Problem) {
    for pair in ["ss", "st", "ff", "fi", "fl"] where letters.contains(pair) {
      throw Problem(text: "holds “\(pair)” without regard to case, which is a ligature too")
    }
  }

  private mutating func atom(_ depth: Int) throws(Problem) -> PatternSyntax {
    guard let scalar = next else { throw Problem(text: "ends too early") }
    switch scalar {
    case "(": return try group(depth)
    case "[":
      position += 1
      return .set(try characterClass(0))
    case "\\":
      position += 1
      return .set(try cased(try escape(inClass: false)))
    case ".":
      position += 1
      return .set(ScalarSet(0x0A...0x0A).inverted)
    case "^", "$": throw Problem(text: "holds the anchor “\(scalar)”")
    case "*", "+", "?", "{": throw Problem(text: "repeats nothing by “\(scalar)”")
    default:
      position += 1
      return .set(try cased(ScalarSet(scalar.value...scalar.value)))
    }
  }

  private mutating func group(_ depth: Int) throws(Problem) -> PatternSyntax {
    let before = ignoresCase
    defer { ignoresCase = before }
    var lookahead: Bool?
    if skips("(?i:") {
      ignoresCase = true
    } else if skips("(?=") {
      lookahead = false
    } else if skips("(?!") {
      lookahead = true
    } else if !skips("(?:") {
      position += 1
      if next == "?" || next == "*" {
        let construct = text[(position - 1)...].prefix(4).map(String.init).joined()
        throw Problem(text: "holds the construct “\(construct)…”")
      }
    }
    let inside = try alternatives(depth: depth + 1)
    guard skips(")") else { throw Problem(text: "does not close a group") }
    return lookahead.map { .lookahead(inside, isNegative: $0) } ?? inside
  }

  private mutating func repeated(_ atom: PatternSyntax) throws(Problem) -> PatternSyntax {
    var (least, most) = (0, Int.max)
    var isInterval = false
    if skips("*") {
    } else if skips("+") {
      least = 1
    } else if skips("?") {
      most = 1
    } else if next == "{" {
      (least, most) = try interval()
      isInterval = true
    } else {
      return atom
    }
    if skips("?") { throw Problem(text: "repeats lazily") }
    let isPossessive = skips("+")
    if isPossessive, isInterval { throw Problem(text: "repeats an interval by “+”") }
    if let scalar = next, ["*", "+", "?", "{"].contains(scalar) { throw Problem(text: "repeats a repetition") }
    guard !atom.canBeEmpty else { throw Problem(text: "repeats what may be empty") }
    return .repetition(atom, least: least, most: most, isPossessive: isPossessive)
  }

  private mutating func interval() throws(Problem) -> (Int, Int) {
    position += 1
    let start = position
    while let scalar = next, scalar != "}" { position += 1 }
    let words = text[start..<position].map(String.init).joined()
    guard skips("}") else { throw Problem(text: "does not close an interval") }
    let parts = words.split(separator: ",", omittingEmptySubsequences: false)
    let least = parts.first.flatMap { $0.isEmpty && parts.count == 2 ? 0 : Int($0) }
    let most = parts.count == 1 ? least : parts.count == 2 && !parts[1].isEmpty ? Int(parts[1]) : parts.count == 2 ? Int.max : nil
    guard let least, let most, least >= 0, least <= most, least <= 100, most <= 100 || most == Int.max, words != "," else {
      throw Problem(text: "holds the interval “{\(words)}”")
    }
    return (least, most)
  }
}

// MARK: - Characters

extension PatternParser {
  /// Behind a `[`.
  private mutating func characterClass(_ depth: Int) throws(Problem) -> ScalarSet {
    var result = ScalarSet()
    let isInverted = skips("^")
    if next == "]" { throw Problem(text: "holds an empty class") }
    while let scalar = next, scalar != "]" {
      if scalar == "[" || skips("&&") { throw Problem(text: "holds a class within a class") }
      position += 1
      let start = scalar == "\\" ? try escape(inClass: true) : ScalarSet(scalar.value...scalar.value)
      guard next == "-", position + 1 < text.count, text[position + 1] != "]" else {
        result.formUnion(start)
        continue
      }
      position += 1
      guard let low = start.only, let scalar = next, scalar != "[" else {
        throw Problem(text: "holds a range without a beginning")
      }
      position += 1
      let end = scalar == "\\" ? try escape(inClass: true) : ScalarSet(scalar.value...scalar.value)
      guard let high = end.only, low <= high else { throw Problem(text: "holds a range that ends before it begins") }
      result.insert(low...high)
    }
    guard skips("]") else { throw Problem(text: "does not close a class") }
    if ignoresCase { throw Problem(text: "holds a class without regard to case") }
    return try counted(isInverted ? result.inverted : result)
  }

  private mutating func counted(_ set: ScalarSet) throws(Problem) -> ScalarSet {
    sets += 1
    guard sets <= 500 else { throw Problem(text: "holds more than 500 characters and classes") }
    return set
  }

  /// Behind a backslash.
  private mutating func escape(inClass: Bool) throws(Problem) -> ScalarSet {
    guard let scalar = next else { throw Problem(text: "ends with a backslash") }
    position += 1
    let controls: [Unicode.Scalar: UInt32] = ["n": 0x0A, "r": 0x0D, "t": 0x09, "f": 0x0C, "v": 0x0B, "a": 0x07, "e": 0x1B]
    if let control = controls[scalar] { return ScalarSet(control...control) }
    switch scalar {
    case "s": return UnicodeTable.whiteSpace
    case "S": return UnicodeTable.whiteSpace.inverted
    case "d", "D":
      guard let digits = UnicodeTable.categories["Nd"] else { throw Problem(text: "holds “\\d”") }
      return scalar == "d" ? digits : digits.inverted
    case "p", "P": return try property(isInverted: scalar == "P")
    case "x", "u": return try code(scalar)
    default:
      guard scalar.isASCII, !scalar.properties.isAlphabetic, scalar.properties.numericType == nil else {
        throw Problem(text: "holds the escape “\\\(scalar)”")
      }
      return ScalarSet(scalar.value...scalar.value)
    }
  }

  private mutating func property(isInverted: Bool) throws(Problem) -> ScalarSet {
    guard skips("{") else { throw Problem(text: "holds “\\p” without a name") }
    let isInverted = isInverted != skips("^")
    let start = position
    while let scalar = next, scalar != "}" { position += 1 }
    let name = text[start..<position].map(String.init).joined()
    guard skips("}"), let set = UnicodeTable.category(name) else { throw Problem(text: "holds the property “\\p{\(name)}”") }
    return isInverted ? set.inverted : set
  }

  /// `\x0A`, `\x{1F600}` or `\u00A0`.
  private mutating func code(_ kind: Unicode.Scalar) throws(Problem) -> ScalarSet {
    let isBraced = kind == "x" && skips("{")
    var (value, digits) = (UInt32(0), 0)
    let most = isBraced ? 6 : kind == "x" ? 2 : 4
    while digits < most, let digit = next.flatMap({ Character($0).hexDigitValue }) {
      value = value << 4 | UInt32(digit)
      position += 1
      digits += 1
    }
    let isWhole = isBraced ? digits > 0 && skips("}") : digits == most
    guard isWhole, Unicode.Scalar(value) != nil, value < 0x80 || isBraced || kind == "u" else {
      throw Problem(text: "holds an escape “\\\(kind)” that is no character")
    }
    return ScalarSet(value...value)
  }

  /// A character, or where case does not count all that differ from it by case alone.
  private mutating func cased(_ set: ScalarSet) throws(Problem) -> ScalarSet {
    guard ignoresCase, let only = set.only, let scalar = Unicode.Scalar(only), scalar.properties.isCased else {
      return try counted(set)
    }
    guard scalar.isASCII else { throw Problem(text: "holds “\(scalar)” without regard to case") }
    var result = set
    result.insert((only | 0x20)...(only | 0x20))
    result.insert((only & ~0x20)...(only & ~0x20))
    // The long s and the sign of Kelvin.
    if only | 0x20 == 0x73 { result.insert(0x17F...0x17F) }
    if only | 0x20 == 0x6B { result.insert(0x212A...0x212A) }
    return try counted(result)
  }
}

extension ScalarSet {
  /// Its character, if it has only one.
  fileprivate var only: UInt32? {
    var found: UInt32?
    for (index, word) in words.enumerated() where word != 0 {
      guard found == nil, word.nonzeroBitCount == 1 else { return nil }
      found = UInt32(index * 64 + word.trailingZeroBitCount)
    }
    return found
  }
}
