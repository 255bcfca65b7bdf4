import Foundation
import Glibc
import Record

/// A folder of this process's own, `folio-session-XXXXXX` in the system's folder for temporary files, as long as it is held.
///
/// Its holder has it locked. By that another process knows that it is in use, also one in another container that shares the temporary folder and
/// for which the numbers of our processes mean nothing; and the lock ends with its holder, however that ends.
package final class TemporaryFolder: Sendable {
  package let path: String
  private let lock: Int32

  private static let prefix = "folio-session-"

  /// Makes a folder. Those whose holders were ended before they could remove them are removed.
  /// - Parameter parent: by default the system's folder for temporary files: `$TMPDIR`, else `/tmp`.
  /// - Throws: a `Diagnostic` if none can be made.
  package init(in parent: String = FileManager.default.temporaryDirectory.standardizedFileURL.path) throws {
    Self.removeOrphans(in: parent)
    while true {
      var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw Self.problem(parent) }
      let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      // Whoever saw it before it was locked may have taken it for an orphan.
      if lock < 0, errno == ENOENT { continue }
      guard lock >= 0 else {
        defer { rmdir(path) }
        throw Diagnostic.system("the temporary folder \(path) cannot be opened")
      }
      // Where the file system has no locks, nobody can take it for one.
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
      // Another user's are that user's to remove.
      guard fstat(folder, &status) == 0, status.st_uid == geteuid(), flock(folder, LOCK_EX | LOCK_NB) == 0 else { continue }
      if isStillThere(path, folder) { try? FileManager.default.removeItem(atPath: path) }
    }
  }

  /// Why no folder can be made, by `errno`.
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
