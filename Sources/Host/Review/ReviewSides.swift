import Document
import Files
import Foundation
import Record

/// The two sides of a review, from what a user names.
package struct ReviewSides {
  package let base: any RecordSource
  package let head: any RecordSource
  /// All if empty.
  package let notebooks: [String]

  /// - Parameters:
  ///   - names: a base, a head, and notebooks, each of which may be missing: what is a folder, a revision, or a range of revisions
  ///     (`v1..v2`, `v1...v2`) is a side, and the rest are notebooks.
  ///   - site: the site's folder, relative to this one.
  /// - Throws: `Diagnostic` for a side that does not exist, and for a name that may be a revision and a notebook.
  package init(_ names: [String], site: String) throws {
    let reader = SideReader(site: site)
    var rest = names[...]
    var sides: [any RecordSource] = []
    if let name = rest.first, let range = try reader.range(name) {
      sides = range
      rest = rest.dropFirst()
    }
    while sides.count < 2, let name = rest.first,
      let side = try reader.side(name, isFirst: sides.isEmpty, isAlone: names.count == 1)
    {
      sides.append(side)
      rest = rest.dropFirst()
    }
    let named = rest.map(reader.notebook)
    base = try sides.first ?? reader.revision("HEAD")
    head =
      try sides.count > 1
      ? sides[1] : FolderRecords(folder: site, name: "the working tree", notebookFolder: SideReader.notebookFolder(beside: site))
    notebooks = named.isEmpty ? [] : try RunNames(in: [base, head]).notebooks(named)
  }

  /// - Parameters:
  ///   - committed: a site folder with the records that are compared with.
  ///   - fresh: one with new ones.
  ///   - orphans: names in the committed site whose notebooks are no more.
  package init(committed: String, fresh: String, notebooks: [String], orphans: [String] = [], notebookFolder: String?) throws {
    base = try FolderRecords(folder: committed, name: committed, notebookFolder: notebookFolder)
    head = try FolderRecords(folder: fresh, name: "a fresh run", notebookFolder: notebookFolder, replacing: committed)
    let recorded = orphans.isEmpty ? [] : Set(try base.notebooks())
    self.notebooks = notebooks + orphans.filter(recorded.contains)
  }
}

/// Finds what a name of the command means.
struct SideReader {
  let site: String
  private let repository = try? GitRepository(containing: FileManager.default.currentDirectoryPath)

  init(site: String) { self.site = site }

  /// The side that a name is; nil if it is a notebook.
  func side(_ name: String, isFirst: Bool, isAlone: Bool) throws -> (any RecordSource)? {
    if isFolder(name) {
      let folder = try FolderRecords(folder: name, notebookFolder: Self.notebookFolder(beside: name))
      // A folder of the notebook's name that holds no record is somebody's data.
      if isNotebook(name), try folder.notebooks().isEmpty { return nil }
      return folder
    }
    if isRevision(name) {
      guard !isNotebook(name) else {
        throw Diagnostic(
          "'\(name)' is a revision and a notebook",
          advice: "Say which: 'heads/\(name)' or 'tags/\(name)' is the revision, '\(name).md' the notebook.")
      }
      return try revision(name)
    }
    let isKnown = isNotebook(name) || name.hasSuffix(".md") || name.contains("@")
    guard !isKnown, name.contains("/") || isFirst && !isAlone else { return nil }
    throw Diagnostic(
      "'\(name)' is neither a folder nor a revision",
      advice: "Name a site, a record, what `git log` shows, or a range of these: v1..v2.")
  }

  /// Both sides of `v1..v2`, or of `v1...v2`: what v2 changed since it left v1. An end that is missing is HEAD. Nil if a name is no range.
  func range(_ name: String) throws -> [any RecordSource]? {
    guard !isFolder(name), !isNotebook(name), let repository, let dots = name.firstRange(of: /\.\.\.?/), !name.contains("/../"),
      !name.hasPrefix("../")
    else { return nil }
    let ends = [name[..<dots.lowerBound], name[dots.upperBound...]].map { $0.isEmpty ? "HEAD" : String($0) }
    guard ends.allSatisfy(repository.hasRevision) else {
      let unknown = ends.first { !repository.hasRevision($0) } ?? name
      throw Diagnostic("There is no revision '\(unknown)' in '\(name)'", advice: "A range is two revisions: v1..v2, or v1...v2.")
    }
    guard name[dots].count == 3 else { return try ends.map(revision) }
    guard let common = repository.mergeBase(ends[0], ends[1]) else {
      throw Diagnostic(
        "\(ends[0]) and \(ends[1]) have no common revision", advice: "Compare them as they are: \(ends[0])..\(ends[1]).")
    }
    return [try revision(common), try revision(ends[1])]
  }

  func revision(_ name: String) throws -> RevisionRecords {
    guard let repository else {
      throw Diagnostic("This folder is not in a git repository", advice: "Compare two folders instead: folio diff OLD NEW.")
    }
    guard let path = repository.path(of: site), !path.isEmpty else {
      throw Diagnostic("\(site) is not in the repository \(repository.top)", advice: "Name a folder of it after '--site'.")
    }
    return try RevisionRecords(name, in: repository, site: path, notebookFolder: Self.notebookFolder(beside: path) ?? "Notebooks")
  }

  func isFolder(_ name: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) && isFolder.boolValue
  }

  func isRevision(_ name: String) -> Bool { repository?.hasRevision(name) == true }

  /// Whether a name is that of a notebook, by its record or its file.
  func isNotebook(_ name: String) -> Bool {
    guard FolderFile.isPath(name) else { return false }
    let paths =
      ["\(site)/\(name)/record/\(RecordFiles.indexName)"] + (Self.notebookFolder(beside: site).map { ["\($0)/\(name).md"] } ?? [])
    return paths.contains { FileManager.default.fileExists(atPath: $0) }
  }

  /// The name of a notebook that is named by it, or by its file.
  func notebook(_ name: String) -> String {
    guard let at = name.firstIndex(of: "@") else { return plainNotebook(name) }
    return plainNotebook(String(name[..<at])) + name[at...]
  }

  private func plainNotebook(_ name: String) -> String { isNotebook(name) ? name : Notebook.name(ofFile: name) }

  /// `Notebooks` beside the site.
  static func notebookFolder(beside site: String) -> String? {
    let parent = site.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    if parent.isEmpty { return site.hasPrefix("/") ? "/Notebooks" : "Notebooks" }
    return parent + "/Notebooks"
  }
}

/// A report's file.
package enum ReportFile {
  /// Writes it whole; to a device or a pipe, into that.
  package static func write(_ text: String, to path: String) throws {
    do {
      try WholeFile.write(text, wherever: path)
    } catch {
      throw Diagnostic("\(error)", advice: "See that the folder exists, is yours to write, and that the disk is not full.")
    }
  }
}
