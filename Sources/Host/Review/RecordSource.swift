import Files
import Foundation
import Record
import Synchronization

/// Where records are: a folder of the disk, or a revision of a repository.
package protocol RecordSource: Sendable {
  /// What it is, for the report: `HEAD`, `the working tree`, `/tmp/site`.
  var name: String { get }
  /// The names of the notebooks that have a record.
  func notebooks() throws -> [String]
  /// A record's files by name, with what tells equal contents without reading them, if the source knows it.
  func files(of notebook: String) throws -> [String: String?]
  /// A file of a record; nil if it is not there.
  func read(_ file: String, of notebook: String) throws -> Data?
  /// The notebook's Markdown, if it is known.
  func markdown(of notebook: String) throws -> String?
}

extension RecordSource {
  /// The index of a notebook's record.
  /// - Throws: `RecordIndex.Unreadable`, and what reading throws.
  func index(of notebook: String) throws -> RecordIndex {
    guard let data = try read(RecordIndex.fileName, of: notebook) else { throw RecordIndex.Unreadable(reason: "it has no index") }
    return try RecordIndex(json: data)
  }
}

extension RecordIndex {
  static let fileName = RecordFiles.indexName
}

/// A site's folder with its notebooks' folders in it, or the record of a single notebook.
///
/// In a repository its files are what git would add, so that a checkout that wrote other line ends, or went through filters, is what was committed.
package struct FolderRecords: RecordSource {
  package let name: String
  private let folder: String
  /// The folder's only notebook, if it is itself a record.
  private let single: String?
  private let notebookFolder: String?
  private let tree: WorkingTree?
  private let converted = Answers()

  /// Answers that are kept by notebook: to find one, an index must be read, and that of a large record is large.
  private final class Answers: Sendable { let value = Mutex<[String: Bool]>([:]) }

  /// - Parameters:
  ///   - folder: a site, a notebook's folder in it, or its `record`.
  ///   - name: what it is called in the report.
  ///   - notebookFolder: the folder of the notebooks' Markdown files.
  ///   - committed: the site in a repository that the folder would replace; its own place by default.
  /// - Throws: `Diagnostic`, if there is no such folder.
  package init(folder: String, name: String? = nil, notebookFolder: String? = nil, replacing committed: String? = nil) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw Diagnostic("There is no folder \(folder)", advice: "Name a site, a record, or a git revision.")
    }
    self.folder = folder
    self.name = name ?? folder
    self.notebookFolder = notebookFolder
    let index = try ["", "record/"].lazy.compactMap { try Self.content("\($0)\(RecordIndex.fileName)", in: folder) }.first
    single = index.flatMap { try? RecordIndex(json: $0) }?.notebook
    tree = WorkingTree(of: committed ?? folder, isCheckedOut: committed == nil)
  }

  /// A file of a site that anybody may have made.
  private static func content(_ path: String, in folder: String) throws(Diagnostic) -> Data? {
    do {
      return try FolderFile.read(path, in: folder)
    } catch {
      throw Diagnostic("\(folder)/\(error)", advice: "A record's files lie in its folder; build it again: folio build.")
    }
  }

  private func content(_ file: String, of notebook: String) throws(Diagnostic) -> Data? {
    guard FolderFile.isPath(notebook), FolderFile.isName(file) else {
      throw Diagnostic("'\(notebook)' and '\(file)' are no names of a notebook and of a file in its record")
    }
    let place = place(notebook)
    return try Self.content(place == "." ? file : "\(place)/\(file)", in: folder)
  }

  /// Where a notebook's record is in the folder.
  private func place(_ notebook: String) -> String {
    guard single != nil else { return "\(notebook)/record" }
    return FileManager.default.fileExists(atPath: "\(folder)/\(RecordIndex.fileName)") ? "." : "record"
  }

  package func notebooks() throws -> [String] {
    if let single { return [single] }
    // One whose index is a link is there too, and cannot be read.
    let isThere = { (name: String) in FileManager.default.fileExists(atPath: "\(folder)/\(name)/record/\(RecordIndex.fileName)") }
    return FolderTree(folder).names.filter(isThere).sorted()
  }

  package func files(of notebook: String) throws -> [String: String?] {
    let place = place(notebook)
    // Git would follow links, and wait for pipes.
    let names = FolderFile.names(in: place == "." ? "" : place, of: folder)
    let blobs = tree?.blobs(of: names, in: place) ?? [:]
    return Dictionary(uniqueKeysWithValues: names.map { ($0, blobs[$0]) })
  }

  package func read(_ file: String, of notebook: String) throws -> Data? {
    guard let data = try content(file, of: notebook) else { return nil }
    if let tree { return try tree.content(data, of: file, in: place(notebook)) }
    return try wasConverted(notebook) ? LineEnds.unified(data) : data
  }

  /// Whether something has converted the whole record: Folio writes line feeds, and its index has other line ends.
  private func wasConverted(_ notebook: String) throws -> Bool {
    if let known = converted.value.withLock({ $0[notebook] }) { return known }
    let isConverted = try content(RecordIndex.fileName, of: notebook)?.range(of: Data("\r\n".utf8)) != nil
    converted.value.withLock { $0[notebook] = isConverted }
    return isConverted
  }

  package func markdown(of notebook: String) throws -> String? {
    guard let notebookFolder, FolderFile.isPath(notebook) else { return nil }
    let url = URL(fileURLWithPath: notebookFolder)
    // Sources behind links are left out of a review.
    return try? FolderFile.read("\(url.lastPathComponent)/\(notebook).md", in: url.deletingLastPathComponent().path)
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Files as git would add them at their places in a repository.
private struct WorkingTree: Sendable {
  private let repository: GitRepository
  /// Of the folder, from the repository's top, with a slash at its end.
  private let prefix: String
  /// Whether the files lie at these places, or would be put there.
  private let isCheckedOut: Bool

  /// Nil if the folder is in no repository.
  init?(of folder: String, isCheckedOut: Bool) {
    guard let repository = try? GitRepository(containing: folder), let path = repository.path(of: folder) else { return nil }
    (self.repository, self.isCheckedOut, prefix) = (repository, isCheckedOut, path.isEmpty ? "" : path + "/")
  }

  private func path(_ file: String, _ place: String) -> String { prefix + (place == "." ? "" : place + "/") + file }

  /// The blobs that git would make of files, by name; none where git cannot tell.
  func blobs(of files: [String], in place: String) -> [String: String] {
    guard isCheckedOut, let blobs = try? repository.blobs(ofFiles: files.map { path($0, place) }) else { return [:] }
    return files.reduce(into: [:]) { $0[$1] = blobs[path($1, place)] }
  }

  /// What git would keep of a file's content; what went through a filter as it lies there, since what is kept of that is for no reader.
  func content(_ data: Data, of file: String, in place: String) throws -> Data {
    let path = path(file, place)
    if try !repository.filtered([path]).isEmpty {
      try LargeFile.refuse(data, path)
      return LineEnds.unified(data)
    }
    // Only line ends are left that git might change.
    guard data.contains(UInt8(ascii: "\r")) else { return data }
    return try repository.read(repository.blob(of: data, at: path))
  }
}

private enum LineEnds {
  /// With line feeds alone, as a filter's content is compared: which line ends it has is the checkout's.
  static func unified(_ data: Data) -> Data {
    guard data.contains(UInt8(ascii: "\r")), let text = String(validating: data, as: UTF8.self) else { return data }
    return Data(text.replacing("\r\n", with: "\n").utf8)
  }
}

/// Git LFS keeps a large file elsewhere, and a few lines in its place.
private enum LargeFile {
  static func isPointer(_ data: Data) -> Bool {
    data.count < 1024 && data.starts(with: Data("version https://git-lfs.github.com/spec/".utf8))
  }

  /// - Throws: `Diagnostic` for the lines in the place of a file.
  static func refuse(_ data: Data, _ path: String) throws {
    guard isPointer(data) else { return }
    throw Diagnostic(
      "\(path) is kept by Git LFS, and its content is not here; fetch it: git lfs install, git lfs fetch --all, git lfs checkout")
  }
}

/// The records of a revision, as git keeps them.
package struct RevisionRecords: RecordSource {
  package let name: String
  private let repository: GitRepository
  private let site: String
  private let notebookFolder: String
  /// Blobs by path, for everything below the site and the notebooks' folder.
  private let blobs: [String: String]

  /// - Parameters:
  ///   - site, notebookFolder: relative to the repository's top.
  /// - Throws: `Diagnostic`, if there is no such revision.
  package init(_ revision: String, in repository: GitRepository, site: String, notebookFolder: String) throws {
    (name, self.repository, self.site, self.notebookFolder) = (revision, repository, site, notebookFolder)
    blobs = try repository.blobs(revision, below: [site, notebookFolder])
  }

  package func notebooks() throws -> [String] {
    let suffix = "/record/\(RecordIndex.fileName)"
    return blobs.keys.compactMap { path in
      guard path.hasPrefix(site + "/"), path.hasSuffix(suffix) else { return nil }
      return String(path.dropFirst(site.count + 1).dropLast(suffix.count))
    }.sorted()
  }

  private func folder(_ notebook: String) -> String { "\(site)/\(notebook)/record/" }

  package func files(of notebook: String) throws -> [String: String?] {
    let folder = folder(notebook)
    return blobs.reduce(into: [:]) { files, blob in
      if blob.key.hasPrefix(folder) { files[String(blob.key.dropFirst(folder.count))] = .some(blob.value) }
    }
  }

  package func read(_ file: String, of notebook: String) throws -> Data? {
    let path = folder(notebook) + file
    guard let blob = blobs[path] else { return nil }
    let data = try repository.read(blob)
    guard try LargeFile.isPointer(data) || !repository.filtered([path]).isEmpty else { return data }
    let content = try repository.checkedOut(blob, path: path)
    try LargeFile.refuse(content, path)
    return LineEnds.unified(content)
  }

  package func markdown(of notebook: String) throws -> String? {
    try blobs["\(notebookFolder)/\(notebook).md"].map { String(decoding: try repository.read($0), as: UTF8.self) }
  }
}
