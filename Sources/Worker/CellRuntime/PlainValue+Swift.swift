// What the standard library's types declare.

/// A number whose bytes are its value.
package protocol PlainNumber: PlainValue {}

extension PlainNumber {
  package func feed(_ digest: inout ValueDigest) -> Bool {
    withUnsafeBytes(of: self) { digest.add(raw: $0) }
    return true
  }
}

extension Int: PlainNumber {}
extension Int8: PlainNumber {}
extension Int16: PlainNumber {}
extension Int32: PlainNumber {}
extension Int64: PlainNumber {}
extension UInt: PlainNumber {}
extension UInt8: PlainNumber {}
extension UInt16: PlainNumber {}
extension UInt32: PlainNumber {}
extension UInt64: PlainNumber {}
extension Float: PlainNumber {}
extension Double: PlainNumber {}
extension Bool: PlainNumber {}
extension Unicode.Scalar: PlainNumber {}
extension Duration: PlainNumber {}
extension ContinuousClock.Instant: PlainNumber {}

// MARK: - Texts

extension String: PlainValue {
  package func feed(_ digest: inout ValueDigest) -> Bool {
    digest.add(self)
    return true
  }
}

extension Substring: PlainValue {
  package func feed(_ digest: inout ValueDigest) -> Bool { String(self).feed(&digest) }
}

extension Character: PlainValue {
  package func feed(_ digest: inout ValueDigest) -> Bool { String(self).feed(&digest) }
}

extension StaticString: PlainValue {
  package func feed(_ digest: inout ValueDigest) -> Bool { description.feed(&digest) }
}

// MARK: - Containers

extension Array: PlainValue {
  package static var heldTypes: [Any.Type] { [Element.self] }

  package func feed(_ digest: inout ValueDigest) -> Bool {
    guard Element.self is any PlainNumber.Type else { return digest.feed(elements: self) }
    withUnsafeBytes { digest.add(raw: $0) }
    return true
  }
}

extension ArraySlice: PlainValue {
  package static var heldTypes: [Any.Type] { [Element.self] }

  package func feed(_ digest: inout ValueDigest) -> Bool {
    digest.add(startIndex)
    return digest.feed(elements: self)
  }
}

extension ContiguousArray: PlainValue {
  package static var heldTypes: [Any.Type] { [Element.self] }
  package func feed(_ digest: inout ValueDigest) -> Bool { Array(self).feed(&digest) }
}

extension Set: PlainValue {
  package static var heldTypes: [Any.Type] { [Element.self] }
  package func feed(_ digest: inout ValueDigest) -> Bool { digest.feed(elements: self) }
}

extension Dictionary: PlainValue {
  package static var heldTypes: [Any.Type] { [Key.self, Value.self] }
  package func feed(_ digest: inout ValueDigest) -> Bool { digest.feed(elements: self) }
}

extension KeyValuePairs: PlainValue {
  package static var heldTypes: [Any.Type] { [Key.self, Value.self] }
  package func feed(_ digest: inout ValueDigest) -> Bool { digest.feed(elements: self) }
}

extension Optional: PlainValue {
  package static var heldTypes: [Any.Type] { [Wrapped.self] }
  package func feed(_ digest: inout ValueDigest) -> Bool { digest.feed(elements: map { [$0] } ?? []) }
}

extension Range: PlainValue {
  package static var heldTypes: [Any.Type] { [Bound.self] }
  package func feed(_ digest: inout ValueDigest) -> Bool { digest.feed(lowerBound) && digest.feed(upperBound) }
}

extension ClosedRange: PlainValue {
  package static var heldTypes: [Any.Type] { [Bound.self] }
  package func feed(_ digest: inout ValueDigest) -> Bool { digest.feed(lowerBound) && digest.feed(upperBound) }
}
