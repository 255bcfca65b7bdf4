import Foundation
import Keys

/// Digests of files' content. A digest is remembered with the file's size, time, inode and device, in memory and in the store, so that a
/// file of gigabytes is read once.
///
/// As git does with its index: a file that was changed less than two seconds before it is read has its digest told, but not remembered,
/// since it could change again without its time showing it. So it is with a file that changes while it is read, and with those that the
/// kernel makes up (in `/proc`), whose sizes and times say nothing.
package final class FileDigests: Sendable {
  private let store: EntryStore?
  private let known = Known()

  /// - Parameter store: where digests outlive the process; without one they are remembered in memory only.
  package init(store: EntryStore?) { self.store = store }

  /// The SHA-256 of a file's bytes in hexadecimal digits; of a folder, that of its names and of what is under them. Nil if it cannot be
  /// read, or is a folder of what the kernel makes up.
  package func digest(_ path: String) -> String? { digest(path, within: []) }

  /// - Parameter folders: those on the way, so that a link to one of them does not lead round in circles.
  private func digest(_ path: String, within folders: [Identity]) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return folderDigest(path, Identity(status), within: folders)
    case S_IFREG: return fileDigest(path)
    default: return nil
    }
  }

  // MARK: - Files

  /// The file is asked what it says of itself when it is open: what another machine has written and closed is seen then, as network file systems
  /// promise, while a mere question may be answered from memory.
  private func fileDigest(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard let stamp = Self.stamp(file) else { return nil }
    let key = Self.key(path, stamp)
    if let remembered = known[key], remembered.stamp == stamp { return remembered.digest }
    if let remembered = store?.value(Remembered.self, .digests, key), remembered.stamp == stamp {
      known[key] = remembered
      return remembered.digest
    }
    guard let (remembered, isSteady) = Self.read(file, stamp) else { return nil }
    if isSteady {
      known[key] = remembered
      store?.put(value: remembered, .digests, key)
    }
    return remembered.digest
  }

  private static func stamp(_ file: Int32) -> Stamp? {
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Stamp(status)
  }

  /// Reads a file. Its digest is steady if what the file says of itself tells that nothing changed, and will tell when something does.
  private static func read(_ file: Int32, _ stamp: Stamp) -> (Remembered, isSteady: Bool)? {
    // The time before the reading: it is then that the file must have been at rest for a while.
    let start = Moment.now
    guard let (digest, size) = hash(file) else { return nil }
    let isSame = self.stamp(file) == stamp && size == stamp.size
    return (Remembered(stamp: stamp, digest: digest), isSame && stamp.modified < start.earlier(seconds: 2))
  }

  /// The digest of what is left to read, and how much that was.
  private static func hash(_ file: Int32) -> (String, size: Int)? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    var builder = DigestBuilder()
    var size = 0
    while true {
      let count = Foundation.read(file, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return (builder.digest.hexadecimal, size) }
      builder.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      size += count
    }
  }

  /// Where a file's digest is remembered. The same relative path is another file elsewhere. Machines that share a file system may know it under
  /// numbers of their own: none takes another one's place.
  private static func key(_ path: String, _ stamp: Stamp) -> Key {
    var builder = KeyBuilder("digest")
    builder.add("device", "\(stamp.file.device)")
    builder.add("path", path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path)
    return builder.key
  }

  // MARK: - Folders

  /// What cannot be read within a folder (a dangling link, a socket, another user's file) is told apart from what can, by its name and by
  /// being unreadable: a cell cannot have read it either.
  private func folderDigest(_ path: String, _ identity: Identity, within folders: [Identity]) -> String? {
    guard !folders.contains(identity), !Self.isMadeUp(path),
      let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    else { return nil }
    var builder = KeyBuilder("folder")
    // In the order of their bytes: Swift's own order of texts takes different spellings of an "é" for one.
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      builder.add(name, digest("\(path)/\(name)", within: folders + [identity]) ?? "not readable")
    }
    return builder.key.description
  }

  /// Whether the kernel makes up what lies in a folder (`/proc`, `/sys`): its file system has no room of its own. It is another thing each time, and
  /// some of it has no end.
  private static func isMadeUp(_ folder: String) -> Bool {
    var system = statvfs()
    return statvfs(folder, &system) == 0 && system.f_blocks == 0
  }

  // MARK: - What is remembered

  /// Which file or folder it is, whatever its path.
  private struct Identity: Codable, Hashable {
    var inode: UInt
    var device: UInt

    init(_ status: stat) {
      inode = UInt(status.st_ino)
      device = UInt(status.st_dev)
    }
  }

  /// What a file says of itself: as long as it says the same, its content is taken to be the same.
  private struct Stamp: Codable, Hashable {
    var file: Identity
    var size: Int
    var modified: Moment

    init(_ status: stat) {
      file = Identity(status)
      size = Int(status.st_size)
      modified = Moment(status.st_mtim)
    }
  }

  private struct Remembered: Codable {
    var stamp: Stamp
    var digest: String
  }

  /// The digests that this process has met.
  private final class Known: @unchecked Sendable {
    private let lock = NSLock()
    private var digests: [Key: Remembered] = [:]

    subscript(key: Key) -> Remembered? {
      get { lock.withLock { digests[key] } }
      set { lock.withLock { digests[key] = newValue } }
    }
  }
}
