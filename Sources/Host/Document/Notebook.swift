import Foundation
import Machine
import Record

/// A notebook, read: front matter, and blocks of prose and cells in order, with the line of everything. This is the format:
///
/// - A notebook is CommonMark, in UTF-8. Between two `---` lines at its very top may stand its front matter, in YAML 1.2 with its core
///   schema: `title`, `description`, `order` (a whole number; the index is sorted by it), `after` (the notebooks that run before it),
///   `needs` (the models without which it is left out of a site), `include` (files of Swift before its first cell), `packages` (local
///   Swift packages whose libraries its cells import), `tolerance` (of its numbers, in review), `device` (on which its models
///   compute: see `Device`) `resources` (what one run takes: `memory`, `cores`, `gpus`, `time`), `variants` (its other runs: see
///   `FrontMatterParser.readVariants`) and `params`, a mapping of names to defaults. A default is an integer, a number, a truth value, a text, or a list of one of these, and gives the parameter its type. So `010` is
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
package struct Notebook: Sendable, Equatable {
  /// The file's path, as the user named it; it stands in every diagnostic.
  package var file: String
  /// What stands between the `---` lines at its top.
  package var frontMatter: FrontMatter
  /// Its top-level pieces, in order.
  package var blocks: [Block]
  /// The whole file as it was read; empty for a notebook that was made.
  package var markdown = ""
  /// What its author should know, and what keeps nothing from running.
  package var warnings: [Diagnostic] = []
  /// The pictures that the prose shows, in order.
  package var pictures: [PictureReference] = []
  /// The formulas, citations and captioned tables of the prose, in order.
  package var formulas: [Formula] = []
  package var citations: [Citation] = []
  package var proseTables: [ProseTable] = []
  /// The texts in Markdown that its cells have put out, by the cell and the place among its outputs (`takingFragments`).
  package var fragments: [String: [Int: MarkdownFragment]] = [:]
  /// The code that it shares with others, in the order in which it is compiled: before the first cell.
  package var shared: [Cell] = []
  /// The captions of its cells as HTML with the places of formulas and citations, by what is written.
  package var captionHTML: [String: String] = [:]
  /// The links of the prose, in order.
  package var references: [Reference] = []
  /// Which of its runs it is; nil for the one with the defaults of its parameters.
  package var variant: Variant?

  /// A notebook of blocks that were read, or made.
  package init(file: String, frontMatter: FrontMatter, blocks: [Block]) {
    self.file = file
    self.frontMatter = frontMatter
    self.blocks = blocks
  }

  /// The cells alone, in the order in which they run: shared code, then the document's.
  package var cells: [Cell] { shared + ownCells }

  /// Those that stand in its own file.
  package var ownCells: [Cell] {
    blocks.compactMap { if case .cell(let cell) = $0 { cell } else { nil } }
  }

  /// Those that stand in a fence of its own file.
  package var fencedCells: [Cell] { ownCells.filter { !$0.isInline } }

  /// The file in which a cell stands, as diagnostics name it.
  package func file(of cell: Cell) -> String { cell.file ?? file }

  /// The front matter's title, else the first heading's text, else the file's name.
  package var title: String {
    if let title = frontMatter.title { return title }
    for case .heading(let heading) in blocks { return heading.text }
    return notebookName
  }

  /// Whether the prose begins with a heading that says what the title says.
  package var beginsWithTitle: Bool { titleHeading != nil }

  /// The place of that heading in the blocks. What its inline expressions are evaluated by stands before it.
  package var titleHeading: Int? {
    let first = blocks.firstIndex { if case .cell(let cell) = $0 { !cell.isInline } else { true } }
    guard let first, case .heading(let heading) = blocks[first], heading.level == 1, heading.text == title else { return nil }
    return first
  }

  /// The notebook's folder: its cells' working directory.
  package var folder: String { URL(fileURLWithPath: file).deletingLastPathComponent().path }
}

/// What stands between the `---` lines at the top.
package struct FrontMatter: Sendable, Equatable {
  /// The title; without it the first heading is the title.
  package var title: String?
  /// One sentence for the index, and the lead of the page.
  package var description: String?
  /// In the order of the file.
  package var parameters: [Parameter]
  /// Where the notebook stands in the index: lower first, those without it last, then by name.
  package var order: Int?
  /// The names of the notebooks that must be built before this one, since it reads what they write.
  package var after: [String] = []
  /// The models without which it is left out of a site: folders, or names in the hub's cache.
  package var needs: [String] = []
  /// How far a review lets numbers differ, where a cell says nothing else.
  package var tolerance: Tolerance?
  /// On which device its models compute, where the command line says nothing else.
  package var device: DeviceRequest?
  /// Whether quotes and dashes in its prose become those of typography.
  package var isSmart = false
  /// What it says of itself as a publication.
  package var publication = Publication()
  /// Files of Swift that are compiled before its first cell, besides those of the folders `Shared`.
  package var include: [SourceRequest] = []
  /// Folders of Swift packages whose libraries its cells can import.
  package var packages: [SourceRequest] = []
  /// Its runs besides the one with the defaults.
  package var variants: [Variant] = []
  /// What one run of it takes of a machine, where it says so.
  package var resources = Resources()

  /// Front matter of what is given; all else is as if the file said nothing.
  package init(title: String? = nil, description: String? = nil, parameters: [Parameter] = [], order: Int? = nil) {
    self.title = title
    self.description = description
    self.parameters = parameters
    self.order = order
  }
}

/// A device, with the line of the file that asks for it.
package struct DeviceRequest: Sendable, Equatable {
  package var device: Device
  package var line: Int

  package init(device: Device, line: Int) {
    self.device = device
    self.line = line
  }
}

/// A path that the front matter gives, with its line.
package struct SourceRequest: Sendable, Equatable {
  /// Relative to the notebook's folder.
  package var path: String
  package var line: Int

  package init(path: String, line: Int) { (self.path, self.line) = (path, line) }
}

/// A parameter of a notebook: a name, and a default whose type is the parameter's type.
package struct Parameter: Sendable, Equatable {
  /// What a cell reads it by: `params.name`.
  package var name: String
  /// Its default, or what it was overridden by.
  package var value: ParameterValue
  /// Its default.
  package let standard: ParameterValue
  /// The line of its default in the file.
  package var line: Int

  /// A parameter, with the line of its default.
  package init(name: String, value: ParameterValue, line: Int) {
    self.name = name
    (self.value, standard) = (value, value)
    self.line = line
  }
}

/// A top-level piece of a notebook.
package enum Block: Sendable, Equatable {
  case heading(Heading)
  /// Anything else that CommonMark knows, as HTML: paragraphs, lists, quotes, tables of raw HTML.
  case prose(html: String, line: Int)
  /// Code that is only shown: another language, or `swift norun`.
  case listing(Listing)
  case cell(Cell)
}

/// Code that is only shown.
package struct Listing: Sendable, Equatable {
  /// The info string's first word, if there is one.
  package var language: String?
  /// The code, as it is shown.
  package var source: String
  /// The line of its first line in the file.
  package var line: Int

  /// Code in a language, which stands at a line of the file.
  package init(language: String?, source: String, line: Int) {
    self.language = language
    self.source = source
    self.line = line
  }
}

/// A `swift` fence: code that is compiled and run.
package struct Cell: Sendable, Equatable {
  /// Its place in the order in which cells run, from 1.
  package var number: Int
  /// The same without the cells of inline expressions: what an unlabelled cell is called by.
  package var ordinal: Int
  /// The file that it is, if it is shared code: nil for a cell of the notebook's own file.
  package var file: String?
  /// The inline expressions of the piece of prose that it was made of, if it stands in no fence (see `InlineExpressions`).
  package var expressions: [InlineExpression] = []
  /// The Markdown lines that errors in it show; its source's own if empty.
  package var excerpts: [String] = []
  /// The fence's content without its leading option lines.
  package var source: String
  /// The line of the source's first line in the file.
  package var line: Int
  /// How many columns the fence, and with it each line of code, is indented in the file (0 to 3).
  package var indentation: Int
  /// What its option lines say.
  package var options: CellOptions

  /// A cell of source that stands at a line of the file. Without an ordinal, it is the number.
  package init(
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
  package var isInline: Bool { !expressions.isEmpty }

  /// What its author wrote: its source, or its expressions, each on a line of its own, wherever they stand in their sentences.
  package var text: String { isInline ? expressions.map(\.text).joined(separator: "\n") : source }

  /// The label, or `cell-N`.
  package var id: String { options.label ?? "cell-\(ordinal)" }
}

/// What the `//| key: value` lines at a cell's top say.
package struct CellOptions: Sendable, Equatable {
  /// The name that its author gave the cell.
  package var label: String?
  /// What stands below its figures and tables, in Markdown: one text stands below its last figure, or else its last table; of several each
  /// has the figure or the table of its place.
  package var captions: [String] = []
  /// The only caption.
  package var caption: String? {
    get { captions.count == 1 ? captions[0] : nil }
    set { captions = newValue.map { [$0] } ?? [] }
  }
  /// Alternative text for the cell's figures.
  package var alt: String?
  /// Whether the page shows the code.
  package var echo = true
  /// Whether the page shows the code folded.
  package var fold = false
  /// Whether the page shows the outputs.
  package var output = true
  /// In seconds.
  package var timeout: Double?
  /// `expect: error`: the cell must fail, and its error is its output.
  package var expectsError = false
  /// Whether its outputs may be taken from an earlier run.
  package var cache = true
  /// Files that the cell reads.
  package var inputs: [String] = []
  /// How far a review lets numbers differ.
  package var tolerance: Tolerance?

  /// The options of a cell that says nothing.
  package init() {}
}
