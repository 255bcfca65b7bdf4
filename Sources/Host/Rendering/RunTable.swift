import Document
import Foundation
import Record
import Text

/// A number that a run has put out, under a name by which it is found in other runs.
struct RunScalar: Codable, Sendable, Equatable {
  /// The label of the cell, or the inline expression.
  var name: String
  var text: String

  /// So many of a run stand beside those of others.
  private static let most = 16

  /// The numbers among the values of labelled cells and of inline expressions.
  static func all(_ notebook: Notebook, record: NotebookRecord) -> [RunScalar] {
    let values = Dictionary(record.cells.map { ($0.id, $0.values) }) { first, _ in first }
    var known: Set<String> = []
    let found = notebook.ownCells.flatMap { cell -> [RunScalar] in
      let texts = values[cell.id] ?? []
      if cell.isInline { return zip(cell.expressions.map(\.text), texts).map { RunScalar(name: $0, text: $1) } }
      guard let label = cell.options.label, texts.count == 1 else { return [] }
      return [RunScalar(name: label, text: texts[0])]
    }
    return Array(found.filter { Double($0.text) != nil && known.insert($0.name).inserted }.prefix(most))
  }
}

/// The runs of a notebook beside each other: their values, how they ended, and the numbers that differ among them.
struct RunTable {
  let set: RunSet
  let entries: [String: IndexPage.Entry]
  /// The page on which it stands.
  let from: String
  let words: PageWords
  private let scalars: [String]

  /// So many rows the site's first page shows.
  private static let excerpt = 10

  init(_ set: RunSet, entries: [String: IndexPage.Entry], from: String, words: PageWords) {
    (self.set, self.entries, self.from, self.words) = (set, entries, from, words)
    var texts: [String: Set<String>] = [:]
    var names: [String] = []
    for run in set.runs {
      for scalar in entries["\(set.notebook)/\(run.name)"]?.scalars ?? [] {
        if texts[scalar.name] == nil { names.append(scalar.name) }
        texts[scalar.name, default: []].insert(scalar.text)
      }
    }
    scalars = names.filter { texts[$0, default: []].count > 1 }
  }

  /// The first rows, and the way to all.
  func excerpt(of notebook: String) -> String {
    let summary = HTML.element("summary", html: HTML.text(words.runs(set.runs.count)))
    let link = SiteNames.link(from: from, to: "\(notebook)/\(SiteNames.runsFolder)")
    let more = HTML.paragraph(
      "rows", html: HTML.link(to: link, html: HTML.text("\(words.allRuns) (\(Count.text(set.runs.count)))")))
    return HTML.element(
      "details", ["class": "run-rows"], html: "\(summary)\n\(html(set.runs.prefix(Self.excerpt), isWhole: false))\n\(more)\n")
  }

  /// Some rows; a table of a page of its own has the numbers too.
  func html(_ runs: some Sequence<RunSet.Run>, isWhole: Bool) -> String {
    let columns = isWhole ? scalars : []
    let titles =
      [th(words.run, "text")] + set.axes.map { th($0, isNumeric($0) ? "number" : "text") } + [th(words.state, "text")]
      + columns.map { th($0, "number") }
    let rows = runs.map { run -> String in
      let entry = entries["\(set.notebook)/\(run.name)"]
      let link = HTML.link(to: SiteNames.link(from: from, to: "\(set.notebook)/\(run.name)"), html: HTML.label(run.name))
      let values = set.axes.map { td(run.values[$0] ?? "", isNumeric($0) ? "number" : "text") }
      let numbers = Dictionary((entry?.scalars ?? []).map { ($0.name, $0.text) }) { first, _ in first }
      let cells =
        [HTML.element("td", ["class": "text"], html: link)] + values + [state(entry)]
        + columns.map { td(numbers[$0] ?? "", "number") }
      return HTML.element("tr", html: cells.joined())
    }
    let table =
      "<table>\n<thead><tr>\(titles.joined())</tr></thead>\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>"
    return HTML.element("div", ["class": "outputs"], html: HTML.element("div", ["class": "scroll table"], html: "\n\(table)\n"))
  }

  private func isNumeric(_ axis: String) -> Bool { set.runs.allSatisfy { $0.values[axis].map { Double($0) != nil } ?? true } }

  private func th(_ text: String, _ style: String) -> String {
    HTML.element("th", ["scope": "col", "class": style], html: HTML.label(LongText.clipped(text, to: 60)))
  }

  private func td(_ text: String, _ style: String) -> String {
    HTML.element("td", ["class": style], html: HTML.label(LongText.clipped(text, to: 200)))
  }

  private func state(_ entry: IndexPage.Entry?) -> String {
    guard let entry else { return td("", "text") }
    if case .complete = entry.status { return td(words.ranThrough, "text") }
    return HTML.element("td", ["class": "text failed"], html: IndexPage.failure(entry.status, words))
  }
}

/// The pages with the table of all runs of a notebook: `<notebook>/runs/index.html`, `runs/2.html` and so on.
struct RunsPages {
  static let rowsOfPage = 250

  let notebook: String
  let files: [(path: String, data: Data)]

  init(_ map: SiteMap, _ set: RunSet) {
    notebook = set.notebook
    let from = "\(set.notebook)/\(SiteNames.runsFolder)"
    let own = map.entries.first { $0.name == set.notebook && !$0.isStandIn }
    let title = own?.title ?? set.runs.first.flatMap { map.runEntries["\(set.notebook)/\($0.name)"]?.title } ?? set.notebook
    let words = PageWords.of(map.language(of: own))
    let table = RunTable(set, entries: map.runEntries, from: from, words: words)
    let count = max(1, (set.runs.count + Self.rowsOfPage - 1) / Self.rowsOfPage)
    func file(_ page: Int) -> String { page == 0 ? "index.html" : "\(page + 1).html" }
    files = (0..<count).map { page in
      let rows = set.runs.dropFirst(page * Self.rowsOfPage).prefix(Self.rowsOfPage)
      let heading = PageWords.filled(words.runsOf, with: title)
      let pages = (0..<count).map { other in
        let attributes: KeyValuePairs = other == page ? ["href": file(other), "aria-current": "page"] : ["href": file(other)]
        return HTML.element(
          "li", html: HTML.element("a", attributes, html: HTML.text(PageWords.filled(words.runsPage, with: String(other + 1)))))
      }
      let pager =
        count == 1
        ? ""
        : HTML.element(
          "nav", ["class": "run-pages", "aria-label": words.pageOrder], html: HTML.element("ul", html: pages.joined()))
      let back = own.map {
        HTML.paragraph("lead", html: HTML.link(to: SiteNames.link(from: from, to: $0.name), html: HTML.label($0.title)))
      }
      let html = PageFrame(
        title: heading, description: nil, site: map, words: words, place: from,
        body: """
          <main class="runs-page" id="\(PageFrame.contentID)">
          <h1>\(HTML.text(heading))</h1>
          \(back ?? "")
          \(HTML.paragraph("rows", html: HTML.text(words.runs(set.runs.count))))
          \(pager)
          \(table.html(rows, isWhole: true))
          \(pager)
          </main>
          """
      ).html
      return ("\(from)/\(file(page))", Data(html.utf8))
    }
  }
}

extension Site {
  /// Removes tables of runs that are too many now.
  func removeRunsPages(of notebook: String, besides kept: [String]) {
    let place = "\(notebook)/\(SiteNames.runsFolder)"
    for file in FileManager.default.enumerator(atPath: "\(folder)/\(place)")?.compactMap({ $0 as? String }) ?? []
    where file.wholeMatch(of: /index\.html|[0-9]+\.html/) != nil && !kept.contains("\(place)/\(file)") {
      unlink("\(folder)/\(place)/\(file)")
    }
  }
}
