import Document
import Foundation
import Rendering

/// The files of an export to Markdown: figures, pictures, whole outputs, and what its links lead to.
package struct GitHubFiles {
  /// By their names in the folder.
  package private(set) var all: [(name: String, data: Data)] = []
  /// The folder's name, from that of the Markdown.
  package let folder: String
  /// What an author should know.
  package var warnings: [String] = []
  private var names: Set<String> = []
  /// The names of files that came from somewhere, by where that is.
  private var known: [String: String] = [:]

  init(folder: String) { self.folder = folder }

  /// Adds a file, and returns its address from the Markdown.
  /// - Parameters:
  ///   - name: what it is to be called; another file of this name makes it `name-2`.
  ///   - source: where it comes from: a file is taken from there once.
  mutating func add(_ name: String, _ data: Data, from source: String? = nil) -> String {
    if let source, let known = known[source] { return address(known) }
    let (base, ending) = name.lastIndex(of: ".").map { (name[..<$0], name[$0...]) } ?? (name[...], "")
    var (unique, count) = (name, 1)
    // Some file systems take capitals for small letters.
    while !names.insert(unique.lowercased()).inserted {
      count += 1
      unique = "\(base)-\(count)\(ending)"
    }
    all.append((unique, data))
    if let source { known[source] = unique }
    return address(unique)
  }

  private func address(_ name: String) -> String { SiteNames.link(toFile: "\(folder)/\(name)") }
}
