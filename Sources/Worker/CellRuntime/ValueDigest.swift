import Foundation

/// A digest of a plain value: two values with the same digest are the same, bit for bit and in the same order.
///
/// By it, a cell that ran again and left the values that it had left before makes no other cell run. What has an identity (an object, a
/// closure) has no digest, nor has what is too large to be read each time; it counts as changed whenever its cell has run.
///
/// Into it go the bytes of the value, one part after the other, each behind its length or of a length that its type says.
package struct ValueDigest {
  /// At most so many bytes of one value are read.
  static let limit = 256 << 20

  private let sink: (UnsafeRawBufferPointer) -> Void
  private var buffer: [UInt8] = []
  private var count = 0
  private var depth = 0

  /// The digest of a value that is plain by `Plainness`; nil if it has none.
  package static func digest(of value: Any) -> String? {
    CellServices.current.digest { sink in
      var digest = ValueDigest(sink: sink)
      guard digest.feed(value) else { return false }
      digest.flush()
      return true
    }
  }

  private init(sink: @escaping (UnsafeRawBufferPointer) -> Void) { self.sink = sink }

  private mutating func flush() {
    buffer.withUnsafeBytes(sink)
    buffer.removeAll(keepingCapacity: true)
  }

  // MARK: - Parts

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    count += bytes.count
    buffer += bytes
    if buffer.count > 1 << 16 { flush() }
  }

  /// Adds a number, in eight bytes or as many as it has.
  package mutating func add(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { add($0) } }

  /// Adds a text, behind its length.
  package mutating func add(_ text: String) {
    var text = text
    text.withUTF8 {
      add($0.count)
      add(UnsafeRawBufferPointer($0))
    }
  }

  /// Whether so many bytes more would still be read.
  package func hasRoom(for bytes: Int) -> Bool { count + bytes <= Self.limit }

  /// Adds numbers as they lie in memory, behind their length.
  package mutating func add(raw bytes: UnsafeRawBufferPointer) {
    add(bytes.count)
    guard count + bytes.count <= Self.limit else {
      count += bytes.count
      return
    }
    flush()
    sink(bytes)
    count += bytes.count
  }

  // MARK: - Values

  /// Feeds a value, with its type. Returns false if it has no digest.
  package mutating func feed(_ value: Any) -> Bool {
    guard count <= Self.limit, depth < 64 else { return false }
    depth += 1
    defer { depth -= 1 }
    let type = Swift.type(of: value)
    add(String(reflecting: type))
    if let value = value as? any PlainValue { return value.feed(&self) && count <= Self.limit }
    guard !(value is any CustomReflectable), !(type is AnyClass) else { return false }
    return feedParts(of: value)
  }

  /// Feeds the elements of a collection, in its own order: a set or a dictionary that prints in another order is another value.
  package mutating func feed(elements: some Collection) -> Bool {
    add(elements.count)
    for element in elements where !feed(element) { return false }
    return true
  }

  /// Feeds what a value's own encoding has of it.
  package mutating func feed(encoded value: some Encodable) -> Bool {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    guard let data = try? encoder.encode([value]) else { return false }
    data.withUnsafeBytes { add(raw: $0) }
    return true
  }

  /// Feeds a structure, a tuple or an enumeration, by what the runtime says of its parts.
  private mutating func feedParts(of value: Any) -> Bool {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .struct?, .tuple?:
      for child in mirror.children where !feed(child.value) { return false }
      return !mirror.children.isEmpty || size(of: value) == 0
    case .enum?:
      guard let name = caseName(of: value) else { return false }
      add(name)
      for child in mirror.children where !feed(child.value) { return false }
      return true
    default: return false
    }
  }
}

private func size(of value: Any) -> Int {
  func size<Value>(_: Value) -> Int { MemoryLayout<Value>.size }
  return _openExistential(value, do: size)
}

/// The case of an enumeration's value, by the runtime (`stdlib/public/core/ReflectionMirror.swift`).
private func caseName(of value: Any) -> String? {
  func name<Value>(_ value: Value) -> String? { enumCaseName(value).map { String(cString: $0) } }
  return _openExistential(value, do: name)
}

@_silgen_name("swift_EnumCaseName")
private func enumCaseName<Value>(_ value: Value) -> UnsafePointer<CChar>?
