import Checkpoints
import Foundation
import ModelFixture
import Tensors
import TestSupport
import Testing

/// What a GGUF file may hold, and that nothing in one can bring the process down.
@Suite struct GGUFTests {
  static let fixtures = ModelFixture.folder.appending(path: "gguf")
  private static let formats = WeightMatrix.Format.allCases

  private static func fixture() throws -> GGUFFile { try GGUFFile(fixtures.appending(path: "formats.gguf")) }

  @Test(arguments: formats)
  func givesTheNumbersOfEachFormatAsPyPIsGgufDoesBitForBit(format: WeightMatrix.Format) throws {
    let file = try Self.fixture()
    let expected = try SafetensorsFile(Self.fixtures.appending(path: "formats.expected.safetensors"))
    let entry = try #require(file.entries[format.rawValue])
    #expect(entry.format == format && entry.shape == [2, 256])
    let numbers = try expected.tensor(try #require(expected.entries[format.rawValue])).elements.map(\.bitPattern)
    #expect(file.tensor(entry).elements.map(\.bitPattern) == numbers)
    #expect(file.matrix(entry).tensor.elements.map(\.bitPattern) == numbers)
    #expect(file.matrix(entry).format == format)
  }

  @Test(arguments: formats, ["infinite", "nan"])
  func saysOfEachFormatWhichNumbersAreNotFinite(format: WeightMatrix.Format, what: String) throws {
    let file = try Self.fixture()
    #expect(file.matrix(try #require(file.entries[format.rawValue])).isFinite)
    #expect(!file.matrix(try #require(file.entries["\(format.rawValue).\(what)"])).isFinite)
  }

  @Test(arguments: formats)
  func givesRowsInAnotherOrderWithoutWideningThem(format: WeightMatrix.Format) throws {
    let file = try Self.fixture()
    let entry = try #require(file.entries[format.rawValue])
    let moved = file.matrix(entry, rows: [1, 0, 1])
    #expect(moved.format == format)
    #expect(moved.tensor.elements.map(\.bitPattern) == file.matrix(entry).gathered([1, 0, 1]).elements.map(\.bitPattern))
  }

  @Test
  func hasMetadataOfEveryType() throws {
    let metadata = try Self.fixture().metadata
    for (key, value) in [
      ("u8", 255), ("i8", -128), ("u16", 65535), ("i16", -32768), ("u32", Int(UInt32.max)), ("i32", Int(Int32.min)),
      ("i64", Int.min),
    ] { #expect(try metadata.integer("test.\(key)") == value) }
    #expect(metadata["test.u64"].map { "\($0)" } == "\(UInt64.max)")
    #expect(metadata["test.f32"].map { "\($0)" } == "0.1" && metadata["test.f64"].map { "\($0)" } == "0.1")
    #expect(try metadata.flag("test.true") == true)
    #expect(try metadata.string("test.text") == "Größe 😀")
    #expect(try metadata.strings("test.texts") == ["a", "", "ß"])
    #expect(try metadata.integers("test.integers") == [1, -2, 3])
    #expect(try metadata.floats("test.floats") == [0.5, -1.5])
    #expect(try metadata.array("test.flags")?.flags == [true, false])
    #expect(try metadata.string("test.none") == nil)
    #expect(throws: ModelError.self) { try metadata.integer("test.text") }
    #expect(throws: ModelError.self) { try metadata.floats("test.texts") }
  }

  // MARK: Headers that lie

  /// The text of the error with which a file of these bytes is refused; empty if it is not.
  private func refusal(_ bytes: GGUFBytes) throws -> String {
    let folder = try TestFolder()
    let url = URL(filePath: folder.path + "/model.gguf")
    try bytes.data.write(to: url)
    do {
      _ = try GGUFFile(url)
      return ""
    } catch { return "\(error)" }
  }

  @Test
  func isReadInVersions2And3AndInNoOtherNorBigEndian() throws {
    #expect(try refusal(GGUFBytes(version: 2)) == "")
    #expect(try refusal(GGUFBytes(version: 3)) == "")
    #expect(try refusal(GGUFBytes(version: 1)).contains("version 1"))
    #expect(try refusal(GGUFBytes(version: 4)).contains("version 4"))
    #expect(try refusal(GGUFBytes(version: 3 << 24)).contains("big-endian"))
    #expect(try refusal(GGUFBytes(magic: "GGML")).contains("does not begin with “GGUF”"))
  }

  @Test
  func isRefusedAtAnyLengthButItsOwn() throws {
    let whole = GGUFBytes(
      members: [("a", .string("text")), ("b", .strings(["x", "yz"])), ("c", .uint32(7))], tensors: [("t", [32, 2], 8, 0)],
      data: 68)
    #expect(try refusal(whole) == "")
    for length in 0..<whole.data.count {
      #expect(try !refusal(GGUFBytes(data: whole.data.prefix(length))).isEmpty, "\(length)")
    }
    #expect(try refusal(GGUFBytes(data: whole.data + Data(count: 31))) == "", "the last tensor may be filled up")
    #expect(try refusal(GGUFBytes(data: whole.data + Data(count: 64))).contains("belong to no tensor"))
  }

  @Test
  func thatClaimsMoreThanItHasIsAnErrorThatSaysWhat() throws {
    let huge = UInt64.max
    #expect(try refusal(GGUFBytes(tensorCount: huge)).contains("claims to have \(huge) tensors"))
    #expect(try refusal(GGUFBytes(memberCount: huge)).contains("claims to have \(huge) values of metadata"))
    #expect(try refusal(GGUFBytes(members: [("a", .claiming(type: 8, count: huge))])).contains("\(huge) bytes of a text"))
    #expect(try refusal(GGUFBytes(members: [("a", .list(of: 6, count: 1 << 40))])).contains("elements of a list"))
    #expect(try refusal(GGUFBytes(members: [("a", .list(of: 8, count: 1 << 40))])).contains("elements of a list"))
    #expect(try refusal(GGUFBytes(members: [("a", .list(of: 9, count: 1))])).contains("a list stands within a list"))
    #expect(try refusal(GGUFBytes(members: [("a", .claiming(type: 13, count: 0))])).contains("the type 13"))
    #expect(try refusal(GGUFBytes(members: [("a", .claiming(type: 7, count: 2))])).contains("true or false"))
  }

  @Test
  func whoseTensorsLieWrongIsAnErrorThatNamesOne() throws {
    func refusal(_ tensors: [GGUFBytes.Tensor], data: Int = 128, alignment: UInt32? = nil) throws -> String {
      let members = alignment.map { [("general.alignment", GGUFBytes.Value.uint32($0))] } ?? []
      return try self.refusal(GGUFBytes(members: members, tensors: tensors, data: data))
    }
    #expect(try refusal([("t", [8, 4], 0, 0)]) == "")
    #expect(try refusal([("t", [8, 4], 0, 0), ("t", [], 0, 128)], data: 132).contains("listed twice"))
    #expect(try refusal([("t", [8, 4], 0, 32)]).contains("beyond the file's end"))
    #expect(try refusal([("t", [8, 4], 0, UInt64.max - 31)]).contains("beyond the file's end"))
    #expect(try refusal([("t", [8, 4], 0, 4)]).contains("no multiple of 32"))
    #expect(try refusal([("t", [1], 0, 0), ("u", [8, 4], 0, 4)], data: 132, alignment: 4) == "")
    #expect(try refusal([("t", [8, 2], 0, 0), ("u", [8, 3], 0, 32)]).contains("overlap"))
    #expect(try refusal([("t", [8], 0, 0), ("u", [8], 0, 96)]).contains("belong to no tensor"))
    #expect(try refusal([("t", [1 << 33, 1 << 33], 0, 0)]).contains("no memory holds"))
    #expect(try refusal([("t", [UInt64.max], 0, 0)]).contains("claims to be \(UInt64.max) long"))
    #expect(try refusal([("t", [1 << 62], 0, 0)]).contains("no memory holds"))
    #expect(try refusal([("t", [1, 1, 1, 1, 1], 0, 0)]).contains("5 dimensions"))
    #expect(try refusal([("t", [48], 8, 0)]).contains("rows of 48 numbers, which are no whole blocks of Q8_0"))
    #expect(try refusal([("t", [256], 10, 0)]).contains("is of type Q2_K"))
    #expect(try refusal([("t", [256], 999, 0)]).contains("is of type 999"))
    for alignment in [0, 3, UInt32.max] { #expect(try refusal([], data: 0, alignment: alignment).contains("no power of 2")) }
  }

  @Test
  func withAKeyTwiceIsRefused() throws {
    let file = GGUFBytes(members: [("a", .uint32(1)), ("b", .uint32(2)), ("a", .uint32(1))])
    #expect(try refusal(file).contains("the key “a” stands there twice"))
  }

  @Test
  func thatIsAPointerOfGitLFSIsToldAsThat() throws {
    let text = "version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 100\n"
    #expect(try refusal(GGUFBytes(data: Data(text.utf8))).contains("is a pointer of Git LFS"))
  }
}

/// The bytes of a GGUF file, which need not keep to its format.
struct GGUFBytes {
  typealias Tensor = (name: String, dimensions: [UInt64], type: UInt32, offset: UInt64)
  private(set) var data = Data()

  enum Value {
    case uint32(UInt32), float32(Float), bool(Bool)
    case string(String), strings([String])
    /// A list that claims so many elements and has none.
    case list(of: UInt32, count: UInt64)
    /// A value of the type, of which only a number follows.
    case claiming(type: UInt32, count: UInt64)
  }

  init(data: Data) { self.data = data }

  init(
    magic: String = "GGUF", version: UInt32 = 3, members: [(String, Value)] = [], tensors: [Tensor] = [], data count: Int = 0,
    tensorCount: UInt64? = nil, memberCount: UInt64? = nil
  ) {
    data += Data(magic.utf8)
    append(version)
    append(tensorCount ?? UInt64(tensors.count))
    append(memberCount ?? UInt64(members.count))
    var alignment = 32
    for (key, value) in members {
      append(key)
      append(value)
      if key == "general.alignment", case .uint32(let number) = value { alignment = number == 4 ? 4 : 32 }
    }
    for tensor in tensors {
      append(tensor.name)
      append(UInt32(tensor.dimensions.count))
      for length in tensor.dimensions { append(length) }
      append(tensor.type)
      append(tensor.offset)
    }
    data += Data(count: (alignment - data.count % alignment) % alignment + count)
  }

  private mutating func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { data += Data($0) } }

  private mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    data += Data(text.utf8)
  }

  private mutating func append(_ value: Value) {
    switch value {
    case .uint32(let number): (append(UInt32(4)), append(number))
    case .float32(let number): (append(UInt32(6)), append(number.bitPattern))
    case .bool(let flag): (append(UInt32(7)), append(UInt8(flag ? 1 : 0)))
    case .string(let text): (append(UInt32(8)), append(text))
    case .strings(let texts):
      (append(UInt32(9)), append(UInt32(8)), append(UInt64(texts.count)))
      for text in texts { append(text) }
    case .list(let type, let count): (append(UInt32(9)), append(type), append(count))
    case .claiming(let type, let count): (append(type), append(count))
    }
  }
}
