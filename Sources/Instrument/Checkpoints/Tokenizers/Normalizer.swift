import Foundation

/// What is done to a text before it is cut into words: the `normalizer` of a `tokenizer.json`.
struct Normalizer: Sendable {
  enum Step: Sendable {
    case form(Form)
    /// Put before a text that is not empty.
    case prepend([UInt8])
    case replace(Pattern, with: [UInt8])
  }

  /// Unicode's normalization forms.
  enum Form: String, Sendable { case nfc = "NFC", nfd = "NFD", nfkc = "NFKC", nfkd = "NFKD" }

  var steps: [Step] = []

  var addsSpace: Bool { steps.contains { if case .prepend = $0 { true } else { false } } }

  /// The text as it is to be read; nil if that is as it stands there.
  func normalized(_ text: UnsafeBufferPointer<UInt8>) throws(ModelError) -> [UInt8]? {
    var result: [UInt8]?
    for step in steps {
      switch step {
      case .form(let form):
        let changed: [UInt8]? =
          if let result { result.withUnsafeBufferPointer { form.applied($0) } } else { form.applied(text) }
        if let changed { result = changed }
      case .prepend(let bytes):
        let current = result ?? Array(text)
        if !current.isEmpty { result = bytes + current }
      case .replace(let pattern, let bytes): result = try Self.replaced(result ?? Array(text), pattern, bytes)
      }
    }
    return result
  }

  private static func replaced(_ text: [UInt8], _ pattern: Pattern, _ other: [UInt8]) throws(ModelError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 4)
    try text.withPointer { (bytes) throws(ModelError) in
      try pattern.forEach(bytes, in: 0..<text.count) { range, isMatch in
        if isMatch {
          result += other
        } else {
          result += UnsafeBufferPointer(rebasing: UnsafeBufferPointer(start: bytes, count: text.count)[range])
        }
      }
    }
    return result
  }
}

extension Normalizer.Form {
  /// Nil if the text has this form.
  fileprivate func applied(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    // Below U+0300 nothing is composed, and ASCII has every form.
    let first: UInt8 = self == .nfc ? 0xCC : 0x80
    guard text.contains(where: { $0 >= first }) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(text.count + 16)
    // Characters that are unknown end what can be composed or put in order.
    var known = String.UnicodeScalarView()
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if scalar.value >= 0x300, UnicodeTable.unknownToForms.contains(scalar.value) {
        result += applied(known)
        result += String(scalar).utf8
        known = String.UnicodeScalarView()
      } else if (0xF73...0xF81).contains(scalar.value), let decomposed = Self.decompositions[scalar] {
        known += decomposed
      } else {
        known.append(scalar)
      }
    }
    return result + applied(known)
  }

  private func applied(_ text: String.UnicodeScalarView) -> String.UTF8View {
    let text = String(text)
    return switch self {
    case .nfc: text.precomposedStringWithCanonicalMapping.utf8
    case .nfd: text.decomposedStringWithCanonicalMapping.utf8
    case .nfkc: text.precomposedStringWithCompatibilityMapping.utf8
    case .nfkd: text.decomposedStringWithCompatibilityMapping.utf8
    }
  }

  /// Three characters begin a sequence of marks by their decomposition, and not by themselves; the standard library does not put such marks
  /// in order. Decomposed, which they are in every form, they do.
  private static let decompositions: [Unicode.Scalar: [Unicode.Scalar]] = [
    "\u{F73}": ["\u{F71}", "\u{F72}"], "\u{F75}": ["\u{F71}", "\u{F74}"], "\u{F81}": ["\u{F71}", "\u{F80}"],
  ]
}

extension [UInt8] {
  /// Works with the bytes in their place.
  @inline(__always)
  func withPointer<Result>(_ body: (UnsafePointer<UInt8>) throws(ModelError) -> Result) throws(ModelError) -> Result {
    let done = withUnsafeBufferPointer { buffer -> Swift.Result<Result, ModelError> in
      guard let base = buffer.baseAddress else { return Self.withPlaceholder(body) }
      do throws(ModelError) { return .success(try body(base)) } catch { return .failure(error) }
    }
    return try done.get()
  }

  private static func withPlaceholder<Result>(
    _ body: (UnsafePointer<UInt8>) throws(ModelError) -> Result
  ) -> Swift.Result<Result, ModelError> {
    withUnsafePointer(to: UInt8(0)) { pointer -> Swift.Result<Result, ModelError> in
      do throws(ModelError) { return .success(try body(pointer)) } catch { return .failure(error) }
    }
  }
}
