import Document
import Record

/// The site's first page: every notebook with its title, what it is about, and how its last run ended.
package struct IndexPage: Sendable {
  /// A notebook in the index.
  package struct Entry: Codable, Sendable, Equatable {
    /// Its folder in the site.
    package var name: String
    /// Its title, as on its page.
    package var title: String
    /// What it is about, in a sentence.
    package var description: String?
    /// Lower first; those without come last, then by name.
    package var order: Int?
    /// How its last run ended.
    package var status: Status
    /// The name of the folder of notebooks that it belongs to, where that is not called as usual.
    package var folder: String?
    /// The language of the page, by its tag, where it is not the site's.
    package var language: String?
    /// When the notebook was published, as `2026-11-26`.
    package var date: String?
    /// Files in the page's folder as which the notebook can be downloaded.
    package var downloads: [String]?
    /// The picture in the page's folder by which other sites show the page.
    package var image: String?
    /// The notebook's file, as it was named when it was built; nil for one that was named from the root of the file system.
    package var source: String?
    /// Which of the runs of a notebook it is; nil for the one with the defaults of its parameters.
    package var run: RecordIndex.Run?
    /// The values of the run's parameters, as text, by name.
    package var values: [String: String]?
    /// Numbers of the run that stand beside those of other runs.
    var scalars: [RunScalar]?

    package init(name: String, title: String, description: String? = nil, order: Int? = nil, status: Status) {
      self.name = name
      self.title = title
      self.description = description
      self.order = order
      self.status = status
    }

    /// The notebook whose run it is, or that it is itself.
    package var notebook: String { run?.notebook ?? name }

    /// Where its page is in the site: that of a notebook of which there are only runs is the table of these.
    var page: String { isStandIn ? name + "/" + SiteNames.runsFolder : name }

    /// Whether the notebook has no page of its own, but runs.
    var isStandIn = false

    private enum CodingKeys: CodingKey {
      case name, title, description, order, status, folder, language, date, downloads, image, source, run, values, scalars
    }

    /// Of a notebook that has no page of its own: what one of its runs says of it.
    init(standingFor notebook: String, of run: Entry?) {
      self.init(name: notebook, title: run?.title ?? notebook, status: .complete(cells: 0))
      (description, order, folder, language, source) = (run?.description, run?.order, run?.folder, run?.language, run?.source)
      isStandIn = true
    }

    /// - Parameter record: how it ran.
    package init(_ notebook: Notebook, record: NotebookRecord) {
      self.init(
        name: notebook.name, title: notebook.title, description: notebook.frontMatter.description,
        order: notebook.frontMatter.order, status: Status(record))
      language = notebook.frontMatter.publication.language
      date = notebook.frontMatter.publication.date
      source = notebook.file.hasPrefix("/") ? nil : notebook.file
      run = RecordIndex.Run(notebook)
      values = run.map { _ in notebook.parameterTexts }
      let root = notebook.root.split(separator: "/").last.map(String.init)
      folder = root == Notebook.rootFolder ? nil : root
    }
  }

  /// How a notebook's last run ended.
  package enum Status: Codable, Sendable, Equatable {
    /// All of its cells ran.
    case complete(cells: Int)
    case failed(cells: Int, of: Int)

    /// A cell that failed as it was expected to has not failed.
    package init(_ record: NotebookRecord) {
      let failed = record.cells.count { $0.outcome == .failed }
      let ran = record.cells.allSatisfy { $0.outcome != .notRun }
      self = failed == 0 && ran ? .complete(cells: record.cells.count) : .failed(cells: failed, of: record.cells.count)
    }
  }

  /// The whole page.
  package let html: String

  /// The first page of a site.
  package init(_ map: SiteMap) {
    let words = PageWords.of(map.description.language)
    let title = map.title(words)
    let about = map.description.description
    let groups = PageWords.$current.withValue(words) {
      map.groups.map { Self.group($0, map, words) }.joined(separator: "\n")
    }
    let lead = about.map { "\n" + HTML.paragraph("lead", html: HTML.text($0)) } ?? ""
    html =
      PageFrame(
        title: title, description: about, site: map, words: words,
        body: """
          <main class="index" id="\(PageFrame.contentID)">
          <h1>\(HTML.text(title))</h1>\(lead)
          \(groups.isEmpty ? HTML.element("p", html: words.noNotebooks) : groups)
          </main>
          """
      ).html
  }

  private static func group(_ group: SiteMap.Group, _ map: SiteMap, _ words: PageWords) -> String {
    let items = group.entries.map { item($0, map, words, level: group.title == nil ? "h2" : "h3") }.joined(separator: "\n")
    let title = group.title.map { HTML.element("h2", ["class": "part"], html: HTML.label($0)) + "\n" } ?? ""
    return title + "<ul>\n\(items)\n</ul>"
  }

  private static func item(_ entry: Entry, _ map: SiteMap, _ words: PageWords, level: String) -> String {
    let link = HTML.link(to: SiteNames.link(from: "", to: entry.page), html: HTML.text(entry.title))
    let about = entry.description.map { HTML.element("p", html: HTML.text($0)) }
    let runs = map.runs[entry.name].map { RunTable($0, entries: map.runEntries, from: "", words: words).excerpt }
    let parts = [HTML.element(level, html: link), about, entry.isStandIn ? nil : state(entry.status, words), runs]
      .compactMap(\.self)
    return HTML.element("li", html: "\n\(parts.joined(separator: "\n"))\n")
  }

  /// Nothing for a notebook of prose alone.
  private static func state(_ status: Status, _ words: PageWords) -> String? {
    switch status {
    case .complete(0): nil
    case .complete(let cells): HTML.paragraph("state", html: words.cells(cells))
    case .failed: HTML.paragraph("state failed", html: failure(status, words))
    }
  }

  /// How many cells failed, in words; nothing if none did.
  static func failure(_ status: Status, _ words: PageWords) -> String {
    switch status {
    case .complete: ""
    case .failed(0, _): words.stopped
    case .failed(let failed, let cells):
      words.cellsFailed.replacing("{failed}", with: String(failed)).replacing("{cells}", with: String(cells))
    }
  }
}
