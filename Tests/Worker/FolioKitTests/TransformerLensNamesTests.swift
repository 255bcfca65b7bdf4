import Foundation
import TestSupport
import Testing

/// The calls of TransformerLens that a cell may not use say what Folio has in their place, as the manual's tables do.
@Suite struct TransformerLensNamesTests {
  /// A row of the manual, or a declaration: whose call it is (nothing for one that is nobody's), its name, and what Folio has.
  private struct Call: Hashable, CustomStringConvertible {
    var owner: String
    var name: String
    var folio: String

    var description: String { "\(owner).\(name): \(folio)" }
  }

  private static let owners = ["model": "LanguageModel", "cache": "ActivationCache", "factored": "FactoredMatrix", "x": "Tensor"]

  private static var rows: [Call] {
    get throws {
      let manual = try String(contentsOfFile: Repository.top + "/.readme/transformerlens.md", encoding: .utf8)
      let tables = manual.components(separatedBy: "\n## Functions of torch")[0]
      return tables.matches(of: /\n\| `(\w+)\.(\w+)[^|]*` \| (.*) \|/).map { match in
        let (first, second, folio) = (String(match.1), String(match.2), String(match.3))
        return owners[first].map { Call(owner: $0, name: second, folio: folio) } ?? Call(owner: "", name: first, folio: folio)
      }
    }
  }

  private static var declarations: [Call] {
    get throws {
      let file = Repository.top + "/Sources/Worker/FolioKit/TransformerLensNames.swift"
      var owner = ""
      var message = ""
      var calls: [Call] = []
      for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
        if let match = line.firstMatch(of: /^extension (\w+)/) { owner = String(match.1) }
        if let match = line.firstMatch(of: /message: "Folio: (.*)"\)?$/) {
          message = String(match.1).replacing("\\\"", with: "\"")
        }
        guard let match = line.firstMatch(of: /public (?:var|func) `?(\w+)`?(?:\(_ axis: Int\) ->|:) TransformerLensCall/) else {
          continue
        }
        calls.append(Call(owner: owner, name: String(match.1), folio: message))
        message = ""
      }
      return calls
    }
  }

  @Test func eachRowOfTheManualIsADeclarationThatSaysTheSameAndTheOtherWayRound() throws {
    let (rows, declarations) = (try Self.rows, try Self.declarations)
    #expect(rows.count > 50)
    #expect(Set(rows).count == rows.count)
    for row in rows where !declarations.contains(row) { Issue.record("no declaration says: \(row)") }
    for call in declarations where !rows.contains(call) { Issue.record("no row of the manual says: \(call)") }
  }

  @Test func whatTheyNameExists() throws {
    let declared = try Self.declaredNames
    // A name of Swift's, and those of a tuple's parts.
    let others: Set = ["firstIndex", "u", "s", "vt"]
    for row in try Self.rows {
      for span in row.folio.matches(of: /`([^`]*)`/) where !span.1.hasPrefix("folio ") {
        for name in span.1.matches(of: /\.([a-zA-Z_]\w*)/).map({ String($0.1) }) where !others.contains(name) {
          #expect(declared.contains(name), "\(row)")
        }
      }
    }
  }

  /// The names of functions, properties and cases in the sources that a cell may see.
  private static var declaredNames: Set<String> {
    get throws {
      let folder = Repository.top + "/Sources/"
      let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
        $0.hasSuffix(".swift") && ($0.hasPrefix("Instrument") || $0.hasPrefix("Worker") || $0.hasPrefix("Ground"))
          && !$0.hasSuffix("TransformerLensNames.swift")
      }
      var names: Set<String> = []
      for file in files {
        for line in try String(contentsOfFile: folder + file, encoding: .utf8).utf8.split(separator: UInt8(ascii: "\n")) {
          let words = line.split { !isPartOfAName($0) }.map { String(Substring($0)) }
          for (word, next) in zip(words, words.dropFirst()) where ["func", "var", "let"].contains(word) { names.insert(next) }
          if words.first == "case" { names.formUnion(words.dropFirst()) }
        }
      }
      return names
    }
  }

  private static func isPartOfAName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
