import Document
import Foundation
import Planning
import Record

/// Compiles cells, each to a dynamic library that the worker can load.
///
/// A cell is compiled in script mode, as a program's `main.swift`, so that it keeps the meaning of top-level code; its entry point has a
/// name of its own. `-enable-testing` gives every declaration a symbol, and `-disable-access-control` lets later cells use what
/// earlier ones declared without `public` (plain `@testable` would make them write `public` in conformances). Cells are written in
/// Swift 5 mode: Swift 6 isolates the global variables of a script to the main actor, and forbids functions of a cell to change them.
struct CellCompiler: Sendable {
  var toolchain: Toolchain
  var installation: Installation
  /// A folder of the session's own, for sources, interfaces and libraries.
  var folder: String

  init(toolchain: Toolchain, installation: Installation, folder: String) throws {
    self.toolchain = toolchain
    self.installation = installation
    self.folder = folder
    let modules = Installation.hiddenModules.map { "module \($0) {}\n" }.joined()
    try write(modules, to: moduleMap)
  }

  struct Compiled: Sendable {
    var module: String
    var library: String
    var entryPoint: String
    var warnings: [Diagnostic]
  }

  /// What the compiler found wrong with a cell.
  struct Failure: Error {
    var diagnostics: [Diagnostic]
  }

  private var moduleMap: String { folder + "/hidden.modulemap" }

  /// Compiles and links a cell.
  /// - Parameters:
  ///   - module: the name of its module, unique in the session.
  ///   - file: the notebook's path, as the author knows it.
  ///   - lines: the notebook's lines of code, by number, for excerpts.
  /// - Throws: `Failure` if the cell has errors, a `Diagnostic` if the tools themselves fail.
  func compile(_ source: CellSource, module: String, file: String, lines: [Int: String]) throws -> Compiled {
    let base = "\(folder)/\(module)"
    let entryPoint = "folio_\(module)_main"
    try write(source.text, to: base + ".swift")
    let (termination, output) = try ChildProcess.run(
      toolchain.frontend, frontendArguments(base: base, module: module, entryPoint: entryPoint))
    var diagnostics = CompilerDiagnostics.parse(output, source: source, file: file, lines: lines)
    guard termination == .exited(0) else {
      var errors = diagnostics.filter { $0.severity == .error }
      if errors.isEmpty { errors = [Self.crash(termination, output: output)] }
      throw Failure(diagnostics: errors)
    }
    // Our own call around the last expression is no news to the author.
    diagnostics.removeAll {
      $0.place == nil || $0.message == "will never be executed" || $0.message.hasPrefix("'nonisolated(unsafe)' is unnecessary")
    }
    try link(base: base)
    return Compiled(module: module, library: base + ".so", entryPoint: entryPoint, warnings: diagnostics)
  }

  private func frontendArguments(base: String, module: String, entryPoint: String) -> [String] {
    [
      "-frontend", "-c", base + ".swift", "-o", base + ".o", "-emit-module-path", base + ".swiftmodule",
      "-module-name", module, "-entry-point-function-name", entryPoint, "-target", toolchain.target,
      "-swift-version", "5", "-enable-bare-slash-regex", "-enable-testing", "-disable-access-control",
      // One package: a conformance of an earlier cell's type is not a retroactive one.
      "-package-name", "notebook", "-Onone", "-g", "-diagnostic-style", "llvm",
      "-plugin-path", toolchain.runtime + "/../host/plugins", "-I", installation.modules, "-I", folder,
      "-Xcc", "-fmodule-map-file=" + moduleMap,
    ]
  }

  /// A failure without a diagnostic: the compiler crashed. What it was doing stands in numbered lines.
  private static func crash(_ termination: ChildProcess.Termination, output: String) -> Diagnostic {
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

  private func link(base: String) throws {
    let (extraction, complaint) = try ChildProcess.run(
      toolchain.autolinkExtract, [base + ".o", "-o", base + ".autolink"])
    guard extraction == .exited(0) else { throw Diagnostic("a compiled cell could not be linked: \(complaint)") }
    // The C library's parts are in the worker anyway.
    let libraries = try String(contentsOfFile: base + ".autolink", encoding: .utf8).split(separator: "\n").map(String.init)
      .filter { !["-lm", "-lpthread", "-lutil", "-ldl"].contains($0) }
    // An asynchronous main ends by `exit(0)`: the worker's `__wrap_exit` ends the cell instead. See CWorker.
    let object = try Data(contentsOf: URL(fileURLWithPath: base + ".o"))
    let isAsynchronous = object.range(of: Data("swift_task_asyncMainDrainQueue".utf8)) != nil
    let (linking, output) = try ChildProcess.run(
      toolchain.linker,
      // `swiftrt.o` tells the runtime of the library's types and conformances when it loads.
      ["-shared", "--eh-frame-hdr", "--as-needed", toolchain.registrar, base + ".o", "-o", base + ".so"] + libraries
        + ["-L", toolchain.runtime, "-rpath", toolchain.runtime] + Toolchain.systemLibraryFolders.flatMap { ["-L", $0] }
        + (isAsynchronous ? ["--wrap=exit"] : []))
    guard linking == .exited(0) else { throw Diagnostic("a compiled cell could not be linked: \(output)") }
  }

  private func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    } catch {
      throw Diagnostic("\(path) could not be written: \(error.localizedDescription)", advice: "Is the disk full?")
    }
  }
}
