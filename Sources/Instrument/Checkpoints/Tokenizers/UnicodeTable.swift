/// A set of Unicode's characters: a bit for each of them.
struct ScalarSet: Equatable, Sendable {
  static let size = 0x110000
  private(set) var words: [UInt64]

  init() { words = [UInt64](repeating: 0, count: Self.size / 64) }

  init(_ ranges: ClosedRange<UInt32>...) {
    self.init()
    for range in ranges { insert(range) }
  }

  func contains(_ scalar: UInt32) -> Bool {
    Int(scalar) < Self.size && words[Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 == 1
  }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    for scalar in range where Int(scalar) < Self.size { words[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63) }
  }

  mutating func formUnion(_ other: ScalarSet) { for index in words.indices { words[index] |= other.words[index] } }

  mutating func formIntersection(_ other: ScalarSet) { for index in words.indices { words[index] &= other.words[index] } }

  /// All other characters.
  var inverted: ScalarSet {
    var result = self
    for index in words.indices { result.words[index] = ~words[index] }
    return result
  }
}

/// Unicode's general categories as sets, made once from the standard library's tables.
///
/// The parts of `tokenizers` know different versions of Unicode, and a character that is newer than its version is unassigned to each of
/// them. A model never saw what a later Unicode says of such a character; so it is unassigned here too, part by part.
enum UnicodeTable {
  /// What Oniguruma knows, in which patterns are written, and the expressions that look for words.
  private static let patterns = (major: 16, minor: 0)
  /// What the normalization forms know.
  private static let forms = (major: 9, minor: 0)

  /// Whether a character is newer than a version.
  private static func isNewer(_ scalar: Unicode.Scalar, than version: (major: Int, minor: Int)) -> Bool {
    scalar.properties.age.map { ($0.major, $0.minor) > version } ?? false
  }

  /// Characters that the normalization forms leave as they are, whatever stands beside them.
  static let unknownToForms: ScalarSet = {
    var set = ScalarSet()
    forEach { value in
      if let scalar = Unicode.Scalar(value), isNewer(scalar, than: forms) { set.insert(value...value) }
    }
    return set
  }()

  /// Numbers by Rust's standard library, which knows what Swift's does.
  static let numbers: ScalarSet = {
    var set = ScalarSet()
    forEach { value in
      let category = Unicode.Scalar(value)?.properties.generalCategory
      if category == .decimalNumber || category == .letterNumber || category == .otherNumber { set.insert(value...value) }
    }
    return set
  }()

  /// What `\w` is to the expressions that look for words.
  static let words: ScalarSet = {
    var set = ScalarSet(0x200C...0x200D)
    for name in ["M", "Nd", "Pc"] { if let category = categories[name] { set.formUnion(category) } }
    forEach { value in
      if let scalar = Unicode.Scalar(value), scalar.properties.isAlphabetic, !isNewer(scalar, than: patterns) {
        set.insert(value...value)
      }
    }
    return set
  }()

  /// All characters but those of the planes 4 to 13, which are empty.
  private static func forEach(_ body: (UInt32) -> Void) {
    for value in UInt32(0)..<0x40000 { body(value) }
    for value in UInt32(0xE0000)..<UInt32(ScalarSet.size) { body(value) }
  }

  /// The sets by the categories' short names, and by the first letter of these: `Lu`, `L`.
  static let categories: [String: ScalarSet] = {
    var sets: [String: ScalarSet] = [:]
    for name in names.keys { sets[name] = ScalarSet() }
    var (start, last, current) = (UInt32(0), UInt32(0), name(of: 0))
    forEach { value in
      let found = name(of: value)
      if found != current || value != last + 1 {
        sets[current]?.insert(start...last)
        (start, current) = (value, found)
      }
      last = value
    }
    sets[current]?.insert(start...last)
    sets["Cn"]?.insert(0x40000...0xDFFFF)
    for (name, set) in sets { sets[String(name.prefix(1)), default: ScalarSet()].formUnion(set) }
    return sets
  }()

  /// The category of a character, by its short name.
  private static func name(of value: UInt32) -> String {
    guard let scalar = Unicode.Scalar(value) else { return "Cs" }
    // Unicode 17 takes it for a letter without case.
    if value == 0x295 { return "Ll" }
    return isNewer(scalar, than: patterns) ? "Cn" : short[scalar.properties.generalCategory] ?? "Cn"
  }

  private static let short: [Unicode.GeneralCategory: String] = [
    .uppercaseLetter: "Lu", .lowercaseLetter: "Ll", .titlecaseLetter: "Lt", .modifierLetter: "Lm", .otherLetter: "Lo",
    .nonspacingMark: "Mn", .spacingMark: "Mc", .enclosingMark: "Me", .decimalNumber: "Nd", .letterNumber: "Nl",
    .otherNumber: "No", .connectorPunctuation: "Pc", .dashPunctuation: "Pd", .openPunctuation: "Ps", .closePunctuation: "Pe",
    .initialPunctuation: "Pi", .finalPunctuation: "Pf", .otherPunctuation: "Po", .mathSymbol: "Sm", .currencySymbol: "Sc",
    .modifierSymbol: "Sk", .otherSymbol: "So", .spaceSeparator: "Zs", .lineSeparator: "Zl", .paragraphSeparator: "Zp",
    .control: "Cc", .format: "Cf", .surrogate: "Cs", .privateUse: "Co", .unassigned: "Cn",
  ]

  /// The short names, and the long ones that patterns may use too.
  static let names: [String: String] = [
    "Lu": "Uppercase_Letter", "Ll": "Lowercase_Letter", "Lt": "Titlecase_Letter", "Lm": "Modifier_Letter", "Lo": "Other_Letter",
    "Mn": "Nonspacing_Mark", "Mc": "Spacing_Mark", "Me": "Enclosing_Mark", "Nd": "Decimal_Number", "Nl": "Letter_Number",
    "No": "Other_Number", "Pc": "Connector_Punctuation", "Pd": "Dash_Punctuation", "Ps": "Open_Punctuation",
    "Pe": "Close_Punctuation", "Pi": "Initial_Punctuation", "Pf": "Final_Punctuation", "Po": "Other_Punctuation",
    "Sm": "Math_Symbol", "Sc": "Currency_Symbol", "Sk": "Modifier_Symbol", "So": "Other_Symbol", "Zs": "Space_Separator",
    "Zl": "Line_Separator", "Zp": "Paragraph_Separator", "Cc": "Control", "Cf": "Format", "Cs": "Surrogate",
    "Co": "Private_Use", "Cn": "Unassigned",
  ]

  static let groups = [
    "L": "Letter", "M": "Mark", "N": "Number", "P": "Punctuation", "S": "Symbol", "Z": "Separator", "C": "Other",
  ]

  /// A category by its short or long name, however that is written; nil if there is none.
  static func category(_ name: String) -> ScalarSet? {
    func plain(_ text: String) -> String { text.lowercased().filter { $0 != "_" && $0 != " " && $0 != "-" } }
    let wanted = plain(name)
    let found = (Array(names) + Array(groups)).first { plain($0.key) == wanted || plain($0.value) == wanted }
    return found.flatMap { categories[$0.key] }
  }

  /// Unicode's White_Space.
  static let whiteSpace = ScalarSet(
    0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
    0x205F...0x205F, 0x3000...0x3000)

  @inline(__always)
  static func isWhiteSpace(_ scalar: UInt32) -> Bool {
    scalar < 0x80 ? scalar == 0x20 || (0x09...0x0D).contains(scalar) : whiteSpace.contains(scalar)
  }
}
