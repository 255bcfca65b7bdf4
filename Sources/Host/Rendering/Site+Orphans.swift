import Files
import Foundation
import Record

/// What is left in a site of notebooks that are no more.
extension Site {
  /// The names under which a page or a record of Folio's lies in the site, and no notebook, or no run of it.
  ///
  /// Only what Folio made is looked at: pages by their mark, records by their index, each under its own name. A page whose notebook still exists,
  /// here or beside the site, belongs to that notebook, wherever it lies.
  /// - Parameter notebooks: the names of all notebooks of the site.
  package func orphans(besides notebooks: Set<String>) -> [String] {
    Set(pageNames + recordNames).sorted().filter { name in
      guard !notebooks.contains(name), let entry = entry(name) else {
        return !notebooks.contains(name) && hasRecord(name) && !hasPage(name)
      }
      // A run that its notebook's front matter named, and names no more. Those of a command line stay.
      if let run = entry.run, notebooks.contains(run.notebook) { return run.isDeclared }
      return !(entry.source.map(exists) ?? false)
    }
  }

  /// Removes the page and the record of a notebook that is no more, and their folders where nothing else lies in them.
  package func removeOrphan(_ name: String) {
    let place = "\(folder)/\(name)"
    if let data = try? FolderFile.read("\(name)/index.html", in: folder), entry(name) != nil {
      let page = String(decoding: data, as: UTF8.self)
      for file in FolderFile.names(in: "\(name)/outputs", of: folder)
      where page.contains("outputs/\(file)") { unlink("\(place)/outputs/\(file)") }
      if let entry = entry(name) { removeFiles(of: entry) }
      unlink("\(place)/index.html")
    }
    if let index = recordIndex(name) {
      let files = Set(index.cells.flatMap(\.outputs).compactMap(\.file))
      for file in files { unlink("\(place)/record/\(file)") }
      unlink("\(place)/record/\(RecordFiles.indexName)")
    }
    unlink("\(place)/\(RunsFile.fileName)")
    removeRunsPages(of: name, besides: [])
    // Only empty folders go, and those above them.
    for path in ["\(place)/outputs", "\(place)/record"] {
      WholeFile.removeOrphans(in: path)
      rmdir(path)
    }
    var parts = name.split(separator: "/")
    while !parts.isEmpty {
      let path = "\(folder)/" + parts.joined(separator: "/")
      WholeFile.removeOrphans(in: path)
      guard rmdir(path) == 0 else { return }
      parts.removeLast()
    }
  }

  private func recordIndex(_ name: String) -> RecordIndex? {
    guard let data = try? FolderFile.read("\(name)/record/\(RecordFiles.indexName)", in: folder),
      let index = try? RecordIndex(json: data), index.notebook == name
    else { return nil }
    return index
  }

  /// Removes the files of a page that it names itself, besides some.
  func removeFiles(of entry: IndexPage.Entry, besides kept: Set<String> = []) {
    let there = Set(FolderFile.names(in: entry.name, of: folder))
    for file in entry.ownFiles where there.contains(file) && !kept.contains(file) { unlink("\(folder)/\(entry.name)/\(file)") }
  }

  private func hasRecord(_ name: String) -> Bool { recordIndex(name) != nil }

  /// Whether a notebook is there: from this folder, or from the one that the site lies in.
  private func exists(_ source: String) -> Bool {
    let beside = URL(fileURLWithPath: folder).deletingLastPathComponent().path
    return [source, "\(beside)/\(source)"].contains { FileManager.default.fileExists(atPath: $0) }
  }
}
