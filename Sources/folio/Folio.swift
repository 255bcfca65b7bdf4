import ArgumentParser
import Foundation
import Record

/// The command line: one file a subcommand, and no logic of its own.
@main
struct Folio: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "folio",
    abstract: "Literate notebooks for taking language models apart.",
    discussion: """
      A notebook is a Markdown file whose 'swift' fences are cells. Folio compiles each cell to native code, runs the cells in \
      order in one session, and renders static HTML pages with the figures embedded.

      Exit status: 0 all went well; 1 a cell failed; 2 a notebook could not be run (it cannot be read, a cell does not compile, \
      there is no model, there is no toolchain); 64 the command was not understood.
      """,
    version: "0.1.0",
    subcommands: [Build.self, Run.self, Doctor.self])
}

/// What all commands that run notebooks can be told.
struct RunOptions: ParsableArguments {
  @Option(
    name: [.customShort("P"), .customLong("param")],
    help: ArgumentHelp("Set a parameter of the front matter. May be given several times.", valueName: "name=value"))
  var parameters: [Override] = []

  @Flag(help: "Go on after a cell that failed, and with the next notebook.")
  var keepGoing = false

  @Option(
    help: ArgumentHelp("End a cell that runs longer than this, unless it has a 'timeout' of its own.", valueName: "seconds"))
  var timeout: Double?

  func validate() throws {
    if let timeout, !(timeout > 0 && timeout <= 1e9) { throw ValidationError("'--timeout' is a number of seconds above 0.") }
  }

  struct Override: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
      guard let separator = argument.firstIndex(of: "="), separator > argument.startIndex else { return nil }
      name = String(argument[..<separator])
      value = String(argument[argument.index(after: separator)...])
    }
  }
}

/// Writes a problem to the standard error, as the compiler would.
func report(_ error: any Error) {
  let text: String
  switch error {
  case let error as Diagnostic: text = error.description
  case let error as Diagnostics: text = error.description
  default: text = "error: \(error)"
  }
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
