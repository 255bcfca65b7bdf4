import Files
import Foundation
import Record

/// Diff drivers in a repository's own settings: `git diff` then shows what changed in records as `folio diff` does, `git log -p` shows each
/// labelled value on a line of its own, and both name the cell in a notebook's hunks.
///
/// The drivers are for the records of the sites in the repository; of a file that is no record of Folio's, and where the program is gone, git shows
/// what it shows of itself.
///
/// All of it is in `.git/config` and `.git/info/attributes`; nothing is committed, and `uninstall` leaves both as they were.
package struct GitDrivers {
  private let repository: GitRepository
  private let program: String

  /// - Parameter program: the path of `folio`.
  package init(in folder: String = ".", program: String) throws {
    repository = try GitRepository(containing: folder)
    self.program = program
  }

  private static let record = "diff.folio-record"
  private static let notebook = "diff.folio-notebook"
  private static let begin = "# folio git install: begin"
  private static let end = "# folio git install: end"

  /// Sets the drivers; what an earlier call has set is replaced.
  package func install() throws {
    try uninstall()
    // Git hands commands to a shell.
    let quoted = "'" + program.replacing("'", with: "'\\''") + "'"
    try set("\(Self.record).command", Self.command(quoted))
    try set("\(Self.record).textconv", "f() { \(quoted) git lines -- \"$1\" 2>/dev/null || cat -- \"$1\"; }; f")
    // The name of a hunk is the cell's label, or the heading.
    try set("\(Self.notebook).xfuncname", "^(#+ .*|//[|] label: .*)$")
    var lines = try attributes()
    lines.append(Self.begin)
    for site in try sites() {
      for ending in ["json", "csv", "txt", "md", "html"] {
        lines.append(Self.pattern("\(site)/*/record/*.\(ending)") + " diff=folio-record")
      }
    }
    lines += ["Notebooks/*.md diff=folio-notebook", Self.end]
    try write(lines)
  }

  /// What git calls: Folio, and where that says nothing, git's own comparison with the names of the file that is compared. For an unmerged file
  /// git gives its path alone.
  private static func command(_ program: String) -> String {
    let own = """
      git --no-pager diff --no-index --no-ext-diff --no-textconv -- "$2" "$5" | A="a/$1" B="b/${8:-$1}" awk '\
      BEGIN { if (index(ENVIRON["A"] ENVIRON["B"], " ")) tab = "\\t" } \
      NR == 1 { print "diff --git " ENVIRON["A"] " " ENVIRON["B"]; next } \
      !h && (i = index($0, "--- ")) && !index($0, "/dev/null") { $0 = substr($0, 1, i + 3) ENVIRON["A"] tab } \
      !h && (i = index($0, "+++ ")) && !index($0, "/dev/null") { $0 = substr($0, 1, i + 3) ENVIRON["B"] tab } \
      !h && index($0, "Binary files ") == 1 { $0 = "Binary files " ENVIRON["A"] " and " ENVIRON["B"] " differ" } \
      index($0, "@@ ") { h = 1 } { print }'
      """
    return """
      f() { if [ $# -lt 5 ]; then echo "* Unmerged path $1"; return; fi; \
      \(program) git compare -- "$@" 2>/dev/null || { \(own); }; return 0; }; f
      """
  }

  /// The exit status of a comparison that is left to git.
  package static let noRecord: Int32 = 3

  /// What the index of the record beside a file says of it; nil for a file that is no record of Folio's.
  /// - Parameters:
  ///   - path: from the repository's top, which is the current folder when git calls.
  ///   - base, head: both versions of it; nil where there is none.
  package static func output(of path: String, _ base: Data?, _ head: Data?) throws -> RecordIndex.Output? {
    let parts = path.split(separator: "/")
    guard let name = parts.last.map(String.init) else { return nil }
    if name == RecordFiles.indexName {
      let isIndex = [base, head].compactMap(\.self).allSatisfy { (try? RecordIndex(json: $0)) != nil }
      return isIndex ? RecordIndex.Output(kind: .text, file: name) : nil
    }
    let index = parts.dropLast().map { $0 + "/" }.joined() + RecordFiles.indexName
    let versions = [
      try? FolderFile.read(index, in: "."), try? Git.run(["cat-file", "blob", "HEAD:\(index)"], in: ".").data,
    ]
    return versions.lazy.compactMap { $0.flatMap { try? RecordIndex(json: $0) } }.flatMap(\.cells).flatMap(\.outputs).first {
      $0.file == name
    }
  }

  /// Where the repository's sites are: those whose records git knows, and every folder of the name that a build takes by default.
  private func sites() throws -> [String] {
    let result = try Git.run(
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*record/\(RecordFiles.indexName)"],
      in: repository.top)
    let found = result.text.split(separator: "\0").compactMap { path -> String? in
      let parts = path.split(separator: "/")
      guard parts.count >= 3, parts[parts.count - 2] == "record",
        let data = try? FolderFile.read(String(path), in: repository.top), (try? RecordIndex(json: data)) != nil
      else { return nil }
      return parts.dropLast(3).map { "/" + Self.literal(String($0)) }.joined()
    }
    return Array(Set(found + ["**/Site"])).sorted()
  }

  /// A folder's name as a part of a pattern.
  private static func literal(_ name: String) -> String {
    name.map { "*?[]\\!".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  /// A pattern as `.gitattributes` quotes it.
  private static func pattern(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  /// Takes the drivers away again.
  package func uninstall() throws {
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
