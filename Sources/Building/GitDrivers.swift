import Foundation
import Record
import Review

/// Diff drivers in a repository's own settings: `git diff` then shows what changed in records as `folio diff` does, `git log -p` a labelled value a
/// line, and both name the cell in a notebook's hunks.
///
/// All of it is in `.git/config` and `.git/info/attributes`; nothing is committed, and `uninstall` leaves both as they were.
public struct GitDrivers {
  private let repository: GitRepository
  private let program: String

  /// - Parameter program: the path of `folio`.
  public init(in folder: String = ".", program: String) throws {
    repository = try GitRepository(containing: folder)
    self.program = program
  }

  private static let record = "diff.folio-record"
  private static let notebook = "diff.folio-notebook"
  private static let begin = "# folio git install: begin"
  private static let end = "# folio git install: end"

  /// Sets the drivers; what an earlier call has set is replaced.
  public func install() throws {
    try uninstall()
    // Git hands commands to a shell.
    let quoted = "'" + program.replacing("'", with: "'\\''") + "'"
    try set("\(Self.record).command", "\(quoted) git compare")
    try set("\(Self.record).textconv", "\(quoted) git lines")
    // The name of a hunk is the cell's label, or the heading.
    try set("\(Self.notebook).xfuncname", "^(#+ .*|//[|] label: .*)$")
    var lines = try attributes()
    lines += [Self.begin, "**/record/*.json diff=folio-record", "**/record/*.csv diff=folio-record"]
    lines += ["**/record/*.txt diff=folio-record", "Notebooks/*.md diff=folio-notebook", Self.end]
    try write(lines)
  }

  /// Takes the drivers away again.
  public func uninstall() throws {
    for section in [Self.record, Self.notebook] {
      // Status 128: there is no such section.
      _ = try Git.run(["config", "--local", "--remove-section", section], in: repository.top)
    }
    let lines = try attributes()
    guard let first = lines.firstIndex(of: Self.begin), let last = lines.firstIndex(of: Self.end), first < last else { return }
    try write(Array(lines[..<first] + lines[(last + 1)...]))
  }

  private func set(_ key: String, _ value: String) throws {
    let result = try Git.run(["config", "--local", key, value], in: repository.top)
    guard result.status == 0 else { throw Diagnostic("git config \(key) failed: \(result.errors)") }
  }

  private func path() throws -> String {
    let result = try Git.run(["rev-parse", "--path-format=absolute", "--git-path", "info/attributes"], in: repository.top)
    guard result.status == 0 else { throw Diagnostic("git rev-parse failed: \(result.errors)") }
    return result.text.trimmingCharacters(in: .newlines)
  }

  private func attributes() throws -> [String] {
    guard let data = FileManager.default.contents(atPath: try path()) else { return [] }
    var lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  private func write(_ lines: [String]) throws {
    let path = try path()
    if lines.isEmpty {
      try? FileManager.default.removeItem(atPath: path)
    } else {
      try ReportFile.write(lines.joined(separator: "\n") + "\n", to: path)
    }
  }
}
