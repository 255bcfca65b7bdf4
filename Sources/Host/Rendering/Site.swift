import Files
import Foundation
import Record

/// The folder in which the rendered pages are.
///
/// ```swift
/// let site = Site(folder: "Site")
/// try site.write(Page(notebook, record: record), record: RecordFiles(notebook, record: record))
/// try site.refresh(SiteDescription())
/// ```
/// Promises: a page can be written without the others. Each file is either the old one or the whole new one. A file whose content would
/// not change is not touched.
package struct Site: Sendable {
  /// Its path; it is made when something is written.
  package let folder: String

  /// A site in this folder, which need not exist.
  package init(folder: String) {
    self.folder = folder
  }

  /// Throws if no site can be in this folder, since it, or what should hold it, is a file.
  package func check() throws {
    var path = URL(fileURLWithPath: folder).standardizedFileURL
    while path.path != "/" {
      var status = stat()
      if stat(path.path, &status) == 0 {
        guard status.st_mode & S_IFMT != S_IFDIR else { return }
        throw Diagnostic("the site cannot be in '\(folder)': '\(path.path)' is no folder", advice: "Name a folder by '--site'.")
      }
      path.deleteLastPathComponent()
    }
  }

  /// Writes a notebook's page, `<name>/index.html`, with its attachments, and the notebook's record, `<name>/record/`; those of an earlier run go.
  package func write(_ page: Page, record: RecordFiles) throws {
    guard SiteNames.isFolder(page.name) else {
      throw Diagnostic(
        "A notebook cannot be called '\(page.name)'", advice: "Its name is its folder in the site; rename its file.")
    }
    try writeAssets()
    if let plotly = page.plotly { try write(plotly.data, to: "assets/" + plotly.file) }
    // Two builds of a notebook with other parameters leave the page and the record of one of them.
    let lock = FolderLock(folder, .alone)
    try withExtendedLifetime(lock) { try write(partsOf: page, record) }
  }

  /// All of them or, on a full disk, none. A file that names others comes behind them.
  private func write(partsOf page: Page, _ record: RecordFiles) throws {
    let former = entry(page.name)
    // A notebook's page and that of another one's run may have one address: neither takes the other's place.
    if let former, (former.run == nil) != (page.entry.run == nil) {
      func words(_ entry: IndexPage.Entry) -> String {
        entry.run.map { "the run \($0.notebook)@\($0.name)" } ?? "the notebook \(entry.name)"
      }
      throw Diagnostic(
        "the page of \(words(page.entry)) would take the place of that of \(words(former))",
        advice: "Rename the notebook's file, or remove \(folder)/\(page.name) if it is of no use.")
    }
    var attachments = page.attachments.map { ("\(page.name)/\($0.path)", Data($0.text.utf8)) }
    if let card = page.card { attachments.append(("\(page.name)/\(Page.cardFile)", card)) }
    let html = [("\(page.name)/index.html", Data(PageMark.placed(page.html, inSite: folder).utf8))]
    let copies = page.files.map { ("\(page.name)/\($0.path)", $0.data) }
    try write(copies + attachments + html + files(of: record, of: page.name))
    // Also where nothing has changed: a build that was killed may have been about to change it.
    for place in ["assets", page.name, page.name + "/outputs", page.name + "/files", page.name + "/record"] {
      WholeFile.removeOrphans(in: "\(folder)/\(place)")
    }
    removeOutputs(of: page)
    if let former { removeFiles(of: former, besides: Set(page.entry.ownFiles)) }
    removeCopies(of: page)
    removeFiles(besides: record, of: page.name)
  }

  /// Writes a notebook's record, `<name>/record/`; files of an earlier one go.
  package func write(_ record: RecordFiles, of name: String) throws {
    try write(files(of: record, of: name))
    removeFiles(besides: record, of: name)
  }

  /// The index comes last: it names no file that is not there.
  private func files(of record: RecordFiles, of name: String) -> [(path: String, data: Data)] {
    let files = record.all
    let names = files.keys.filter { $0 != RecordFiles.indexName }.sorted() + [RecordFiles.indexName]
    return names.compactMap { file in files[file].map { ("\(name)/record/\(file)", $0) } }
  }

  private func removeFiles(besides record: RecordFiles, of name: String) {
    let place = "\(name)/record"
    let fileTypes = RecordIndex.Kind.allCases.flatMap(\.fileTypes)
    for file in FolderFile.names(in: place, of: folder)
    where record.files[file] == nil && record.binaries[file] == nil
      && (fileTypes + ["json"]).contains(where: { file.hasSuffix("." + $0) })
    {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(place)/\(file)")
    }
  }

  /// What the pages in the folder say of their notebooks, by name.
  package var entries: [IndexPage.Entry] { pageNames.compactMap(entry) }

  /// Writes files that a notebook's page names, beside the page.
  package func write(_ files: [Page.Attachment], of name: String) throws {
    guard SiteNames.isFolder(name), hasPage(name) else { return }
    let lock = FolderLock(folder, .alone)
    try withExtendedLifetime(lock) { try write(files.map { ("\(name)/\($0.path)", Data($0.text.utf8)) }) }
  }

  /// Whether the notebook of a name has a page.
  package func hasPage(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)/index.html") }

  func writeAssets() throws {
    try write(Stylesheet.text, to: "assets/" + Stylesheet.file)
    try write(Script.text, to: "assets/" + Script.file)
  }

  private func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

  private func write(_ data: Data, to path: String) throws { try write([(path, data)]) }

  /// Those that are there already are left alone; the others are all written, or none.
  /// - Parameter isHeld: whether the caller holds the site's folder alone.
  func write(_ files: [(path: String, data: Data)], isHeld: Bool = false) throws {
    let changed = files.map { (path: folder + "/" + $0.path, data: $0.data) }
      .filter { FileManager.default.contents(atPath: $0.path) != $0.data }
    do {
      try WholeFile.write(changed.map { ($0.path, Array($0.data)) }, holding: isHeld ? folder : nil)
    } catch {
      let isShort = (error as? WholeFile.CannotWrite)?.code == EMFILE
      let advice = "See that the folder exists, is yours to write, and that the disk is not full."
      throw Diagnostic("\(error)", advice: isShort ? Diagnostic.moreDescriptors : advice)
    }
  }

  /// Copies of files that the page no longer links to.
  private func removeCopies(of page: Page) {
    let kept = Set(page.files.map(\.path))
    for file in FolderFile.names(in: "\(page.name)/files", of: folder) where !kept.contains("files/" + file) {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(page.name)/files/\(file)")
    }
    if kept.isEmpty { rmdir("\(folder)/\(page.name)/files") }
  }

  /// Outputs that no page links to any more. The page is written already, so a file that cannot be removed does no harm.
  private func removeOutputs(of page: Page) {
    let outputs = "\(folder)/\(page.name)/outputs"
    let kept = Set(page.attachments.map { "\(folder)/\(page.name)/\($0.path)" })
    for file in FolderFile.names(in: "\(page.name)/outputs", of: folder) {
      let path = outputs + "/" + file
      if [".txt", ".csv", ".js"].contains(where: file.hasSuffix), !kept.contains(path) {
        try? FileManager.default.removeItem(atPath: path)
      }
    }
    if kept.isEmpty { rmdir(outputs) }
  }
}
