import Foundation
import Tensors

/// A digest of a plain value: two values with the same digest are the same, bit for bit and in the same order.
///
/// By it, a cell that ran again and left the values that it had left before makes no other cell run. What has an identity (an object, a
/// closure) has no digest, nor has what is too large to be read each time; it counts as changed whenever its cell has run.
package enum ValueDigest {
  /// Makes a digest of the bytes that it is fed; nil if the feeding says that there are more bytes than can be told. The worker sets it.
  nonisolated(unsafe) package static var hash: ((_ feed: (@escaping (UnsafeRawBufferPointer) -> Void) -> Bool) -> String?) = {
    _ in nil
  }

  /// No more bytes of one value are read.
  static let limit = 256 << 20

  /// The digest of a value that `PlainValue` takes for plain.
  static func digest(of value: Any) -> String? {
    hash { sink in
      var stream = ByteStream(sink: sink)
      guard stream.feed(value, depth: 0) else { return false }
      stream.flush()
      return true
    }
  }
}

/// The bytes of a value, one part after the other, each with its length or of a length that its type says.
struct ByteStream {
  let sink: (UnsafeRawBufferPointer) -> Void
  private var buffer: [UInt8] = []
  private var count = 0

  init(sink: @escaping (UnsafeRawBufferPointer) -> Void) { self.sink = sink }

  mutating func flush() {
    buffer.withUnsafeBytes(sink)
    buffer.removeAll(keepingCapacity: true)
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    count += bytes.count
    buffer += bytes
    if buffer.count > 1 << 16 { flush() }
  }

  mutating func add(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { add($0) } }

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 {
      add($0.count)
      add(UnsafeRawBufferPointer($0))
    }
  }

  /// Numbers as they lie in memory.
  mutating func add(raw bytes: UnsafeRawBufferPointer) {
    add(bytes.count)
    guard count + bytes.count <= ValueDigest.limit else {
      count += bytes.count
      return
    }
    flush()
    sink(bytes)
    count += bytes.count
  }

  /// Feeds a value, with its type. Returns false if it has no digest.
  mutating func feed(_ value: Any, depth: Int) -> Bool {
    guard count <= ValueDigest.limit, depth < 64 else { return false }
    let type = Swift.type(of: value)
    add(String(reflecting: type))
    if let leaf = value as? any Leaf { return leaf.feed(&self, depth: depth) && count <= ValueDigest.limit }
    if PlainValue.isFoundations(type) { return feedEncoded(value) }
    guard !(value is any CustomReflectable), !(type is AnyClass) else { return false }
    return feedParts(of: value, depth: depth)
  }

  /// A structure, tuple or enumeration, by what the runtime says of its parts.
  private mutating func feedParts(of value: Any, depth: Int) -> Bool {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .struct?, .tuple?:
      for child in mirror.children where !feed(child.value, depth: depth + 1) { return false }
      return !mirror.children.isEmpty || MemoryLayoutOfValue.size(value) == 0
    case .enum?:
      guard let name = EnumerationCase.name(value) else { return false }
      add(name)
      for child in mirror.children where !feed(child.value, depth: depth + 1) { return false }
      return true
    default: return false
    }
  }

  /// What Foundation defines, as its own encoding has it.
  private mutating func feedEncoded(_ value: Any) -> Bool {
    guard let value = value as? any Encodable else { return false }
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    guard let data = try? encoder.encode(EncodableBox(value: value)) else { return false }
    data.withUnsafeBytes { add(raw: $0) }
    return true
  }
}

private struct EncodableBox: Encodable {
  var value: any Encodable

  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(value)
  }
}

private enum MemoryLayoutOfValue {
  static func size(_ value: Any) -> Int {
    func size<Value>(_: Value) -> Int { MemoryLayout<Value>.size }
    return _openExistential(value, do: size)
  }
}

/// The case of an enumeration's value, by the runtime (`stdlib/public/core/ReflectionMirror.swift`).
private enum EnumerationCase {
  static func name(_ value: Any) -> String? {
    func name<Value>(_ value: Value) -> String? { caseName(value).map { String(cString: $0) } }
    return _openExistential(value, do: name)
  }
}

@_silgen_name("swift_EnumCaseName")
private func caseName<Value>(_ value: Value) -> UnsafePointer<CChar>?

// MARK: - Values with bytes of their own

/// A value that feeds itself.
private protocol Leaf {
  func feed(_ stream: inout ByteStream, depth: Int) -> Bool
}

/// A number whose bytes are its value.
private protocol NumberLeaf: Leaf {}

extension NumberLeaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    withUnsafeBytes(of: self) { stream.add(raw: $0) }
    return true
  }
}

extension Int: NumberLeaf {}
extension Int8: NumberLeaf {}
extension Int16: NumberLeaf {}
extension Int32: NumberLeaf {}
extension Int64: NumberLeaf {}
extension UInt: NumberLeaf {}
extension UInt8: NumberLeaf {}
extension UInt16: NumberLeaf {}
extension UInt32: NumberLeaf {}
extension UInt64: NumberLeaf {}
extension Float: NumberLeaf {}
extension Double: NumberLeaf {}
extension Bool: NumberLeaf {}
extension Unicode.Scalar: NumberLeaf {}

extension String: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    stream.add(self)
    return true
  }
}

extension Substring: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool { String(self).feed(&stream, depth: depth) }
}

extension Character: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool { String(self).feed(&stream, depth: depth) }
}

extension Data: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    withUnsafeBytes { stream.add(raw: $0) }
    return true
  }
}

extension Tensor: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    guard shape.feed(&stream, depth: depth), count * 4 <= ValueDigest.limit else { return false }
    elements.withUnsafeBytes { stream.add(raw: $0) }
    return true
  }
}

/// A collection, in its own order: a set or a dictionary that prints in another order is another value.
extension Collection {
  fileprivate func feedElements(_ stream: inout ByteStream, depth: Int) -> Bool {
    stream.add(count)
    for element in self where !stream.feed(element, depth: depth + 1) { return false }
    return true
  }
}

extension Array: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    guard Element.self is any NumberLeaf.Type else { return feedElements(&stream, depth: depth) }
    withUnsafeBytes { stream.add(raw: $0) }
    return true
  }
}

extension ArraySlice: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    stream.add(startIndex)
    return feedElements(&stream, depth: depth)
  }
}

extension ContiguousArray: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool { Array(self).feed(&stream, depth: depth) }
}

extension Set: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool { feedElements(&stream, depth: depth) }
}

extension Dictionary: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool { feedElements(&stream, depth: depth) }
}

extension KeyValuePairs: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool { feedElements(&stream, depth: depth) }
}

extension Optional: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    guard let value = self else {
      stream.add(0)
      return true
    }
    stream.add(1)
    return stream.feed(value, depth: depth + 1)
  }
}

extension Range: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    stream.feed(lowerBound, depth: depth + 1) && stream.feed(upperBound, depth: depth + 1)
  }
}

extension ClosedRange: Leaf {
  fileprivate func feed(_ stream: inout ByteStream, depth: Int) -> Bool {
    stream.feed(lowerBound, depth: depth + 1) && stream.feed(upperBound, depth: depth + 1)
  }
}
