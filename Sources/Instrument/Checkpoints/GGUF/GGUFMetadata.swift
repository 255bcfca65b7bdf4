import Foundation

/// What a GGUF file says of its model, by keys as `llama.block_count`.
package struct GGUFMetadata: Sendable {
  /// In the file's order; no key stands twice.
  package let members: [(key: String, value: GGUFValue)]
  private let values: [String: GGUFValue]
  /// The file's path, for errors.
  package let path: String

  /// - Returns: Nil if a key stands twice.
  init?(_ members: [(key: String, value: GGUFValue)], path: String) {
    values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    guard values.count == members.count else { return nil }
    (self.members, self.path) = (members, path)
  }

  package subscript(key: String) -> GGUFValue? { values[key] }

  /// A text; nil if the key is missing.
  package func string(_ key: String) throws(ModelError) -> String? {
    guard let value = self[key] else { return nil }
    guard case .string(let text) = value else { throw bad(key, "is \(value), not a text") }
    return text
  }

  /// A whole number; nil if the key is missing.
  package func integer(_ key: String) throws(ModelError) -> Int? {
    guard let value = self[key] else { return nil }
    guard case .integer(let number) = value else { throw bad(key, "is \(value), not a whole number") }
    return number
  }

  /// `true` or `false`; nil if the key is missing.
  package func flag(_ key: String) throws(ModelError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard case .bool(let flag) = value else { throw bad(key, "is \(value), not true or false") }
    return flag
  }

  /// A list; nil if the key is missing.
  package func array(_ key: String) throws(ModelError) -> GGUFArray? {
    guard let value = self[key] else { return nil }
    guard case .array(let array) = value else { throw bad(key, "is \(value), not a list") }
    return array
  }

  /// The elements of a list of texts; nil if the key is missing.
  package func strings(_ key: String) throws(ModelError) -> [String]? {
    guard let array = try array(key) else { return nil }
    guard let strings = array.strings else { throw bad(key, "is \(GGUFValue.array(array)), not a list of texts in UTF-8") }
    return strings
  }

  /// The elements of a list of whole numbers; nil if the key is missing.
  package func integers(_ key: String) throws(ModelError) -> [Int]? {
    guard let array = try array(key) else { return nil }
    guard let integers = array.integers else { throw bad(key, "is \(GGUFValue.array(array)), not a list of whole numbers") }
    return integers
  }

  /// The elements of a list of fp32 numbers; nil if the key is missing.
  package func floats(_ key: String) throws(ModelError) -> [Float]? {
    guard let array = try array(key) else { return nil }
    guard let floats = array.floats else { throw bad(key, "is \(GGUFValue.array(array)), not a list of fp32 numbers") }
    return floats
  }

  /// An error of a key.
  package func bad(
    _ key: String, _ problem: String, advice: String = "Download the file again, or convert the model again."
  ) -> ModelError {
    .badConfiguration(file: path, key: key, problem: problem, advice: advice)
  }
}

/// A value of the metadata.
package enum GGUFValue: Sendable, CustomStringConvertible {
  case integer(Int)
  /// A number of 64 bits that is larger than `Int.max`.
  case large(UInt64)
  case float32(Float)
  case float64(Double)
  case bool(Bool)
  case string(String)
  case array(GGUFArray)

  /// As it is shown in a message.
  package var description: String {
    switch self {
    case .integer(let number): "\(number)"
    case .large(let number): "\(number)"
    case .float32(let number): "\(number)"
    case .float64(let number): "\(number)"
    case .bool(let flag): "\(flag)"
    case .string(let text): "“\(text.count > 60 ? text.prefix(60) + "…" : text)”"
    case .array(let array): "a list of \(array.count) of type \(array.type)"
    }
  }
}

/// The type of a value, by its number in the file.
package enum GGUFType: UInt32, Sendable {
  case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// The bytes of a value; nil if that differs from value to value.
  var size: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// A list in the metadata, which stays in the file until it is asked for: a vocabulary has hundreds of thousands of elements.
package struct GGUFArray: Sendable {
  package let type: GGUFType
  package let count: Int
  /// Where the elements lie. They were looked at when the file was opened: each lies within it.
  let bytes: Range<Int>
  let file: MappedFile

  /// The elements, if they are texts in UTF-8.
  package var strings: [String]? {
    guard type == .string else { return nil }
    return read { reader throws(GGUFReader.Problem) in try reader.string() }
  }

  /// The elements, if they are whole numbers that `Int` holds.
  package var integers: [Int]? {
    read { [type] reader throws(GGUFReader.Problem) in
      guard case .integer(let number) = try reader.scalar(type) else { throw .init("no whole number") }
      return number
    }
  }

  /// The elements, if they are in fp32.
  package var floats: [Float]? {
    read { [type] reader throws(GGUFReader.Problem) in
      guard case .float32(let number) = try reader.scalar(type) else { throw .init("no fp32 number") }
      return number
    }
  }

  /// The elements, if they are `true` and `false`.
  package var flags: [Bool]? {
    read { [type] reader throws(GGUFReader.Problem) in
      guard case .bool(let flag) = try reader.scalar(type) else { throw .init("no flag") }
      return flag
    }
  }

  private func read<Element>(_ element: (inout GGUFReader) throws(GGUFReader.Problem) -> Element) -> [Element]? {
    file.withBytes(bytes) { bytes in
      var reader = GGUFReader(bytes)
      var elements: [Element] = []
      for _ in 0..<count {
        guard let next = try? element(&reader) else { return nil }
        elements.append(next)
      }
      return elements
    }
  }
}
