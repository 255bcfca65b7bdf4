import Files
import Foundation
import Record
import Text

/// The pages with the table of all runs of a notebook: `<notebook>/runs/index.html`, `runs/2.html` and so on; and the table as a file for other programs.
///
/// Each page is whole without its script; with it, what a reader looks for is looked for in all rows, whichever page they stand on.
struct RunsPages {
  static let rowsOfPage = 100
  private static let rowsFile = "rows.js"
  private static let tableFile = "runs.csv"

  let notebook: String
  private(set) var files: [(path: String, data: Data)] = []

  private let map: SiteMap
  private let own: IndexPage.Entry?
  private let words: PageWords
  private let table: RunTable
  private let from: String
  private let count: Int

  init(_ map: SiteMap, _ set: RunSet) {
    (self.map, notebook, from) = (map, set.notebook, "\(set.notebook)/\(SiteNames.runsFolder)")
    own = map.entries.first { $0.name == set.notebook }
    words = PageWords.of(map.language(of: own))
    table = RunTable(set, entries: map.runEntries, from: from, words: words)
    count = max(1, (set.noted.count + Self.rowsOfPage - 1) / Self.rowsOfPage)
    var files = PageWords.$current.withValue(words) {
      (0..<count).map { ("\(from)/\(Self.file($0))", Data(page($0).utf8)) } + [
        ("\(from)/\(Self.tableFile)", Data(table.csv.utf8))
      ]
    }
    if count > 1 { files.append(("\(from)/\(Self.rowsFile)", Data(table.script.utf8))) }
    self.files = files
  }

  private static func file(_ page: Int) -> String { page == 0 ? "index.html" : "\(page + 1).html" }

  /// Whether Folio writes a file of this name there.
  static func isOwn(_ file: String) -> Bool {
    file == rowsFile || file == tableFile || file.wholeMatch(of: /index\.html|[0-9]+\.html/) != nil
  }

  private func page(_ page: Int) -> String {
    let rows = table.set.noted.dropFirst(page * Self.rowsOfPage).prefix(Self.rowsOfPage)
    let heading = PageWords.filled(words.runsOf, with: own?.title ?? notebook)
    let back = own.flatMap { own in
      own.isStandIn
        ? nil : HTML.paragraph("lead", html: HTML.link(to: SiteNames.link(from: from, to: own.name), html: HTML.label(own.title)))
    }
    let download = HTML.element("a", ["href": Self.tableFile, "download": ""], html: Self.tableFile)
    return PageFrame(
      title: heading + (page == 0 ? "" : ", " + PageWords.filled(words.runsPage, with: String(page + 1))), site: map,
      words: words,
      place: from,
      body: """
        <main class="runs-page" id="\(PageFrame.contentID)">
        <h1>\(HTML.label(heading))</h1>
        \(back ?? "")
        \(HTML.paragraph("rows", html: HTML.text(table.summary)))
        \(pager(at: page, element: "nav", ["class": "run-pages", "aria-label": words.pageOrder]))
        \(table.html(rows, loading: count > 1 ? Self.rowsFile : nil))
        \(pager(at: page, element: "div", ["class": "run-pages"]))
        \(HTML.paragraph("rows", html: HTML.text(words.download + ": ") + download))
        </main>
        """
    ).html
  }

  /// All pages, or those at the ends and around this one.
  private func pager(at page: Int, element: String, _ attributes: KeyValuePairs<String, String>) -> String {
    guard count > 1 else { return "" }
    let shown = Set([0, count - 1] + (page - 4...page + 4)).filter { (0..<count).contains($0) }.sorted()
    let items = shown.map { other -> String in
      let text = HTML.text(PageWords.filled(words.runsPage, with: String(other + 1)))
      let attributes: KeyValuePairs =
        other == page ? ["href": Self.file(other), "aria-current": "page"] : ["href": Self.file(other)]
      let gap = other > 0 && !shown.contains(other - 1) ? "… " : ""
      return HTML.element("li", html: gap + HTML.element("a", attributes, html: text))
    }
    return HTML.element(element, attributes, html: HTML.element("ul", html: items.joined()))
  }
}

extension Site {
  /// Removes what lies in the table of a notebook's runs and is not of it any more.
  func removeRunsPages(of notebook: String, besides kept: Set<String>) {
    let place = "\(notebook)/\(SiteNames.runsFolder)"
    for file in FolderFile.names(in: place, of: folder) where RunsPages.isOwn(file) && !kept.contains("\(place)/\(file)") {
      unlink("\(folder)/\(place)/\(file)")
    }
    if kept.isEmpty { rmdir("\(folder)/\(place)") }
  }
}
