import CZlib
import Checkpoints
import Foundation
import Tensors

/// An archive of arrays as numpy saves it (`params.npz`): a ZIP file of `.npy` files, stored or deflated.
///
/// All of it is checked before a number is believed: the central directory against the file's size, each entry's length and checksum against
/// its content, each array's shape against its bytes. Nothing encrypted is read, and no entry that unpacks to
/// more than it says.
package struct ArrayArchive {
  /// The arrays' names, without `.npy`.
  package let shapes: [String: [Int]]
  /// The file's path, for errors.
  package let path: String
  private let file: MappedFile
  private let arrays: [String: (entry: Entry, header: NumpyHeader)]

  private struct Entry {
    let name: String
    let method: Int
    let checksum: UInt32
    let packed: Range<Int>
    let size: Int
  }

  package init(_ url: URL) throws {
    file = try MappedFile(url)
    path = file.path
    try file.refuseLFSPointer()
    let whole = file.withBytes(0..<file.count) { bytes in Result { try Self.entries(bytes, path: url.path) } }
    var arrays: [String: (entry: Entry, header: NumpyHeader)] = [:]
    for entry in try whole.get() {
      guard entry.name.hasSuffix(".npy") else { throw Self.bad(path, "“\(entry.name)” is no array") }
      let name = String(entry.name.dropLast(4))
      let start = try Self.unpacked(entry, file, first: 65536)
      let header: NumpyHeader
      do { header = try NumpyHeader(start, size: entry.size) } catch {
        throw Self.bad(path, "the array “\(name)” \(error.problem)")
      }
      guard arrays.updateValue((entry, header), forKey: name) == nil else {
        throw Self.bad(path, "“\(name)” is there twice")
      }
    }
    self.arrays = arrays
    shapes = arrays.mapValues { $0.header.shape }
  }

  /// The numbers of an array in fp32: float32 as they are, float16 widened, float64 rounded.
  package func tensor(_ name: String) throws -> Tensor {
    guard let (entry, header) = arrays[name] else { throw Self.bad(path, "it has no array “\(name)”") }
    return try header.tensor(Self.unpacked(entry, file, first: nil))
  }

  private static func bad(_ path: String, _ problem: String) -> ModelError {
    .badWeights(file: path, tensor: "npz", problem: "cannot be read as an archive of numpy: \(problem)")
  }

  // MARK: ZIP (APPNOTE.TXT 6.3, PKWARE)

  private static func entries(_ bytes: UnsafeRawBufferPointer, path: String) throws -> [Entry] {
    func number(_ offset: Int, _ length: Int) -> Int {
      (0..<length).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    // The end of the central directory is 22 bytes and a comment of at most 65,535 before the file's end.
    let lowest = max(0, bytes.count - 22 - 65535)
    guard bytes.count >= 22,
      let end = stride(from: bytes.count - 22, through: lowest, by: -1).first(where: { number($0, 4) == 0x0605_4b50 })
    else { throw bad(path, "it has no directory; it may be cut off") }
    let (count, size, start) = (number(end + 10, 2), number(end + 12, 4), number(end + 16, 4))
    guard number(end + 4, 2) == 0, number(end + 8, 2) == count, start + size <= end else {
      throw bad(path, "its directory does not lie within it")
    }
    var (entries, position): ([Entry], Int) = ([], start)
    for _ in 0..<count {
      guard position + 46 <= end, number(position, 4) == 0x0201_4b50 else { throw bad(path, "its directory is damaged") }
      let (nameLength, extra, comment) = (number(position + 28, 2), number(position + 30, 2), number(position + 32, 2))
      guard position + 46 + nameLength + extra + comment <= end else { throw bad(path, "its directory is damaged") }
      let name = String(decoding: bytes[position + 46..<position + 46 + nameLength], as: UTF8.self)
      let (flags, method) = (number(position + 8, 2), number(position + 10, 2))
      guard flags & 0x2041 == 0 else { throw bad(path, "“\(name)” is encrypted") }
      guard method == 0 || method == 8 else {
        throw bad(path, "“\(name)” is packed by method \(method), neither stored nor deflated")
      }
      var (packed, size, offset) = (number(position + 20, 4), number(position + 24, 4), number(position + 42, 4))
      if [packed, size, offset].contains(0xFFFF_FFFF) {
        // Numpy writes ZIP64 fields for every array when it is not told its size beforehand.
        try readLarge(
          bytes[position + 46 + nameLength..<position + 46 + nameLength + extra], &size, &packed, &offset,
          or: bad(path, "“\(name)” has no sizes of 64 bits, though its directory says so"))
      }
      guard offset >= 0, offset <= start - 30, number(offset, 4) == 0x0403_4b50 else {
        throw bad(path, "“\(name)” is not where the directory says")
      }
      let data = offset + 30 + number(offset + 26, 2) + number(offset + 28, 2)
      guard packed >= 0, size >= 0, data <= start, packed <= start - data, method == 8 || packed == size else {
        throw bad(path, "“\(name)” does not lie within it")
      }
      // Deflate makes at most 1032 bytes of one.
      guard size / 1032 <= packed else { throw bad(path, "“\(name)” claims to unpack to \(size) bytes, and has \(packed)") }
      entries.append(
        Entry(name: name, method: method, checksum: UInt32(number(position + 16, 4)), packed: data..<data + packed, size: size))
      position += 46 + nameLength + extra + comment
    }
    return entries
  }

  /// Sizes of 64 bits, in the order in which the others are missing.
  private static func readLarge(
    _ extra: Slice<UnsafeRawBufferPointer>, _ size: inout Int, _ packed: inout Int, _ offset: inout Int, or error: ModelError
  ) throws {
    var position = extra.startIndex
    func number(_ offset: Int, _ length: Int) -> Int { (0..<length).reduce(0) { $0 | Int(extra[offset + $1]) << (8 * $1) } }
    while position + 4 <= extra.endIndex {
      let (kind, length) = (number(position, 2), number(position + 2, 2))
      let end = position + 4 + length
      guard end <= extra.endIndex else { throw error }
      guard kind == 1 else {
        position = end
        continue
      }
      var next = position + 4
      func take(_ value: Int) throws -> Int {
        guard value == 0xFFFF_FFFF else { return value }
        guard next + 8 <= end, extra[next + 7] < 0x80 else { throw error }
        defer { next += 8 }
        return number(next, 8)
      }
      size = try take(size)
      packed = try take(packed)
      offset = try take(offset)
      return
    }
    throw error
  }

  /// The content of an entry, or so many bytes of its beginning, which are not checked then.
  private static func unpacked(_ entry: Entry, _ file: MappedFile, first: Int?) throws -> [UInt8] {
    let count = min(entry.size, first ?? entry.size)
    return try file.withBytes(entry.packed) { source in
      let content =
        entry.method == 0
        ? Array(source.prefix(count)) : try inflated(source, count, isWhole: count == entry.size, entry, file.path)
      guard count == entry.size else { return content }
      let checksum = content.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
      guard UInt32(truncatingIfNeeded: checksum) == entry.checksum else {
        throw bad(file.path, "“\(entry.name)” does not have its checksum; the file is damaged, download it again")
      }
      return content
    }
  }

  private static func inflated(
    _ source: UnsafeRawBufferPointer, _ count: Int, isWhole: Bool, _ entry: Entry, _ path: String
  ) throws -> [UInt8] {
    let damaged = bad(path, "“\(entry.name)” cannot be unpacked; the file is damaged, download it again")
    var stream = z_stream()
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw damaged }
    defer { inflateEnd(&stream) }
    var content = [UInt8](repeating: 0, count: count)
    var (read, written) = (0, 0)
    var status = Z_OK
    try content.withUnsafeMutableBufferPointer { target in
      // Lengths are of 32 bits there.
      let most = 1 << 30
      while status == Z_OK, written < count || isWhole {
        let (input, output) = (min(source.count - read, most), min(count - written, most))
        stream.next_in = source.baseAddress.map {
          UnsafeMutableRawPointer(mutating: $0 + read).assumingMemoryBound(to: UInt8.self)
        }
        stream.avail_in = UInt32(input)
        stream.next_out = target.baseAddress.map { $0 + written }
        stream.avail_out = UInt32(output)
        status = inflate(&stream, Z_NO_FLUSH)
        let (took, gave) = (input - Int(stream.avail_in), output - Int(stream.avail_out))
        (read, written) = (read + took, written + gave)
        guard status == Z_OK || status == Z_STREAM_END, status == Z_STREAM_END || took + gave > 0 else { throw damaged }
      }
    }
    guard written == count, !isWhole || status == Z_STREAM_END else { throw damaged }
    return content
  }
}
