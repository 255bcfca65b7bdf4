import Files
import Foundation
import Record
import Review

/// The two sides of a review, from what a user names.
public struct ReviewSides {
  public let base: any RecordSource
  public let head: any RecordSource
  /// All if empty.
  public let notebooks: [String]

  /// - Parameters:
  ///   - names: a base, a head, and notebooks, each of which may be missing: what is a folder or a revision is a side, and the rest are
  ///     notebooks.
  ///   - site: the site's folder, relative to this one.
  /// - Throws: `Diagnostic` for a side that does not exist.
  public init(_ names: [String], site: String) throws {
    let repository = try? GitRepository(containing: FileManager.default.currentDirectoryPath)
    func isFolder(_ name: String) -> Bool {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) && isFolder.boolValue
    }
    var rest = names[...]
    var sides: [any RecordSource] = []
    while sides.count < 2, let name = rest.first {
      if isFolder(name) {
        sides.append(try FolderRecords(folder: name, documents: Self.documents(beside: name)))
      } else if let repository, repository.hasRevision(name) {
        let path = try Self.path(of: site, in: repository)
        sides.append(
          try RevisionRecords(name, in: repository, site: path, documents: Self.documents(beside: path) ?? "Notebooks"))
      } else if name.contains("/") || sides.isEmpty && names.count > 1 && !isFolder("\(site)/\(name)") {
        throw Diagnostic(
          "'\(name)' is neither a folder nor a revision", advice: "Name a site, a record, or what `git log` shows.")
      } else {
        break
      }
      rest = rest.dropFirst()
    }
    notebooks = rest.map { name in
      let name = name.hasSuffix(".md") ? String(name.dropLast(3)) : name
      return name.split(separator: "/").last.map(String.init) ?? name
    }
    if sides.isEmpty {
      guard let repository else {
        throw Diagnostic("This folder is not in a git repository", advice: "Compare two folders instead: folio diff OLD NEW.")
      }
      let path = try Self.path(of: site, in: repository)
      sides = [try RevisionRecords("HEAD", in: repository, site: path, documents: Self.documents(beside: path) ?? "Notebooks")]
    }
    base = sides[0]
    head =
      try sides.count > 1
      ? sides[1] : FolderRecords(folder: site, name: "the working tree", documents: Self.documents(beside: site))
  }

  /// - Parameters:
  ///   - committed: a site folder with the records that are compared with.
  ///   - fresh: one with new ones.
  public init(committed: String, fresh: String, notebooks: [String], documents: String?) throws {
    base = try FolderRecords(folder: committed, name: committed, documents: documents)
    head = try FolderRecords(folder: fresh, name: "a fresh run", documents: documents)
    self.notebooks = notebooks
  }

  /// `Notebooks` beside the site.
  private static func documents(beside site: String) -> String? {
    let parent = site.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    if parent.isEmpty { return site.hasPrefix("/") ? "/Notebooks" : "Notebooks" }
    return parent + "/Notebooks"
  }

  /// A folder of this directory as git names it, from the repository's top.
  private static func path(of folder: String, in repository: GitRepository) throws -> String {
    let path = URL(filePath: folder).resolvingSymlinksInPath().standardizedFileURL.path
    let top = URL(filePath: repository.top).resolvingSymlinksInPath().standardizedFileURL.path
    guard path.hasPrefix(top + "/") else {
      throw Diagnostic("\(folder) is not in the repository \(repository.top)", advice: "Name a folder of it after '--site'.")
    }
    return String(path.dropFirst(top.count + 1))
  }
}

/// A report's file.
public enum ReportFile {
  /// Writes it whole.
  public static func write(_ text: String, to path: String) throws {
    do {
      try WholeFile.write(text, to: path)
    } catch {
      throw Diagnostic("\(error)", advice: "See that the folder exists, is yours to write, and that the disk is not full.")
    }
  }
}
