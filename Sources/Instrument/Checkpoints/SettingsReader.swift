import Foundation

/// Reads the settings of a JSON object key by key, remembers which were asked for, and refuses the rest.
///
/// Loading fails closed: a key is used, or it has a value with which it changes nothing, or it is known to change nothing at all, or it
/// is an error. What nobody asked for would be computed without it, and nobody would know. A reader is used up by `finish`:
///
/// ```swift
/// let keys = try SettingsReader(contentsOf: file)
/// let layers = try keys.integer("num_hidden_layers", in: 1...1000)
/// try keys.require("attention_bias", toBe: [.bool(false)], else: "Folio computes attention without biases.")
/// try keys.finish(ignoring: ["transformers_version"], else: "Folio does not know this key.")
/// ```
package final class SettingsReader {
  /// The file's path, for errors.
  package let file: String
  /// The keys that lead to the object within the file, as `rope_parameters.`; empty for the outermost one.
  private let prefix: String
  private let members: [JSONNode.Member]
  /// The text, to find lines in; nil for settings that do not come from a file.
  private let text: Data?
  private var asked: Set<String> = []

  /// - Parameter names: The keys that are looked at in a large file; the others are passed over. All if nil.
  package convenience init(contentsOf url: URL, only names: Set<String>? = nil) throws(ModelError) {
    try self.init(json: ModelFile.read(url), file: url.path, only: names)
  }

  /// - Parameter hasLines: Whether errors name lines: of a file, and not of settings that were given in Swift.
  package convenience init(json: Data, file: String, only names: Set<String>? = nil, hasLines: Bool = true) throws(ModelError) {
    let parsed = json.withUnsafeBytes { bytes in
      Result { () throws(JSONNode.Problem) in try JSONNode(parsing: bytes, only: names) }
    }
    switch parsed {
    case .failure(let problem):
      throw .badConfiguration(
        file: "\(file):\(Self.line(problem.offset, json))", key: "", problem: "is not JSON: \(problem.text)",
        advice: "Copy the file from the checkpoint again.")
    case .success(let node): try self.init(node, file: file, prefix: "", text: hasLines ? json : nil)
    }
  }

  private init(_ node: JSONNode, file: String, prefix: String, text: Data?) throws(ModelError) {
    guard let members = node.members else {
      throw .badConfiguration(
        file: file, key: String(prefix.dropLast()), problem: "is not a JSON object",
        advice: "Copy the file from the checkpoint again.")
    }
    (self.file, self.prefix, self.members, self.text) = (file, prefix, members, text)
    var first: [String: JSONNode.Member] = [:]
    for member in members {
      guard let earlier = first.updateValue(member, forKey: member.key) else { continue }
      let line = text.map { Self.line(earlier.offset, $0) }.map { ", also in line \($0)" } ?? ""
      throw error(member, "stands there twice\(line)", "Which one counts differs from program to program; remove one of them.")
    }
  }

  // MARK: One key

  /// All keys, in their order.
  package var names: [String] { members.map(\.key) }

  /// Whether a key is there, and not null. The key counts as asked for.
  package func has(_ key: String) -> Bool { node(key).map { !$0.isNull } ?? false }

  /// The value of a key as it stands there; nil if the key is missing.
  package func node(_ key: String) -> JSONNode? {
    asked.insert(key)
    return members.first { $0.key == key }?.value
  }

  /// A whole number.
  /// - Parameter fallback: What a missing key means; an error if nil.
  package func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws(ModelError) -> Int {
    guard let node = node(key) else {
      guard let fallback else { throw missing(key) }
      return fallback
    }
    return try integer(node, key, range)
  }

  /// One whole number, or a list of them. Nil if the key is missing or null.
  package func integers(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> [Int]? {
    guard let node = node(key), !node.isNull else { return nil }
    var result: [Int] = []
    for element in node.array ?? [node] { result.append(try integer(element, key, range)) }
    return result
  }

  private func integer(_ node: JSONNode, _ key: String, _ range: ClosedRange<Int>) throws(ModelError) -> Int {
    guard case .number(let digits) = node.value else { throw error(key, "is \(text(node))", "It must be a whole number.") }
    // A number that does not fit into an Int is whole all the same.
    guard digits.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) else {
      throw error(key, "is \(digits)", "It must be a whole number.")
    }
    guard let value = Int(digits), range.contains(value) else {
      throw error(
        key, "is \(digits)",
        range.upperBound == .max
          ? "It must be \(range.lowerBound) or more." : "It must lie between \(range.lowerBound) and \(range.upperBound).")
    }
    return value
  }

  /// A number, whole or not.
  package func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil) throws(ModelError) -> Double
  {
    guard let node = node(key) else {
      guard let fallback else { throw missing(key) }
      return fallback
    }
    guard case .number(let digits) = node.value, let value = Double(digits) else {
      throw error(key, "is \(text(node))", "It must be a number.")
    }
    guard range.contains(value) else {
      throw error(key, "is \(digits)", "It must lie between \(range.lowerBound) and \(range.upperBound).")
    }
    return value
  }

  /// `true` or `false`; nil if the key is missing.
  package func flag(_ key: String) throws(ModelError) -> Bool? {
    guard let node = node(key) else { return nil }
    guard case .bool(let value) = node.value else { throw error(key, "is \(text(node))", "It must be true or false.") }
    return value
  }

  /// A text; nil if the key is missing or null.
  package func string(_ key: String) throws(ModelError) -> String? {
    guard let node = node(key), !node.isNull else { return nil }
    guard let text = node.string else { throw error(key, "is \(self.text(node))", "It must be a text.") }
    return text
  }

  /// The settings within a setting; nil if the key is missing or null. They have to be finished by themselves.
  package func object(_ key: String) throws(ModelError) -> SettingsReader? {
    guard let node = node(key), !node.isNull else { return nil }
    guard node.members != nil else { throw error(key, "is \(text(node))", "It must be an object.") }
    return try element(node, key)
  }

  /// The settings of an element of a list.
  package func element(_ node: JSONNode, _ name: String) throws(ModelError) -> SettingsReader {
    try SettingsReader(node, file: file, prefix: "\(prefix)\(name).", text: text)
  }

  /// A key that may only have some values, with which nothing is computed differently. It may be missing.
  package func require(_ key: String, toBe values: [JSONNode.Value], else advice: String) throws(ModelError) {
    guard let node = node(key), !values.contains(where: { node.says($0) }) else { return }
    throw error(key, "is \(text(node))", advice)
  }

  // MARK: The rest

  /// Refuses every key that was not asked for, unless it is known to change nothing, or is null and so sets nothing.
  package func finish(ignoring harmless: Set<String>, else advice: String) throws(ModelError) {
    guard let stranger = rest(ignoring: harmless).first else { return }
    throw error(stranger, "is \(text(stranger.value))", advice)
  }

  /// The keys that were not asked for, as `finish` would refuse them, with their values in the file's words.
  package func rest(ignoring harmless: Set<String>) -> [JSONNode.Member] {
    members.filter { !asked.contains($0.key) && !harmless.contains($0.key) && !$0.value.isNull }
  }

  // MARK: Errors

  package func error(_ key: String, _ problem: String, _ advice: String) -> ModelError {
    guard let member = members.first(where: { $0.key == key }) else {
      return .badConfiguration(file: file, key: prefix + key, problem: problem, advice: advice)
    }
    return error(member, problem, advice)
  }

  private func error(_ member: JSONNode.Member, _ problem: String, _ advice: String) -> ModelError {
    .badConfiguration(file: location(member), key: prefix + member.key, problem: problem, advice: advice)
  }

  /// A key with those that lead to it within the file: `rope_parameters.rope_theta`.
  package func path(_ key: String) -> String { prefix + key }

  /// `config.json:12`, the line in which a key stands.
  package func location(_ key: String) -> String { members.first { $0.key == key }.map(location) ?? file }

  private func location(_ member: JSONNode.Member) -> String { text.map { "\(file):\(Self.line(member.offset, $0))" } ?? file }

  private func missing(_ key: String) -> ModelError { error(key, "is missing", "Copy the file from the checkpoint again.") }

  /// A value as it is shown in a message: in its own words, on one line, and not all of a long one.
  package func text(_ node: JSONNode) -> String {
    let words =
      switch node.value {
      case .string(let text): "“\(text)”"
      case .number(let digits): digits
      case .bool(let flag): "\(flag)"
      case .null: "null"
      case .array(let elements): "[" + elements.prefix(20).map(text).joined(separator: ", ") + "]"
      case .object(let members):
        "{" + members.prefix(20).map { "\"\($0.key)\": \(text($0.value))" }.joined(separator: ", ") + "}"
      }
    let line = words.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > 100 ? line.prefix(100) + "…" : line
  }

  static func line(_ offset: Int, _ text: Data) -> Int { 1 + text.prefix(offset).count { $0 == UInt8(ascii: "\n") } }
}
