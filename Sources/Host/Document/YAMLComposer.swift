import Yams

/// Reads the syntax of YAML 1.2 by a library that knows 1.1.
enum YAMLComposer {
  /// What ends a line in YAML 1.1, and is a character like others in 1.2 and in a notebook's lines.
  private static let formerBreaks: [Unicode.Scalar] = ["\u{85}", "\u{2028}", "\u{2029}"]

  /// Uses of what an anchor names, in one text. Values within values multiply: a few lines could stand for more than any memory holds.
  private static let mostAliases = 24

  /// Why a text is not read that the library would read.
  struct TooManyAliases: Error, CustomStringConvertible {
    var description: String { "it uses anchors more than \(mostAliases) times; write the values where they belong" }
  }

  /// The root of a text that is one document; nil if there is nothing in it.
  /// - Throws: `YamlError`, `TooManyAliases`.
  static func compose(_ yaml: String) throws -> Node? {
    // What begins as an alias does may be a word of a text; few texts have so many, and a word that begins as an anchor does.
    if words(in: yaml, beginningWith: "&") > 1, words(in: yaml, beginningWith: "*") > mostAliases { throw TooManyAliases() }
    let scalars = Set(yaml.unicodeScalars)
    let found = formerBreaks.filter(scalars.contains)
    // The names of what is implicit are looked up by nobody: `YAMLScalar` knows what they mean.
    if found.isEmpty { return try Yams.compose(yaml: yaml, .basic) }
    let free = (0xE000...0xF8FF).lazy.compactMap(Unicode.Scalar.init).filter { !scalars.contains($0) }
    let standIns = Array(zip(found, free))
    let known = Dictionary(uniqueKeysWithValues: standIns)
    let back = Dictionary(uniqueKeysWithValues: standIns.map { ($1, $0) })
    return try Yams.compose(yaml: replacing(yaml, known), .basic).map { restored($0, back) }
  }

  /// How often a sign stands where a value may begin.
  private static func words(in text: String, beginningWith sign: Character) -> Int {
    var (count, isStart) = (0, true)
    for byte in text.utf8 {
      if isStart, byte == sign.asciiValue { count += 1 }
      isStart = byte <= 0x20 || [UInt8(ascii: "["), UInt8(ascii: ","), UInt8(ascii: "{"), UInt8(ascii: ":")].contains(byte)
    }
    return count
  }

  private static func replacing(_ text: String, _ scalars: [Unicode.Scalar: Unicode.Scalar]) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { scalars[$0] ?? $0 }))
  }

  private static func restored(_ node: Node, _ back: [Unicode.Scalar: Unicode.Scalar]) -> Node {
    switch node {
    case .scalar(let scalar): .scalar(.init(replacing(scalar.string, back), scalar.tag, scalar.style, scalar.mark))
    case .sequence(let list): .sequence(.init(list.map { restored($0, back) }, list.tag, list.style, list.mark))
    case .mapping(let mapping):
      .mapping(
        .init(mapping.map { (restored($0.key, back), restored($0.value, back)) }, mapping.tag, mapping.style, mapping.mark))
    case .alias: node
    }
  }
}
