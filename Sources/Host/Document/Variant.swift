import Foundation
import Keys
import Record

/// One of the runs of a notebook: the values that were given to some of its parameters, and the name that tells it from the others.
///
/// The run without any is the notebook's own; it has no variant. `prontoqa` with the variant `idx=2,shots=7` is named `prontoqa@idx=2,shots=7`, and
/// its page lies in the folder `prontoqa/idx=2,shots=7` of the site.
package struct Variant: Sendable, Equatable, Hashable, Codable {
  /// A value for a parameter.
  package struct Assignment: Sendable, Equatable, Hashable, Codable {
    package var name: String
    package var value: ParameterValue

    package init(_ name: String, _ value: ParameterValue) { (self.name, self.value) = (name, value) }
  }

  /// Its folder in that of its notebook: made of the values, or the name that the front matter gives it.
  package let name: String
  /// In the order of the front matter's parameters. The others have their defaults.
  package let assignments: [Assignment]
  /// Whether the front matter names it, and not a command line.
  package let isDeclared: Bool

  /// - Parameter name: nil for one that is named by its values.
  package init(_ assignments: [Assignment], name: String? = nil, isDeclared: Bool = false) {
    self.name = name ?? Self.name(assignments)
    (self.assignments, self.isDeclared) = (assignments, isDeclared)
  }

  // MARK: - Names

  /// `idx=2,shots=7`. Assignments that differ have names that differ, on every file system that tells capitals from small letters.
  private static func name(_ assignments: [Assignment]) -> String {
    let name = assignments.map { "\(spelled($0.name))=\(spelled($0.value))" }.joined(separator: ",")
    guard name.utf8.count > longest else { return name }
    return "\(name.prefix(longest - 20))~~\(Digest(of: Data(name.utf8)).hexadecimal.prefix(16))"
  }

  /// File systems end at 255 bytes.
  private static let longest = 180

  private static func spelled(_ value: ParameterValue) -> String {
    guard case .array(let values) = value else { return spelled(value.text) }
    return values.isEmpty ? "~0" : values.map(spelled).joined(separator: "+")
  }

  /// A text as a part of a folder's name: what is not a letter, a digit or one of `-._` of ASCII is spelled by its bytes.
  private static func spelled(_ text: String) -> String {
    text.utf8.map { byte in
      let character = Character(Unicode.Scalar(byte))
      let stays = byte < 0x80 && (character.isLetter || character.isNumber || "-._".contains(character))
      return stays ? String(character) : "~" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// The text that is spelled in a name; a text that is not spelled stays.
  static func unspelled(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var (result, index) = ([UInt8](), 0)
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "~"), index + 2 < bytes.count,
        let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        result.append(byte)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Names that a set of the front matter cannot have, since something else lies there in the folder of a page.
  private static let taken: Set = ["record", "outputs", "files", "runs", "index.html", "card.png", "runs.json"]

  /// Why a set of the front matter cannot be called so; nil if it can.
  static func whyNoName(_ name: String) -> String? {
    guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil, name.utf8.count <= longest else {
      return "Use letters, digits, '.', '-' and '_', a letter or a digit first: it is the name of a folder of the site."
    }
    return taken.contains(name.lowercased()) ? "That folder of the page holds something else." : nil
  }
}

extension Notebook {
  /// The notebook's own name, without that of its run: its path in the folder of the notebooks, without `.md`.
  package var notebookName: String { Self.name(ofFile: file) }

  /// How one names this run: `prontoqa`, or `prontoqa@idx=2`.
  package var runName: String { notebookName + (variant.map { "@" + $0.name } ?? "") }

  /// The run of the notebook in which some parameters have other values than their defaults.
  package func running(_ variant: Variant) -> Notebook {
    var run = self
    for assignment in variant.assignments {
      guard let index = run.frontMatter.parameters.firstIndex(where: { $0.name == assignment.name }) else { continue }
      run.frontMatter.parameters[index].value = assignment.value
    }
    run.variant = variant
    return run
  }

  /// The defaults of its parameters, by name, whichever run it is.
  package var defaults: [String: ParameterValue] {
    Dictionary(frontMatter.parameters.map { ($0.name, $0.standard) }) { first, _ in first }
  }

  /// All runs that its front matter names: its own, and one for each of its variants.
  package var declaredRuns: [Notebook] { [self] + frontMatter.variants.map(running) }
}
