import Document
import Text

/// What tells other programs of a site's pages, where `site.yml` says at which address it is read: a sitemap, and an Atom feed of the pages that have
/// a date.
struct SiteFeed {
  private let map: SiteMap
  /// The dated pages, the latest first.
  private let dated: [(entry: IndexPage.Entry, date: String)]

  init(_ map: SiteMap) {
    self.map = map
    let all = map.entries.compactMap { entry in entry.date.flatMap(Self.moment).map { (entry: entry, date: $0) } }
    dated = all.sorted { ($1.date, $0.entry.name) < ($0.date, $1.entry.name) }
  }

  /// Whether a site has a feed: without an address or without a date there is nothing to tell.
  static func exists(for map: SiteMap) -> Bool {
    map.description.url != nil && map.entries.contains { $0.date.flatMap(moment) != nil }
  }

  /// `sitemap.xml`; nil without an address.
  var sitemap: String? {
    guard let url = map.description.url else { return nil }
    let places = ([""] + map.entries.map(\.page)).map { "<url><loc>\(HTML.text(url + SiteNames.folder($0)))</loc></url>" }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
      \(places.joined(separator: "\n"))
      </urlset>

      """
  }

  /// `feed.xml`; nil where there is none.
  var atom: String? {
    guard let url = map.description.url, let latest = dated.first?.date else { return nil }
    let title = map.title(PageWords.of(map.description.language))
    let authors = map.description.authors.isEmpty ? [title] : map.description.authors
    let entries = dated.map { entry, date in
      let address = HTML.text(url + SiteNames.folder(entry.name))
      let summary = entry.description.map { "\n<summary>\(HTML.label($0))</summary>" } ?? ""
      return """
        <entry>
        <title>\(HTML.label(entry.title))</title>
        <link href="\(address)"/>
        <id>\(address)</id>
        <updated>\(date)</updated>\(summary)
        </entry>
        """
    }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <feed xmlns="http://www.w3.org/2005/Atom">
      <title>\(HTML.label(title))</title>
      <link href="\(HTML.text(url))"/>
      <link rel="self" href="\(HTML.text(url))feed.xml"/>
      <id>\(HTML.text(url))</id>
      <updated>\(latest)</updated>
      \(authors.map { "<author><name>\(HTML.label($0))</name></author>" }.joined(separator: "\n"))
      \(entries.joined(separator: "\n"))
      </feed>

      """
  }

  /// A date as Atom wants it; nil for what is none. A day alone is its beginning in UTC.
  private static func moment(_ date: String) -> String? {
    if date.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil { return date + "T00:00:00Z" }
    return date.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/) != nil ? date : nil
  }
}
