import Foundation
import Keys

/// What can be asked about a file or folder without reading its content.
extension FileDigests {
  /// The names in a folder and what each is, as one text; nil if it cannot be listed.
  package func listing(_ path: String) -> String? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return nil }
    var builder = KeyBuilder("listing")
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      var status = stat()
      let kind = lstat("\(path)/\(name)", &status) == 0 ? status.st_mode & S_IFMT : 0
      builder.add(name, "\(kind)")
    }
    return builder.key.description
  }

  /// What the file system says of a path: the kind, the permissions, and of a file its size and time; nil if it is not there. A folder's time
  /// changes with whatever is put into it, and is not a part.
  package func status(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else { return "mode \(status.st_mode)" }
    return "mode \(status.st_mode) size \(status.st_size) time \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }
}
