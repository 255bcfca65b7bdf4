import Document
import Files
import Foundation
import Record

/// Notebooks in the formats of others: to and from Jupyter's `ipynb`, and to a script.
///
/// Promises:
/// - A notebook that is exported to `ipynb` and imported again is the same file, byte for byte, also after Jupyter has saved it. What
///   Markdown around a cell would be lost (a fence of tildes, blank lines, a front matter with comments) is kept in the metadata of the
///   cell or the notebook under `folio`, and only where it is not what an import would write anyhow. Of a cell that was edited in Jupyter,
///   what is kept is used as far as it fits the new text.
/// - What is imported runs only where it ran before: a fence `swift` in a notebook's prose becomes `swift norun`, and an inline expression in
///   the prose of others `` `{swift norun} …` ``.
/// - A link leads where it led. In Jupyter each Markdown cell has link definitions of its own, in a file all prose shares them: an export gives
///   each cell those that it uses, an import takes them away again, and gives labels that mean several things names of their own.
/// - Nothing is overwritten that cannot be made again: an export replaces only an earlier export.
///
/// A file to write, whole or not at all.
package struct InterchangeFile: Sendable {
  package var path: String
  package var text: String

  /// The first words of a script.
  static let scriptMark = "// Exported by folio from "

  package init(path: String, text: String) { (self.path, self.text) = (path, text) }

  /// `Notebooks/prontoqa.md` as `Notebooks/prontoqa.ipynb`: beside it, since its prose names files by their paths from there.
  package static func path(beside file: String, from old: String, to new: String) -> String {
    (file.lowercased().hasSuffix(old) ? String(file.dropLast(old.count)) : file) + new
  }

  /// Throws unless the path is free, or what is there was exported by Folio.
  package static func check(exportTo path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    if let old = try? String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8) {
      if old.hasPrefix(scriptMark) { return }
      if let json = try? JSONValue(old.utf8, allowsNonFinite: true), json["metadata"]?["folio"] != nil { return }
    }
    throw Diagnostic(
      "'\(path)' exists, and is no export of Folio", advice: "Give another file with -o, or remove it first.")
  }

  /// Throws if there is a file already.
  package static func check(importTo path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    throw Diagnostic("'\(path)' exists", advice: "Give another file with -o, or '--force' to overwrite it.")
  }

  package func write() throws { try WholeFile.write(text, wherever: path) }
}
