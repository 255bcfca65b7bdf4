import Document
import Foundation
import Processes
import Record
import Session

/// What a cell can use: every public declaration that it sees without an import, with its documentation.
///
/// It is read from the compiled modules against which cells are compiled, so it is true for this build of Folio and cannot grow old.
struct CellReference {
  struct Entry {
    /// The names of the types that it is in, and its own: `["LanguageModel", "generate(_:until:)"]`.
    var path: [String]
    var isType: Bool
    /// As Swift writes it: `func generate(_ prompt: String, …) throws -> Generation`.
    var declaration: String
    /// The lines of its documentation, in Markdown.
    var documentation: [String]
    /// The module that declares it.
    var topic: String

    var name: String { path.joined(separator: ".") }

    /// Its own name without labels: `generate`.
    var baseName: String { String((path.last ?? "").prefix { $0 != "(" }) }

    /// The first sentence of the documentation, without its end.
    var summary: String {
      let paragraph = documentation.prefix { !$0.isEmpty }.joined(separator: " ")
      return paragraph.firstRange(of: /\.(\s|$)/).map { String(paragraph[..<$0.lowerBound]) } ?? paragraph
    }

    /// Whether its own name has a word in it, in capitals or not; a word with a dot is looked for in the whole name.
    func isNamed(_ word: String) -> Bool {
      (word.contains(".") ? name : path.last ?? "").range(of: word, options: .caseInsensitive) != nil
    }

    func mentions(_ word: String) -> Bool {
      isNamed(word) || documentation.contains { $0.range(of: word, options: .caseInsensitive) != nil }
    }
  }

  /// Sorted by topic and name; what the notebook itself gives comes first.
  let entries: [Entry]

  private static let root = "FolioKit"

  /// Reads the modules beside this program.
  /// - Throws: a `Diagnostic` if the toolchain or a module is missing, or the toolchain's reader of modules fails.
  init(toolchain: Toolchain, installation: Installation) throws {
    let modules = try FileManager.default.contentsOfDirectory(atPath: installation.modules)
      .filter { $0.hasSuffix(".swiftmodule") }.map { String($0.dropLast(".swiftmodule".count)) }.sorted()
    let reader = try SymbolReader(toolchain: toolchain, installation: installation, modules: modules)
    // What FolioKit exports, and its own extensions of what it does not: of Swift's types, and of those that it gives a name of its own.
    var symbols = try reader.symbols(of: Self.root)
    let renamed = Set(symbols.filter { $0.kind.identifier == "swift.typealias" }.compactMap(\.path.first))
    for module in try reader.extended where modules.contains(module) {
      symbols += try reader.symbols(of: module).filter { $0.path.first.map(renamed.contains) == true }
    }
    let own = symbols.filter { $0.isPublic && !$0.isInherited(besides: modules) }
    let topics = Dictionary(own.compactMap { symbol in symbol.docComment?.module.map { (symbol.path, $0) } }) { first, _ in first
    }
    var seen: Set<String> = []
    entries = own.filter { seen.insert($0.identifier.precise).inserted }.map { symbol in
      Entry(
        path: symbol.path, isType: symbol.isType, declaration: symbol.declaration,
        documentation: symbol.docComment?.lines.map(\.text) ?? [],
        topic: symbol.docComment?.module ?? topics[Array(symbol.path.dropLast())] ?? symbol.swiftExtension?.extendedModule
          ?? Self.root)
    }.filter { !($0.declaration.hasPrefix("typealias") && renamed.contains($0.name)) }
      .sorted { ($0.topic == Self.root ? "" : $0.topic, $0.name) < ($1.topic == Self.root ? "" : $1.topic, $1.name) }
  }

  /// Those whose names have all words in them, before others those that are called so; where there are none, those whose documentation has.
  func entries(matching words: [String]) throws -> [Entry] {
    let named = entries.filter { entry in words.allSatisfy(entry.isNamed) }
    let found = named.isEmpty ? entries.filter { entry in words.allSatisfy(entry.mentions) } : named
    let isMeant = { (entry: Entry) in words.contains { $0 == entry.baseName || $0 == entry.name } }
    guard found.isEmpty else { return found.filter(isMeant) + found.filter { !isMeant($0) } }
    let nearest = words.first.flatMap { Suggestion.nearest(to: $0, among: (entries.filter(\.isType) + entries).map(\.baseName)) }
    throw Diagnostic(
      "nothing that a cell sees is named '\(words.joined(separator: " "))', or tells of it",
      advice: nearest.map { "Did you mean '\($0)'?" } ?? "'folio api' alone lists everything.")
  }

  /// What is declared in a type.
  func members(of type: Entry) -> [Entry] { entries.filter { $0.path.dropLast() == type.path[...] } }
}

/// Has the toolchain read compiled modules.
private struct SymbolReader {
  private let toolchain: Toolchain
  private let modules: [String]
  private let folder: TemporaryFolder

  init(toolchain: Toolchain, installation: Installation, modules: [String]) throws {
    (self.toolchain, self.modules) = (toolchain, modules)
    folder = try TemporaryFolder()
    // Beside a module's '.swiftsourceinfo' the toolchain would read the comments from the sources, which may have changed since.
    for file in modules.flatMap({ ["\($0).swiftmodule", "\($0).swiftdoc"] }) {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(file)", withDestinationPath: "\(installation.modules)/\(file)")
    }
    try Installation.hiddenModuleMap.write(toFile: folder.path + "/hidden.modulemap", atomically: false, encoding: .utf8)
  }

  /// The symbols of a module and of those that it exports, with its extensions of other modules' types.
  func symbols(of module: String) throws -> [Symbol] {
    let tool = URL(fileURLWithPath: toolchain.frontend).deletingLastPathComponent().path + "/swift-symbolgraph-extract"
    let (termination, output) = try ChildProcess.run(
      tool,
      [
        "-module-name", module, "-I", folder.path, "-target", toolchain.target, "-output-dir", folder.path,
        "-Xcc", "-fmodule-map-file=\(folder.path)/hidden.modulemap", "-omit-extension-block-symbols", "-skip-synthesized-members",
        // With "public" it would leave out what has an underscored parameter.
        "-minimum-access-level", "internal",
        "-experimental-allowed-reexported-modules=" + modules.joined(separator: ","),
      ])
    guard termination == .exited(0) else {
      throw Diagnostic("the toolchain cannot read the module \(module):\n\(output)", advice: "See 'folio doctor'.")
    }
    return try files.filter { $0 == "\(module).symbols.json" || $0.hasPrefix("\(module)@") }.sorted().flatMap { file in
      try JSONDecoder().decode(Graph.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(file)"))).symbols
    }
  }

  /// The modules whose types were extended in what was read so far.
  var extended: [String] {
    get throws { try files.compactMap { $0.wholeMatch(of: /\w+@(\w+)\.symbols\.json/).map { String($0.1) } }.sorted() }
  }

  private var files: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path) } }

  private struct Graph: Decodable { var symbols: [Symbol] }
}

/// A declaration as the toolchain's symbol graph describes it.
private struct Symbol: Decodable {
  struct Kind: Decodable { var identifier: String }
  struct Identifier: Decodable { var precise: String }
  struct Line: Decodable { var text: String }
  struct Documentation: Decodable {
    var module: String?
    var lines: [Line]
  }
  struct Fragment: Decodable { var spelling: String }
  struct Extension: Decodable { var extendedModule: String }

  var kind: Kind
  var identifier: Identifier
  var pathComponents: [String]
  var docComment: Documentation?
  var declarationFragments: [Fragment]
  var accessLevel: String
  var swiftExtension: Extension?

  /// Names without the labels of parameters that only Folio itself sets.
  var path: [String] { pathComponents.map { $0.replacing(/_\w+:/, with: "") } }
  var isType: Bool { ["swift.struct", "swift.class", "swift.enum", "swift.protocol", "swift.actor"].contains(kind.identifier) }
  var isPublic: Bool { (accessLevel == "public" || accessLevel == "open") && path.last?.hasPrefix("_") == false }

  /// Whether it is what Swift or Foundation give every type of its kind.
  func isInherited(besides own: [String]) -> Bool { docComment?.module.map { !own.contains($0) } ?? false }

  /// Without parameters that only Folio itself sets.
  var declaration: String {
    declarationFragments.map(\.spelling).joined().replacing(/_\w+: [^,()]*,\s/, with: "").replacing(/^public\s/, with: "")
  }
}
