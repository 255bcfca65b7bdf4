import Foundation

/// Files that are there whole or not at all: pages, figures, results.
///
/// A file is written beside the old one under another name, brought to the disk, and then takes its name, so that a reader, a full disk or
/// a killed process never meets a part of it.
package enum WholeFile {
  /// Writes the text beside the file under another name, brings it to the disk, and gives it the file's name. Missing folders are made.
  package static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// The same with bytes.
  package static func write(_ bytes: [UInt8], to path: String) throws { try write([(path, bytes)]) }

  /// Writes a file that need not outlive a power failure, and whose readers come after it.
  package static func writeUnsynced(_ bytes: [UInt8], to path: String) throws {
    unlink(path)
    try explained(path) { () throws(Failure) in try write(bytes, to: path, syncs: false) }
  }

  /// Writes many files, and none if one cannot be written. They take their names one after the other, in the order given, when all are on
  /// the disk: a file that names others comes last.
  /// - Parameter held: a folder that the caller holds alone: nobody else writes there, and asking for it would be waiting for oneself.
  package static func write(_ files: [(path: String, bytes: [UInt8])], holding held: String? = nil) throws {
    let held = held.map { URL(fileURLWithPath: $0).path }
    var waiting: [(temporary: String, path: String)] = []
    var locks: [String: FolderLock] = [:]
    defer { for file in waiting { unlink(file.temporary) } }
    for (path, bytes) in files {
      let url = URL(fileURLWithPath: path)
      let folder = url.deletingLastPathComponent().path
      if locks[folder] == nil {
        try makeFolder(folder, of: path)
        if folder != held { locks[folder] = FolderLock(folder, .shared) }
      }
      let temporary = "\(folder)/\(unfinished)\(UUID().uuidString)"
      waiting.append((temporary, url.path))
      try explained(path) { () throws(Failure) in try write(bytes, to: temporary, syncs: files.count <= mostSynced) }
    }
    if files.count > mostSynced { sync() }
    while let file = waiting.first {
      try explained(file.path) { () throws(Failure) in guard rename(file.temporary, file.path) == 0 else { throw Failure.current }
      }
      waiting.removeFirst()
    }
    for (folder, lock) in locks { removeOrphans(in: folder, holding: lock) }
  }

  /// How the name begins of a file that has not its own yet.
  private static let unfinished = ".folio-"

  /// Writes the text where the user wants it: into a file that is replaced whole, also behind a link, which stays; into a device or a pipe as it is.
  package static func write(_ text: String, wherever path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else { return try write(text, to: path) }
    if status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR {
      return try write(text, to: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    }
    try explained(path) { () throws(Failure) in try write(Array(text.utf8), to: path, flags: O_NOCTTY, syncs: false) }
  }

  /// So many files are brought to the disk one by one; with more, all that the disks still have to write is, once.
  private static let mostSynced = 16

  private static func makeFolder(_ folder: String, of path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError).map { Int32(clamping: $0.code) }
      let why = code.map { ": " + String(cString: strerror($0)) } ?? ""
      throw CannotWrite(path: path, reason: "its folder cannot be made\(why)", code: code)
    }
  }

  private static func explained(_ path: String, _ body: () throws(Failure) -> Void) throws(CannotWrite) {
    do { try body() } catch let failure {
      throw CannotWrite(path: path, reason: String(cString: strerror(failure.code)), code: failure.code)
    }
  }

  /// Removes from a folder what processes left there that were killed while they wrote a file.
  package static func removeOrphans(in folder: String) { removeOrphans(in: folder, holding: FolderLock(folder, .shared)) }

  /// If nobody else writes there now, whoever began such a file is no more. Where that cannot be known, since the folder may be shared with other
  /// machines, it is so if the file has not grown for a day.
  package static func removeOrphans(in folder: String, holding lock: FolderLock) {
    let names = lock.names.filter {
      $0.hasPrefix(unfinished) && UUID(uuidString: String($0.dropFirst(unfinished.count))) != nil
    }
    guard !names.isEmpty else { return }
    let isAlone = lock.isAlone
    for path in names.map({ folder + "/" + $0 }) where isAlone || isOld(path) { unlink(path) }
  }

  private static func isOld(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && time(nil) - status.st_mtim.tv_sec > 86_400
  }

  /// Why a file could not be written.
  package struct CannotWrite: Error, CustomStringConvertible {
    package var path: String
    package var reason: String
    /// The errno, if a system call failed.
    package var code: Int32?

    package var description: String { "\(path) cannot be written: \(reason)" }
  }

  private static func write(
    _ bytes: [UInt8], to path: String, flags: Int32 = O_CREAT | O_EXCL, syncs: Bool
  ) throws(Failure) {
    let file = open(path, O_WRONLY | O_CLOEXEC | flags, 0o644)
    guard file >= 0 else { throw Failure.current }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Failure.current }
      rest = rest.dropFirst(written)
    }
    guard !syncs || fsync(file) == 0 else { throw Failure.current }
  }

  private struct Failure: Error {
    var code: Int32
    static var current: Failure { Failure(code: errno) }
  }
}
