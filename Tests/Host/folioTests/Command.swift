import Foundation
import Processes
import TestSupport

/// The command itself, as a user runs it: the program that lies beside the tests.
enum Command {
  static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("folio").path

  /// With a store of the tests' own.
  static let environment = ProcessInfo.processInfo.environment.merging(
    ["FOLIO_CACHE": FileManager.default.temporaryDirectory.appendingPathComponent("folio-test-cache-\(getpid())").path]
  ) { $1 }

  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program to its end.
  /// - Parameters:
  ///   - place: where it runs, from the folder.
  ///   - environment: what is set besides.
  static func run(
    _ program: String, _ arguments: [String], in folder: TestFolder? = nil, at place: String = "",
    environment: [String: String] = [:]
  ) throws -> Result {
    var call = ChildProcess.Call(program, arguments)
    call.directory = folder.map { "\($0.path)/\(place)" } ?? (place.isEmpty ? nil : place)
    call.environment = Self.environment.merging(environment) { $1 }
    let finished = try ChildProcess.finish(call)
    return Result(status: finished.status, output: finished.text, errors: finished.errorText)
  }
}

func folio(
  _ arguments: String..., in folder: TestFolder? = nil, at place: String = "", environment: [String: String] = [:]
) throws -> Command.Result {
  try Command.run(Command.path, arguments, in: folder, at: place, environment: environment)
}

/// Runs a line of shell in which `$F` is the command.
func shell(_ line: String, in folder: TestFolder, environment: [String: String] = [:]) throws -> Command.Result {
  try Command.run("bash", ["-c", line], in: folder, environment: environment.merging(["F": Command.path]) { $1 })
}

/// Starts the command, with its streams nowhere, or its standard output somewhere.
func start(_ arguments: [String], in folder: TestFolder, output: Descriptor? = nil) throws -> ChildProcess {
  let nothing = try Descriptor.null()
  return try ChildProcess(
    Command.path, arguments: arguments, environment: Command.environment, descriptors: [nothing, output ?? nothing, nothing],
    directory: folder.path)
}

/// Does something in a project whose one notebook is `Notebooks/n.md`.
func withNotebook(_ text: String, _ body: (TestFolder) throws -> Void) throws {
  let folder = try TestFolder()
  try folder.write(text, to: "Notebooks/n.md")
  try body(folder)
}
