import Foundation

// What Foundation's types declare. They keep their content where the runtime does not show it, and all of it is in their encoding. A type of
// Foundation's that is not here is walked as any other.

/// A value whose encoding tells it from others.
package protocol PlainEncoded: PlainValue, Encodable {}

extension PlainEncoded {
  package func feed(_ digest: inout ValueDigest) -> Bool { digest.feed(encoded: self) }
}

extension Calendar: PlainEncoded {}
extension CharacterSet: PlainEncoded {}
extension Date: PlainEncoded {}
extension DateComponents: PlainEncoded {}
extension DateInterval: PlainEncoded {}
extension Decimal: PlainEncoded {}
extension IndexPath: PlainEncoded {}
extension IndexSet: PlainEncoded {}
extension Locale: PlainEncoded {}
extension PersonNameComponents: PlainEncoded {}
extension TimeZone: PlainEncoded {}
extension URL: PlainEncoded {}
extension URLComponents: PlainEncoded {}
extension UUID: PlainEncoded {}

extension Data: PlainValue {
  package func feed(_ digest: inout ValueDigest) -> Bool {
    withUnsafeBytes { digest.add(raw: $0) }
    return true
  }
}
