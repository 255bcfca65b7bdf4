import Text

/// What goes to a terminal: our own words with their colours, and among them texts of records, each of which shows as text, whatever it holds.
///
/// A text comes into it by interpolation alone, and is made visible there, so none can be forgotten; of a very long one, its beginning.
struct TerminalLine: ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation parts: StringInterpolation) { text = parts.text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ other: String) { text += VisibleText.line(SiteReview.shortened(other, to: 1000)) }
    mutating func appendInterpolation(_ line: TerminalLine) { text += line.text }
  }
}

/// ANSI colours, or none.
struct Paint {
  let isOn: Bool

  func bold(_ line: TerminalLine) -> TerminalLine { code("\u{1B}[1m", line) }
  func faint(_ line: TerminalLine) -> TerminalLine { code("\u{1B}[2m", line) }
  func red(_ line: TerminalLine) -> TerminalLine { code("\u{1B}[31m", line) }
  func green(_ line: TerminalLine) -> TerminalLine { code("\u{1B}[32m", line) }

  private func code(_ code: TerminalLine, _ line: TerminalLine) -> TerminalLine {
    isOn ? "\(code)\(line)\u{1B}[0m" : line
  }
}
