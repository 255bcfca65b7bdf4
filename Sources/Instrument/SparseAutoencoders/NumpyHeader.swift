import Tensors

/// The beginning of an `.npy` file, which says the type, the order and the shape of its numbers
/// (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
struct NumpyHeader {
  let shape: [Int]
  private let type: NumberType
  /// Whether the first axis changes fastest.
  private let isFortranOrder: Bool
  private let dataStart: Int

  /// How numbers are written, by numpy's name for it.
  private enum NumberType: String {
    case half = "<f2"
    case single = "<f4"
    case double = "<f8"

    var byteCount: Int {
      switch self {
      case .half: 2
      case .single: 4
      case .double: 8
      }
    }
  }

  /// What is wrong, as the end of a sentence about the array.
  struct Problem: Error { let problem: String }

  /// - Parameters:
  ///   - bytes: the file's beginning.
  ///   - size: how many bytes it has in all.
  init(_ bytes: [UInt8], size: Int) throws(Problem) {
    guard bytes.count >= 12, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else { throw Problem(problem: "is no .npy file") }
    let isFirst = bytes[6] == 1
    guard (1...3).contains(bytes[6]) else { throw Problem(problem: "is of the format's version \(bytes[6]), which is unknown") }
    let length = (0..<(isFirst ? 2 : 4)).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    dataStart = (isFirst ? 10 : 12) + length
    guard dataStart <= bytes.count else { throw Problem(problem: "has a header of \(length) bytes, more than it has at all") }
    var parser = PythonDictionary(bytes[(isFirst ? 10 : 12)..<dataStart])
    guard let entries = parser.parsed(), Set(entries.keys) == ["descr", "fortran_order", "shape"] else {
      throw Problem(problem: "has a header that is not numpy's")
    }
    guard case .text(let name)? = entries["descr"], let type = NumberType(rawValue: name) else {
      throw Problem(problem: "is not of little-endian floating-point numbers (<f2, <f4, <f8)")
    }
    guard case .flag(let isFortranOrder)? = entries["fortran_order"], case .numbers(let shape)? = entries["shape"] else {
      throw Problem(problem: "has a header that is not numpy's")
    }
    (self.type, self.isFortranOrder, self.shape) = (type, isFortranOrder, shape)
    var count = type.byteCount
    for length in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      guard !overflows else { throw Problem(problem: "has the shape \(shape), which is too large") }
      count = product
    }
    guard count == size - dataStart else {
      throw Problem(problem: "of shape \(shape) does not fill its \(size - dataStart) bytes")
    }
    guard shape.count <= 2 || !isFortranOrder else { throw Problem(problem: "has more than two axes in Fortran order") }
  }

  /// The numbers of the whole file.
  func tensor(_ bytes: [UInt8]) -> Tensor {
    let order = isFortranOrder ? Array(shape.reversed()) : shape
    var result = Tensor(uninitialized: order)
    bytes.withUnsafeBytes { bytes in
      let source = UnsafeRawBufferPointer(rebasing: bytes[dataStart...])
      result.withUnsafeMutableElements { target in
        for i in target.indices {
          switch type {
          case .half: target[i] = Float(source.loadUnaligned(fromByteOffset: 2 * i, as: Float16.self))
          case .single: target[i] = source.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
          case .double: target[i] = Float(source.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
          }
        }
      }
    }
    return isFortranOrder && shape.count == 2 ? result.transposed() : result
  }
}

/// The Python literal of a header: a dictionary of texts, truth values and tuples of whole numbers. Nothing else is one here.
private struct PythonDictionary {
  enum Value {
    case text(String)
    case flag(Bool)
    case numbers([Int])
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  mutating func parsed() -> [String: Value]? {
    var entries: [String: Value] = [:]
    guard skips("{") else { return nil }
    while !skips("}") {
      guard let key = text(), skips(":"), let value = value(), entries.updateValue(value, forKey: key) == nil else { return nil }
      if !skips(",") {
        guard skips("}") else { return nil }
        break
      }
    }
    skipSpace()
    return position == bytes.count ? entries : nil
  }

  private mutating func value() -> Value? {
    if let text = text() { return .text(text) }
    if skips("True") { return .flag(true) }
    if skips("False") { return .flag(false) }
    guard skips("(") else { return nil }
    var numbers: [Int] = []
    while !skips(")") {
      guard let number = number() else { return nil }
      numbers.append(number)
      if !skips(",") {
        guard skips(")") else { return nil }
        break
      }
    }
    return .numbers(numbers)
  }

  private mutating func number() -> Int? {
    skipSpace()
    let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
    position += digits.count
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private mutating func text() -> String? {
    skipSpace()
    guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]) else { return nil }
    guard let end = bytes[(position + 1)...].firstIndex(of: bytes[position]) else { return nil }
    defer { position = end + 1 }
    return String(decoding: bytes[position + 1..<end], as: UTF8.self)
  }

  private mutating func skips(_ word: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0A, 0x09, 0x0D].contains(bytes[position]) { position += 1 }
  }
}
