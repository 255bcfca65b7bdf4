import Document
import Record

/// The site's first page: every notebook with its title, what it is about, and how its last run ended.
public struct IndexPage: Sendable {
  /// A notebook in the index.
  public struct Entry: Codable, Sendable, Equatable {
    /// Its folder in the site.
    public var name: String
    /// Its title, as on its page.
    public var title: String
    /// What it is about, in a sentence.
    public var description: String?
    /// Lower first; those without come last, then by name.
    public var order: Int?
    /// How its last run ended.
    public var status: Status
    /// The notebook's file, as it was named when it was built; nil for one that was named from the root of the file system.
    public var source: String?

    public init(name: String, title: String, description: String? = nil, order: Int? = nil, status: Status) {
      self.name = name
      self.title = title
      self.description = description
      self.order = order
      self.status = status
    }

    /// - Parameter record: how it ran.
    public init(_ document: Document, record: NotebookRecord) {
      self.init(
        name: document.name, title: document.title, description: document.frontMatter.description,
        order: document.frontMatter.order, status: Status(record))
      source = document.file.hasPrefix("/") ? nil : document.file
    }
  }

  /// How a notebook's last run ended.
  public enum Status: Codable, Sendable, Equatable {
    /// All of its cells ran.
    case complete(cells: Int)
    case failed(cells: Int, of: Int)

    /// A cell that failed as it was expected to has not failed.
    public init(_ record: NotebookRecord) {
      let failed = record.cells.count { $0.outcome == .failed }
      let ran = record.cells.allSatisfy { $0.outcome != .notRun }
      self = failed == 0 && ran ? .complete(cells: record.cells.count) : .failed(cells: failed, of: record.cells.count)
    }
  }

  /// The whole page.
  public let html: String

  /// Entries in any order.
  public init(_ entries: [Entry], title: String = "Notebooks") {
    let sorted = entries.sorted { left, right in
      let (first, second) = (left.order ?? .max, right.order ?? .max)
      return first == second ? left.name < right.name : first < second
    }
    let items = sorted.map(Self.item).joined(separator: "\n")
    html =
      Frame(
        title: title, root: "", header: "",
        body: """
          <main class="index" id="\(Frame.contentID)">
          <h1>\(HTML.text(title))</h1>
          \(items.isEmpty ? "<p>There are no notebooks yet.</p>" : "<ul>\n\(items)\n</ul>")
          </main>
          """
      ).html
  }

  private static func item(_ entry: Entry) -> String {
    let title = HTML.text(entry.title)
    let link = HTML.link(to: SiteNames.link(entry.name) + "/index.html", html: title)
    let about = entry.description.map { HTML.element("p", html: HTML.text($0)) }
    let parts = [HTML.element("h2", html: link), about, state(entry.status)].compactMap { $0 }
    return HTML.element("li", html: "\n\(parts.joined(separator: "\n"))\n")
  }

  private static func state(_ status: Status) -> String {
    switch status {
    case .complete(let cells): HTML.paragraph("state", html: cells == 1 ? "1 cell" : "\(cells) cells")
    case .failed(0, _): HTML.paragraph("state failed", html: "Did not run through")
    case .failed(let failed, let cells): HTML.paragraph("state failed", html: "\(failed) of \(cells) cells failed")
    }
  }
}
