/// Reads notebooks. This is the format:
///
/// - A notebook is CommonMark, in UTF-8. Between two `---` lines at its very top may stand its front matter, in YAML: `title`,
///   `description`, `order` (a whole number; the index is sorted by it) and `params`, a mapping of names to defaults. A default is an
///   integer, a number, a truth value, a text, or a list of one of these, and gives the parameter its type.
/// - A fence at the top level whose info string is `swift` is a cell. `swift norun`, and every other language, is only shown. A `swift`
///   fence in a list, a quote or raw HTML is an error, since it would look like a cell and not be one.
/// - A cell's leading lines of the form `//| key: value` are its options, in YAML, as Quarto writes them: `label`, `caption`, `alt`,
///   `echo`, `fold`, `output`, `timeout` (seconds), `expect: error`, `cache`, `inputs` (one path or a list), `tolerance`.
///
/// Promises: every block knows its line in the file; everything that is wrong with a file is reported at once, each problem with its
/// line, its source and an advice; nothing that is written is ignored silently. Pages ask no other host for anything, so an image of
/// another host becomes a link to it. Raw HTML is the author's, and stays as it is.

import Record

extension Document {
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
    guard source.problems.isEmpty else {
      throw Diagnostics(source.problems.sorted { ($0.place?.line ?? 0) < ($1.place?.line ?? 0) })
    }
    self.init(file: file, frontMatter: frontMatter, blocks: blocks)
  }

  /// The library that parses Markdown, and its version.
  public static var parserVersion: String { MarkdownParser.version }
}

/// A file's text by lines, and what is found wrong with it.
struct SourceText {
  let file: String
  /// Without line ends.
  private(set) var lines: [String]
  private(set) var problems: [Diagnostic] = []

  init(_ text: String, file: String) {
    self.file = file
    var text = Lines.normalized(text)
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Notes a problem at a line, counted from 1.
  mutating func report(line: Int, column: Int? = nil, _ message: String, advice: String? = nil, notes: [Diagnostic] = []) {
    let line = min(max(1, line), max(1, lines.count))
    problems.append(
      Diagnostic(
        .error, at: Place(file: file, line: line, column: column), message, advice: advice,
        excerpt: lines.indices.contains(line - 1) ? lines[line - 1] : nil, notes: notes))
  }

  /// Empties the first lines, so that the others keep their numbers.
  mutating func blank(first count: Int) {
    for index in 0..<min(count, lines.count) { lines[index] = "" }
  }
}
