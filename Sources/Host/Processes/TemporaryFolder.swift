import Foundation
import Glibc
import Record

/// A folder of this process's own, `folio-session-XXXXXX` in the system's folder for temporary files. It is removed when nobody holds it any more.
///
/// The process has a lock on the folder, by which other processes know that it is in use. A process in another container, which shares the folder for
/// temporary files, knows it too, though the numbers of our processes mean nothing to it. The lock ends with the process, however that ends.
package final class TemporaryFolder: Sendable {
  package let path: String
  private let lock: Int32

  private static let prefix = "folio-session-"

  /// Makes a folder. It also removes the folders of processes that were ended before they could remove them.
  /// - Parameter parent: The folder to make it in. By default it is the system's folder for temporary files: `$TMPDIR`, else `/tmp`.
  /// - Throws: A `Diagnostic` if no folder can be made.
  package init(in parent: String = FileManager.default.temporaryDirectory.standardizedFileURL.path) throws {
    Self.removeOrphans(in: parent)
    while true {
      var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw Self.problem(parent) }
      let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      // A process that saw the folder before it was locked may have removed it as an orphan.
      if lock < 0, errno == ENOENT { continue }
      guard lock >= 0 else {
        defer { rmdir(path) }
        throw Diagnostic.system("the temporary folder \(path) cannot be opened")
      }
      // Where the file system has no locks, nobody can lock the folder, and so nobody takes it for an orphan.
      while flock(lock, LOCK_EX) != 0, errno == EINTR {}
      if Self.isStillThere(path, lock) {
        (self.path, self.lock) = (path, lock)
        return
      }
      close(lock)
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    close(lock)
  }

  private static func isStillThere(_ path: String, _ folder: Int32) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(folder, &opened) == 0 && lstat(path, &named) == 0 && opened.st_ino == named.st_ino
      && opened.st_dev == named.st_dev
  }

  private static func removeOrphans(in parent: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
      let path = "\(parent)/\(name)"
      let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
      guard folder >= 0 else { continue }
      defer { close(folder) }
      var status = stat()
      // The folders of other users are theirs to remove.
      guard fstat(folder, &status) == 0, status.st_uid == geteuid(), flock(folder, LOCK_EX | LOCK_NB) == 0 else { continue }
      if isStillThere(path, folder) { try? FileManager.default.removeItem(atPath: path) }
    }
  }

  /// The reason why no folder can be made, from `errno`.
  private static func problem(_ parent: String) -> Diagnostic {
    let code = errno
    let advice: String
    switch code {
    case ENOSPC, EDQUOT:
      advice = "Make room there, or name another folder for temporary files by the environment variable TMPDIR."
    case ENOENT, ENOTDIR: advice = "Make that folder, or name another one for temporary files by the environment variable TMPDIR."
    default: advice = "Name a folder for temporary files that you may write to by the environment variable TMPDIR."
    }
    let reason = String(cString: strerror(code))
    return Diagnostic("no temporary folder can be made in '\(parent)': \(reason)", advice: advice)
  }
}
