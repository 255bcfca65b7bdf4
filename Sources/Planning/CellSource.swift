import Document

/// The Swift source that is compiled for a cell: imports, then the author's text at its own lines, with two things put in and one taken
/// out.
///
/// - The last expression is passed to a call that shows its value.
/// - Where a cell awaits at its top level, Swift isolates the cell's variables to the main actor, and later cells could not use them in
///   functions. They are declared `nonisolated(unsafe)`, which is what the variables of every other cell are.
/// - `private` and `fileprivate` become spaces: what a cell declares is for the cells after it, and each is a file of its own.
public struct CellSource: Sendable, Equatable {
  /// The whole source.
  public var text: String
  private var insertions: [Insertion] = []
  /// What stands before each of the cell's lines in the file, and not in the source.
  private var indentation: Int

  private struct Insertion: Sendable, Equatable {
    /// The line in the Markdown file.
    var line: Int
    /// Where in the author's line it was put, in UTF-8 bytes from 0.
    var column: Int
    /// How many bytes were put in.
    var length: Int
  }

  /// - Parameters:
  ///   - file: the notebook's path, as diagnostics and traps shall name it.
  ///   - scope: what the cell sees.
  public init(cell: Cell, analysis: CellAnalysis, file: String, scope: Scope) {
    indentation = cell.indentation
    let imports = ["import FolioKit"] + scope.imports
    text = imports.map { $0 + "\n" }.joined() + "#sourceLocation(file: \(Self.literal(file)), line: \(cell.line))\n"
    var additions: [(offset: Int, text: String)] = []
    if analysis.isAsynchronous { additions += analysis.variableKeywords.map { ($0, "nonisolated(unsafe) ") } }
    if let range = analysis.lastExpression { additions += [(range.lowerBound, "_folioShow("), (range.upperBound, ")")] }
    var bytes = Array(cell.source.utf8)
    for index in analysis.accessModifiers.joined() where bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
    add(bytes, additions: additions, firstLine: cell.line)
    text += "\n"
  }

  private mutating func add(_ source: [UInt8], additions: [(offset: Int, text: String)], firstLine: Int) {
    let newline = UInt8(ascii: "\n")
    var position = 0
    for addition in additions {
      text += String(decoding: source[position..<addition.offset], as: UTF8.self) + addition.text
      position = addition.offset
      let before = source[..<position]
      insertions.append(
        Insertion(
          line: firstLine + before.count { $0 == newline }, column: before.reversed().prefix { $0 != newline }.count,
          length: addition.text.utf8.count))
    }
    text += String(decoding: source[position...], as: UTF8.self)
  }

  /// The author's column for one of the compiler's. Both count UTF-8 bytes from 1.
  public func authorsColumn(line: Int, column: Int) -> Int {
    var shift = 0
    for insertion in insertions where insertion.line == line && column - 1 - shift > insertion.column {
      // Within what was put in: where it was put.
      shift += min(insertion.length, column - 1 - shift - insertion.column)
    }
    return column - shift + indentation
  }

  /// A Swift string literal.
  public static func literal(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case _ where scalar.value < 0x20: literal += "\\u{\(String(scalar.value, radix: 16))}"
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }
}
