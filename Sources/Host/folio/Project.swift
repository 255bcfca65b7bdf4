import Building
import Foundation
import Record

#if canImport(Glibc)
  import Glibc
#endif

/// The project that the working directory belongs to: the folder that holds `Notebooks`.
///
/// It is the working directory itself or the nearest folder above it, as git finds `.git`. Its files are named relative to the working
/// directory (`../Notebooks/a.md`), so that every path in a message can be opened from where it was printed.
struct Project {
  /// Empty in the project's own folder, else as many `../` as lead up to it.
  let path: String

  var notebooks: String { path + Notebooks.folder }
  var site: String { path + Self.siteName }

  private static let siteName = "Site"

  /// The project that the working directory belongs to; nil if there is none.
  /// - Throws: a `Diagnostic` if its notebooks are a stranger's. To build notebooks runs their code, and whoever goes into a folder need
  ///   not know what others have put beside it.
  static func find() throws -> Project? {
    var path = ""
    for _ in URL(fileURLWithPath: FileManager.default.currentDirectoryPath).pathComponents {
      let project = Project(path: path)
      if let owner = owner(ofFolder: project.notebooks) {
        guard path.isEmpty || [geteuid(), 0, self.owner(ofFolder: ".")].contains(owner) else {
          throw Diagnostic(
            "the folder '\(project.notebooks)' belongs to another user, and to run its notebooks is to run that user's code",
            advice: "Go to the folder that holds '\(Notebooks.folder)' if you trust them, or name the notebooks.")
        }
        return project
      }
      path += "../"
    }
    return nil
  }

  /// The project, for a command that is given no notebook.
  static func required() throws -> Project {
    if let project = try find() { return project }
    throw Diagnostic(
      "there is no folder '\(Notebooks.folder)' here, nor in a folder above",
      advice: "Name the notebooks (folio build a.md b.md), or go to a project: a folder that holds '\(Notebooks.folder)'.")
  }

  /// Notebooks as they are named to a command, and their runs: by a path, or as 'folio diff' names them: `part/prontoqa` is
  /// `Notebooks/part/prontoqa.md` of the project where there is no such file here; behind an `@` may stand the name of a run.
  static func notebooks(named names: [String]) throws -> [Notebooks.Name] {
    try names.map { text in
      var name = Notebooks.Name(text)
      guard !name.notebook.hasPrefix("/"), !Notebooks.isFile(name.notebook), let project = try find() else { return name }
      let path = "\(project.notebooks)/" + (name.notebook.hasSuffix(".md") ? name.notebook : name.notebook + ".md")
      if Notebooks.isFile(path) { name.notebook = path }
      return name
    }
  }

  /// The folder of the site where none is named: `Site` in the project, or in the working directory where there is no project.
  static var defaultSite: String { ((try? find()) ?? nil)?.site ?? siteName }

  /// The user that owns a folder; nil if there is no such folder.
  private static func owner(ofFolder path: String) -> uid_t? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
    return status.st_uid
  }
}
