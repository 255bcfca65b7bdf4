import Foundation
import TestSupport

/// A part of an input: a file, or what stands for one.
struct Part: Equatable {
  var name: String
  var bytes: [UInt8]

  init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }
  init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
}

/// What is tried: the parts of one input, in order.
typealias Input = [Part]

/// A kind of input: how inputs of it are made, and what reads them.
protocol Kind: AnyObject, SendableMetatype {
  static var name: String { get }
  /// How much of a run is of this kind, beside the others: cheap ones have more.
  static var share: Int { get }

  /// - Parameter folder: an empty folder for its files.
  init(folder: String) throws

  /// Makes an input. The same chance makes the same one.
  func input(_ chance: inout Chance) -> Input

  /// Gives the input to what reads it. What it reports as wrong is right.
  /// - Throws: `Failure`, if what it gives is wrong.
  func attempt(_ input: Input) throws
}

/// A promise that does not hold.
struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// All kinds by name; the last ones fail, and are for the tests of this program.
enum Kinds {
  static let all: [any Kind.Type] = [
    NotebookKind.self, ProseKind.self, FrontMatterKind.self, JupyterKind.self, RecordKind.self, OutputKind.self, FigureKind.self,
    ChartKind.self,
    TableKind.self,
    ConfigurationKind.self, WeightsKind.self, GGUFKind.self, TokenizerKind.self, TokenizerJSONKind.self, MergesKind.self,
    DictionaryKind.self, RequestKind.self, StoreKind.self, SiteKind.self, SiteDescriptionKind.self,
  ]
  static let failing: [any Kind.Type] = [CrashKind.self, HangKind.self, MemoryKind.self, PromiseKind.self]

  static func named(_ name: String) -> (any Kind.Type)? { (all + failing).first { $0.name == name } }
}

/// Seeds, and how they are changed.
struct Seeds {
  /// An input may be of one form, and a number of parts.
  var inputs: [Input]
  /// How the bytes of a part are changed, by the end of its name.
  typealias Mutation = (_ bytes: inout [UInt8], _ other: [UInt8], _ chance: inout Chance) -> Void

  static func mutation(_ name: String) -> Mutation {
    switch name.split(separator: ".").last {
    case "json", "ipynb": { JSONMutation.mutate(&$0, other: $1, &$2) }
    case "md", "yaml", "csv", "txt", "html", "http": { TextMutation.mutate(&$0, other: $1, &$2) }
    default: { ByteMutation.mutate(&$0, other: $1, &$2) }
    }
  }

  /// A seed with one to several changes; one of many is changed nowhere.
  func mutated(_ chance: inout Chance) -> Input {
    var input = chance.pick(inputs)
    guard !chance.one(in: 500) else { return input }
    for _ in 0..<chance.size(upTo: 6) {
      let place = chance.below(input.count)
      let mutation = chance.one(in: 10) ? { ByteMutation.mutate(&$0, other: $1, &$2) } : Self.mutation(input[place].name)
      let others = chance.pick(inputs)
      let other = others.first { $0.name == input[place].name } ?? chance.pick(others)
      mutation(&input[place].bytes, other.bytes, &chance)
    }
    return input
  }
}

extension Input {
  func bytes(_ name: String) -> [UInt8] { first { $0.name == name }?.bytes ?? [] }
  func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }
}

extension Repository {
  /// The files below a folder with an ending, by path within it, in order; none that are larger than a size in bytes.
  static func files(_ folder: String, ending: String, upTo size: Int = 40_000) -> [Part] {
    let names = (FileManager.default.enumerator(atPath: "\(top)/\(folder)")?.allObjects as? [String] ?? []).sorted()
    return names.filter { $0.hasSuffix(ending) }.compactMap { name in
      FileManager.default.contents(atPath: "\(top)/\(folder)/\(name)").flatMap {
        $0.count <= size ? Part(name, [UInt8]($0)) : nil
      }
    }
  }
}

/// Files of an input, where what reads them reads files.
struct Files {
  let folder: String

  func write(_ input: Input) throws {
    for part in input { try Data(part.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(part.name)")) }
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }
}
