import Foundation

/// The folders below a folder, however deep, without hidden ones.
///
/// What lies behind a link is not looked at, since a link may lead back; only a folder's own entries may be links.
package struct FolderTree {
  /// Their paths below the folder, `a/b`, each behind the one that it lies in.
  package private(set) var names: [String] = []

  /// Deeper folders are not looked at.
  private static let mostDepth = 16

  /// - Parameter isMeant: whether to look at a folder, by the path of the one that it lies in, which is empty for the first, and its name.
  package init(_ folder: String, isMeant: (_ path: String, _ name: String) -> Bool = { _, _ in true }) {
    look(in: folder, "", depth: 1, isMeant)
  }

  private mutating func look(in folder: String, _ path: String, depth: Int, _ isMeant: (String, String) -> Bool) {
    let place = path.isEmpty ? folder : "\(folder)/\(path)"
    for name in ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).sorted() where !name.hasPrefix(".") {
      var status = stat()
      guard lstat("\(place)/\(name)", &status) == 0 else { continue }
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      guard status.st_mode & S_IFMT == S_IFDIR || isLink && path.isEmpty, isMeant(path, name) else { continue }
      let found = path.isEmpty ? name : "\(path)/\(name)"
      names.append(found)
      if !isLink, depth < Self.mostDepth { look(in: folder, found, depth: depth + 1, isMeant) }
    }
  }
}
