import Record
import Yams

/// A piece of YAML within a file: a mapping whose keys know their lines.
struct YAMLMapping {
  struct Entry {
    var key: String
    var value: Node
    /// In the file.
    var line: Int
  }

  var entries: [Entry] = []

  /// Reads a mapping; what is wrong with it is reported.
  /// - Parameters:
  ///   - firstLine: the line of the file at which the YAML begins.
  ///   - what: what it is, for messages: `the front matter`.
  init?(_ yaml: String, firstLine: Int, what: String, in source: inout SourceText) {
    do {
      guard let node = try YAMLComposer.compose(yaml) else { return }
      guard let mapping = node.mapping else {
        source.report(
          line: firstLine + (node.mark?.line ?? 1) - 1, "\(what) is not a mapping", advice: "Write one 'key: value' a line.")
        return nil
      }
      for (key, value) in mapping {
        entries.append(
          Entry(key: key.string ?? "", value: value, line: firstLine + (key.mark?.line ?? value.mark?.line ?? 1) - 1))
      }
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      let places = Self.places(ofKeysOf: context.mark, yaml)
      for key in keys.sorted() {
        let lines = (places[key] ?? [context.mark.line - 1]).map { firstLine + $0 }
        Self.reportDuplicate(key, lines: lines, in: &source)
      }
      return nil
    } catch {
      let (message, line) = Self.describe(error)
      source.report(line: firstLine + line - 1, "\(what) is not valid YAML: \(message)")
      return nil
    }
  }

  /// The problem and its line in the YAML, counted from 1.
  private static func describe(_ error: any Error) -> (String, Int) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?, .composer(_, let problem, let mark, _)?:
      (problem, mark.line)
    case .reader(let problem, let offset, _, let yaml)?:
      (problem, 1 + yaml.utf8.prefix(offset ?? 0).count { $0 == UInt8(ascii: "\n") })
    default: ("\(error)", 1)
    }
  }

  /// Yams tells where the mapping begins; the keys are found by their text, at the mapping's indentation: their lines, counted from 0.
  private static func places(ofKeysOf mapping: Mark, _ yaml: String) -> [String: [Int]] {
    var places: [String: [Int]] = [:]
    let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
    for index in lines.indices.dropFirst(mapping.line - 1)
    where lines[index].prefix(while: { $0 == " " }).count == mapping.column - 1 {
      if let key = key(lines[index]) { places[String(key), default: []].append(index) }
    }
    return places
  }

  /// What stands before the colon of a line, without its quotes.
  private static func key(_ line: Substring) -> Substring? {
    let content = line.drop { " \"'".contains($0) }
    let colon = content.indices.first { place in
      guard content[place] == ":" else { return false }
      let next = content.index(after: place)
      return next == content.endIndex || content[next].isWhitespace
    }
    guard let colon else { return nil }
    var key = content[..<colon]
    while key.last?.isWhitespace == true { key.removeLast() }
    if let last = key.last, "\"'".contains(last) { key.removeLast() }
    return key
  }

  /// - Parameter lines: those of the file that give the key; only that of its mapping, where they were not found.
  private static func reportDuplicate(_ key: String, lines: [Int], in source: inout SourceText) {
    guard lines.count > 1 else { return source.report(line: lines[0], "'\(key)' is given twice") }
    let first = Diagnostic(.note, at: Place(file: source.file, line: lines[0]), "the first is here")
    source.report(line: lines[1], "'\(key)' is given twice", advice: "Keep one of them.", notes: [first])
  }
}
