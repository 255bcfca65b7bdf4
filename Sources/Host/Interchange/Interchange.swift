import Document
import Files
import Foundation
import Record
import Rendering

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
  package var data: Data

  /// The first words of a script.
  static let scriptMark = "// Exported by folio from "
  /// The last words of a PDF, which are a comment there.
  private static let pdfMark = "%% Exported by folio\n"

  package init(path: String, text: String) { self.init(path: path, data: Data(text.utf8)) }

  private init(path: String, data: Data) { (self.path, self.data) = (path, data) }

  package init(path: String, pdf: Data) {
    self.init(path: path, data: pdf + Data((pdf.last == 0x0A ? "" : "\n").utf8) + Data(Self.pdfMark.utf8))
  }

  /// `Notebooks/prontoqa.md` as `Notebooks/prontoqa.ipynb`: beside it, since its prose names files by their paths from there.
  package static func path(beside file: String, from old: String, to new: String) -> String {
    (file.lowercased().hasSuffix(old) ? String(file.dropLast(old.count)) : file) + new
  }

  /// Throws unless the path is free, or what is there was exported by Folio.
  package static func check(exportTo path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    if let old = try? Data(contentsOf: URL(fileURLWithPath: path)), isExport(old) { return }
    throw Diagnostic(
      "'\(path)' exists, and is no export of Folio", advice: "Give another file with -o, or remove it first.")
  }

  private static func isExport(_ data: Data) -> Bool {
    let start = String(decoding: data.prefix(1000), as: UTF8.self)
    if start.hasPrefix(scriptMark) || start.hasPrefix(GitHubMarkdown.mark) { return true }
    if start.hasPrefix("%PDF-") { return data.suffix(pdfMark.utf8.count).elementsEqual(pdfMark.utf8) }
    if start.hasPrefix("<!doctype html>") { return start.contains(PageFrame.fileMark) }
    let json = try? JSONValue(data, allowsNonFinite: true)
    return json?["metadata"]?["folio"] != nil
  }

  /// Throws if there is a file already.
  package static func check(importTo path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    throw Diagnostic("'\(path)' exists", advice: "Give another file with -o, or '--force' to overwrite it.")
  }

  package func write() throws {
    if let text = String(data: data, encoding: .utf8) { return try WholeFile.write(text, wherever: path) }
    try WholeFile.write([UInt8](data), to: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
  }
}
