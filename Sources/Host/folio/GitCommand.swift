import ArgumentParser
import Foundation
import Record
import Review

struct GitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git",
    abstract: "Let git show what changed in records as 'folio diff' does.",
    discussion: """
      'folio git install' sets diff drivers in this repository's own settings (.git/config and .git/info/attributes; nothing is \
      committed): 'git diff' then says of each file of a record what changed, 'git log -p' shows figures with one labelled value per line, and the \
      hunks of notebooks name their cells. They act on the records of the sites that this repository has, and of every folder called 'Site'; where \
      a file is no record of Folio's, and where this program is gone, git shows what it shows of itself. 'folio git uninstall' takes them away again.
      """,
    subcommands: [Install.self, Uninstall.self, Compare.self, Lines.self])

  struct Install: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Set the diff drivers in this repository.")

    func run() throws { try reporting { try GitDrivers(program: Self.program).install() } }

    /// This program's whole path, since git starts it from elsewhere.
    private static var program: String {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
  }

  struct Uninstall: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take the diff drivers away again.")

    func run() throws { try reporting { try GitDrivers(program: "").uninstall() } }
  }

  /// Git calls this with: path old-file old-hex old-mode new-file new-hex new-mode. For a renamed file, its new name and what changed of it follow.
  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare two versions of a file, as git asks for it.", shouldDisplay: false)

    @Argument var arguments: [String]

    func validate() throws {
      if arguments.count < 5 { throw ValidationError("git calls this with '--', a path and two versions of it.") }
    }

    func run() throws {
      func data(_ file: String) -> Data? { file == "/dev/null" ? nil : FileManager.default.contents(atPath: file) }
      let (path, base, head) = (arguments[0], data(arguments[1]), data(arguments[4]))
      // By this status git knows that it must compare the file itself.
      guard let output = try GitDrivers.output(of: path, base, head) else { throw ExitCode(GitDrivers.noRecord) }
      let text = FileReview.text(path, base, head, output: output)
      Console.write(text)
    }
  }

  /// Git calls this for `git log -p`.
  struct Lines: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a file line by line, as git asks for it.", shouldDisplay: false)

    @Argument var file: String

    func run() throws {
      guard let data = FileManager.default.contents(atPath: file) else { throw ValidationError("\(file) cannot be read.") }
      Console.write([UInt8](FileReview.lines(file, data)), to: STDOUT_FILENO)
    }
  }
}
