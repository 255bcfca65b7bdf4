import Document

/// The Swift source that is compiled for a cell. It begins with imports. Then the author's text follows line by line, with these changes:
///
/// - The last expression is passed to a call that shows its value.
/// - Where a cell awaits at its top level, Swift isolates the cell's variables to the main actor, and functions of later cells could not use them.
///   There they are declared `nonisolated(unsafe)`, which is what the variables of every other cell are.
/// - A call of `memo` is given the key of the code whose value it remembers.
/// - `private` and `fileprivate` become spaces. Each cell is a file of its own, and what it declares is meant for the cells after it.
/// - A function is put before the text. It tells the worker the types of the cell's variables, so that the worker can release and compare what
///   they hold.
///
/// Lines are counted from the first line of the cell, so that a cell that moves in its notebook need not be compiled again. Only a cell that asks
/// for its place (`#line`) is told its line in the notebook.
package struct CellSource: Sendable, Equatable {
  /// The name of a cell's file in debug information and diagnostics.
  package static let file = "cell.swift"

  /// The C name of the function that tells the worker of the cell's variables.
  package static let variablesFunction = "folio_variables"

  /// The whole source, as the compiler gets it.
  package var text: String
  private var insertions: [Insertion] = []
  /// The file and the line under which the compiler knows the first line of the cell.
  private var placeFile: String
  private var placeLine: Int

  private struct Insertion: Sendable, Equatable {
    /// The cell's line, from 1.
    var line: Int
    /// Where in the author's line it was put, in UTF-8 bytes from 0.
    var column: Int
    /// How many bytes were put in.
    var length: Int
  }

  /// - Parameters:
  ///   - imports: The import declarations beyond that of FolioKit.
  ///   - file: The path of the notebook, for a cell that asks for its place.
  ///   - code: For each call of `memo`, in their order, the key of its code.
  ///   - isolatesNothing: Whether the variables are kept from the main actor. By default they are where the cell awaits.
  ///   - tellsVariables: Whether the function that tells of the variables is put before the text.
  package init(
    cell: Cell, analysis: CellAnalysis, imports: [String] = [], file: String, code: [String] = [], isolatesNothing: Bool? = nil,
    tellsVariables: Bool = true
  ) {
    (placeFile, placeLine) = analysis.asksForItsPlace ? (file, cell.line) : (Self.file, 1)
    // The function stands before the author's code, since after a `throw` the compiler accepts no code that names a variable.
    text =
      (["import FolioKit"] + imports).map { $0 + "\n" }.joined() + (tellsVariables ? Self.variables(analysis) : "")
      + Self.location(placeFile, line: placeLine)
    var additions = zip(analysis.memoCalls, code).map { (offset: $0.arguments, text: "_code: \(Self.literal($1)), ") }
    if isolatesNothing ?? analysis.isAsynchronous {
      additions += analysis.variableKeywords.map { ($0, "nonisolated(unsafe) ") }
    }
    if let range = analysis.lastExpression { additions += [(range.lowerBound, "_folioShow("), (range.upperBound, ")")] }
    var bytes = Array(cell.source.utf8)
    for index in analysis.accessModifiers.joined() where bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
    // Where two additions stand at the same place, `_folioShow(` comes first.
    let sorted = additions.enumerated().sorted {
      ($0.element.offset, $0.element.text.hasPrefix("_folio") ? 0 : 1, $0.offset)
        < ($1.element.offset, $1.element.text.hasPrefix("_folio") ? 0 : 1, $1.offset)
    }
    add(bytes, additions: sorted.map(\.element))
    text += "\n"
  }

  static func location(_ file: String, line: Int) -> String { "#sourceLocation(file: \(literal(file)), line: \(line))\n" }

  private static func variables(_ analysis: CellAnalysis) -> String {
    let names = analysis.releasableVariables + analysis.staticMembers.filter(\.isReachable).map(\.name)
    guard !names.isEmpty else { return "" }
    let calls = names.map { name in
      let path = name.split(separator: ".").map { "`\($0)`" }.joined(separator: ".")
      return "  _folioVariable(\(literal(name))) { withUnsafePointer(to: \(path)) { $0 } }\n"
    }.joined()
    return location("folio", line: 1) + "@_cdecl(\"\(variablesFunction)\") func _folioVariables() {\n\(calls)}\n"
  }

  private mutating func add(_ source: [UInt8], additions: [(offset: Int, text: String)]) {
    let newline = UInt8(ascii: "\n")
    var position = 0
    var (line, lineStart) = (1, 0)
    for addition in additions {
      for place in position..<addition.offset where source[place] == newline { (line, lineStart) = (line + 1, place + 1) }
      text += String(decoding: source[position..<addition.offset], as: UTF8.self) + addition.text
      position = addition.offset
      insertions.append(Insertion(line: line, column: position - lineStart, length: addition.text.utf8.count))
    }
    text += String(decoding: source[position...], as: UTF8.self)
  }

  /// The line of the cell, from 1, that the compiler means by a line of a file; nil if the author has not written that line.
  package func cellsLine(file: String, line: Int) -> Int? { file == placeFile ? line - placeLine + 1 : nil }

  /// The column in the author's text for a column that the compiler names. Both count UTF-8 bytes from 1. The line is one of the cell, from 1.
  package func authorsColumn(line: Int, column: Int) -> Int {
    var shift = 0
    for insertion in insertions where insertion.line == line && column - 1 - shift > insertion.column {
      // A column within an addition becomes the place where the addition was put in.
      shift += min(insertion.length, column - 1 - shift - insertion.column)
    }
    return column - shift
  }

  /// A Swift string literal.
  package static func literal(_ text: String) -> String {
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
