import Foundation
import TestSupport
import Testing
import Yams

/// What the README, the manual, the guides, the workflow and the help screens name is there: commands, options, links, files.
@Suite struct ManualTests {
  private static let manual = "\(Repository.top)/.readme"
  private static let workflow = "\(Repository.top)/.github/examples/notebooks.yml"

  private static var pages: [ManualPage] {
    get throws {
      let manual = try FileManager.default.contentsOfDirectory(atPath: manual).filter { $0.hasSuffix(".md") }.sorted()
      return try (["README.md", ".github/CONTRIBUTING.md"] + manual.map { ".readme/\($0)" }).map(ManualPage.init)
    }
  }

  /// What a reader makes by following the manual: files, and the command of the guide "Add a subcommand".
  private static let made: Set = [
    "Notebooks/first.md", "Notebooks/part/a.md", "Notebooks/prontoqa.ipynb", "Notebooks/site.yml", ".github/workflows/",
    "Sources/Host/folio/List.swift", "folio list",
  ]

  @Test func everyLinkLeadsSomewhere() throws {
    for page in try Self.pages {
      for link in page.links where !link.hasPrefix("http") {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let target = parts[0].isEmpty ? page.path : page.folder + parts[0]
        #expect(FileManager.default.fileExists(atPath: "\(Repository.top)/\(target)"), "\(page.path): \(link)")
        if parts.count == 2 { #expect(try ManualPage(target).anchors.contains(parts[1]), "\(page.path): \(link)") }
      }
    }
  }

  @Test func everyFileThatIsNamedExists() throws {
    let sources = try FileManager.default.subpathsOfDirectory(atPath: "\(Repository.top)/Sources").map { "/" + $0 }
    let files = sources + ["/Package.swift"]
    for page in try Self.pages {
      for name in page.codeSpans where !Self.made.contains(name) {
        if name.contains(/^(\.ci|\.readme|\.github|Sources|Tests|Notebooks)\/[\w.\/+-]+$/) {
          #expect(FileManager.default.fileExists(atPath: "\(Repository.top)/\(name)"), "\(page.path): \(name)")
        } else if name.contains(/^[\w+-]+\.swift$/) {
          #expect(files.contains { $0.hasSuffix("/\(name)") }, "\(page.path): \(name)")
        }
      }
    }
  }

  @Test func everyCommandOfTheManualIsUnderstood() throws {
    let root = try HelpTree.read()
    for page in try Self.pages {
      for command in page.commands where !Self.made.contains(command) {
        if let problem = root.problem(with: command) { Issue.record("\(page.path): \(command): \(problem)") }
      }
    }
  }

  @Test func everyCommandOfTheHelpScreensIsUnderstood() throws {
    let root = try HelpTree.read()
    for screen in root.all {
      for line in (screen.discussion ?? "").split(separator: "\n") where line.hasPrefix("  ") {
        for command in ManualPage.commands(inShell: String(line)) {
          if let problem = root.problem(with: command) { Issue.record("\(screen.commandName): \(command): \(problem)") }
        }
      }
    }
  }

  @Test func everyCommandStandsInTheManual() throws {
    let table = try String(contentsOfFile: Self.manual + "/commands.md", encoding: .utf8)
    for command in try HelpTree.read().subcommands ?? [] where command.commandName != "help" {
      #expect(table.contains("`folio \(command.commandName)"), "\(command.commandName)")
    }
  }

  @Test func whatIsNoCommandIsNoticed() throws {
    let root = try HelpTree.read()
    for (command, problem) in [
      ("folio biuld", "there is no command 'biuld'"), ("folio build --sit x", "'build' has no option '--sit'"),
      ("folio help nope", "there is no command 'nope'"), ("folio cache --to 0", "'cache' has no option '--to'"),
    ] {
      #expect(root.problem(with: command) == problem)
    }
    for command in ["folio cache prune --to 0", "folio build [NOTEBOOK...] -P n=2", "folio help build", "folio --version"] {
      #expect(root.problem(with: command) == nil)
    }
  }

  @Test func theWorkflowIsYAMLWithCommandsThatAreUnderstood() throws {
    let text = try String(contentsOfFile: Self.workflow, encoding: .utf8)
    let workflow = try #require(try Yams.load(yaml: text) as? [String: Any])
    let jobs = try #require(workflow["jobs"] as? [String: [String: Any]])
    #expect(Set(jobs.keys) == ["check", "comment", "publish"])
    let scripts = jobs.values.flatMap { $0["steps"] as? [[String: Any]] ?? [] }.compactMap { $0["run"] as? String }
    let commands = scripts.flatMap { $0.split(separator: "\n") }.flatMap { ManualPage.commands(inShell: String($0)) }
    #expect(commands.count >= 4)
    let root = try HelpTree.read()
    for command in commands { #expect(root.problem(with: command) == nil, "\(command)") }
  }

  /// The model's path is that of this repository; in the manual it is relative to a notebook of it.
  @Test(arguments: [
    ("README.md", [], "Hello, world\n[figure] Line chart: n² over n"), ("README.md", [], "squares.reduce(0, +) = 55\n"),
    (".readme/notebooks.md", ["-P", "model=\(Repository.model)"], #"["<bos>", "Is", " Fae""#),
  ])
  func theNotebooksOfTheManualRun(page: String, arguments: [String], output: String) throws {
    let notebook = try ManualPage(page).code.filter { $0.language == "markdown" }.map { $0.line + "\n" }.joined()
    try withNotebook(notebook) { folder in
      let result = try Command.run(Command.path, ["run", "Notebooks/n.md"] + arguments, in: folder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains(output), "\(result)")
    }
  }

  @Test func theTestsAreRunByTheCommandOfTheREADME() throws {
    let ours = try String(contentsOfFile: "\(Repository.top)/.ci/run", encoding: .utf8)
    let command = try #require(try ManualPage("README.md").text.firstMatch(of: /swift test [^\n]*/)).0
    #expect(ours.contains("if ! \(command) 2>&1"), "\(command)")
  }
}

/// A page of the manual, cut into prose and code.
private struct ManualPage {
  /// From the top of the repository.
  let path: String
  let text: String
  /// The lines outside of fences, and those inside of them with the fence's language.
  private(set) var prose: [String] = []
  private(set) var code: [(language: String, line: String)] = []

  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOfFile: "\(Repository.top)/\(path)", encoding: .utf8)
    var fence: (marks: Int, language: String)?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      let bare = line.trimmingCharacters(in: .whitespaces)
      let marks = bare.prefix { $0 == "`" }.count
      if let open = fence {
        if marks >= open.marks, marks == bare.count { fence = nil } else { code.append((open.language, line)) }
      } else if marks >= 3 {
        fence = (marks, String(bare.dropFirst(marks)))
      } else {
        prose.append(line)
      }
    }
  }

  var folder: String { path.contains("/") ? path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + "" : "" }

  /// Those in code are only shown.
  var links: [String] {
    prose.flatMap { $0.replacing(/`[^`]*`/, with: "").matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) } }
  }

  var codeSpans: [String] { prose.joined(separator: "\n").matches(of: /`([^`\n]+)`/).map { String($0.1) } }

  /// The addresses of the headings, as GitHub makes them.
  var anchors: [String] {
    prose.filter { $0.hasPrefix("#") }.map { heading in
      heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
        .filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.replacingOccurrences(of: " ", with: "-")
    }
  }

  /// The calls of the program, in the prose and in what a shell is given.
  var commands: [String] {
    let shell = code.filter { $0.language == "sh" || $0.line.hasPrefix("$ ") }.map(\.line)
    return codeSpans.filter { $0.contains(/^folio( |$)/) } + shell.flatMap(Self.commands(inShell:))
  }

  static func commands(inShell line: String) -> [String] {
    let line = line.replacing(/\s#.*/, with: "").replacing(/^\$\s/, with: "")
    return line.split(separator: /&&|\|\||[|;]/).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.contains(/^(\.build\/release\/)?folio(\s|$)/) }
  }
}

/// The commands and options that the program has, as it tells them itself.
private struct HelpTree: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }
    var names: [Name]?
  }

  var commandName: String
  var discussion: String?
  var arguments: [Argument]?
  var subcommands: [HelpTree]?
  var defaultSubcommand: String?

  static func read() throws -> HelpTree {
    struct Dump: Decodable { var command: HelpTree }
    let dump = try folio("--experimental-dump-help").output
    return try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
  }

  var all: [HelpTree] { [self] + (subcommands ?? []).flatMap(\.all) }

  /// What is wrong with a call of the program; nil if nothing is.
  func problem(with command: String) -> String? {
    var words = command.split(separator: " ").dropFirst().map { $0.trimmingCharacters(in: .init(charactersIn: "[]")) }[...]
    var current = self
    let isHelp = words.first == "help"
    if isHelp { words.removeFirst() }
    while let word = words.first, let next = current.subcommands?.first(where: { $0.commandName == word }) {
      current = next
      words.removeFirst()
    }
    if let word = words.first, current.subcommands != nil, !word.hasPrefix("-"), current.defaultSubcommand == nil || isHelp {
      return "there is no command '\(word)'"
    }
    let known = (current.arguments ?? []).flatMap { $0.names ?? [] }.map { ($0.kind == "long" ? "--" : "-") + $0.name }
    // What ArgumentParser gives every program, and leaves out of the dump.
    let options = Set(known + ["--help", "-h", "--version", "--generate-completion-script"])
    for word in words where word.hasPrefix("-") && word.count > 1 {
      let option = String(word.prefix { $0 != "=" })
      if !options.contains(option) { return "'\(current.commandName)' has no option '\(option)'" }
    }
    return nil
  }
}
