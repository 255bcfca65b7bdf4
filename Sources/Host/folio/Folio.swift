import ArgumentParser
import Building
import Foundation
import Machine
import Processes
import Record
import Session
import Text

/// The command line. Each subcommand has a file of its own, and no logic: what it does is in the modules below.
@main
struct Folio: ParsableCommand {
  /// What `folio --version` says. A release changes it here and nowhere else.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "folio",
    abstract: "Literate notebooks for taking language models apart.",
    discussion: """
      A notebook is a Markdown file whose 'swift' fences are cells. Folio compiles each cell to native code, runs the cells in \
      order in one session, and renders static HTML pages with the figures embedded.

      Exit status: 0 all went well; 1 a cell failed, or a comparison found that something moved; 2 a notebook could not be run (it cannot be \
      read, a cell does not compile, there is no model, there is no toolchain); 64 the command was not understood; 74 its output could not be written, as on a full disk; \
      130 it was stopped by Ctrl-C, 143 by SIGTERM, 129 by the end of its terminal.

      Examples:
        folio preview
        folio build
        folio diff
        folio api Heatmap
      """,
    version: version,
    subcommands: [
      Build.self, Run.self, Preview.self, SweepCommand.self, Diff.self, Check.self, GitCommand.self, Export.self, Import.self,
      API.self,
      Cache.self, Doctor.self, Install.self, SweepTaskCommand.self,
    ])

  static func main() {
    Descriptors.fillStandard()
    // A reader that has gone shows as a failed write, and the work goes on.
    signal(SIGPIPE) { _ in }
    var command: any ParsableCommand = Folio()
    do {
      command = try parseAsRoot(arguments)
      try reporting { try Descriptors.prepare() }
      for problem in EnvironmentCheck.problems(ProcessInfo.processInfo.environment) { report(problem) }
      try command.run()
      Foundation.exit(Console.status(0))
    } catch {
      let status = Interrupts.status(exitCode(for: error))
      let message = message(for: error, of: type(of: command))
      if !message.isEmpty { status.isSuccess ? Console.write(message + "\n") : Console.writeError(message + "\n") }
      Foundation.exit(Console.status(status.rawValue))
    }
  }

  /// What was typed. The reference of what a cell sees is found where one looks for help, too: 'folio help api' is 'folio api'.
  private static var arguments: [String] {
    let typed = Array(CommandLine.arguments.dropFirst())
    return typed.starts(with: ["help", "api"]) ? Array(typed.dropFirst()) : typed
  }

  /// What is told of an error. ArgumentParser words it; a wrong option that a command finds only while it runs gets the usage of that command, too.
  private static func message(for error: any Error, of command: any ParsableCommand.Type) -> String {
    guard let error = error as? ValidationError else {
      let message = fullMessage(for: error)
      // An error may hold what was typed, or what a pattern of the shell has found, and shows it as text. Help holds only our own words.
      return exitCode(for: error).isSuccess ? message : VisibleText.lines(message)
    }
    let usage = usageString(for: command)
    let name = usage.split(separator: " ").prefix { !$0.hasPrefix("[") && !$0.hasPrefix("<") }.joined(separator: " ")
    return "Error: \(VisibleText.lines(error.message))\nUsage: \(usage)\n  See '\(name) --help' for more information."
  }
}

/// The notebooks of a command that takes several.
struct NotebookArguments: ParsableArguments {
  @Argument(
    help: "The notebooks: Markdown files, or their names in 'Notebooks/'. By default all of 'Notebooks/' are taken.",
    completion: .file(extensions: ["md"]))
  var notebooks: [String] = []
}

/// The options of all commands that run notebooks.
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

  @Option(
    help: ArgumentHelp("End a session that takes more memory than this, as 8G or 500M.", valueName: "size"))
  var memory: ByteSize?

  @Option(
    help: ArgumentHelp(
      "Let models compute on this device: cpu, cuda (the first graphics card), cuda:1 (another), or auto (a card with room, else the processor). It outranks 'device' of the front matter, and that outranks $FOLIO_DEVICE.",
      valueName: "device"), completion: .list(["auto", "cpu", "cuda"]))
  var device: Device?

  @Option(
    help: ArgumentHelp(
      "Keep the Swift source that each cell is compiled from, to look at: DIR/<notebook>/<cell>.swift.", valueName: "dir"),
    completion: .directory)
  var keepCells: String?

  /// - Parameter isForced: whether all cells run, also those whose outputs are known.
  func session(isForced: Bool) -> NotebookSession.Options {
    var session = NotebookSession.Options()
    session.keepsGoing = keepGoing
    session.timeout = timeout
    session.memory = memory?.bytes
    session.device = device
    session.isForced = isForced
    session.keptSources = keepCells
    return session
  }

  func validate() throws {
    if memory?.bytes == 0 { throw ValidationError("'--memory' is a size above 0.") }
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

/// The options of the commands that take known outputs from the cache.
struct CacheOptions: ParsableArguments {
  @Flag(help: "Run all cells, also those whose outputs are known from an earlier run.")
  var force = false
}

extension Device: ExpressibleByArgument {}

/// A number of bytes as it is written: `8G`, `500M`, by powers of 1000.
struct ByteSize: ExpressibleByArgument {
  var bytes: Int

  init?(argument: String) {
    let units = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
    let unit = argument.uppercased().last.flatMap { units[String($0)] }
    guard let number = Double(unit == nil ? argument : String(argument.dropLast())), number >= 0, number < 1e6 else { return nil }
    bytes = Int(number * (unit ?? 1))
  }
}

/// Writes a problem to the standard error, in the form of the compiler's messages.
func report(_ error: any Error) {
  let text: String
  switch error {
  case let error as Diagnostic: text = error.description
  case let error as Diagnostics: text = error.description
  default: text = "error: \(Diagnostic.words(error))"
  }
  Console.writeError(VisibleText.lines(text) + "\n")
}

/// Does something whose errors are reported and end the command with 2. A parameter that does not fit is a wrong use of the command.
func reporting<Result>(_ body: () throws -> Result) throws -> Result {
  do { return try body() } catch let status as ExitCode { throw status } catch let misuse as ValidationError {
    throw misuse
  } catch let
    problem as Notebooks.ParameterProblem
  {
    throw ValidationError(problem.description)
  } catch {
    report(error)
    throw ExitCode(SiteBuilder.Status.couldNotRun.rawValue)
  }
}
