import CFiles
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

  /// The file systems that only this machine writes to.
  private let ownFileSystems: Set<Int>

  /// Waits for the folder, for ten seconds at most, and holds it as long as this object lives.
  package init(_ folder: String, _ kind: Kind, ownFileSystems: Set<Int> = FolderLock.ownFileSystems) {
    self.ownFileSystems = ownFileSystems
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    isHeld = descriptor >= 0 && Self.lock(descriptor, kind == .alone ? LOCK_EX : LOCK_SH, attempts: 1000)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether nobody else holds the folder; then nobody does until this object's end. A folder that other machines may share is never known to be
  /// held alone: there, a lock may hold for the processes of one machine only.
  package var isAlone: Bool { isHeld && isOfThisMachine && Self.lock(descriptor, LOCK_EX, attempts: 1) }

  /// Whether the folder lies on a file system that only this machine writes to. One that is not known here may be anyone's.
  private var isOfThisMachine: Bool { ownFileSystems.contains(folio_file_system_kind(descriptor)) }

  /// By their numbers in `<linux/magic.h>`: ext2 to ext4, XFS, Btrfs, tmpfs, ramfs, overlayfs, F2FS, ZFS, bcachefs.
  package static let ownFileSystems: Set<Int> = [
    0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x8584_58F6, 0x794C_7630, 0xF2F5_2010, 0x2FC1_2FC1, 0xCA45_1A4E,
  ]

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
