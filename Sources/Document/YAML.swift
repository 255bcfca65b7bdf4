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
      guard let node = try Yams.compose(yaml: yaml) else { return }
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
      for key in keys.sorted() { Self.reportDuplicate(key, of: context.mark, yaml, firstLine, &source) }
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

  /// Yams tells where the mapping begins; the keys are found by their text, at the mapping's indentation.
  private static func reportDuplicate(
    _ key: String, of mapping: Mark, _ yaml: String, _ firstLine: Int, _ source: inout SourceText
  ) {
    let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
    let places = lines.indices.dropFirst(mapping.line - 1).filter { index in
      lines[index].prefix { $0 == " " }.count == mapping.column - 1
        && lines[index].drop { " \"'".contains($0) }.wholeMatch(of: /(.*?)["']?\s*:(\s.*)?/)?.1 == key[...]
    }
    guard places.count > 1 else {
      return source.report(line: firstLine + mapping.line - 1, "'\(key)' is given twice")
    }
    let first = Diagnostic(.note, at: Place(file: source.file, line: firstLine + places[0]), "the first is here")
    source.report(line: firstLine + places[1], "'\(key)' is given twice", advice: "Keep one of them.", notes: [first])
  }
}

extension Node {
  /// What a node is, in words, for messages.
  var kindInWords: String {
    switch self {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    case .scalar(let scalar):
      switch tagName {
      case "int": int == nil ? "an integer that Int cannot hold" : "an integer"
      case "float": "a number"
      case "bool": "a truth value"
      case "null": "nothing"
      case "str": "the text '\(scalar.string)'"
      default: "'\(scalar.string)'"
      }
    }
  }

  /// The last part of its YAML tag: `int`, `float`, `bool`, `null`, `str`, …
  var tagName: String { tag.description.split(separator: ":").last.map(String.init) ?? "" }

  /// Its text, if it is a scalar that is not null.
  var text: String? {
    guard case .scalar(let scalar) = self, tagName != "null" else { return nil }
    return scalar.string
  }

  /// Its number, if it is an integer or a floating-point number.
  var number: Double? { ["int", "float"].contains(tagName) ? Double.construct(from: scalar ?? .init("")) : nil }

  /// `0.01`, `1e-4 of the largest`
  var tolerance: Tolerance? {
    // YAML 1.1 takes 1e-4 for a text; as a tolerance it is the number that it says.
    number.map { $0 >= 0 && $0.isFinite ? Tolerance($0) : nil } ?? text.flatMap { Tolerance($0) }
  }

  var truth: Bool? { tagName == "bool" ? bool : nil }
}
