import Document
import Files
import Foundation
import Record

/// What the pages of a site show of each other.
extension Site {
  /// Brings up to date what depends on all pages: the list of pages on each of them, the first page, the search, the sitemap and the feed.
  ///
  /// No cell is run, and no page is made anew: what a page says of its notebook stays as it is. Files that would not change are not touched; the
  /// others are all written, or none.
  /// - Parameter description: what `site.yml` says.
  /// - Returns: the names of the notebooks whose pages have changed.
  @discardableResult
  package func refresh(_ description: SiteDescription) throws -> [String] {
    try writeAssets()
    defer { WholeFile.removeOrphans(in: folder) }
    let lock = FolderLock(folder, .alone)
    return try withExtendedLifetime(lock) { try refreshed(description) }
  }

  private func refreshed(_ description: SiteDescription) throws -> [String] {
    let entries = entries
    let map = SiteMap(entries, runs: runSets(entries), description: description)
    var (files, changed, searched) = ([(path: String, data: Data)](), [String](), [SearchIndex.Page]())
    for entry in map.entries.filter({ !$0.isStandIn }) + map.runEntries.values.sorted(by: { $0.name < $1.name }) {
      let path = "\(entry.name)/index.html"
      guard let old = try? FolderFile.read(path, in: folder) else { continue }
      let parts = SiteParts(map, entry: entry)
      let new = SiteRegion.fill(old, parts.html)
      searched.append(entry.run == nil ? SearchIndex.Page(entry, html: new) : SearchIndex.Page(run: entry))
      guard new != old else { continue }
      files.append((path, new))
      changed.append(entry.name)
    }
    if let favicon = description.favicon, let name = description.faviconFile,
      let data = FileManager.default.contents(atPath: favicon)
    {
      files.append(("assets/" + name, data))
    }
    let feed = SiteFeed(map)
    files.append(("assets/" + SearchIndex.file, Data(SearchIndex(searched).script.utf8)))
    let tellers = [("sitemap.xml", feed.sitemap), ("feed.xml", feed.atom)]
    for (path, text) in tellers { if let text { files.append((path, Data(text.utf8))) } }
    files.append(("index.html", Data(IndexPage(map).html.utf8)))
    let tables = map.runs.values.sorted { $0.notebook < $1.notebook }.map { RunsPages(map, $0) }
    for table in tables { files += table.files }
    try write(files, isHeld: true)
    let kept = Dictionary(tables.map { ($0.notebook, Set($0.files.map(\.path))) }) { first, _ in first }
    for entry in map.entries { removeRunsPages(of: entry.name, besides: kept[entry.name] ?? []) }
    for (path, text) in tellers where text == nil && isOwn(path) { unlink("\(folder)/\(path)") }
    return changed
  }

  /// The runs that have a page: those that are noted, in their order, and then others.
  private func runSets(_ entries: [IndexPage.Entry]) -> [String: RunSet] {
    let runs = Dictionary(grouping: entries.filter { $0.run != nil }, by: \.notebook)
    return runs.reduce(into: [:]) { sets, item in
      let there = Dictionary(item.value.compactMap { entry in entry.run.map { ($0.name, entry) } }) { first, _ in first }
      var file = self.runs(of: item.key) ?? RunsFile(notebook: item.key, parameters: [], runs: [])
      let noted = Set(file.runs.map(\.name))
      let others = there.values.filter { !noted.contains($0.run?.name ?? "") }.compactMap { entry in
        entry.run.map { RunsFile.Entry(name: $0.name, values: entry.values ?? [:], isDeclared: false) }
      }
      if file.parameters.isEmpty { file.parameters = Set(others.flatMap(\.values.keys)).sorted() }
      sets[item.key] = RunSet(file.with(declared: nil, others: others)) { there[$0] != nil }
    }
  }

  /// Whether a file that tells of pages was written by Folio: it names the site's pages in its way.
  private func isOwn(_ path: String) -> Bool {
    guard let data = try? FolderFile.read(path, in: folder) else { return false }
    let starts = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n<url><loc>",
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>",
    ]
    return starts.contains { data.starts(with: Data($0.utf8)) }
  }
}
