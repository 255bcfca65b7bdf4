import Foundation

/// Work on a folder's files beside which no other process does such work, if it asks in the same way.
///
/// The lock is the folder itself: nothing lies in it for that, it ends with its process, and it holds between containers that share the folder,
/// where the number of a process means nothing. Where a file system has no locks, or another one does not let go of it, as a process that was
/// stopped, the work is done all the same.
package final class FolderLock {
  /// Alone, or beside others that do not ask to be alone.
  package enum Kind { case alone, shared }

  private let descriptor: Int32
  private let isHeld: Bool

  /// Waits for the folder, for ten seconds at most, and holds it as long as this object lives.
  package init(_ folder: String, _ kind: Kind) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    isHeld = descriptor >= 0 && Self.lock(descriptor, kind == .alone ? LOCK_EX : LOCK_SH, attempts: 1000)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether nobody else holds the folder; then nobody does until this object's end.
  package var isAlone: Bool { isHeld && Self.lock(descriptor, LOCK_EX, attempts: 1) }

  /// The names in the folder. What they are is no input of what the process computes, so it is asked of the descriptor.
  package var names: [String] {
    guard let folder = fdopendir(dup(descriptor)) else { return [] }
    defer { closedir(folder) }
    rewinddir(folder)
    var names: [String] = []
    while let entry = readdir(folder) {
      // An entry is only as long as its name, and shorter than its type says: it is read where it lies.
      let name = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
      names.append(String(cString: name.assumingMemoryBound(to: CChar.self)))
    }
    return names
  }

  private static func lock(_ descriptor: Int32, _ operation: Int32, attempts: Int) -> Bool {
    for attempt in 1...attempts {
      if flock(descriptor, operation | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK || errno == EINTR else { return false }
      if attempt < attempts { usleep(10_000) }
    }
    return false
  }
}
