import Document
import Foundation
import Record
import Rendering

/// The files that a notebook's links lead to.
struct ReferredFiles {
  /// More is no file that readers of a page take with them.
  static let mostBytes = 50_000_000

  private let notebook: Notebook
  private let folder: URL
  /// The folder of all notebooks.
  private let notebooks: String
  /// What files must lie in.
  private let project: String

  init(_ notebook: Notebook) {
    self.notebook = notebook
    folder = URL(fileURLWithPath: notebook.folder).standardizedFileURL
    var root = folder
    while root.path != "/", root.lastPathComponent != Notebooks.folder { root.deleteLastPathComponent() }
    let isProject = root.path != "/"
    notebooks = isProject ? root.path : folder.path
    project = isProject ? root.deletingLastPathComponent().path : folder.path
  }

  /// The absolute path that a link's path means.
  func file(_ path: String) -> String { URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL.path }

  /// Whether a link's path leads to a notebook, which has a page.
  func isPage(_ path: String) -> Bool { file(path).hasPrefix(notebooks + "/") && Notebooks.isFile(file(path)) }

  /// Whether a file lies in the project, also where links of the file system lead.
  func isInProject(_ path: String) -> Bool {
    let real = URL(fileURLWithPath: file(path)).resolvingSymlinksInPath().path
    return real.hasPrefix(URL(fileURLWithPath: project).resolvingSymlinksInPath().path + "/")
  }

  /// The name of the notebook whose page a link leads to as the site has it: `../summary/index.html`.
  private func pageOfSite(_ path: String) -> String?? {
    let match = path.wholeMatch(of: /\.\.\/(?:([^\/]+)\/)?(?:index\.html)?/)
    return match.map { $0.1.map(String.init) }
  }

  /// What is wrong with a link, before the cells run.
  func problem(_ path: String, at place: Place, isPage: Bool) -> Diagnostic? {
    if isPage, !FileManager.default.fileExists(atPath: file(path)) {
      let names = Notebooks.entries(of: URL(fileURLWithPath: file(path)).deletingLastPathComponent().path)
        .map { URL(fileURLWithPath: $0).lastPathComponent }
      return Diagnostic(
        at: place, "the link '\(path)' leads nowhere: there is no such notebook",
        advice: names.isEmpty ? "Its path is read from the notebook's folder." : Suggestion.advice(for: path, among: names))
    }
    if let page = pageOfSite(path), !FileManager.default.fileExists(atPath: file(path)) {
      guard let name = page, Notebooks.isFile("\(folder.path)/\(name).md") else { return nil }
      return Diagnostic(
        .note, at: place, "'\(path)' is the address of a page, which readers of the Markdown file do not have",
        advice: "Write '\(name).md': on the page it becomes this link, and is checked.")
    }
    guard !isInProject(path) else { return nil }
    return Diagnostic(
      .warning, at: place, "the link '\(path)' leads out of the project, so that its file is not put beside the page",
      advice: "Put a copy into the project's folder.")
  }

  /// The copy of a file beside the page; nil for what is no link to a file.
  /// - Parameter taken: the paths of copies of other files.
  func copy(_ path: String, besides taken: Set<String>) throws(Diagnostic) -> Page.File? {
    let file = file(path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
      if pageOfSite(path) != nil { return nil }
      throw Diagnostic(
        "the link '\(path)' leads nowhere: there is no such file",
        advice: "Its path is read from the notebook's folder. A file that a cell writes is there after it ran.")
    }
    guard isInProject(path) else { return nil }
    guard Notebooks.isFile(file), !isFolder.boolValue else {
      throw Diagnostic("the link '\(path)' leads to a folder, which is not put beside the page", advice: "Name a file.")
    }
    let size = (try? FileManager.default.attributesOfItem(atPath: URL(fileURLWithPath: file).resolvingSymlinksInPath().path))
      .flatMap { ($0[.size] as? NSNumber)?.intValue }
    guard let size, size <= Self.mostBytes else {
      throw Diagnostic(
        "the file '\(path)' is too large to be put beside the page",
        advice: "At most \(Self.mostBytes / 1_000_000) MB are: link to where it can be had.")
    }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic("the file '\(path)' cannot be read", advice: "See who may read it.")
    }
    return Page.File(path: free(URL(fileURLWithPath: file), besides: taken), data: data)
  }

  /// `files/means.csv`, or `files/means-2.csv` where that is another file.
  private func free(_ file: URL, besides taken: Set<String>) -> String {
    let (name, type) = (file.deletingPathExtension().lastPathComponent, file.pathExtension)
    let ending = type.isEmpty ? "" : "." + type
    var (path, count) = ("files/\(name)\(ending)", 1)
    while taken.contains(path) {
      count += 1
      path = "files/\(name)-\(count)\(ending)"
    }
    return path
  }
}
