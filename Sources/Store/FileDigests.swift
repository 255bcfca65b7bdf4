import Crypto
import Foundation

/// Digests of files' content. A digest is remembered with the file's size, time, inode and device, so that a file of gigabytes is read once.
///
/// As git does with its index: a file that was changed in the last two seconds is read, but its digest is not remembered, since it could
/// change again without its time showing it.
package final class FileDigests: Sendable {
  private let store: Store?
  private let known = Known()

  private struct Stamp: Codable, Equatable {
    var size: Int64
    var modified: Int64
    var inode: UInt64
    var device: UInt64
  }

  private struct Remembered: Codable {
    var stamp: Stamp
    var digest: String
  }

  private final class Known: @unchecked Sendable {
    private let lock = NSLock()
    private var digests: [String: Remembered] = [:]

    subscript(path: String) -> Remembered? {
      get { lock.withLock { digests[path] } }
      set { lock.withLock { digests[path] = newValue } }
    }
  }

  package init(store: Store?) { self.store = store }

  /// The SHA-256 of a file's bytes in hexadecimal digits; of a folder, that of its names and what is under them. Nil if it cannot be read.
  package func digest(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    if status.st_mode & S_IFMT == S_IFDIR { return folderDigest(path) }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    let stamp = Self.stamp(status)
    let key = Self.key(path)
    if let remembered = known[path] ?? store?.value(Remembered.self, .digests, key), remembered.stamp == stamp {
      known[path] = remembered
      return remembered.digest
    }
    guard let digest = Self.hash(path) else { return nil }
    var after = stat()
    guard stat(path, &after) == 0, Self.stamp(after) == stamp else { return digest }
    if Date().timeIntervalSince1970 - Double(stamp.modified) / 1e9 > 2 {
      let remembered = Remembered(stamp: stamp, digest: digest)
      known[path] = remembered
      store?.put(value: remembered, .digests, key)
    }
    return digest
  }

  private func folderDigest(_ path: String) -> String? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return nil }
    var builder = KeyBuilder("folder")
    for name in names.sorted() { builder.add(name, digest("\(path)/\(name)") ?? "not readable") }
    return builder.key.description
  }

  private static func key(_ path: String) -> Key {
    var builder = KeyBuilder("digest")
    builder.add("path", path)
    return builder.key
  }

  private static func stamp(_ status: stat) -> Stamp {
    Stamp(
      size: Int64(status.st_size), modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
      inode: UInt64(status.st_ino), device: UInt64(status.st_dev))
  }

  private static func hash(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var hash = SHA256()
    let size = 1 << 20
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = read(file, buffer.baseAddress, size)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return hash.finalize().hexadecimal }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
