import Foundation
import Glibc
import Processes
import Record

/// What the kernel tells of changes in folders (inotify).
final class Inotify: Sendable {
  let file: Int32

  struct Event {
    /// The folder's watch.
    var watch: Int32
    /// The name in the folder.
    var name: String
    /// What happened, as bits.
    var mask: UInt32

    func has(_ bit: some BinaryInteger) -> Bool { mask & UInt32(bit) != 0 }
  }

  private static let comingAndGoing =
    UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE_SELF)
    | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR) | UInt32(IN_MASK_ADD)

  private let folders = Locked<[Int32: String]>([:])

  init() throws {
    file = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard file >= 0 else { throw Self.failure }
  }

  deinit { close(file) }

  /// The system says that a process has too many descriptors also where its user has too many of these.
  static var failure: Diagnostic {
    guard errno == EMFILE, Descriptors.isAnyFree else { return Diagnostic.system("Files cannot be watched") }
    return Diagnostic(
      "Files cannot be watched: \(String(cString: strerror(errno)))",
      advice: "Other programs may watch too many: raise fs.inotify.max_user_instances, or end some of them.")
  }

  /// Watches what comes into a folder and leaves it, and what is written there; nil if there is no such folder.
  func watch(_ folder: String, forWrites: Bool) -> Int32? {
    let watch = inotify_add_watch(file, folder, Self.comingAndGoing | (forWrites ? UInt32(IN_CLOSE_WRITE) : 0))
    guard watch >= 0 else { return nil }
    folders.with { $0[watch] = folder }
    return watch
  }

  func remove(_ watch: Int32) {
    inotify_rm_watch(file, watch)
    folders.with { $0[watch] = nil }
  }

  /// What has happened since the last call; does not wait.
  func events() -> [Event] {
    var events: [Event] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = retrying { read(file, &buffer, buffer.count) }
      guard count > 0 else { return events }
      events += Self.parse(buffer[..<count])
    }
  }

  /// Whether what the event is about is a link, hard or symbolic.
  func isLink(_ event: Event) -> Bool {
    var status = stat()
    guard let folder = folders.with({ $0[event.watch] }), lstat(folder + "/" + event.name, &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFLNK || (status.st_mode & S_IFMT == S_IFREG && status.st_nlink > 1)
  }

  /// Four numbers of four bytes (watch, mask, cookie, length of the name), then the name, filled up with nulls.
  private static func parse(_ bytes: ArraySlice<UInt8>) -> [Event] {
    var events: [Event] = []
    var rest = bytes
    while rest.count >= 16 {
      let numbers = rest.withUnsafeBytes { head in (0..<4).map { head.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) } }
      let name = rest.dropFirst(16).prefix(Int(numbers[3])).prefix { $0 != 0 }
      events.append(Event(watch: Int32(bitPattern: numbers[0]), name: String(decoding: name, as: UTF8.self), mask: numbers[1]))
      rest = rest.dropFirst(16 + Int(numbers[3]))
    }
    return events
  }
}
