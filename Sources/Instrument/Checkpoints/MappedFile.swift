import CKernels
import Foundation
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file's bytes, mapped into memory: they are read from disk when they are looked at.
///
/// A file that another process shortens while it is mapped kills this one (SIGBUS); checkpoints are replaced, not rewritten in place.
package final class MappedFile: Sendable {
  package let path: String
  package let count: Int
  /// Where the bytes lie; nil for a file without any. They are only read, from any thread.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer?

  package init(_ url: URL) throws(ModelError) {
    path = url.path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = Self.lastError()
      throw .unreadable(file: path, cause: ModelFile.deadLink(url) ?? error)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(file: path, cause: Self.lastError()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(file: path, cause: "it is not a file") }
    count = Int(status.st_size)
    guard count > 0 else {
      base = nil
      return
    }
    guard let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
      throw .unreadable(file: path, cause: Self.lastError())
    }
    base = memory
  }

  deinit {
    if let base { munmap(base, count) }
  }

  /// The bytes of a part of the file, which must lie within it. Valid within `body` only. Their memory is given back afterwards, so that
  /// reading a checkpoint does not take its size in addition to what is made of it; they stay in the system's page cache.
  package func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    require(range.lowerBound >= 0 && range.upperBound <= count, "The bytes \(range) lie outside of a file of \(count).")
    defer { release(range) }
    let all = UnsafeRawBufferPointer(start: base, count: count)
    return try body(UnsafeRawBufferPointer(rebasing: all[range]))
  }

  /// Where a part of the file lies in memory, for as long as this object lives; nil if the file is empty.
  package func address(of range: Range<Int>) -> UnsafeRawPointer? {
    require(range.lowerBound >= 0 && range.upperBound <= count, "The bytes \(range) lie outside of a file of \(count).")
    return base.map { UnsafeRawPointer($0 + range.lowerBound) }
  }

  /// Gives back the whole pages within a part.
  private func release(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let (start, end) = ((range.lowerBound + page - 1) / page * page, range.upperBound / page * page)
    if let base, start < end { madvise(base + start, end - start, MADV_DONTNEED) }
  }

  /// A number that changes with any byte of the file.
  package func checksum(seed: UInt64) -> UInt64 {
    let part = 1 << 26
    return stride(from: 0, to: count, by: part).reduce(seed) { hash, start in
      withBytes(start..<min(start + part, count)) { ck_hash($0.baseAddress, $0.count, hash) }
    }
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}
