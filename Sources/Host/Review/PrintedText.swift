import Foundation

/// A text as words with numbers in it: `$4.50`, `12,345`, `3.2ms` and `81.2 %` are a number each, with words around it.
///
/// What only looks like a number is none, and stays in the words: a digit within a name (`L14H0`, `gpt-4`), versions and addresses (`1.2.3`),
/// times (`12:30`), hashes, numbers with a leading zero (`007`).
struct PrintedText {
  /// Stands for a number; no text holds this byte.
  private static let mark: UInt8 = 0xFF

  /// The text with a mark in the place of each number.
  private(set) var shape: [UInt8] = []
  private(set) var numbers: [PrintedNumber] = []
  /// The same, with the numbers that are whole as they are.
  private(set) var wholeShape: [UInt8] = []

  init(_ text: String) { self.init(ArraySlice(text.utf8)) }

  init(_ bytes: ArraySlice<UInt8>) {
    shape.reserveCapacity(bytes.count)
    wholeShape.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { bytes in
      var scanner = NumberScanner(bytes)
      var start = 0
      while let (range, number) = scanner.next() {
        shape += bytes[start..<range.lowerBound]
        wholeShape += bytes[start..<range.lowerBound]
        shape.append(Self.mark)
        if number.isWhole { wholeShape += bytes[range] } else { wholeShape.append(Self.mark) }
        numbers.append(number)
        start = range.upperBound
      }
      shape += bytes[start...]
      wholeShape += bytes[start...]
    }
  }

  /// The numbers of a text alone.
  static func forEachNumber(in bytes: ArraySlice<UInt8>, _ body: (PrintedNumber) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      var scanner = NumberScanner(bytes)
      while let (_, number) = scanner.next() { body(number) }
    }
  }

  static func forEachNumber(in text: String, _ body: (PrintedNumber) -> Void) {
    var text = text
    text.withUTF8 { bytes in
      var scanner = NumberScanner(bytes)
      while let (_, number) = scanner.next() { body(number) }
    }
  }

  /// Two texts with the same words, number by number.
  /// - Parameters:
  ///   - changes: take in the numbers.
  ///   - largest: the largest number beside them.
  /// - Returns: whether the words are the same; if not, nothing was compared.
  static func compare(
    _ base: PrintedText, _ head: PrintedText, rule: NumberRule, largest: Double = 0, into changes: inout NumberChanges,
    place: () -> String
  ) -> Bool {
    guard base.shape == head.shape else { return false }
    for (a, b) in zip(base.numbers, head.numbers) {
      changes.add(a.value, b.value, rule.accepts(a, b, largest: largest), largest: largest, place: place)
    }
    return true
  }

  var largest: Double { numbers.reduce(0) { max($0, abs($1.value)) } }

  /// Whether it begins with a number, but for a sign or a currency: then it is a value, and names nothing.
  static func isValue(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var scanner = NumberScanner(bytes)
      guard let (range, _) = scanner.next() else { return false }
      return range.lowerBound == 0
        || String(decoding: bytes[..<range.lowerBound], as: UTF8.self).unicodeScalars.allSatisfy { !$0.properties.isAlphabetic }
    }
  }
}

/// A number as it stands in a text.
struct PrintedNumber: Equatable {
  var value: Double
  /// The digits of a whole number, which may be more than a `Double` holds.
  var wholeDigits: String?
  /// The power of ten of its last digit: -2 for 1.25.
  var lastDigit: Int

  var isWhole: Bool { wholeDigits != nil }
  /// The worth of one in its last digit.
  var unit: Double { pow(10, Double(lastDigit)) }
}

/// Finds the numbers of a text, byte by byte: what belongs to a number is ASCII, but for a true minus sign.
private struct NumberScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// - Parameter bytes: must outlive the scanner.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The next number with its place; nil at the end.
  mutating func next() -> (Range<Int>, PrintedNumber)? {
    while position < bytes.endIndex {
      guard Self.isDigit(bytes[position]) || isPointOfNumber(position) else {
        position += 1
        continue
      }
      let start = position
      if let end = numberEnd(start), mayBegin(start), mayEnd(end) {
        position = end
        let begin = signStart(start) ?? start
        if let number = number(begin..<end, digits: start) { return (begin..<end, number) }
      }
      skipRun()
    }
    return nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private func byte(_ index: Int) -> UInt8? { index >= 0 && index < bytes.count ? bytes[index] : nil }
  private func isDigit(_ index: Int) -> Bool { byte(index).map(Self.isDigit) ?? false }
  private func `is`(_ index: Int, _ character: Unicode.Scalar) -> Bool { byte(index) == UInt8(ascii: character) }

  /// Whether a number such as `.5` begins with this point.
  private func isPointOfNumber(_ index: Int) -> Bool { self.is(index, ".") && isDigit(index + 1) && !isWord(before: index) }

  /// Whether a letter, a digit or `_` stands before an index.
  private func isWord(before index: Int) -> Bool {
    guard let last = byte(index - 1) else { return false }
    if last < 0x80 { return isASCIIWord(last) }
    var start = index - 1
    while let byte = byte(start), byte & 0xC0 == 0x80, byte != 0 { start -= 1 }
    return isLetter(at: max(start, bytes.startIndex), upTo: index)
  }

  private func isWord(at index: Int) -> Bool {
    guard let first = byte(index) else { return false }
    if first < 0x80 { return isASCIIWord(first) }
    return isLetter(at: index, upTo: min(index + 4, bytes.endIndex))
  }

  private func isASCIIWord(_ byte: UInt8) -> Bool {
    Self.isDigit(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
  }

  private func isLetter(at start: Int, upTo end: Int) -> Bool {
    String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars.first?.properties.isAlphabetic ?? false
  }

  /// Where the sign before an index begins, if one stands there and belongs to it.
  private func signStart(_ index: Int) -> Int? {
    let isASCII = self.is(index - 1, "-") || self.is(index - 1, "+")
    let isTrueMinus = byte(index - 3) == 0xE2 && byte(index - 2) == 0x88 && byte(index - 1) == 0x92
    guard isASCII || isTrueMinus else { return nil }
    let start = index - (isASCII ? 1 : 3)
    return isWord(before: start) || self.is(start - 1, ")") || self.is(start - 1, "]") ? nil : start
  }

  /// Whether a number may begin here.
  private func mayBegin(_ start: Int) -> Bool {
    if isWord(before: start) || self.is(start - 1, ".") { return false }
    // 12:30
    if self.is(start - 1, ":"), isDigit(start - 2) { return false }
    // gpt-4
    if self.is(start - 1, "-"), signStart(start) == nil, isWord(before: start - 1), !isDigit(start - 2) { return false }
    return true
  }

  /// Whether a number may end here: before its unit, or anything that is no part of a word.
  private func mayEnd(_ end: Int) -> Bool {
    if self.is(end, ".") || self.is(end, ":"), isDigit(end + 1) { return false }
    var index = end
    while isWord(at: index) {
      // 3f9a1c is a hash.
      if isDigit(index) || self.is(index, "_") { return false }
      index += 1
      while let byte = byte(index), byte & 0xC0 == 0x80 { index += 1 }
    }
    return true
  }

  private func digitsEnd(_ start: Int) -> Int {
    var end = start
    while isDigit(end) { end += 1 }
    return end
  }

  /// The end of what reads as a number; nil if it has a zero before its other digits.
  private func numberEnd(_ start: Int) -> Int? {
    var end = digitsEnd(start)
    if end - start > 1, self.is(start, "0") { return nil }
    if let grouped = groupedEnd(start, firstEnd: end) { end = grouped }
    if self.is(end, "."), isDigit(end + 1) { end = digitsEnd(end + 1) }
    if self.is(end, "e") || self.is(end, "E") {
      let digits = self.is(end + 1, "+") || self.is(end + 1, "-") ? end + 2 : end + 1
      if isDigit(digits) { end = digitsEnd(digits) }
    }
    return end
  }

  /// `12,345,678`
  private func groupedEnd(_ start: Int, firstEnd: Int) -> Int? {
    guard (1...3).contains(firstEnd - start), !self.is(start, "0") else { return nil }
    var end = firstEnd
    while self.is(end, ","), digitsEnd(end + 1) == end + 4 { end += 4 }
    return end > firstEnd && !(self.is(end, ",") && isDigit(end + 1)) ? end : nil
  }

  /// Over the rest of what is no number: `1.2.3-a4`.
  private mutating func skipRun() {
    repeat {
      position += 1
    } while position < bytes.endIndex
      && (isWord(at: position) || bytes[position] & 0xC0 == 0x80
        || (self.is(position, ".") || self.is(position, ":")) && isDigit(position + 1))
  }

  private func number(_ range: Range<Int>, digits start: Int) -> PrintedNumber? {
    let isNegative = range.lowerBound < start && !self.is(range.lowerBound, "+")
    var (text, mantissa, decimals, isWhole) = ([UInt8](), UInt64(0), 0, true)
    text.reserveCapacity(range.count)
    if isNegative { text.append(UInt8(ascii: "-")) }
    var index = start
    while index < range.upperBound, bytes[index] | 0x20 != UInt8(ascii: "e") {
      let byte = bytes[index]
      if byte != UInt8(ascii: ",") { text.append(byte) }
      if Self.isDigit(byte) {
        mantissa = mantissa &* 10 &+ UInt64(byte - 0x30)
        if !isWhole { decimals += 1 }
      } else if byte == UInt8(ascii: ".") {
        isWhole = false
      }
      index += 1
    }
    let written = index < range.upperBound ? Int(String(decoding: bytes[(index + 1)..<range.upperBound], as: UTF8.self)) ?? 0 : 0
    // No number has a larger one that is not 0; and of 0 the last digit is nothing.
    let exponent = min(max(written, -Self.largestExponent), Self.largestExponent)
    isWhole = isWhole && index == range.upperBound
    text += bytes[index..<range.upperBound]
    let plain = String(decoding: text, as: UTF8.self)
    let value: Double
    if index == range.upperBound, text.count <= 16 {
      // Both are exact, so their quotient is the nearest number.
      let size = Double(mantissa) / Self.powers[decimals]
      value = isNegative ? -size : size
    } else {
      guard let read = Double(plain), read.isFinite || isWhole else { return nil }
      value = read
    }
    return PrintedNumber(value: value, wholeDigits: isWhole ? plain : nil, lastDigit: exponent - decimals)
  }

  private static let largestExponent = 1_000_000
  private static let powers = (0...22).map { pow(10, Double($0)) }
}
