import CellRuntime

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
