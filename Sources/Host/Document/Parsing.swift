/// Reads notebooks. This is the format:
///
/// - A notebook is CommonMark, in UTF-8. Between two `---` lines at its very top may stand its front matter, in YAML 1.2 with its core
///   schema: `title`, `description`, `order` (a whole number; the index is sorted by it) and `params`, a mapping of names to defaults. A
///   default is an integer, a number, a truth value, a text, or a list of one of these, and gives the parameter its type. So `010` is
///   ten, `0o17` fifteen, and `12:30`, `NO`, `1_000` and `2024-01-01` are texts.
/// - A fence at the top level whose info string is `swift` is a cell. `swift norun`, and every other language, is only shown. What looks
///   like a cell and is none is an error: `Swift`, `{swift}`, `swift,ignore`, a `swift` fence in a list, a quote or raw HTML; or a
///   warning, where it may be a text about notebooks: one in indented code, or in a fence that it would have ended.
/// - A cell's leading lines of the form `//| key: value` are its options, in YAML, as Quarto writes them: `label`, `caption`, `alt`,
///   `echo`, `fold`, `output`, `timeout` (seconds), `expect: error`, `cache`, `inputs` (one path or a list), `tolerance`. A label is made
///   of letters of any script, digits, `-` and `_`. Such a line after the code has begun is an error, unless it is a part of a text or
///   a block comment.
/// - A code span `{swift} expression` is an inline expression: see `InlineExpressions`.
///
/// Promises: every block knows its line in the file; everything that is wrong with a file is reported at once, each problem with its
/// line, its source and an advice; nothing that is written is ignored silently. Pages ask no other host for anything, so an image of
/// another host becomes a link to it, with a warning. Raw HTML is the author's, and stays as it is; of what it asks of other hosts a
/// warning tells.

import Record

extension Notebook {
  /// Reads a notebook from a file.
  /// - Throws: a `Diagnostic` if the file cannot be read, `Diagnostics` if it is no notebook.
  public init(contentsOf path: String) throws {
    let markdown = try TextFile.read(path, advice: "Give the path of a Markdown file, as 'Notebooks/prontoqa.md'.")
    try self.init(markdown: markdown, file: path)
  }

  /// Reads a notebook from its text.
  /// - Parameter file: the file's path, as diagnostics shall name it.
  /// - Throws: `Diagnostics`, with everything that is wrong with it.
  public init(markdown: String, file: String) throws {
    var source = SourceText(markdown, file: file)
    let frontMatter = FrontMatterParser.parse(&source)
    let blocks = MarkdownParser.parse(&source)
    let problems = source.problems.sorted { ($0.place?.line ?? 0) < ($1.place?.line ?? 0) }
    guard !problems.contains(where: { $0.severity == .error }) else { throw Diagnostics(problems) }
    self.init(file: file, frontMatter: frontMatter, blocks: blocks)
    warnings = problems
    pictures = source.pictures
  }

  /// The library that parses Markdown, and its version.
  public static var parserVersion: String { MarkdownParser.version }
}

/// A file's text by lines, and what is found wrong with it.
struct SourceText {
  let file: String
  /// Without line ends.
  private(set) var lines: [String]
  /// Errors and warnings.
  private(set) var problems: [Diagnostic] = []
  /// What the prose shows.
  var pictures: [PictureReference] = []

  init(_ text: String, file: String) {
    self.file = file
    var text = Lines.normalized(text)
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Notes a problem at a line, counted from 1.
  mutating func report(line: Int, column: Int? = nil, _ message: String, advice: String? = nil, notes: [Diagnostic] = []) {
    note(.error, line: line, column: column, message, advice: advice, notes: notes)
  }

  /// Notes what its author should know, though everything can run.
  mutating func warn(line: Int, _ message: String, advice: String) {
    note(.warning, line: line, column: nil, message, advice: advice, notes: [])
  }

  private mutating func note(
    _ severity: Diagnostic.Severity, line: Int, column: Int?, _ message: String, advice: String?, notes: [Diagnostic]
  ) {
    let line = min(max(1, line), max(1, lines.count))
    problems.append(
      Diagnostic(
        severity, at: Place(file: file, line: line, column: column), message, advice: advice,
        excerpt: lines.indices.contains(line - 1) ? lines[line - 1] : nil, notes: notes))
  }

  /// Empties the first lines, so that the others keep their numbers.
  mutating func blank(first count: Int) {
    for index in 0..<min(count, lines.count) { lines[index] = "" }
  }
}
