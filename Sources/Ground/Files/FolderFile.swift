import Foundation

/// Files that a stranger's file names: out of a record's index, of a page, of a site that somebody else made.
///
/// What is read lies in the folder and is a file: each part of the path is a name, none of them a link, and neither a device nor a pipe is opened.
/// The folder itself is the user's choice, and may be a link.
package enum FolderFile {
  /// Whether a text names something in a folder, and no way out of it.
  package static func isName(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }

  /// Whether a text names something below a folder: names with `/` between them, and no way out of it.
  package static func isPath(_ text: some StringProtocol) -> Bool {
    text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { isName($0) }
  }

  /// The content of a file.
  /// - Parameters:
  ///   - path: names, one below the other, with `/` between them.
  ///   - folder: what it is relative to.
  ///   - count: how many bytes of its beginning are enough; nil for all.
  /// - Returns: nil if there is no such file.
  /// - Throws: `Refused`, for a path that may lead out of the folder, and for what cannot be read.
  package static func read(_ path: String, in folder: String, first count: Int? = nil) throws(Refused) -> Data? {
    let names = path.split(separator: "/", omittingEmptySubsequences: false)
    guard names.allSatisfy(isName) else { throw Refused(path: path, reason: "is no name of a file in its folder") }
    var current = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if current >= 0 { close(current) } }
    for (index, name) in names.enumerated() where current >= 0 {
      let kind = index == names.count - 1 ? O_NONBLOCK : O_DIRECTORY
      let next = openat(current, String(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind)
      let error = errno
      if next < 0, isLink(String(name), in: current) { throw Refused(path: path, reason: "is a link, or lies behind one") }
      close(current)
      current = next
      errno = error
    }
    guard current >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw Refused(path: path, reason: "cannot be read: \(String(cString: strerror(errno)))")
    }
    return try content(of: current, path, first: count)
  }

  /// The names of the files in a folder below another one; none if it is not there, or lies behind a link.
  package static func names(in path: String, of folder: String) -> [String] {
    var current = folder
    for name in path.split(separator: "/") {
      current += "/" + name
      var status = stat()
      guard lstat(current, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [] }
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: current)) ?? []
    return names.filter { name in
      var status = stat()
      return lstat("\(current)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
  }

  private static func isLink(_ name: String, in folder: Int32) -> Bool {
    var status = stat()
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  private static func content(of file: Int32, _ path: String, first count: Int?) throws(Refused) -> Data? {
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      if status.st_mode & S_IFMT == S_IFDIR { return nil }
      throw Refused(path: path, reason: "is a device or a pipe, not a file")
    }
    do {
      let handle = FileHandle(fileDescriptor: file, closeOnDealloc: false)
      return try (count.map { try handle.read(upToCount: $0) } ?? handle.readToEnd()) ?? Data()
    } catch {
      throw Refused(path: path, reason: "cannot be read: \(error.localizedDescription)")
    }
  }

  /// Why a file is not read.
  package struct Refused: Error, CustomStringConvertible, Equatable {
    package var path: String
    package var reason: String

    package var description: String { "\(path) \(reason)" }
  }
}
