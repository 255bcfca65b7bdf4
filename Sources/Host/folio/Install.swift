import ArgumentParser
import Building
import Files
import Foundation
import Machine
import Record
import Session
import Text

struct Install: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Install this program, so that 'folio' works in every folder.",
    discussion: """
      It copies the program, its worker and the compiled modules that cells are compiled against to PREFIX/lib/folio, and links \
      PREFIX/bin/folio to the program. Completions for bash, zsh and fish are written to PREFIX/share, and with them the manual page, if \
      'swift package generate-manual --configuration release' has made it. What is installed needs the folder in which Folio was built no \
      more; it needs the Swift toolchain and the system's libraries where they are now.

      A version that is there is replaced; anything else in the way is left alone, and told. Exit status: 0 it is done; 2 it could not be done.

      Examples:
        .build/release/folio install
        .build/release/folio install --prefix /usr/local
        folio install --remove
      """)

  @Option(help: ArgumentHelp("The folder that gets bin, lib and share.", valueName: "dir"), completion: .directory)
  var prefix = "~/.local"

  @Flag(help: "Take away what 'folio install' with the same prefix has written.")
  var remove = false

  /// The prefix as a whole path. The shell leaves the '~' of a default, and that of '--prefix=~/x', as they are.
  private var folder: String {
    URL(fileURLWithPath: HomeFolder.expanded(prefix)).standardizedFileURL.path
  }

  func validate() throws {
    // As a variable of the shell is that nobody has set.
    guard !prefix.isEmpty else {
      throw ValidationError("The value of '--prefix' is empty. Give the folder below which Folio is to lie.")
    }
  }

  func run() throws {
    try reporting {
      let target = InstalledFiles(prefix: folder)
      if remove {
        let removed = try target.remove()
        Console.write(VisibleText.lines(removed.map { "removed \($0)\n" }.joined()))
        if removed.isEmpty { Console.writeError("There is no Folio in \(target.prefix).\n") }
        return
      }
      Console.write(VisibleText.lines(try target.install(.find()).map { $0 + "\n" }.joined()))
      let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      if !path.contains(Substring(target.binaries)) {
        Console.writeError(
          VisibleText.lines(
            "Your PATH lacks \(target.binaries). Add it to your shell's settings: export PATH=\"\(target.binaries):$PATH\"\n"))
      }
    }
  }
}

/// Where Folio's files lie below a prefix.
struct InstalledFiles {
  let prefix: String

  var binaries: String { prefix + "/bin" }
  /// The program and what it looks for beside it.
  private var library: String { prefix + "/lib/folio" }
  private var link: String { binaries + "/folio" }
  private var manual: String { prefix + "/share/man/man1/folio.1" }
  private var completions: [(path: String, shell: CompletionShell)] {
    [
      ("\(prefix)/share/bash-completion/completions/folio", .bash), ("\(prefix)/share/zsh/site-functions/_folio", .zsh),
      ("\(prefix)/share/fish/vendor_completions.d/folio.fish", .fish),
    ]
  }

  private static let program = "folio"
  private static let worker = "folio-worker"
  private static let modules = "Modules"
  private static let target = "../lib/folio/\(program)"

  /// Copies an installation here.
  /// - Returns: the paths of what was written.
  func install(_ source: Installation) throws -> [String] {
    try check()
    let fresh = "\(prefix)/lib/.folio-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: fresh) }
    try explained { () throws in
      let files = FileManager.default
      try files.createDirectory(atPath: "\(fresh)/\(Self.modules)", withIntermediateDirectories: true)
      try files.copyItem(atPath: source.program, toPath: "\(fresh)/\(Self.program)")
      try files.copyItem(atPath: source.worker, toPath: "\(fresh)/\(Self.worker)")
      for file in try files.contentsOfDirectory(atPath: source.modules) where file.contains(/\.swift(module|doc)$/) {
        try files.copyItem(atPath: "\(source.modules)/\(file)", toPath: "\(fresh)/\(Self.modules)/\(file)")
      }
      // Whole copies take the old ones' place: a program that runs keeps the files that it has open.
      if files.fileExists(atPath: library) { try files.removeItem(atPath: library) }
      try files.moveItem(atPath: fresh, toPath: library)
      try files.createDirectory(atPath: binaries, withIntermediateDirectories: true)
      if lstatExists(link) { try files.removeItem(atPath: link) }
      try files.createSymbolicLink(atPath: link, withDestinationPath: Self.target)
    }
    for (path, shell) in completions { try write(Folio.completionScript(for: shell), to: path) }
    let page = Self.builtManual(beside: source.program)
    if let page { try write(page, to: manual) }
    return [library, link] + completions.map(\.path) + (page == nil ? [] : [manual])
  }

  /// Removes what `install` has written.
  func remove() throws -> [String] {
    try check()
    let there = ([library, link, manual] + completions.map(\.path)).filter(lstatExists)
    try explained { () throws in for path in there { try FileManager.default.removeItem(atPath: path) } }
    for path in there { removeEmptyFolders(above: path) }
    return there
  }

  /// Removes the folders between the prefix and a file that has gone, as far as nothing else is in them.
  private func removeEmptyFolders(above path: String) {
    var folder = (path as NSString).deletingLastPathComponent
    // A folder that is not empty is not removed.
    while folder.hasPrefix(prefix + "/"), rmdir(folder) == 0 { folder = (folder as NSString).deletingLastPathComponent }
  }

  /// Throws if something else bears the names that are written to.
  private func check() throws {
    let isOurs = FileManager.default.fileExists(atPath: "\(library)/\(Self.worker)")
    if lstatExists(library), !isOurs { throw inTheWay(library) }
    if lstatExists(link), (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) != Self.target {
      throw inTheWay(link)
    }
  }

  private func inTheWay(_ path: String) -> Diagnostic {
    Diagnostic("'\(path)' was not written by 'folio install'", advice: "Move it away, or name another folder by '--prefix'.")
  }

  /// The page that swift-argument-parser's plugin has written in the package's build folder, if it has.
  private static func builtManual(beside program: String) -> String? {
    let build = URL(fileURLWithPath: program).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let page = try? String(contentsOf: build.appending(path: "plugins/GenerateManual/outputs/folio/folio.1"), encoding: .utf8)
    // The plugin gives each page the same exit statuses, which are not ours, and lines that a manual page may not have.
    return page?.replacing(/\.Sh "?EXIT STATUS"?\n\.Ex -std[^\n]*\n?/, with: "").replacing(/\n\n+/, with: "\n.Pp\n")
  }

  private func write(_ text: String, to path: String) throws {
    do { try WholeFile.write(text, to: path) } catch { throw cannotWrite("\(error)") }
  }

  private func explained(_ body: () throws -> Void) throws {
    do { try body() } catch { throw cannotWrite(Diagnostic.words(error)) }
  }

  private func cannotWrite(_ reason: String) -> Diagnostic {
    Diagnostic(
      "Folio cannot be installed in '\(prefix)': \(reason)", advice: "Name a folder that you may write to by '--prefix'.")
  }

  private func lstatExists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
