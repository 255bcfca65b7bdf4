import Foundation
import TestSupport

/// A public type of the instrument, as its sources declare it.
struct DeclaredType: CustomStringConvertible, Sendable {
  var module: String
  /// Its name, behind those of the types that it is declared in.
  var path: [String]
  var kinds: [Character]

  var description: String { "\(module).\(path.joined(separator: "."))" }

  /// The type itself, which the runtime finds by its mangled name; nil if it is not linked, or is generic.
  var type: Any.Type? {
    _typeByName("\(module.count)\(module)" + zip(path, kinds).map { "\($0.count)\($0)\($1)" }.joined())
  }

  /// All of them, from the sources of the floor `Instrument`.
  static let all = Result { try find() }

  private static func find() throws -> [DeclaredType] {
    let folder = Repository.top + "/Sources/Instrument"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().flatMap { module in
      let files = FileManager.default.enumerator(atPath: "\(folder)/\(module)")?.allObjects as? [String] ?? []
      let texts = try files.filter { $0.hasSuffix(".swift") }.sorted().map {
        try String(contentsOfFile: "\(folder)/\(module)/\($0)", encoding: .utf8)
      }
      return types(texts, module: module)
    }
  }

  /// The types in a module's sources. `swift format` sets what is declared in a type two columns to the right of it.
  static func types(_ texts: [String], module: String) -> [DeclaredType] {
    let declaration =
      /^( *)(?:@\S+ )*((?:[a-z]+(?:\([a-z]+\))? )*?)(struct|class|actor|enum|protocol|extension) ([A-Z][A-Za-z0-9_.]*)/
      .anchorsMatchLineEndings()
    let letters: [Substring: Character] = ["struct": "V", "class": "C", "actor": "C", "enum": "O"]
    var kinds: [[String]: Character] = [:]
    var found: [[String]] = []
    for text in texts {
      var outer: [String] = []
      for match in text.matches(of: declaration) {
        let names = match.4.split(separator: ".").map(String.init)
        // An extension of a type in another one names both.
        outer = outer.prefix(match.1.count / 2) + [names.joined(separator: ".")]
        let path = outer.flatMap { $0.split(separator: ".").map(String.init) }
        guard let letter = letters[match.3] else { continue }
        kinds[path] = letter
        if match.2.contains("public") || match.2.contains("open") { found.append(path) }
      }
    }
    return found.map { path in
      let outer = path.indices.map { kinds[Array(path[...$0])] ?? "?" }
      return DeclaredType(module: module, path: path, kinds: outer)
    }
  }
}
