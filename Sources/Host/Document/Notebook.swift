import Foundation
import Record

/// A notebook, read: front matter, and blocks of prose and cells in order, with the line of everything. This is the format:
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
public struct Notebook: Sendable, Equatable {
  /// The file's path, as the user named it; it stands in every diagnostic.
  public var file: String
  /// What stands between the `---` lines at its top.
  public var frontMatter: FrontMatter
  /// Its top-level pieces, in order.
  public var blocks: [Block]
  /// What its author should know, and what keeps nothing from running.
  public var warnings: [Diagnostic] = []
  /// The pictures that the prose shows, in order.
  public var pictures: [PictureReference] = []

  /// A notebook of blocks that were read, or made.
  public init(file: String, frontMatter: FrontMatter, blocks: [Block]) {
    self.file = file
    self.frontMatter = frontMatter
    self.blocks = blocks
  }

  /// The cells alone, in the order of the document.
  public var cells: [Cell] {
    blocks.compactMap { if case .cell(let cell) = $0 { cell } else { nil } }
  }

  /// Without those of inline expressions.
  public var fencedCells: [Cell] { cells.filter { !$0.isInline } }

  /// The front matter's title, else the first heading's text, else the file's name.
  public var title: String {
    if let title = frontMatter.title { return title }
    for case .heading(let heading) in blocks { return heading.text }
    return name
  }

  /// Whether the prose begins with a heading that says what the title says.
  public var beginsWithTitle: Bool { titleHeading != nil }

  /// The place of that heading in the blocks. What its inline expressions are evaluated by stands before it.
  public var titleHeading: Int? {
    let first = blocks.firstIndex { if case .cell(let cell) = $0 { !cell.isInline } else { true } }
    guard let first, case .heading(let heading) = blocks[first], heading.level == 1, heading.text == title else { return nil }
    return first
  }

  /// The file's name without `.md`: the page's folder in the site.
  public var name: String {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    return last.hasSuffix(".md") ? String(last.dropLast(3)) : last
  }

  /// The notebook's folder: its cells' working directory.
  public var folder: String { URL(fileURLWithPath: file).deletingLastPathComponent().path }
}

/// What stands between the `---` lines at the top.
public struct FrontMatter: Sendable, Equatable {
  /// The title; without it the first heading is the title.
  public var title: String?
  /// One sentence for the index, and the lead of the page.
  public var description: String?
  /// In the order of the file.
  public var parameters: [Parameter]
  /// Where the notebook stands in the index: lower first, those without it last, then by name.
  public var order: Int?
  /// The names of the notebooks that must be built before this one, since it reads what they write.
  public var after: [String] = []
  /// How far a review lets numbers differ, where a cell says nothing else.
  public var tolerance: Tolerance?

  /// Front matter of what is given; all else is as if the file said nothing.
  public init(title: String? = nil, description: String? = nil, parameters: [Parameter] = [], order: Int? = nil) {
    self.title = title
    self.description = description
    self.parameters = parameters
    self.order = order
  }
}

/// A parameter of a notebook: a name, and a default whose type is the parameter's type.
public struct Parameter: Sendable, Equatable {
  /// What a cell reads it by: `params.name`.
  public var name: String
  /// Its default, or what it was overridden by.
  public var value: ParameterValue
  /// The line of its default in the file.
  public var line: Int

  /// A parameter, with the line of its default.
  public init(name: String, value: ParameterValue, line: Int) {
    self.name = name
    self.value = value
    self.line = line
  }
}

/// A top-level piece of a notebook.
public enum Block: Sendable, Equatable {
  case heading(Heading)
  /// Anything else that CommonMark knows, as HTML: paragraphs, lists, quotes, tables of raw HTML.
  case prose(html: String, line: Int)
  /// Code that is only shown: another language, or `swift norun`.
  case listing(Listing)
  case cell(Cell)
}

/// Code that is only shown.
public struct Listing: Sendable, Equatable {
  /// The info string's first word, if there is one.
  public var language: String?
  /// The code, as it is shown.
  public var source: String
  /// The line of its first line in the file.
  public var line: Int

  /// Code in a language, which stands at a line of the file.
  public init(language: String?, source: String, line: Int) {
    self.language = language
    self.source = source
    self.line = line
  }
}

/// A `swift` fence: code that is compiled and run.
public struct Cell: Sendable, Equatable {
  /// Its place in the order in which cells run, from 1.
  public var number: Int
  /// The same without the cells of inline expressions: what an unlabelled cell is called by.
  public var ordinal: Int
  /// The inline expressions of the piece of prose that it was made of, if it stands in no fence (see `InlineExpressions`).
  public var expressions: [InlineExpression] = []
  /// The Markdown lines that errors in it show; its source's own if empty.
  public var excerpts: [String] = []
  /// The fence's content without its leading option lines.
  public var source: String
  /// The line of the source's first line in the file.
  public var line: Int
  /// How many columns the fence, and with it each line of code, is indented in the file (0 to 3).
  public var indentation: Int
  /// What its option lines say.
  public var options: CellOptions

  /// A cell of source that stands at a line of the file. Without an ordinal, it is the number.
  public init(
    number: Int, ordinal: Int? = nil, source: String, line: Int, indentation: Int = 0, options: CellOptions = CellOptions()
  ) {
    self.number = number
    self.ordinal = ordinal ?? number
    self.source = source
    self.line = line
    self.indentation = indentation
    self.options = options
  }

  /// Whether it was made of inline expressions.
  public var isInline: Bool { !expressions.isEmpty }

  /// What its author wrote: its source, or its expressions, each on a line of its own, wherever they stand in their sentences.
  public var text: String { isInline ? expressions.map(\.text).joined(separator: "\n") : source }

  /// The label, or `cell-N`.
  public var id: String { options.label ?? "cell-\(ordinal)" }
}

/// What the `//| key: value` lines at a cell's top say.
public struct CellOptions: Sendable, Equatable {
  /// The name that its author gave the cell.
  public var label: String?
  /// What stands below its last figure, or below its outputs.
  public var caption: String?
  /// Alternative text for the cell's figures.
  public var alt: String?
  /// Whether the page shows the code.
  public var echo = true
  /// Whether the page shows the code folded.
  public var fold = false
  /// Whether the page shows the outputs.
  public var output = true
  /// In seconds.
  public var timeout: Double?
  /// `expect: error`: the cell must fail, and its error is its output.
  public var expectsError = false
  /// Whether its outputs may be taken from an earlier run.
  public var cache = true
  /// Files that the cell reads.
  public var inputs: [String] = []
  /// How far a review lets numbers differ.
  public var tolerance: Tolerance?

  /// The options of a cell that says nothing.
  public init() {}
}
