import Foundation

/// How large the store is, and how it becomes smaller.
extension EntryStore {
  /// A number of files and their size.
  package struct Usage: Sendable, Equatable {
    package var entries = 0
    package var bytes = 0

    package init(entries: Int = 0, bytes: Int = 0) {
      self.entries = entries
      self.bytes = bytes
    }

    fileprivate mutating func add(_ file: File) {
      entries += 1
      bytes += file.size
    }
  }

  /// How large the store may become: `FOLIO_CACHE_LIMIT` in gigabytes, else 5.
  package static func limit(environment: [String: String]) -> Int {
    environment["FOLIO_CACHE_LIMIT"].flatMap(limit) ?? 5_000_000_000
  }

  /// A number of gigabytes in bytes; nil for a text that is none.
  package static func limit(_ gigabytes: String) -> Int? {
    Double(gigabytes).flatMap { $0.isFinite && $0 >= 0 ? Int(min($0, 1e6) * 1e9) : nil }
  }

  /// What it holds, by kind; kinds of which it holds nothing are left out.
  package func usage() -> [Kind: Usage] {
    var usage: [Kind: Usage] = [:]
    for file in files() where !file.isTemporary { usage[file.kind, default: Usage()].add(file) }
    return usage
  }

  /// Removes the entries that were used least recently, until at most `limit` bytes are left, and what writers left behind that were
  /// killed, more than an hour ago. Others may use the store meanwhile: what they miss, they compute. Returns what was removed.
  @discardableResult
  package func prune(to limit: Int) -> Usage {
    var removed = Usage()
    let all = files()
    for file in all where file.isTemporary && file.used < Moment.now.earlier(seconds: 3600) {
      if Self.remove(file) == .removed { removed.add(file) }
    }
    let entries = all.filter { !$0.isTemporary }.sorted { ($0.used, $0.path) < ($1.used, $1.path) }
    var left = entries.reduce(0) { $0 + $1.size }
    for entry in entries {
      guard left > limit else { break }
      let outcome = Self.remove(entry)
      if outcome != .kept { left -= entry.size }
      if outcome == .removed { removed.add(entry) }
    }
    return removed
  }

  /// A small listing for readers.
  package func report() -> String {
    let usage = usage()
    let all = usage.values.reduce(into: Usage()) { total, part in
      total.entries += part.entries
      total.bytes += part.bytes
    }
    let rows = Kind.allCases.map { ($0.words, usage[$0] ?? Usage()) } + [("in all", all)]
    let lines = rows.map { name, usage in
      name.padding(toLength: 24, withPad: " ", startingAt: 0)
        + String(format: "%8ld  %10.1f MB", usage.entries, Double(usage.bytes) / 1e6)
    }
    return ([folder] + lines).joined(separator: "\n")
  }

  // MARK: - Files

  fileprivate struct File {
    var kind: Kind
    var path: String
    var size: Int
    var used: Moment
    var isTemporary: Bool
  }

  private enum Removal { case removed, gone, kept }

  /// Removes a file, unless someone used it meanwhile.
  private static func remove(_ file: File) -> Removal {
    var status = stat()
    guard lstat(file.path, &status) == 0 else { return errno == ENOENT ? .gone : .kept }
    guard Moment(status.st_mtim) == file.used else { return .kept }
    if unlink(file.path) == 0 { return .removed }
    return errno == ENOENT ? .gone : .kept
  }

  /// The entries, and the files that are to become some. Whatever else lies there is none of ours: `FOLIO_CACHE` may name a folder in which
  /// someone keeps notebooks of their own in `notebooks`.
  private func files() -> [File] {
    guard !folder.isEmpty else { return [] }
    return Kind.allCases.flatMap { kind in
      let base = "\(folder)/\(kind.rawValue)"
      return Self.names(in: base).filter { Self.isHexadecimal($0, count: 2) }.flatMap { part in
        Self.names(in: "\(base)/\(part)").compactMap { Self.file(kind, "\(base)/\(part)", $0) }
      }
    }
  }

  private static func file(_ kind: Kind, _ folder: String, _ name: String) -> File? {
    let isTemporary = name.hasPrefix(EntryFile.temporaryPrefix)
    guard isTemporary || isHexadecimal(name, count: 62) else { return nil }
    var status = stat()
    let path = "\(folder)/\(name)"
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return File(kind: kind, path: path, size: Int(status.st_size), used: Moment(status.st_mtim), isTemporary: isTemporary)
  }

  private static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  private static func isHexadecimal(_ name: String, count: Int) -> Bool {
    name.utf8.count == count && name.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
  }
}

extension EntryStore.Kind {
  /// What it is, in words.
  var words: String {
    switch self {
    case .cells: "compiled cells"
    case .records: "records"
    case .traces: "files that cells read"
    case .notebooks: "notebooks' histories"
    case .memo: "remembered values"
    case .digests: "files' digests"
    case .cubins: "compiled kernels"
    case .formulas: "formulas as MathML"
    }
  }
}
