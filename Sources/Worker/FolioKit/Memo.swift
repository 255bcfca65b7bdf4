import Foundation

/// Computes a value, or takes it from disk where it has been computed before: by this session or any other, in any notebook.
///
/// ```swift
/// let patched = try memo("s1-atp", keyedBy: model.checksum, tokens) { try expensive(model, tokens) }
/// ```
/// The value is kept under its name, what it is keyed by, its type, the text of the call and the code of the cells that the call
/// names, and Folio's own build. **What it is keyed by must say all that it is computed from** besides: a model by its checksum, a file by its
/// content. A value that cannot be kept (the disk is full) is computed each time.
///
/// - Parameters:
///   - name: tells values apart, and says what it is.
///   - keys: encodable values; their JSON is part of the key.
///   - compute: called if the value is not there. What it throws is thrown, and nothing is kept.
/// - Throws: what `compute` throws, and `EncodingError` for a key that has no JSON.
public func memo<Value: Codable>(
  _code: String = "", _ name: String, keyedBy keys: any Encodable..., compute: () throws -> Value
) throws -> Value {
  let entry = try MemoEntry<Value>(code: _code, name: name, keys: keys)
  return try entry.found ?? entry.keep(compute())
}

/// The same, for a computation that awaits.
public func memo<Value: Codable>(
  _code: String = "", _ name: String, keyedBy keys: any Encodable..., compute: () async throws -> Value
) async throws -> Value {
  let entry = try MemoEntry<Value>(code: _code, name: name, keys: keys)
  if let found = entry.found { return found }
  return entry.keep(try await compute())
}

/// Where remembered values are kept; outside of a worker, nowhere.
package enum MemoStore {
  /// What is kept under these parts.
  nonisolated(unsafe) package static var find: ([(label: String, value: Data)]) -> Data? = { _ in nil }
  nonisolated(unsafe) package static var keep: (Data, [(label: String, value: Data)]) -> Void = { _, _ in }
}

private struct MemoEntry<Value: Codable> {
  private let parts: [(label: String, value: Data)]

  /// Property lists hold bytes as bytes, and need a container at the top.
  private struct Box: Codable { var value: Value }

  private struct KeyBox: Encodable {
    var key: any Encodable
    func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      try container.encode(key)
    }
  }

  init(code: String, name: String, keys: [any Encodable]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    parts =
      [("name", Data(name.utf8)), ("type", Data(String(reflecting: Value.self).utf8)), ("code", Data(code.utf8))]
      + (try keys.map { ("key", try encoder.encode(KeyBox(key: $0))) })
  }

  var found: Value? {
    MemoStore.find(parts).flatMap { try? PropertyListDecoder().decode(Box.self, from: $0) }?.value
  }

  func keep(_ value: Value) -> Value {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    if let data = try? encoder.encode(Box(value: value)) { MemoStore.keep(data, parts) }
    return value
  }
}
