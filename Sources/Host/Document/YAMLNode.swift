import Record
import Yams

/// What a scalar means by the core schema of YAML 1.2, whatever the library that reads the syntax takes it for.
enum YAMLScalar: Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case text(String)
  /// What has a type and no value of it, in words.
  case unreadable(String)

  /// What an unquoted scalar means.
  init(plain text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE": self = .bool(true)
    case "false", "False", "FALSE": self = .bool(false)
    case ".nan", ".NaN", ".NAN": self = .double(.nan)
    case _ where text.wholeMatch(of: /[-+]?(\.inf|\.Inf|\.INF)/) != nil:
      self = .double(text.hasPrefix("-") ? -.infinity : .infinity)
    case _ where text.wholeMatch(of: /[-+]?[0-9]+/) != nil: self.init(digits: text, radix: 10)
    case _ where text.wholeMatch(of: /0o[0-7]+/) != nil: self.init(digits: text.dropFirst(2), radix: 8)
    case _ where text.wholeMatch(of: /0x[0-9a-fA-F]+/) != nil: self.init(digits: text.dropFirst(2), radix: 16)
    case _ where text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil: self.init(decimal: text)
    default: self = .text(text)
    }
  }

  private init(digits: some StringProtocol, radix: Int) {
    self = Int(digits, radix: radix).map(YAMLScalar.int) ?? .unreadable("an integer that Int cannot hold")
  }

  private init(decimal text: String) {
    // Swift wants a digit on both sides of the point.
    let whole = text.replacing(/^([-+]?)\./) { "\($0.1)0." }.replacing(/\.(?![0-9])/, with: ".0")
    let number = Double(whole).flatMap { $0.isFinite ? $0 : nil }
    self = number.map(YAMLScalar.double) ?? .unreadable("a number that Double cannot hold")
  }
}

extension Node {
  /// A text as YAML that stands behind a key; nil if it is more than one value, or none.
  init?(value text: String) {
    guard let mapping = (try? YAMLComposer.compose("value: \(text)"))??.mapping, mapping.count == 1,
      let value = mapping.first?.value
    else { return nil }
    self = value
  }

  private static let prefix = "tag:yaml.org,2002:"

  /// The tag that is written before a node, if it is none of those that the core schema knows.
  var unknownTag: String? {
    let known: [String]
    let tag: Tag
    switch self {
    case .scalar(let scalar): (known, tag) = (["str", "int", "float", "bool", "null"], scalar.tag)
    case .sequence(let sequence): (known, tag) = (["seq"], sequence.tag)
    case .mapping(let mapping): (known, tag) = (["map"], mapping.tag)
    case .alias: return nil
    }
    let name = tag.description
    return name.isEmpty || name == "!" || known.contains { name == Self.prefix + $0 } ? nil : name
  }

  /// What a scalar means; nil for a list or a mapping.
  var core: YAMLScalar? {
    guard case .scalar(let scalar) = self else { return nil }
    if let unknownTag { return .unreadable("of a type that Folio does not know ('\(unknownTag)')") }
    let isPlain = scalar.style == .plain || scalar.style == .any
    let meaning = YAMLScalar(plain: scalar.string)
    switch (scalar.tag.description.dropFirst(Self.prefix.count), meaning) {
    case ("", _): return isPlain && scalar.tag.description != "!" ? meaning : .text(scalar.string)
    case ("str", _): return .text(scalar.string)
    case ("int", .int), ("float", .double), ("bool", .bool), ("null", .null): return meaning
    case ("float", .int(let value)): return .double(Double(value))
    case (let tag, _): return .unreadable("said to be of the type '\(tag)', and '\(scalar.string)' is not")
    }
  }

  /// The elements of a list.
  var list: [Node]? { unknownTag == nil ? sequence.map(Array.init) : nil }

  /// One text or a list of texts.
  var texts: [String]? {
    guard let list else { return text.map { [$0] } }
    let texts = list.compactMap(\.text)
    return texts.count == list.count ? texts : nil
  }

  /// Its text, if it is a scalar that is not null, also if it would mean a number: a title may be `2024`.
  var text: String? {
    guard case .scalar(let scalar) = self, core != .null, unknownTag == nil else { return nil }
    return scalar.string
  }

  /// The text of a scalar that is in quotes, or said to be a text.
  var quotedText: String? {
    guard case .scalar(let scalar) = self, case .text = core else { return nil }
    let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
    return isQuoted || [Self.prefix + "str", "!"].contains(scalar.tag.description) ? scalar.string : nil
  }

  /// Its number, if it is an integer or a floating-point number.
  var number: Double? {
    switch core {
    case .int(let value)?: Double(value)
    case .double(let value)?: value
    default: nil
    }
  }

  /// `0.01`, `1e-4 of the largest`
  var tolerance: Tolerance? {
    number.map { $0 >= 0 && $0.isFinite ? Tolerance($0) : nil } ?? text.flatMap { Tolerance($0) }
  }

  var truth: Bool? { if case .bool(let value)? = core { value } else { nil } }

  /// What a node is, in words, for messages.
  var kindInWords: String {
    switch (self, core) {
    case (.mapping, _): "a mapping"
    case (.sequence, _): "a list"
    case (_, .null): "nothing"
    case (_, .bool): "a truth value"
    case (_, .int): "an integer"
    case (_, .double): "a number"
    case (_, .text(let text)): "the text '\(text)'"
    case (_, .unreadable(let reason)): reason
    case (.alias, nil), (.scalar, nil): "an alias"
    }
  }
}
