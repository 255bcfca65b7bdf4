import Tensors

/// Reads the values of a GGUF file one after the other; none lies beyond the end of the bytes.
struct GGUFReader {
  /// What is wrong.
  struct Problem: Error {
    let text: String
    init(_ text: String) { self.text = text }
  }

  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var rest: Int { bytes.count - position }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) throws(Problem) -> Number {
    let start = try skip(MemoryLayout<Number>.size)
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
  }

  /// A count of elements that take at least so many bytes each, all of which lie in what is left.
  mutating func count(of what: String, each size: Int) throws(Problem) -> Int {
    let claimed = try number(UInt64.self)
    guard claimed <= UInt64(rest / size) else {
      throw Problem("it claims to have \(claimed) \(what), and only \(rest) bytes follow")
    }
    return Int(claimed)
  }

  mutating func string() throws(Problem) -> String {
    let start = try skipString()
    guard let string = String(validating: bytes[start..<position], as: UTF8.self) else { throw Problem("a text is not UTF-8") }
    return string
  }

  /// Passes over a text; its bytes begin at the place that it returns.
  private mutating func skipString() throws(Problem) -> Int {
    let count = try count(of: "bytes of a text", each: 1)
    return try skip(count)
  }

  /// Passes over so many bytes, and returns where they begin.
  @discardableResult private mutating func skip(_ count: Int) throws(Problem) -> Int {
    guard count <= rest else { throw Problem("it ends too early, at byte \(bytes.count)") }
    defer { position += count }
    return position
  }

  mutating func type() throws(Problem) -> GGUFType {
    let number = try number(UInt32.self)
    guard let type = GGUFType(rawValue: number) else { throw Problem("a value has the type \(number), which is not known") }
    return type
  }

  /// A value that is no list.
  mutating func scalar(_ type: GGUFType) throws(Problem) -> GGUFValue {
    switch type {
    case .uint8: .integer(Int(try number(UInt8.self)))
    case .int8: .integer(Int(try number(Int8.self)))
    case .uint16: .integer(Int(try number(UInt16.self)))
    case .int16: .integer(Int(try number(Int16.self)))
    case .uint32: .integer(Int(try number(UInt32.self)))
    case .int32: .integer(Int(try number(Int32.self)))
    case .int64: .integer(Int(try number(Int64.self)))
    case .uint64: whole(try number(UInt64.self))
    case .float32: .float32(Float(bitPattern: try number(UInt32.self)))
    case .float64: .float64(Double(bitPattern: try number(UInt64.self)))
    case .bool: .bool(try flag())
    case .string: .string(try string())
    case .array: throw Problem("a list stands within a list")
    }
  }

  private func whole(_ number: UInt64) -> GGUFValue { Int(exactly: number).map { .integer($0) } ?? .large(number) }

  private mutating func flag() throws(Problem) -> Bool {
    let byte = try number(UInt8.self)
    guard byte < 2 else { throw Problem("a value that is true or false has the byte \(byte)") }
    return byte == 1
  }

  /// A value with its type in front. A list is passed over, and its elements are looked at when it is used.
  mutating func value(of file: MappedFile) throws(Problem) -> GGUFValue {
    let type = try type()
    guard type == .array else { return try scalar(type) }
    let element = try self.type()
    let count = try count(of: "elements of a list", each: element.size ?? 8)
    let start = position
    switch element {
    case .array: throw Problem("a list stands within a list")
    case .string: for _ in 0..<count { _ = try skipString() }
    default: try skip(count * (element.size ?? 0))
    }
    return .array(GGUFArray(type: element, count: count, bytes: start..<position, file: file))
  }
}

/// The checked header of a GGUF file.
struct GGUFHeader {
  private(set) var entries: [String: GGUFFile.Entry] = [:]
  let metadata: GGUFMetadata

  /// What a tensor says of itself.
  private typealias Listed = (name: String, format: WeightMatrix.Format, shape: [Int], offset: UInt64, bytes: Int)

  init(_ file: MappedFile) throws(ModelError) {
    try file.refuseLFSPointer()
    let read = file.withBytes(0..<file.count) { bytes in
      Result { () throws(ModelError) in try Self.read(bytes, file) }
    }
    let (metadata, listed, end) = try read.get()
    self.metadata = metadata
    try place(listed, from: end, in: file)
  }

  private static func read(
    _ bytes: UnsafeRawBufferPointer, _ file: MappedFile
  ) throws(ModelError) -> (metadata: GGUFMetadata, listed: [Listed], end: Int) {
    var reader = GGUFReader(bytes)
    do throws(GGUFReader.Problem) {
      guard bytes.starts(with: "GGUF".utf8) else { throw GGUFReader.Problem("it does not begin with “GGUF”") }
      _ = try reader.number(UInt32.self)
      let version = try reader.number(UInt32.self)
      if let advice = refusal(version) { throw GGUFReader.Problem(advice) }
      // The shortest description of a tensor: an empty name, no dimension, a type and an offset.
      let tensors = try reader.count(of: "tensors", each: 24)
      // The shortest member: an empty name, a type and a byte.
      let count = try reader.count(of: "values of metadata", each: 13)
      var members: [(key: String, value: GGUFValue)] = []
      for _ in 0..<count { members.append((try reader.string(), try reader.value(of: file))) }
      guard let metadata = GGUFMetadata(members, path: file.path) else {
        var seen: Set<String> = []
        let twice = members.first { !seen.insert($0.key).inserted }?.key ?? ""
        throw GGUFReader.Problem("the key “\(twice)” stands there twice")
      }
      var listed: [Listed] = []
      for _ in 0..<tensors { listed.append(try tensor(&reader)) }
      return (metadata, listed, reader.position)
    } catch {
      throw bad(file, error.text)
    }
  }

  private static func refusal(_ version: UInt32) -> String? {
    switch version {
    case 2, 3: nil
    case 1: "it has version 1 of the format, of 2023, and Folio reads versions 2 and 3: convert the model again"
    case _ where version & 0xFFFF == 0 && version > 0:
      "it is big-endian, and Folio reads little-endian files: `gguf-convert-endian FILE little` of PyPI's gguf changes it"
    default: "it has version \(version) of the format, and Folio reads versions 2 and 3"
    }
  }

  private static func tensor(_ reader: inout GGUFReader) throws(GGUFReader.Problem) -> Listed {
    let name = try reader.string()
    let dimensions = try reader.number(UInt32.self)
    guard dimensions <= 4 else { throw .init("the tensor “\(name)” has \(dimensions) dimensions; the format allows 4") }
    var shape: [Int] = []
    for _ in 0..<dimensions {
      let length = try reader.number(UInt64.self)
      guard let length = Int(exactly: length) else { throw .init("the tensor “\(name)” claims to be \(length) long") }
      shape.insert(length, at: 0)
    }
    let format = try format(reader.number(), name)
    let offset = try reader.number(UInt64.self)
    let row = shape.last ?? 1
    guard row.isMultiple(of: format.blockCount) else {
      throw .init("the tensor “\(name)” has rows of \(row) numbers, which are no whole blocks of \(format.rawValue)")
    }
    guard let count = product(shape), let bytes = format.byteCount(of: count) else {
      throw .init("the tensor “\(name)” has the shape \(shape), which no memory holds")
    }
    return (name, format, shape, offset, bytes)
  }

  private static func product(_ shape: [Int]) -> Int? {
    var result = 1
    for length in shape {
      let (product, overflows) = result.multipliedReportingOverflow(by: length)
      guard !overflows else { return nil }
      result = product
    }
    return result
  }

  /// ggml's types by their numbers; nil where there is none any more.
  private static let types: [String?] = [
    "F32", "F16", "Q4_0", "Q4_1", nil, nil, "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K",
    "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M",
    "BF16", nil, nil, nil, "TQ1_0", "TQ2_0", nil, nil, nil, "MXFP4", "NVFP4", "Q1_0",
  ]

  private static func format(_ number: UInt32, _ name: String) throws(GGUFReader.Problem) -> WeightMatrix.Format {
    guard number < types.count, let type = types[Int(number)] else {
      throw .init("the tensor “\(name)” is of type \(number), which is not known")
    }
    guard let format = WeightMatrix.Format(rawValue: type) else {
      let known = WeightMatrix.Format.allCases.map(\.rawValue).joined(separator: ", ")
      throw .init("the tensor “\(name)” is of type \(type), and Folio reads \(known): take another quantisation of the model")
    }
    return format
  }

  /// Finds the bytes of each tensor. They begin behind the header, each at a multiple of the alignment, in any order; the bytes between
  /// them only fill up.
  private mutating func place(_ listed: [Listed], from header: Int, in file: MappedFile) throws(ModelError) {
    let alignment = try alignment()
    let start = header + (alignment - header % alignment) % alignment
    for tensor in listed {
      guard tensor.offset % UInt64(alignment) == 0 else {
        throw Self.bad(file, "the tensor “\(tensor.name)” begins at \(tensor.offset), which is no multiple of \(alignment)")
      }
      let room = max(0, file.count - start)
      guard tensor.bytes <= room, tensor.offset <= UInt64(room - tensor.bytes) else {
        throw Self.bad(
          file,
          "the tensor “\(tensor.name)” of \(tensor.bytes) bytes lies at \(tensor.offset) of the data, beyond the file's end")
      }
      let first = start + Int(tensor.offset)
      let entry = GGUFFile.Entry(
        name: tensor.name, format: tensor.format, shape: tensor.shape, bytes: first..<first + tensor.bytes)
      guard entries.updateValue(entry, forKey: tensor.name) == nil else {
        throw Self.bad(file, "the tensor “\(tensor.name)” is listed twice")
      }
    }
    try checkLayout(from: start, alignment, file)
  }

  /// A file that has bytes of two tensors, or of none, is cut off or was tampered with.
  private func checkLayout(from start: Int, _ alignment: Int, _ file: MappedFile) throws(ModelError) {
    var (covered, previous) = (start, "the header")
    for entry in entries.values.sorted(by: {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }) {
      guard entry.bytes.lowerBound >= covered else {
        throw Self.bad(file, "the tensors “\(previous)” and “\(entry.name)” overlap")
      }
      guard entry.bytes.lowerBound - covered < alignment else {
        throw Self.bad(
          file, "\(entry.bytes.lowerBound - covered) bytes between “\(previous)” and “\(entry.name)” belong to no tensor")
      }
      (covered, previous) = (entry.bytes.upperBound, entry.name)
    }
    guard file.count - covered < alignment else {
      throw Self.bad(file, "\(file.count - covered) bytes behind “\(previous)” belong to no tensor")
    }
  }

  private func alignment() throws(ModelError) -> Int {
    guard let alignment = try metadata.integer("general.alignment") else { return 32 }
    guard alignment > 0, alignment <= 1 << 30, alignment.nonzeroBitCount == 1 else {
      throw metadata.bad("general.alignment", "is \(alignment), which is no power of 2")
    }
    return alignment
  }

  private static func bad(_ file: MappedFile, _ problem: String) -> ModelError { .badGGUF(file: file.path, problem: problem) }
}
