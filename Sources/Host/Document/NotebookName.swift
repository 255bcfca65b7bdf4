import Foundation

/// What a notebook is called, and where its site is described.
///
/// A notebook that lies in a folder `Notebooks`, however deep, is called by its path in it: `Notebooks/part/a.md` is `part/a`, and its page lies in
/// the folder of that name in the site. One that lies elsewhere is called by its file alone.
extension Notebook {
  /// The folder of a project that holds its notebooks.
  package static let rootFolder = "Notebooks"

  /// The page's folder in the site: its path in the folder of the notebooks, without `.md`, and in it that of its run: `part/a/idx=2`.
  package var name: String { notebookName + (variant.map { "/" + $0.name } ?? "") }

  /// The name of the notebook in a file, which need not be there: `part/a` for `Notebooks/part/a.md`, from wherever it is named.
  package static func name(ofFile file: String) -> String {
    let (_, below) = place(ofFile: file)
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return (below + [last.hasSuffix(".md") ? String(last.dropLast(3)) : last]).joined(separator: "/")
  }

  /// The folder of the notebooks that it belongs to, as an absolute path: the nearest `Notebooks` above it, or its own folder.
  package var root: String { Self.place(ofFile: file).root }

  /// The folder of the notebooks, and the folders in it that lead to the file.
  private static func place(ofFile file: String) -> (root: String, below: [String]) {
    let folder = URL(fileURLWithPath: file).standardizedFileURL.deletingLastPathComponent()
    // A path that leads to the file by another way than its text says is followed as the text says.
    let names = folder.path.split(separator: "/").map(String.init)
    guard let root = names.lastIndex(of: rootFolder) else { return (folder.path, []) }
    return ("/" + names[...root].joined(separator: "/"), Array(names[(root + 1)...]))
  }
}
