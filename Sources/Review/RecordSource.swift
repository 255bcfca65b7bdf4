import Foundation
import Record

/// Where records are: a folder of the disk, or a revision of a repository.
public protocol RecordSource: Sendable {
  /// What it is, for the report: `HEAD`, `the working tree`, `/tmp/site`.
  var name: String { get }
  /// The names of the notebooks that have a record.
  func notebooks() throws -> [String]
  /// A record's files by name, with what tells equal contents without reading them, if the source knows it.
  func files(of notebook: String) throws -> [String: String?]
  /// A file of a record; nil if it is not there.
  func read(_ file: String, of notebook: String) throws -> Data?
  /// The notebook's Markdown, if it is known.
  func document(of notebook: String) throws -> String?
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
public struct FolderRecords: RecordSource {
  public let name: String
  private let folder: String
  /// The folder's only notebook, if it is itself a record.
  private let single: String?
  private let documents: String?

  /// - Parameters:
  ///   - folder: a site, a notebook's folder in it, or its `record`.
  ///   - name: what it is called in the report.
  ///   - documents: the folder of the notebooks' Markdown files.
  /// - Throws: `Diagnostic`, if there is no such folder, or no record in it.
  public init(folder: String, name: String? = nil, documents: String? = nil) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw Diagnostic("There is no folder \(folder)", advice: "Name a site, a record, or a git revision.")
    }
    self.folder = folder
    self.name = name ?? folder
    self.documents = documents
    let index = [folder, folder + "/record"].lazy.compactMap {
      FileManager.default.contents(atPath: "\($0)/\(RecordIndex.fileName)")
    }
    .first
    single = index.flatMap { try? RecordIndex(json: $0) }?.notebook
  }

  private func path(_ notebook: String) -> String {
    guard single != nil else { return "\(folder)/\(notebook)/record" }
    return FileManager.default.fileExists(atPath: "\(folder)/\(RecordIndex.fileName)") ? folder : folder + "/record"
  }

  public func notebooks() throws -> [String] {
    if let single { return [single] }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return names.filter { FileManager.default.fileExists(atPath: path($0)) }.sorted()
  }

  public func files(of notebook: String) throws -> [String: String?] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path(notebook))) ?? []
    return Dictionary(uniqueKeysWithValues: names.map { ($0, nil) })
  }

  public func read(_ file: String, of notebook: String) throws -> Data? {
    FileManager.default.contents(atPath: "\(path(notebook))/\(file)")
  }

  public func document(of notebook: String) throws -> String? {
    documents.flatMap { FileManager.default.contents(atPath: "\($0)/\(notebook).md") }.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// The records of a revision, as git keeps them.
public struct RevisionRecords: RecordSource {
  public let name: String
  private let repository: GitRepository
  private let site: String
  private let documents: String
  /// Blobs by path, for everything below the site and the documents.
  private let blobs: [String: String]

  /// - Parameters:
  ///   - site, documents: relative to the repository's top.
  /// - Throws: `Diagnostic`, if there is no such revision.
  public init(_ revision: String, in repository: GitRepository, site: String, documents: String) throws {
    (name, self.repository, self.site, self.documents) = (revision, repository, site, documents)
    blobs = try repository.blobs(revision, below: [site, documents])
  }

  public func notebooks() throws -> [String] {
    let suffix = "/record/\(RecordIndex.fileName)"
    return blobs.keys.compactMap { path in
      guard path.hasPrefix(site + "/"), path.hasSuffix(suffix) else { return nil }
      let name = path.dropFirst(site.count + 1).dropLast(suffix.count)
      return name.contains("/") ? nil : String(name)
    }.sorted()
  }

  private func folder(_ notebook: String) -> String { "\(site)/\(notebook)/record/" }

  public func files(of notebook: String) throws -> [String: String?] {
    let folder = folder(notebook)
    return blobs.reduce(into: [:]) { files, blob in
      if blob.key.hasPrefix(folder) { files[String(blob.key.dropFirst(folder.count))] = .some(blob.value) }
    }
  }

  public func read(_ file: String, of notebook: String) throws -> Data? {
    try blobs[folder(notebook) + file].map(repository.read)
  }

  public func document(of notebook: String) throws -> String? {
    try blobs["\(documents)/\(notebook).md"].map { String(decoding: try repository.read($0), as: UTF8.self) }
  }
}
