import Document
import Figures
import Foundation
import Record
import Text

/// A notebook with what its cells put out, as one HTML page: from values to text, without touching a file.
///
/// The page is for reading first: prose in a measure that the eye likes, code that stays quiet, figures as wide as they need. It is
/// complete without JavaScript and asks no other host for anything; its style sheet and its small script are the site's.
///
/// Promises:
/// - What cells print is text on the page, whatever it holds: markup, terminal codes, bytes that no font knows.
/// - A failed cell is found at once: a banner links to it, and it shows the place, the cause and the advice.
/// - No output makes a monstrous page: long ones show their beginning and end with an exact count of the rest, and stand whole in an
///   attachment beside the page.
/// - The same notebook and record give the same bytes: no dates, no paths, no addresses. All links are relative.
package struct Page: Sendable {
  /// A file beside the page, with a whole output of which the page shows a part.
  package struct Attachment: Sendable, Equatable {
    /// Relative to the page's folder: `outputs/s1-dla-1.txt`.
    package var path: String
    package var text: String

    package init(path: String, text: String) { (self.path, self.text) = (path, text) }
  }

  /// The name of its card in its folder.
  static let cardFile = "card.png"

  /// A copy of a file of the project.
  package struct File: Sendable, Equatable {
    /// Relative to the page's folder: `files/means.csv`.
    package var path: String
    package var data: Data

    package init(path: String, data: Data) { (self.path, self.data) = (path, data) }
  }

  /// The page's folder in the site.
  package let name: String
  /// The notebook's title.
  package let title: String
  /// The whole page.
  package let html: String
  /// In the order of the page; the writer of the site writes them beside it.
  package let attachments: [Attachment]
  /// Copies of files that its links lead to, beside the page.
  package var files: [File] = []
  /// What the page loads for its interactive figures.
  let plotly: PlotlyScript?
  /// The picture by which other sites show it.
  let card: Data?
  /// What other pages show of it.
  package let entry: IndexPage.Entry

  /// - Parameter context: what the page shows besides them.
  package init(_ notebook: Notebook, record: NotebookRecord, context: PageContext = PageContext()) {
    let titled = notebook.withValues(record)
    var body = PageBody(notebook: titled.withDistinctAnchors, record: record, context: context)
    (plotly, card) = (context.plotly, context.card)
    name = notebook.name
    title = titled.title
    entry = body.entry
    html = PageWords.$current.withValue(body.words) { body.html() }
    attachments = body.attachments + context.downloads
  }
}

extension Notebook {
  /// The title with the values of its inline expressions.
  package func title(with record: NotebookRecord) -> String { withValues(record).title }

  /// The notebook with what its inline expressions gave in its headings, on one line, and not the whole of a long text.
  func withValues(_ record: NotebookRecord) -> Notebook {
    let records = Dictionary(record.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    return fillingHeadings { cell, index in
      let values = records[cell]?.values ?? []
      return values.indices.contains(index) ? Markup.label(LongText.clipped(TerminalText.plain(values[index]), to: 200)) : nil
    }
  }

  /// A cell's label is its address; a heading with the same anchor steps aside.
  fileprivate var withDistinctAnchors: Notebook {
    let taken = Set(cells.map(\.id) + formulas.compactMap(\.label) + proseTables.compactMap(\.label))
    var notebook = self
    notebook.blocks = blocks.map { block in
      guard case .heading(var heading) = block, taken.contains(heading.anchor) else { return block }
      heading.anchor = "section-" + heading.anchor
      return .heading(heading)
    }
    return notebook
  }
}

/// The page as it grows, from the banner to the last cell.
private struct PageBody {
  let notebook: Notebook
  let record: NotebookRecord
  let context: PageContext
  private let records: [String: CellRecord]
  private let numbered: NumberedOutputs
  private(set) var attachments: [Page.Attachment] = []
  /// What other pages show of this one.
  let entry: IndexPage.Entry
  private let site: SiteMap
  let words: PageWords

  init(notebook: Notebook, record: NotebookRecord, context: PageContext) {
    self.context = context
    self.notebook = notebook
    self.record = record
    numbered = NumberedOutputs(notebook, record: record)
    records = Dictionary(record.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var entry = IndexPage.Entry(notebook, record: record)
    entry.scalars = notebook.variant.map { _ in RunScalar.all(notebook, record: record) }
    let downloads = context.downloads.map(\.path) + context.laterDownloads
    entry.downloads = downloads.isEmpty ? nil : downloads
    entry.image = context.card.map { _ in Page.cardFile }
    (self.entry, site) = (entry, context.site?.with(entry) ?? SiteMap([]))
    words = PageWords.of(site.language(of: entry))
  }

  mutating func html() -> String {
    let contents = TableOfContents(notebook)
    let blocks = blocks.map { block($0) }.filter { !$0.isEmpty }.joined(separator: "\n")
    let parts = SiteParts(site, entry: entry)
    return PageFrame(
      title: notebook.title + (notebook.variant.map { " (\($0.name))" } ?? ""),
      description: notebook.frontMatter.description, entry: entry, publication: publication.meta,
      plotly: context.plotly, site: site, words: words, form: context.form,
      body: """
        <div class="layout">
        <div class="side">\(SiteRegion.side.html(parts.html(.side)))
        \(contents.sidebar)
        </div>
        <main id="\(PageFrame.contentID)">
        \(head)\(SiteRegion.runs.html(parts.html(.runs)))
        \(contents.collapsible)
        \(blocks)
        \(ending)\(SiteRegion.end.html(parts.html(.end)))
        </main>
        </div>
        """
    ).html
  }

  /// The references, and how the page is cited.
  private var ending: String {
    [citations.list(words), publication.citing(words)].filter { !$0.isEmpty }.map { $0 + "\n" }.joined()
  }

  private var citations: CitationView { CitationView(citations: notebook.citations, works: context.citedWorks) }

  private var publication: PublicationView {
    PublicationView(
      publication: notebook.frontMatter.publication, title: notebook.title, name: notebook.name,
      address: site.description.url.map { $0 + SiteNames.folder(notebook.name) })
  }

  /// Without the first heading, where it says what the page's title says already.
  private var blocks: [Block] {
    var blocks = notebook.blocks
    if let heading = notebook.titleHeading { blocks.remove(at: heading) }
    return notebook.shared.map(Block.cell) + blocks
  }

  private var head: String {
    let parameters = notebook.frontMatter.parameters
    let parts = [
      HTML.element("h1", html: HTML.text(notebook.title)),
      notebook.frontMatter.description.map { HTML.paragraph("lead", html: HTML.text($0)) },
      publication.byline,
      notebook.variant.map { _ in
        HTML.paragraph("run-name", html: HTML.text(words.run + " ") + HTML.element("code", html: HTML.label(notebook.runName)))
      },
      parameters.isEmpty
        ? nil : ParameterList(parameters: parameters, assigned: Set(notebook.variant?.assignments.map(\.name) ?? [])).html,
      provenance,
      banner,
    ]
    return HTML.element("header", ["class": "head"], html: "\n\(parts.compactMap { $0 }.joined(separator: "\n"))\n")
  }

  private var provenance: String? {
    record.device.map { device in
      let place = record.usesProcessor ? words.processor : device
      return HTML.paragraph("provenance", html: HTML.label(PageWords.filled(words.computedOn, with: place)))
    }
  }

  /// Which cells failed, and how many did not run for it.
  private var banner: String? {
    let failed = record.cells.filter { $0.outcome == .failed }
    guard !failed.isEmpty else { return nil }
    let links = failed.prefix(10).map(failure)
    let more = failed.count > 10 ? HTML.element("li", html: words.andMore(failed.count - 10)) : ""
    let notRun = record.cells.count { $0.outcome == .notRun }
    let rest = notRun == 0 ? "" : HTML.element("p", html: words.cellsDidNotRun(notRun)) + "\n"
    return """
      <div class="banner">
      <p><strong>\(words.didNotRunThrough)</strong></p>
      <ul>\(links.joined())\(more)</ul>
      \(rest)</div>
      """
  }

  private func failure(_ cell: CellRecord) -> String {
    let message = cell.error?.diagnostics.first.map { ": " + HTML.label(LongText.clipped($0.message, to: 240)) } ?? ""
    let link = HTML.link(to: SiteNames.anchor(cell.id), html: HTML.element("code", html: HTML.text(cell.id)))
    return HTML.element("li", html: PageWords.filled(words.cellFailed, with: link) + message)
  }

  private mutating func block(_ block: Block) -> String {
    switch block {
    case .heading(let heading): return self.heading(heading)
    case .prose(let html, _): return HTML.element("div", ["class": "prose"], html: "\n" + filled(Highlighter.prose(html)))
    case .listing(let listing): return self.listing(listing)
    case .cell(let cell):
      var cellRecord = records[cell.id] ?? CellRecord(id: cell.id, outcome: .notRun, outputs: [])
      if cell.isInline {
        // Its values stand in the prose.
        guard cellRecord.outcome == .failed else { return "" }
        cellRecord.outputs = cellRecord.shownOutputs(hidden: true)
      }
      // Shared code stands in its own file; what it puts out is shown.
      if cell.file != nil, cellRecord.outcome != .failed, cellRecord.outputs.isEmpty { return "" }
      var view = CellView(cell: cell, record: cellRecord, isInteractive: context.plotly != nil, hasRecord: context.hasRecord)
      view.numbered = (numbered.items[cell.id] ?? [:]).mapValues { item in
        var item = item
        item.html = filled(item.html)
        return item
      }
      view.fragments = (notebook.fragments[cell.id] ?? [:]).mapValues { fragment in
        fragment.blocks.map { self.block($0) }.joined(separator: "\n")
      }
      let html = view.html()
      attachments += view.attachments
      return html
    }
  }

  /// The prose with the values of its inline expressions.
  private func filled(_ html: String) -> String {
    var html = FormulaView.fill(numbered.fillingTableNumbers(html), notebook.formulas, context)
    html = citations.fill(html)
    return InlineExpressions.fill(html) { cell, index in
      let values = records[cell]?.values ?? []
      guard values.indices.contains(index) else { return nil }
      return HTML.element("span", ["class": "inline-value"], html: HTML.label(TerminalText.plain(values[index])))
    }
  }

  private func heading(_ heading: Heading) -> String {
    let link = HTML.element(
      "a", ["class": "anchor", "href": SiteNames.anchor(heading.anchor), "aria-label": words.linkToSection], html: "#")
    return HTML.element("h\(heading.level)", ["id": heading.anchor], html: filled(heading.html) + link)
  }

  private func listing(_ listing: Listing) -> String {
    HTML.element("div", ["class": "listing"], html: HTML.code(Highlighter.html(listing.source, language: listing.language)))
  }
}

/// The parameters of a notebook, by name and value.
private struct ParameterList {
  var parameters: [Parameter]
  /// The names of those that tell this run from others.
  var assigned: Set<String>

  var html: String {
    let items = parameters.map { parameter in
      let name = HTML.element("dt", html: HTML.label(parameter.name))
      let value = name + HTML.element("dd", html: HTML.label(parameter.value.excerpt))
      return HTML.element("div", assigned.contains(parameter.name) ? ["class": "assigned"] : [:], html: value)
    }
    return HTML.element("dl", ["class": "parameters", "aria-label": PageWords.current.parameters], html: items.joined())
  }
}

extension ParameterValue {
  /// For readers of a page: of long ones the beginning.
  fileprivate var excerpt: String {
    switch self {
    case .int, .double, .bool: text
    case .string(let string): LongText.clipped(string, to: 200)
    case .array(let values): "[" + values.prefix(50).map(\.excerpt).joined(separator: ", ") + (values.count > 50 ? ", …]" : "]")
    }
  }
}
