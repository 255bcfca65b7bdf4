/// An error, warning or note with its place, its cause and an advice, as data. `description` is the one spot where it becomes text.
public struct Diagnostic: Error, Codable, Sendable, Equatable {
  /// How bad it is: an error keeps something from running, a warning does not, and a note explains another diagnostic.
  public enum Severity: String, Codable, Sendable, Equatable { case error, warning, note }

  /// How bad it is.
  public var severity: Severity
  /// Where it is, if it has a place in a file.
  public var place: Place?
  /// What is wrong, in one sentence without a full stop.
  public var message: String
  /// What to do about it.
  public var advice: String?
  /// The line of source at the place, to be shown under the message.
  public var excerpt: String?
  /// What belongs to it: where a thing was defined, where an error was thrown.
  public var notes: [Diagnostic]

  /// A diagnostic with all that is known of it.
  public init(
    _ severity: Severity = .error, at place: Place? = nil, _ message: String, advice: String? = nil, excerpt: String? = nil,
    notes: [Diagnostic] = []
  ) {
    self.severity = severity
    self.place = place
    self.message = message
    self.advice = advice
    self.excerpt = excerpt
    self.notes = notes
  }

  /// An error without a place in a file.
  public init(_ message: String, advice: String? = nil) { self.init(.error, message, advice: advice) }
}

/// A place in a text file.
public struct Place: Codable, Sendable, Equatable, Hashable, CustomStringConvertible {
  /// The file's path, as the user named it.
  public var file: String
  /// Counted from 1.
  public var line: Int
  /// Counted from 1, in UTF-8 bytes, as Swift's compiler counts.
  public var column: Int?

  /// A line of a file, or a column in it.
  public init(file: String, line: Int, column: Int? = nil) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `notebook.md:12:5`
  public var description: String { column.map { "\(file):\(line):\($0)" } ?? "\(file):\(line)" }
}

extension Diagnostic: CustomStringConvertible {
  /// As Swift's compiler prints it, in the style of LLVM:
  /// ```
  /// notebook.md:12:5: error: cannot find 'x' in scope
  ///     x + 1
  ///     ^
  /// advice
  /// ```
  public var description: String {
    var lines = [(place.map { "\($0): " } ?? "") + "\(severity.rawValue): \(message)"]
    if let excerpt, !excerpt.isEmpty {
      lines.append(excerpt)
      if let column = place?.column { lines.append(Self.caretLine(under: excerpt, column: column)) }
    }
    if let advice { lines.append(advice) }
    return (lines + notes.map(\.description)).joined(separator: "\n")
  }

  /// A caret below the given UTF-8 column of a line; tabs stay tabs, so that it stands right in a terminal.
  private static func caretLine(under line: String, column: Int) -> String {
    let before = String(decoding: line.utf8.prefix(max(1, column) - 1), as: UTF8.self)
    return String(before.map { $0 == "\t" ? "\t" : " " }) + "^"
  }
}

/// Several diagnostics thrown as one error, for those who can find more than one thing wrong at once.
public struct Diagnostics: Error, Sendable, Equatable, CustomStringConvertible {
  /// In the order in which they are told.
  public var all: [Diagnostic]

  /// Diagnostics that are thrown together.
  public init(_ all: [Diagnostic]) { self.all = all }

  /// All of them, one below the other.
  public var description: String { all.map(\.description).joined(separator: "\n") }
}
