/// Puts text together while tokens arrive, and holds back a character whose bytes are not all there yet.
public struct StreamingText: Sendable {
  private let tokenizer: Tokenizer
  private var pending: [UInt8] = []

  /// No text yet.
  public init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// The text that a further token completes; empty when a character is still unfinished.
  public mutating func append(_ token: Int) throws(ModelError) -> String {
    pending += try tokenizer.bytes(of: token)
    let complete = pending.count - unfinished
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// What was held back and will not be completed: `�`, or nothing.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end begin a UTF-8 sequence that needs more of them.
  private var unfinished: Int {
    for length in 1...3 where length <= pending.count {
      let byte = pending[pending.count - length]
      if byte & 0b1100_0000 == 0b1000_0000 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return needed > length ? length : 0
    }
    return 0
  }
}
