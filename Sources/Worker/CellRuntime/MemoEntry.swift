import Foundation

/// A value that `memo` keeps on disk, under all that it depends on.
package struct MemoEntry<Value: Codable> {
  private let key: [CellServices.KeyPart]

  /// Property lists hold bytes as bytes, and need a container at the top.
  private struct Box: Codable { var value: Value }

  private struct KeyBox: Encodable {
    var key: any Encodable
    func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      try container.encode(key)
    }
  }

  /// - Parameters:
  ///   - code: stands for the code that computes the value.
  ///   - name: what the author calls the value.
  ///   - keys: what it is computed from.
  /// - Throws: `EncodingError` for a key that has no JSON.
  package init(code: String, name: String, keys: [any Encodable]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    key =
      [("name", Data(name.utf8)), ("type", Data(String(reflecting: Value.self).utf8)), ("code", Data(code.utf8))]
      + (try keys.map { ("key", try encoder.encode(KeyBox(key: $0))) })
  }

  /// The value as it was kept; nil if there is none that can be read.
  package var found: Value? {
    CellServices.current.findKept(key).flatMap { try? PropertyListDecoder().decode(Box.self, from: $0) }?.value
  }

  /// Keeps a value, if it can be written, and returns it.
  package func keep(_ value: Value) -> Value {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    if let data = try? encoder.encode(Box(value: value)) { CellServices.current.keep(data, key) }
    return value
  }
}
