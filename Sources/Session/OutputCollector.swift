import Foundation
import Record

/// Puts together what a cell says: neighbouring bytes of one stream become one text, decoded only when it is whole, so that a
/// character that was cut between two writes is mended.
struct OutputCollector {
  private enum Piece {
    case text(Output.Stream, [UInt8])
    case output(Output)
  }

  /// A cell that prints more than this is cut short: nobody reads it, and the host must hold it.
  static let textLimit = 64 << 20

  /// How the Swift runtime begins its last words.
  static let lastWords = ["Fatal error", "Precondition failed", "Assertion failed", "Could not cast value"]

  private var pieces: [Piece] = []
  private var textLength = 0
  private var leftOut = 0

  mutating func add(_ stream: Output.Stream, _ bytes: [UInt8]) {
    let kept = bytes.prefix(max(0, Self.textLimit - textLength))
    textLength += kept.count
    leftOut += bytes.count - kept.count
    guard !kept.isEmpty else { return }
    if case .text(stream, var text)? = pieces.last {
      pieces[pieces.count - 1] = .output(.value(""))  // So that the bytes have one owner, and grow in place.
      text += kept
      pieces[pieces.count - 1] = .text(stream, text)
    } else {
      pieces.append(.text(stream, Array(kept)))
    }
  }

  mutating func add(_ output: Output) { pieces.append(.output(output)) }

  /// The outputs so far, in order.
  var outputs: [Output] {
    let outputs = pieces.map { piece in
      switch piece {
      case .text(let stream, let bytes): Output.text(stream, String(decoding: bytes, as: UTF8.self))
      case .output(let output): output
      }
    }
    guard leftOut > 0 else { return outputs }
    return outputs + [.text(.standardError, "[\(leftOut) more bytes of text were left out]\n")]
  }

  /// Takes the runtime's message about a trap off the end of the standard error, if it stands there, without the place in the
  /// standard library that it names: `Swift/ContiguousArrayBuffer.swift:600: Fatal error: Index out of range`.
  mutating func takeFatalError() -> String? {
    guard let index = pieces.lastIndex(where: { if case .text(.standardError, _) = $0 { true } else { false } }),
      case .text(let stream, let bytes) = pieces[index]
    else { return nil }
    let printed = String(decoding: bytes, as: UTF8.self)
    // The last that stands there: a cell may have printed such words itself before.
    let starts = Self.lastWords.compactMap { printed.range(of: $0, options: .backwards)?.lowerBound }
    guard let start = starts.max() else { return nil }
    let line = printed[..<start].lastIndex(of: "\n").map { printed.index(after: $0) } ?? printed.startIndex
    pieces[index] = .text(stream, Array(printed[..<line].utf8))
    if line == printed.startIndex { pieces.remove(at: index) }
    // What follows is the runtime's own call stack, in addresses.
    let message = printed[start...].split(separator: "\nCurrent stack trace:\n", maxSplits: 1).first.map(String.init) ?? ""
    // A failed cast names types with their addresses.
    let text = message.trimmingSuffix { $0.isNewline }.replacing(/\ \(0x[0-9a-f]+\)/, with: "")
    return text.hasPrefix("Could not") ? "Fatal error: \(text)" : text
  }
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    String(reversed().drop(while: predicate).reversed())
  }
}
