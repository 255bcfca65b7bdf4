import Foundation
import Keys

/// The file of an entry: eight bytes that name the format and its version, the payload's SHA-256, its length in eight bytes, the lowest
/// first, and the payload.
///
/// Reading believes nothing: a file is an entry if its name for the format, its length and its checksum are all right, and is removed if
/// they are not. Writing makes a file beside the place under another name, which then takes the place at once.
enum EntryFile {
  /// What the names of files begin with that are still being written.
  static let temporaryPrefix = ".new-"

  private static let magic = Array("folio 1\n".utf8)
  private static let headerLength = magic.count + Digest.byteCount + MemoryLayout<UInt64>.size

  // MARK: - Reading

  /// The payload, if all is as it was written; the file counts as used now. What is not as it was written is removed.
  static func read(_ path: String) -> Data? {
    // A pipe that someone put there does not make us wait, and a link does not lead us elsewhere.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ELOOP { unlink(path) }
      return nil
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { return nil }
    // What someone else has put there, or may write to, is none of ours.
    guard status.st_uid == 0 || status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0 else { return nil }
    guard let payload = payload(of: file, status) else {
      remove(path, ifStill: status)
      return nil
    }
    futimens(file, nil)
    return payload
  }

  /// Reads an open file. The length is compared with the file's before memory is asked for.
  private static func payload(of file: Int32, _ status: stat) -> Data? {
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size >= headerLength else { return nil }
    let count = Int(status.st_size) - headerLength
    var header = [UInt8](repeating: 0, count: headerLength)
    guard header.withUnsafeMutableBytes({ fill($0, from: file) }), header.starts(with: magic) else { return nil }
    guard header.suffix(MemoryLayout<UInt64>.size).elementsEqual(bytes(ofLength: count)) else { return nil }
    guard let memory = malloc(max(count, 1)) else { return nil }
    let bytes = UnsafeMutableRawBufferPointer(start: memory, count: count)
    let digest = header[magic.count...].prefix(Digest.byteCount)
    guard fill(bytes, from: file), Digest(of: UnsafeRawBufferPointer(bytes)).bytes.elementsEqual(digest) else {
      free(memory)
      return nil
    }
    return Data(bytesNoCopy: memory, count: count, deallocator: .free)
  }

  private static func fill(_ buffer: UnsafeMutableRawBufferPointer, from file: Int32) -> Bool {
    var filled = 0
    while filled < buffer.count {
      let count = Foundation.read(file, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return false }
      filled += count
    }
    return true
  }

  /// Removes a file, unless another has taken its place meanwhile: that one may be whole.
  private static func remove(_ path: String, ifStill status: stat) {
    var now = stat()
    guard lstat(path, &now) == 0, now.st_ino == status.st_ino, now.st_dev == status.st_dev else { return }
    unlink(path)
  }

  // MARK: - Writing

  /// Writes an entry. Returns whether it is there; if not, nothing of it is.
  static func write(_ payload: Data, to path: String) -> Bool {
    let folder = (path as NSString).deletingLastPathComponent
    let temporary = "\(folder)/\(temporaryPrefix)\(UUID().uuidString)"
    let file = create(temporary, in: folder)
    guard file >= 0 else { return false }
    let isWritten = append(header(for: payload), to: file) && append(payload, to: file)
    // The space comes back at once, though a program that another thread starts may hold the file for a moment longer.
    if !isWritten { ftruncate(file, 0) }
    guard close(file) == 0, isWritten, rename(temporary, path) == 0 else {
      unlink(temporary)
      return false
    }
    return true
  }

  private static func header(for payload: Data) -> Data {
    let digest = Digest(of: payload)
    return Data(magic) + Data(digest.bytes) + Data(bytes(ofLength: payload.count))
  }

  private static func bytes(ofLength count: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(count).littleEndian) { Array($0) } }

  private static func append(_ data: Data, to file: Int32) -> Bool {
    data.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = Foundation.write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        written += count
      }
      return true
    }
  }

  /// Makes a new file, and its folder if need be: again if someone deletes the store at that moment.
  private static func create(_ path: String, in folder: String) -> Int32 {
    for _ in 0..<3 {
      let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if file >= 0 || errno != ENOENT { return file }
      guard makeFolder(folder) else { return -1 }
    }
    return -1
  }

  /// Makes a folder and those above it, for the user alone. Returns whether it is there.
  static func makeFolder(_ path: String) -> Bool {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return true }
    let parent = (path as NSString).deletingLastPathComponent
    guard errno == ENOENT, parent != path, makeFolder(parent) else { return false }
    return mkdir(path, 0o700) == 0 || errno == EEXIST
  }
}
