import Foundation
import Record

/// Puts together what a cell says: neighbouring bytes of one stream become one text, decoded only when it is whole, so that a
/// character that was cut between two writes is mended.
///
/// What a cell puts out is limited, in bytes and in number: nobody reads more, and host, page and record must hold it. What is beyond is
/// counted and told.
struct OutputCollector {
  private enum Piece {
    case text(Output.Stream, [UInt8])
    case output(Output)
  }

  /// The most text that is kept, in bytes.
  static let textLimit = 64 << 20
  /// The most that the texts of all displayed outputs may take, in bytes.
  static let displayLimit = 256 << 20
  /// The most outputs that are kept. Text between two displayed outputs counts as one.
  static let countLimit = 4096
  /// The part of the standard error that is kept of what was left out, from its end, in bytes. The runtime's words on a trap are in it.
  private static let tailLimit = 1 << 16

  /// How the Swift runtime begins its last words.
  static let lastWords = ["Fatal error", "Precondition failed", "Assertion failed", "Could not cast value"]

  private var pieces: [Piece] = []
  private var textLength = 0
  private var displayLength = 0
  private var textLeftOut = 0
  private var outputsLeftOut = 0
  private var leftOutErrors: [UInt8] = []

  mutating func add(_ stream: Output.Stream, _ bytes: [UInt8]) {
    var continues = false
    if case .text(stream, _)? = pieces.last { continues = true }
    let room = continues || pieces.count < Self.countLimit ? max(0, Self.textLimit - textLength) : 0
    let kept = bytes.prefix(room)
    textLength += kept.count
    leaveOut(stream, bytes.dropFirst(kept.count))
    guard !kept.isEmpty else { return }
    if continues, case .text(_, var text)? = pieces.last {
      pieces[pieces.count - 1] = .output(.value(""))  // So that the bytes have one owner, and grow in place.
      text += kept
      pieces[pieces.count - 1] = .text(stream, text)
    } else {
      pieces.append(.text(stream, Array(kept)))
    }
  }

  private mutating func leaveOut(_ stream: Output.Stream, _ bytes: ArraySlice<UInt8>) {
    textLeftOut += bytes.count
    guard stream == .standardError else { return }
    leftOutErrors += bytes
    if leftOutErrors.count > 2 * Self.tailLimit { leftOutErrors.removeFirst(leftOutErrors.count - Self.tailLimit) }
  }

  mutating func add(_ output: Output) {
    let length = output.content.byteCount
    guard pieces.count < Self.countLimit, displayLength + length <= Self.displayLimit else {
      outputsLeftOut += 1
      return
    }
    displayLength += length
    pieces.append(.output(output))
  }

  /// The outputs so far, in order.
  var outputs: [Output] {
    let outputs = pieces.map { piece in
      switch piece {
      case .text(let stream, let bytes): Output.text(stream, String(decoding: bytes, as: UTF8.self))
      case .output(let output): output
      }
    }
    let left = [
      outputsLeftOut == 0 ? nil : "\(outputsLeftOut) more output\(outputsLeftOut == 1 ? "" : "s")",
      textLeftOut == 0 ? nil : "\(textLeftOut) more bytes of text",
    ].compactMap(\.self)
    guard !left.isEmpty else { return outputs }
    let isOne = textLeftOut == 0 && outputsLeftOut == 1
    return outputs + [.text(.standardError, "[\(left.joined(separator: " and ")) \(isOne ? "was" : "were") left out]\n")]
  }

  /// Removes the runtime's message about a trap from the end of the standard error, if it stands there, without the place in the
  /// standard library that it names: `Swift/ContiguousArrayBuffer.swift:600: Fatal error: Index out of range`.
  mutating func removeFatalError() -> String? {
    if let found = Self.fatalError(in: String(decoding: leftOutErrors, as: UTF8.self)) {
      textLeftOut -= min(textLeftOut, found.length)
      leftOutErrors = []
      return found.message
    }
    guard let index = pieces.lastIndex(where: { if case .text(.standardError, _) = $0 { true } else { false } }),
      case .text(let stream, let bytes) = pieces[index]
    else { return nil }
    guard let found = Self.fatalError(in: String(decoding: bytes, as: UTF8.self)) else { return nil }
    pieces[index] = .text(stream, Array(found.before.utf8))
    if found.before.isEmpty { pieces.remove(at: index) }
    return found.message
  }

  /// The message, what was printed before it, and how many bytes it takes with what follows.
  private static func fatalError(in printed: String) -> (message: String, before: Substring, length: Int)? {
    // The last that stands there: a cell may have printed such words itself before.
    let starts = lastWords.compactMap { printed.range(of: $0, options: .backwards)?.lowerBound }
    guard let start = starts.max() else { return nil }
    let line = printed[..<start].lastIndex(of: "\n").map { printed.index(after: $0) } ?? printed.startIndex
    // What follows is the runtime's own call stack, in addresses.
    let message = printed[start...].split(separator: "\nCurrent stack trace:\n", maxSplits: 1).first.map(String.init) ?? ""
    // A failed cast names types with their addresses.
    let text = message.trimmingSuffix { $0.isNewline }.replacing(/\ \(0x[0-9a-f]+\)/, with: "")
    return (text.hasPrefix("Could not") ? "Fatal error: \(text)" : text, printed[..<line], printed[line...].utf8.count)
  }
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    String(reversed().drop(while: predicate).reversed())
  }
}
