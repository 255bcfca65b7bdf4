import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Tensors
import TestSupport
import Testing

/// What a safetensors file may hold, and that nothing in one can bring the process down.
@Suite struct SafetensorsTests {
  /// A file in memory of the given header and number of data bytes, opened.
  private func open(_ header: String, data: Int, claiming length: UInt64? = nil) throws -> SafetensorsFile {
    var bytes = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
    bytes += Data(header.utf8) + Data((0..<data).map { UInt8(truncatingIfNeeded: $0) })
    return try open(bytes)
  }

  private func open(_ bytes: Data) throws -> SafetensorsFile {
    let url = FileManager.default.temporaryDirectory.appending(path: "folio-\(UUID().uuidString).safetensors")
    try bytes.write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try SafetensorsFile(url)
  }

  @Test
  func dataAtOddAddressesIsReadAndTypesAreWidenedExactly() throws {
    let header = """
      {"__metadata__":{"format":"pt"},"odd":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},
      "f":{"dtype":"F32","shape":[1,2],"data_offsets":[3,11]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[11,15]},
      "h":{"dtype":"F16","shape":[],"data_offsets":[15,17]},"none":{"dtype":"F32","shape":[0,4],"data_offsets":[17,17]}}  \n
      """
    let file = try open(header, data: 17)
    #expect(file.entries.count == 5)
    let tensor = { (name: String) in try file.tensor(try #require(file.entries[name])) }
    #expect(try tensor("f").shape == [1, 2])
    #expect(try tensor("f")[0, 0] == Float(bitPattern: 0x0605_0403))
    #expect(try tensor("b").elements == [Float(bitPattern: 0x0C0B_0000), Float(bitPattern: 0x0E0D_0000)])
    #expect(try tensor("h").scalar == Float(Float16(bitPattern: 0x100F)))
    #expect(try tensor("none").count == 0)
    #expect(throws: ModelError.self) { try tensor("odd") }
  }

  @Test(arguments: [("F32", 4), ("BF16", 2), ("F16", 2)])
  func matricesAreUsedAsTheyLieInFp32Bf16AndFp16(type: String, size: Int) throws {
    let header = "{\"m\":{\"dtype\":\"\(type)\",\"shape\":[2,4],\"data_offsets\":[0,\(8 * size)]}}"
    let file = try open(header + String(repeating: " ", count: 64 - header.utf8.count % 64), data: 8 * size)
    let entry = try #require(file.entries["m"])
    #expect(try file.matrix(entry).format.rawValue == type)
    #expect(try file.matrix(entry).tensor == file.tensor(entry))
  }

  @Test
  func everyFp16NumberBecomesTheFp32NumberThatItIs() throws {
    let patterns = (0...UInt16.max).map { $0 }
    let header = "{\"h\":{\"dtype\":\"F16\",\"shape\":[65536],\"data_offsets\":[0,131072]}}"
    let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
    let file = try open(bytes + patterns.withUnsafeBytes { Data($0) })
    let values = try file.tensor(try #require(file.entries["h"])).elements
    for (value, pattern) in zip(values, patterns) {
      let expected = Float(Float16(bitPattern: pattern))
      #expect(value == expected || (value.isNaN && expected.isNaN))
    }
  }

  @Test(
    arguments: [
      ("", "is not JSON"), ("null", "not a JSON object"), ("[]", "not a JSON object"), ("{", "not JSON"),
      ("{} x", "behind its end"),
      ("{\"a\":1}", "not described by an object"), ("{\"a\":{}}", "no known type"),
      ("{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", "no known type (F31)"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}", "no shape"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}}", "no shape"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":\"2\",\"data_offsets\":[0,8]}}", "no shape"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "no two ascending offsets"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "no two ascending offsets"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "no two ascending offsets"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", "no two ascending offsets"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}", "which has 8"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,99999999999999999999]}}", "no two ascending offsets"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", "does not fill its 8 bytes"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", "does not fill"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,2],\"data_offsets\":[0,8]}}", "does not fill"),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "overlap"
      ),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "belong to no tensor"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "belong to no tensor"),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "listed twice"
      ),
      ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "not described by an object"),
      (String(repeating: "[", count: 100_000), "nested too deeply"), ("{\"\\ud800\":1}", "not JSON"), ("{\"a\\", "not JSON"),
    ])
  func aHeaderThatLiesIsAnErrorThatSaysHow(header: String, problem: String) throws {
    let error = #expect(throws: ModelError.self) { try open(header, data: 8) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test(arguments: [3, 1 << 20, 1 << 40, UInt64.max, UInt64(Int.max) - 3])
  func aHeaderLengthBeyondTheFileOrBeyondReasonIsAnError(length: UInt64) {
    #expect(throws: ModelError.self) { try open("{}", data: 0, claiming: length) }
  }

  @Test
  func aCheckpointCutOffAnywhereIsAnError() throws {
    let whole = try Data(contentsOf: ModelFixture.folder.appending(path: "tiny-gemma/model.safetensors"))
    let header = Int(whole.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    let lengths =
      Array(0..<16) + stride(from: 16, to: 8 + header, by: 97) + [8 + header, 9 + header, whole.count / 2, whole.count - 1]
    for length in lengths {
      #expect(throws: ModelError.self, "cut to \(length) bytes") { try open(whole.prefix(length)) }
    }
    #expect(throws: ModelError.self) { try open(whole + Data([0])) }
    #expect(throws: Never.self) { try open(whole) }
  }

  @Test
  func _500RandomChangesOfAHeaderAreErrorsOrLeaveAFileWhoseTensorsCanAllBeRead() throws {
    let whole = try Data(contentsOf: ModelFixture.folder.appending(path: "tiny-gemma-gqa/bf16/model.safetensors"))
    let header = Int(whole.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    var random = SeededGenerator(seed: 42)
    var (errors, sound) = (0, 0)
    for _ in 0..<500 {
      var changed = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&changed, header: header, &random) }
      do {
        let file = try open(changed)
        for entry in file.entries.values { _ = try? file.tensor(entry) }
        sound += 1
      } catch is ModelError { errors += 1 }
    }
    #expect(errors + sound == 500)
    #expect(errors > 100 && sound > 0, "\(errors) errors, \(sound) sound")
  }

  /// Replaces a byte by any other, or a digit by another digit, so that headers stay JSON and lie.
  private func mutate(_ data: inout Data, header: Int, _ random: inout SeededGenerator) {
    let index = Int.random(in: 0..<8 + header, using: &random)
    guard Bool.random(using: &random),
      let digit = data[8..<8 + header].indices.filter({ (48...57).contains(data[$0]) }).randomElement(using: &random)
    else {
      data[index] = UInt8.random(in: 0...255, using: &random)
      return
    }
    data[digit] = UInt8.random(in: 45...57, using: &random)
  }
}
