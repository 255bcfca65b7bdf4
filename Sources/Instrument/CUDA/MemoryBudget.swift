/// How much of a card's memory Folio may take.
package enum MemoryBudget {
  package static let variable = "FOLIO_CUDA_MEMORY"
  /// What is left free if the user says nothing: for the driver's own needs, and for other programs' small ones.
  package static let spared = 512 << 20

  /// In bytes.
  /// - Parameter free: what no process uses.
  static func bytes(free: Int, environment: [String: String]) throws(CUDAError) -> Int {
    guard let text = environment[variable], !text.isEmpty else { return max(0, free - spared) }
    guard let bytes = parsed(text) else {
      throw .setting(
        variable: variable, value: text, advice: "It must be a number of bytes, or one with “M” or “G” behind it, as “20G”")
    }
    return bytes
  }

  /// `20G`, `1.5GiB`, `512M`, `1000000`; each unit is 1024 of the one below it.
  package static func parsed(_ text: String) -> Int? {
    var number = text.uppercased().filter { !$0.isWhitespace }
    if number.hasSuffix("IB") { number.removeLast(2) } else if number.hasSuffix("B") { number.removeLast() }
    let units: [Character: Double] = ["K": 0x1p10, "M": 0x1p20, "G": 0x1p30, "T": 0x1p40]
    var unit = 1.0
    if let last = number.last, let named = units[last] {
      unit = named
      number.removeLast()
    }
    guard let value = Double(number), value.isFinite, value > 0, value * unit < 0x1p62 else { return nil }
    return Int(value * unit)
  }
}
