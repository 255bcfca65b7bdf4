import Document
import Files
import Foundation
import Record

/// Markdown for GitHub with the folder of its files: where it may be written, and how.
///
/// The last line of the Markdown names its files, so that the next export knows which are its own: it removes those that are no more, and overwrites
/// nothing that somebody else has put there.
package struct GitHubFolder {
  private let path: String

  /// The folder of the notebooks, if there is one: Markdown in it is a notebook.
  private let notebooks: String?

  /// - Parameter path: of the Markdown.
  package init(path: String, of notebook: Notebook) {
    self.path = path
    let isProject = notebook.root.split(separator: "/").last.map(String.init) == Notebook.rootFolder
    notebooks = isProject ? notebook.root : nil
  }

  /// Where a notebook is exported to if nobody says it: in the folder `Exports` beside that of the notebooks.
  package static func path(of notebook: Notebook) -> String {
    let below = notebook.notebookName.split(separator: "/").count
    // As the notebook is named, so that the path can be opened from where it is printed.
    let folders = notebook.file.split(separator: "/", omittingEmptySubsequences: false).dropLast(below)
    let isInNotebooks = folders.last.map(String.init) == Notebook.rootFolder
    let project = isInNotebooks ? folders.dropLast() : folders
    return (project.map(String.init) + ["Exports", notebook.runName + ".md"]).joined(separator: "/")
  }

  /// The name of the folder for a file of Markdown.
  static func name(for path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent + "-files"
  }

  private static let opening = "<!-- Its files: "
  private static let closing = " -->"

  /// A comment that names the files; nothing if there are none.
  static func list(_ files: GitHubFiles) -> String {
    let names = files.all.map { $0.name.utf8.map { Self.spelled($0) }.joined() }
    return names.isEmpty ? "" : opening + names.joined(separator: " ") + closing
  }

  /// Without what separates names, or ends comments.
  private static func spelled(_ byte: UInt8) -> String {
    let isPlain =
      byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ">")
    return isPlain ? String(UnicodeScalar(byte)) : "%" + String(format: "%02X", Int(byte))
  }

  private var folder: String {
    URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(Self.name(for: path)).path
  }

  /// The names of the files of the export that is there.
  private var ownFiles: Set<String> {
    guard let text = try? String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8),
      let line = text.split(separator: "\n").last, line.hasPrefix(Self.opening), line.hasSuffix(Self.closing)
    else { return [] }
    let names = line.dropFirst(Self.opening.count).dropLast(Self.closing.count).split(separator: " ")
    return Set(names.compactMap { String($0).removingPercentEncoding }.filter { FolderFile.isName($0) })
  }

  /// Throws unless all that is there was exported.
  package func check() throws {
    if let notebooks, URL(fileURLWithPath: path).standardizedFileURL.path.hasPrefix(notebooks + "/") {
      throw Diagnostic(
        "'\(path)' lies among the notebooks, and would be one of them", advice: "Give a file in another folder with -o.")
    }
    try InterchangeFile.check(exportTo: path)
    let own = ownFiles
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard let stranger = names.sorted().first(where: { !own.contains($0) }) else { return }
    throw Diagnostic(
      "the folder '\(folder)' holds '\(stranger)', which is no file of an earlier export",
      advice: "Give another file with -o, or move that elsewhere.")
  }

  package func write(_ text: String, _ files: GitHubFiles) throws {
    try check()
    let old = ownFiles
    let manager = FileManager.default
    if !files.all.isEmpty { try manager.createDirectory(atPath: folder, withIntermediateDirectories: true) }
    for file in files.all { try WholeFile.write([UInt8](file.data), to: "\(folder)/\(file.name)") }
    try manager.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try InterchangeFile(path: path, text: text).write()
    for name in old.subtracting(files.all.map(\.name)) { try? manager.removeItem(atPath: "\(folder)/\(name)") }
    if files.all.isEmpty { rmdir(folder) }
  }
}
