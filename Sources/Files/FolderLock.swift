import Foundation

/// Work on a folder's files that no other process does at the same time, if it asks in the same way.
package enum FolderLock {
  /// Waits until nobody else holds the folder, and holds it for as long as the work takes. The folder is made if it is missing.
  ///
  /// The lock is the folder itself, so nothing lies in it for that, and it ends with its process. Where a file system has no locks the work is done
  /// all the same.
  package static func holding<Result>(_ folder: String, _ work: () throws -> Result) rethrows -> Result {
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    if descriptor >= 0 { while flock(descriptor, LOCK_EX) != 0, errno == EINTR {} }
    return try work()
  }
}
