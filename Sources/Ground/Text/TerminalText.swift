/// What a terminal would show after a program wrote a text to it: colours and cursor codes gone, lines that were written over with
/// `\r` as they stood at the end.
package enum TerminalText {
  private static let escape = UInt8(0x1B), bell = UInt8(0x07), backspace = UInt8(0x08), carriageReturn = UInt8(0x0D)
  private static let newline = UInt8(0x0A)

  package static func plain(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == escape || $0 == backspace || $0 == carriageReturn || $0 == bell }) else {
      return text
    }
    let bytes = withoutCodes(Array(text.utf8))
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var isFirst = true
    for line in bytes.split(separator: newline, omittingEmptySubsequences: false) {
      if !isFirst { result.append(newline) }
      isFirst = false
      result += overwritten(line)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Without `ESC [ … letter`, `ESC ] … BEL`, other two-byte codes, and bells. `ESC [ K`, which clears a line's rest, stays as `ESC K`.
  private static func withoutCodes(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == escape {
        let end = endOfCode(bytes, from: index)
        if end - index >= 3, bytes[index + 1] == UInt8(ascii: "["), bytes[end - 1] == UInt8(ascii: "K") {
          result += [escape, UInt8(ascii: "K")]
        }
        index = end
      } else {
        if byte != bell { result.append(byte) }
        index += 1
      }
    }
    return result
  }

  private static func endOfCode(_ bytes: [UInt8], from start: Int) -> Int {
    guard start + 1 < bytes.count else { return bytes.count }
    var index = start + 2
    switch bytes[start + 1] {
    case UInt8(ascii: "["):
      while index < bytes.count, (0x20...0x3F).contains(bytes[index]) { index += 1 }
      return index < bytes.count && (0x40...0x7E).contains(bytes[index]) ? index + 1 : index
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"):
      // Ends with BEL or ESC \; a program that forgot it does not take the next lines away.
      while index < bytes.count, bytes[index] != bell, bytes[index] != escape, bytes[index] != newline { index += 1 }
      if index < bytes.count, bytes[index] == bell { return index + 1 }
      return index + 1 < bytes.count && bytes[index] == escape && bytes[index + 1] == UInt8(ascii: "\\") ? index + 2 : index
    case 0x20...0x2F: return min(bytes.count, start + 3)
    case 0x30...0x7E: return start + 2
    default: return start + 1
    }
  }

  /// One line after its carriage returns and backspaces.
  private static func overwritten(_ line: ArraySlice<UInt8>) -> [UInt8] {
    let line = line.last == carriageReturn ? line.dropLast() : line
    guard line.contains(where: { $0 == carriageReturn || $0 == backspace || $0 == escape }) else { return Array(line) }
    var cells: [Character] = []
    var column = 0
    var characters = String(decoding: line, as: UTF8.self)[...]
    while let character = characters.popFirst() {
      switch character {
      case "\r": column = 0
      case "\u{8}": column = max(0, column - 1)
      case "\u{1B}":
        characters = characters.dropFirst()
        cells.removeSubrange(min(column, cells.count)...)
      default:
        if column < cells.count { cells[column] = character } else { cells.append(character) }
        column += 1
      }
    }
    return Array(String(cells).utf8)
  }
}
