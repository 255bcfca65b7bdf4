import Record

extension Notebook {
  /// Reads a notebook from a file.
  /// - Throws: a `Diagnostic` if the file cannot be read, `Diagnostics` if it is no notebook.
  package init(contentsOf path: String) throws {
    let markdown = try TextFile.read(path, advice: "Give the path of a Markdown file, as 'Notebooks/prontoqa.md'.")
    try self.init(markdown: markdown, file: path)
    try takeSharedCode()
  }

  /// Reads a notebook from its text.
  /// - Parameter file: the file's path, as diagnostics shall name it.
  /// - Throws: `Diagnostics`, with everything that is wrong with it.
  package init(markdown: String, file: String) throws {
    var source = SourceText(markdown, file: file)
    let frontMatter = FrontMatterParser.parse(&source)
    source.isSmart = frontMatter.isSmart
    source.hasBibliography = !frontMatter.publication.bibliography.isEmpty
    let blocks = MarkdownParser.parse(&source)
    let captions = source.readCaptions(of: blocks)
    let problems = source.problems.sorted { ($0.place?.line ?? 0) < ($1.place?.line ?? 0) }
    guard !problems.contains(where: { $0.severity == .error }) else { throw Diagnostics(problems) }
    self.init(file: file, frontMatter: frontMatter, blocks: blocks)
    (self.markdown, warnings) = (markdown, problems)
    pictures = source.pictures
    (formulas, citations, proseTables) = (source.formulas, source.citations, source.proseTables)
    references = source.references
    captionHTML = captions
  }

  /// The library that parses Markdown, and its version.
  package static var parserVersion: String { MarkdownParser.version }
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
  var formulas: [Formula] = []
  var citations: [Citation] = []
  var proseTables: [ProseTable] = []
  /// Whether quotes and dashes become those of typography.
  var isSmart = false
  /// Whether `@key` in a sentence names a work.
  var hasBibliography = false
  var references: [Reference] = []

  init(_ text: String, file: String) {
    self.file = file
    var text = TextLines.normalized(text)
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
