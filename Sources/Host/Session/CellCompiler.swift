import Document
import Files
import Foundation
import Keys
import Planning
import Processes
import Record
import Store
import Synchronization

/// Compiles cells, each to a dynamic library that the worker can load.
///
/// A cell is compiled in script mode, as a program's `main.swift`, so that it keeps the meaning of top-level code; its entry point has a
/// name of its own. `-enable-testing` gives every declaration a symbol, and `-disable-access-control` lets later cells use what
/// earlier ones declared without `public` (plain `@testable` would make them write `public` in conformances). Cells are written in
/// Swift 5 mode: Swift 6 isolates the global variables of a script to the main actor, and forbids functions of a cell to change them.
struct CellCompiler: UnitCompiler {
  var toolchain: Toolchain
  var installation: Installation
  /// A folder of the session's own, for sources, interfaces and libraries.
  var folder: String
  /// Where compiled cells are kept for other sessions.
  var store: EntryStore?
  /// A file with empty modules in place of the C modules below FolioKit. The compiler keeps what it makes of it under the file's path: the same
  /// path each time saves it the work.
  private let sharedModuleMap: String?
  /// A copy of that file in the session's own folder, since the store may be deleted at any time.
  private var ownModuleMap: String { folder + "/hidden.modulemap" }
  /// Stands for all that compiled code depends on besides its source and the packages.
  var environment: Key
  /// The local packages that cells may import.
  let packages = CurrentPackages()
  /// Whether the compilers that run are to end.
  private let isClosing = SharedFlag()

  init(toolchain: Toolchain, installation: Installation, folder: String, store: EntryStore?, environment: Key) throws {
    self.environment = environment
    self.toolchain = toolchain
    self.installation = installation
    self.folder = folder
    self.store = store
    let modules = Installation.hiddenModuleMap
    let shared = store.map { "\($0.folder)/hidden.modulemap" }
    if let shared, (try? String(contentsOfFile: shared, encoding: .utf8)) != modules, store?.makeFolder() == true {
      try? WholeFile.write(modules, to: shared)
    }
    sharedModuleMap = shared
    try write(Data(modules.utf8), to: ownModuleMap)
  }

  /// Stands for all that compiled code depends on besides its source.
  func environment(with packages: BuiltPackages?) -> Key {
    guard let packages else { return environment }
    var builder = KeyBuilder("environment with packages")
    builder.add("environment", environment)
    builder.add("packages", packages.key)
    return builder.key
  }

  static func entryPoint(_ module: String) -> String { "folio_\(module)_main" }

  func library(_ module: String) -> String { "\(folder)/\(module).so" }

  /// Compiles and links a cell, or takes it from the store.
  /// - Parameter interfaceIsThere: is called when other cells that import this one can be compiled, before its own code is made.
  /// - Throws: `CellDoesNotCompile`, or a `Diagnostic` if the tools themselves fail.
  func compile(_ unit: CellUnit, interfaceIsThere: @escaping () -> Void) throws -> CompiledCell {
    if let data = store?.data(.cells, unit.key), let kept = try? PropertyListDecoder().decode(KeptCell.self, from: data) {
      return try unpack(kept, unit)
    }
    let packages = packages.current
    // It was planned for others than there are now.
    guard environment(with: packages) == unit.environment else { throw CellWasSkipped() }
    let base = "\(folder)/\(unit.module)"
    try write(Data(unit.source.text.utf8), to: base + ".swift")
    let (termination, output) = try runFrontend(frontendArguments(base: base, module: unit.module, packages)) {
      // The compiler gives the file its name when it is whole, and finds no more errors after it.
      guard access(base + ".swiftmodule", R_OK) == 0 else { return true }
      interfaceIsThere()
      return false
    }
    let diagnostics = CompilerDiagnostics.parse(output, source: unit.source)
    guard termination == .exited(0) else {
      var errors = diagnostics.filter { $0.severity == .error }
      // An error in a line that Folio wrote is told only if the author's lines show none.
      if errors.contains(where: { $0.place != nil }) { errors.removeAll { $0.place == nil } }
      if errors.isEmpty { errors = [Self.crash(termination, output: output)] }
      throw CellDoesNotCompile(diagnostics: errors)
    }
    try link(base: base, packages, libraries: unit.importsLibraries ? libraries(of: base) : Self.standardLibraries)
    let compiled = CompiledCell(module: unit.module, library: base + ".so", warnings: diagnostics.filter(Self.isNews))
    keep(compiled, key: unit.key, base: base)
    for file in [".swift", ".o"] { unlink(base + file) }
    return compiled
  }

  /// Warnings about lines that Folio wrote, or about what it put around the author's code, do not concern the author.
  private static func isNews(_ warning: Diagnostic) -> Bool {
    warning.place != nil && warning.message != "will never be executed"
      && !warning.message.hasPrefix("'nonisolated(unsafe)' is unnecessary")
  }

  /// Whether a cell is in the store, and need not be compiled.
  func isKept(_ unit: CellUnit) -> Bool { store?.data(.cells, unit.key) != nil }

  /// Looks for errors in several cells at once, as if they were one file: a fraction of the time of compiling each.
  /// - Returns: whether there are none.
  func check(_ text: String) throws -> Bool {
    let base = "\(folder)/check"
    try write(Data(text.utf8), to: base + ".swift")
    let arguments = ["-frontend", "-typecheck", base + ".swift", "-module-name", "Check"] + languageArguments(packages.current)
    return try runFrontend(arguments).termination == .exited(0)
  }

  /// Runs the compiler, and once more if what it shares with other sessions was deleted meanwhile.
  private func runFrontend(
    _ arguments: [String], meanwhile: (() -> Bool)? = nil
  ) throws -> (termination: ChildProcess.Termination, output: String) {
    if let shared = sharedModuleMap, access(shared, R_OK) == 0 {
      let result = try ChildProcess.run(
        toolchain.frontend, arguments + moduleMap(shared), meanwhile: meanwhile, isCancelled: isClosed)
      let isBroken = result.termination != .exited(0) && (access(shared, R_OK) != 0 || result.output.contains(shared))
      if !isBroken { return result }
    }
    return try ChildProcess.run(
      toolchain.frontend, arguments + moduleMap(ownModuleMap), meanwhile: meanwhile, isCancelled: isClosed)
  }

  private func moduleMap(_ file: String) -> [String] { ["-Xcc", "-fmodule-map-file=" + file] }

  /// Ends the compilers that run; none is of use any more.
  func close() { isClosing.withLock { $0 = true } }

  private var isClosed: () -> Bool {
    { [isClosing] in isClosing.withLock { $0 } }
  }

  // MARK: - The store

  /// A compiled cell as the store keeps it.
  private struct KeptCell: Codable {
    var interface: Data
    var library: Data
    var warnings: [Diagnostic]
  }

  private func unpack(_ kept: KeptCell, _ unit: CellUnit) throws -> CompiledCell {
    try write(kept.interface, to: "\(folder)/\(unit.module).swiftmodule")
    try write(kept.library, to: library(unit.module))
    return CompiledCell(module: unit.module, library: library(unit.module), warnings: kept.warnings)
  }

  private func keep(_ compiled: CompiledCell, key: Key, base: String) {
    guard let store, let interface = try? Data(contentsOf: URL(fileURLWithPath: base + ".swiftmodule")),
      let library = try? Data(contentsOf: URL(fileURLWithPath: compiled.library))
    else { return }
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    let kept = KeptCell(interface: interface, library: library, warnings: compiled.warnings)
    if let data = try? encoder.encode(kept) { store.put(data, .cells, key) }
  }

  // MARK: - The tools

  private func frontendArguments(base: String, module: String, _ packages: BuiltPackages?) -> [String] {
    [
      "-frontend", "-c", base + ".swift", "-o", base + ".o", "-emit-module-path", base + ".swiftmodule", "-module-name", module,
      "-entry-point-function-name", Self.entryPoint(module), "-Onone", "-g",
    ] + languageArguments(packages)
  }

  private func languageArguments(_ packages: BuiltPackages?) -> [String] {
    let own = [
      "-target", toolchain.target, "-swift-version", "5", "-enable-bare-slash-regex", "-enable-testing",
      "-disable-access-control",
      // One package: a conformance of an earlier cell's type is not a retroactive one.
      "-package-name", "notebook", "-diagnostic-style", "llvm", "-plugin-path", toolchain.runtime + "/../host/plugins",
      "-I", installation.modules, "-I", folder,
    ]
    return own + (packages?.compilerArguments ?? [])
  }

  /// A failure without a diagnostic: the compiler crashed. What it was doing stands in numbered lines.
  private static func crash(_ termination: ChildProcess.Termination, output: String) -> Diagnostic {
    if output.contains(String(cString: strerror(EMFILE))) {
      return Diagnostic.system("the Swift compiler cannot read its files", code: EMFILE)
    }
    let how: String
    switch termination {
    case .exited(let status): how = "ended with status \(status)"
    case .killed(let signal): how = "crashed (\(Signal.name(signal)))"
    }
    let activities = output.split(separator: "\n").filter { $0.firstMatch(of: /^\d+\.\t/) != nil }.joined(separator: "\n")
    return Diagnostic(
      "the Swift compiler \(how) and reported no error in the cell",
      advice: "Try to write the cell in another way. The compiler's last words:\n"
        + (activities.isEmpty ? String(output.suffix(1000)) : activities))
  }

  private func link(base: String, _ packages: BuiltPackages?, libraries: [String]) throws {
    // An asynchronous main ends by `exit(0)`: the worker's `__wrap_exit` ends the cell instead. See CWorker.
    let object = try read(base + ".o")
    let isAsynchronous = object.range(of: Data("swift_task_asyncMainDrainQueue".utf8)) != nil
    // `swiftrt.o` tells the runtime of the library's types and conformances when it loads.
    var arguments = [
      "-shared", "--eh-frame-hdr", "--as-needed", "--hash-style=both", toolchain.registrar, base + ".o", "-o", base + ".so",
    ]
    arguments += libraries + ["-L", toolchain.runtime, "-rpath", toolchain.runtime]
    arguments += Toolchain.systemLibraryFolders.flatMap { ["-L", $0] } + (packages?.linkerArguments ?? [])
    if isAsynchronous { arguments.append("--wrap=exit") }
    let (linking, output) = try ChildProcess.run(toolchain.linker, arguments)
    guard linking == .exited(0) else { throw Diagnostic("a compiled cell could not be linked: \(output)") }
  }

  /// The libraries that a cell may need which imports nothing but FolioKit; those that it does not need are left out by the linker.
  private static let standardLibraries =
    [
      "swiftSwiftOnoneSupport", "swiftCore", "swift_Concurrency", "swift_StringProcessing", "swift_RegexParser", "swiftGlibc",
      "BlocksRuntime", "dispatch", "swiftDispatch", "Foundation", "FoundationEssentials", "FoundationInternationalization",
    ].map { "-l" + $0 }

  /// The libraries that the cell's imports ask for.
  private func libraries(of base: String) throws -> [String] {
    let (extraction, complaint) = try ChildProcess.run(
      toolchain.autolinkExtract, [base + ".o", "-o", base + ".autolink"])
    guard extraction == .exited(0) else { throw Diagnostic("a compiled cell could not be linked: \(complaint)") }
    // The C library's parts are in the worker anyway.
    return String(decoding: try read(base + ".autolink"), as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { !["-lm", "-lpthread", "-lutil", "-ldl"].contains($0) }
  }

  private func write(_ data: Data, to path: String) throws {
    do {
      try WholeFile.writeUnsynced(Array(data), to: path)
    } catch let error as WholeFile.CannotWrite {
      throw Diagnostic(error.description, advice: Self.advice)
    }
  }

  private func read(_ path: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostic("\(path), which the compiler should have written, cannot be read", advice: Self.advice)
    }
    return data
  }

  private static let advice =
    "Compiled cells lie in the folder for temporary files until the session ends: make room there, or name another folder by the "
    + "environment variable TMPDIR."
}

/// The packages that are there now, for all threads that compile.
final class CurrentPackages: Sendable {
  private let value = Mutex<BuiltPackages?>(nil)

  var current: BuiltPackages? {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}

/// A condition that several threads set and ask for.
private final class SharedFlag: Sendable {
  private let value = Mutex(false)

  func withLock<Result>(_ body: (inout Bool) -> Result) -> Result { value.withLock { body(&$0) } }
}
