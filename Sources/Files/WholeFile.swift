import Foundation

/// Files that are there whole or not at all: pages, figures, results.
///
/// A file is written beside the old one under another name, brought to the disk, and then takes its name, so that a reader, a full disk or
/// a killed process never meets a part of it.
package enum WholeFile {
  /// Writes the text beside the file under another name, brings it to the disk, and gives it the file's name. Missing folders are made.
  package static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// The same with bytes.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw CannotWrite(path: path, reason: "its folder cannot be made")
    }
    let temporary = folder.appendingPathComponent(".\(url.lastPathComponent).\(getpid())-\(UUID().uuidString)").path
    do {
      try writeSynced(bytes, to: temporary)
      guard rename(temporary, url.path) == 0 else { throw Failure.current }
      removeOrphans(of: url.lastPathComponent, in: folder)
    } catch {
      unlink(temporary)
      throw CannotWrite(path: path, reason: (error as? Failure)?.reason ?? "\(error)")
    }
  }

  /// Removes what processes left that were killed while they wrote the file.
  private static func removeOrphans(of name: String, in folder: URL) {
    for sibling in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] where sibling.hasPrefix(".\(name).")
    {
      guard let writer = sibling.dropFirst(name.count + 2).wholeMatch(of: /(\d+)-[0-9A-F-]{36}/).flatMap({ pid_t($0.1) }) else {
        continue
      }
      let isGone = kill(writer, 0) != 0 && errno == ESRCH
      if isGone { unlink(folder.appendingPathComponent(sibling).path) }
    }
  }

  /// Why a file could not be written.
  package struct CannotWrite: Error, CustomStringConvertible {
    package var path: String
    package var reason: String

    package var description: String { "\(path) cannot be written: \(reason)" }
  }

  private static func writeSynced(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Failure.current }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Failure.current }
      rest = rest.dropFirst(written)
    }
    guard fsync(file) == 0 else { throw Failure.current }
  }

  private struct Failure: Error {
    var reason: String
    static var current: Failure { Failure(reason: String(cString: strerror(errno))) }
  }
}
