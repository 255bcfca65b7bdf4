/// What Folio need not compute again, on disk: compiled cells, records, remembered values, files' digests.
///
/// One folder for all notebooks, branches and processes of a user. Everything in it is named by a key of all that it was made from, so that
/// nothing in it is ever out of date, and everything may be deleted at any time.
///
/// Promises: an entry is there whole or not at all. It holds its own checksum; what is truncated, damaged or not ours counts as missing,
/// and is removed. Any number of processes may use the folder at once. A disk that is full or read-only costs time, and nothing else.
/// Entries are not synced to the disk: what a power failure tears, the checksum notices.

import Crypto
import Foundation

package final class Store: Sendable {
  /// What is kept; one folder each.
  package enum Kind: String, CaseIterable, Sendable {
    case cells, records, traces, notebooks, memo, digests
  }

  /// The store's folder; it is made when something is kept.
  package let folder: String

  package init(folder: String) { self.folder = folder }

  /// Where the store is: `FOLIO_CACHE`, else `$XDG_CACHE_HOME/folio`, else `~/.cache/folio`
  /// (<https://specifications.freedesktop.org/basedir-spec>: a relative path there is not valid).
  package static func folder(environment: [String: String]) -> String {
    if let folder = environment["FOLIO_CACHE"], !folder.isEmpty { return URL(fileURLWithPath: folder).standardizedFileURL.path }
    if let caches = environment["XDG_CACHE_HOME"], caches.hasPrefix("/") { return caches + "/folio" }
    return (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/folio"
  }

  // MARK: - Entries

  /// What is kept under a key; nil if there is nothing, or nothing whole. The entry counts as used now.
  package func data(_ kind: Kind, _ key: Key) -> Data? {
    let path = path(kind, key)
    guard let file = Self.contents(path) else { return nil }
    guard let payload = Self.payload(of: file) else {
      unlink(path)
      return nil
    }
    utimensat(AT_FDCWD, path, nil, 0)
    return payload
  }

  /// Keeps data under a key. Returns whether it did: a full disk is no error.
  @discardableResult
  package func put(_ data: Data, _ kind: Kind, _ key: Key) -> Bool {
    let path = path(kind, key)
    let folder = (path as NSString).deletingLastPathComponent
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: attributes)
    let temporary = "\(folder)/\(Self.temporaryPrefix)\(UUID().uuidString)"
    guard Self.write([Self.header(for: data), data], to: temporary), rename(temporary, path) == 0 else {
      unlink(temporary)
      return false
    }
    return true
  }

  /// What is kept under a key as JSON; nil also if it is of another form.
  package func value<Value: Decodable>(_ type: Value.Type, _ kind: Kind, _ key: Key) -> Value? {
    data(kind, key).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }

  /// Keeps a value as JSON.
  @discardableResult
  package func put(value: some Encodable, _ kind: Kind, _ key: Key) -> Bool {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(value) else { return false }
    return put(data, kind, key)
  }

  func path(_ kind: Kind, _ key: Key) -> String {
    "\(folder)/\(kind.rawValue)/\(key.description.prefix(2))/\(key.description.dropFirst(2))"
  }

  static let temporaryPrefix = ".new-"

  // MARK: - The format of a file: magic and version, the payload's SHA-256, its length, the payload

  private static let magic = Array("folio 1\n".utf8)
  private static let headerLength = magic.count + SHA256.byteCount + 8

  private static func header(for payload: Data) -> Data {
    var header = Data(magic)
    header.append(contentsOf: SHA256.hash(data: payload))
    withUnsafeBytes(of: UInt64(payload.count).littleEndian) { header.append(contentsOf: $0) }
    return header
  }

  /// The payload of a file's bytes, if all is as it was written.
  private static func payload(of file: Data) -> Data? {
    guard file.count >= headerLength else { return nil }
    let payload = Data(file[(file.startIndex + headerLength)...])
    return file.prefix(headerLength) == header(for: payload) ? payload : nil
  }

  // MARK: - Bytes

  private static func contents(_ path: String) -> Data? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var data = Data(count: Int(status.st_size))
    var filled = 0
    while filled < data.count {
      let left = data.count - filled
      let count = data.withUnsafeMutableBytes { read(file, $0.baseAddress?.advanced(by: filled), left) }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return nil }
      filled += count
    }
    return data
  }

  private static func write(_ parts: [Data], to path: String) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    for var rest in parts.map({ $0[...] }) {
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        rest = rest.dropFirst(count)
      }
    }
    return true
  }
}
