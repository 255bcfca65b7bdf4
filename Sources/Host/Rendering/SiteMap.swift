import Document

/// The pages of a site in order, and what is said of the site: what every page shows of the others.
package struct SiteMap: Sendable {
  /// Some pages, in order, and the title of their part.
  package struct Group: Sendable {
    package var title: String?
    package var entries: [IndexPage.Entry]
  }

  package let description: SiteDescription
  /// The notebooks. One that has no page of its own, but runs, is there too.
  package let groups: [Group]
  /// The runs of notebooks that have any, by the names of these.
  package let runs: [String: RunSet]
  /// The pages of runs, by their names.
  package let runEntries: [String: IndexPage.Entry]

  /// The notebooks in the order of the groups.
  package var entries: [IndexPage.Entry] { groups.flatMap(\.entries) }

  /// - Parameters:
  ///   - entries: the pages of the site, in any order.
  ///   - runs: those of notebooks that have any.
  ///   - description: gives their order and their parts; without it they are sorted by `order`, then by name, and each folder is a part.
  package init(
    _ entries: [IndexPage.Entry], runs: [String: RunSet] = [:], description: SiteDescription = SiteDescription()
  ) {
    (self.description, self.runs) = (description, runs)
    var known = Dictionary(entries.filter { $0.run == nil }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let ofRuns = Dictionary(entries.filter { $0.run != nil }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    runEntries = ofRuns
    for (notebook, set) in runs where known[notebook] == nil && !set.runs.isEmpty {
      known[notebook] = IndexPage.Entry(standingFor: notebook, of: set.runs.first.flatMap { ofRuns["\(notebook)/\($0.name)"] })
    }
    let named = description.contents.map { part in Group(title: part.title, entries: part.notebooks.compactMap { known[$0] }) }
    let listed = Set(named.flatMap(\.entries).map(\.name))
    let rest = known.values.filter { !listed.contains($0.name) }.sorted(by: Self.isBefore)
    if listed.isEmpty {
      groups = Self.byFolder(rest)
    } else {
      let more = PageWords.of(description.language).moreNotebooks
      let needsTitle = named.contains { $0.title != nil }
      groups = (named + [Group(title: needsTitle ? more : nil, entries: rest)]).filter { !$0.entries.isEmpty }
    }
  }

  private static func isBefore(_ left: IndexPage.Entry, _ right: IndexPage.Entry) -> Bool {
    (left.order ?? .max, left.name) < (right.order ?? .max, right.name)
  }

  /// Those of the site's own folder, then those of each folder below it, in the order of the folders' names.
  private static func byFolder(_ entries: [IndexPage.Entry]) -> [Group] {
    let folders = Dictionary(grouping: entries) { $0.name.split(separator: "/").dropLast().joined(separator: "/") }
    return folders.keys.sorted().map { Group(title: $0.isEmpty ? nil : $0, entries: folders[$0] ?? []) }
  }

  /// The site with a page that is being made, in place of the one that was there.
  package func with(_ entry: IndexPage.Entry) -> SiteMap {
    let others = entries.filter { !$0.isStandIn } + runEntries.values
    return SiteMap(others.filter { $0.name != entry.name } + [entry], runs: runs, description: description)
  }

  /// The pages before and behind a page.
  package func neighbours(of name: String) -> (previous: IndexPage.Entry?, next: IndexPage.Entry?) {
    let all = entries
    guard let index = all.firstIndex(where: { $0.name == name }) else { return (nil, nil) }
    return (index > 0 ? all[index - 1] : nil, index + 1 < all.count ? all[index + 1] : nil)
  }

  /// What the site is called, in the language of the page that calls it.
  package func title(_ words: PageWords) -> String { description.title ?? words.notebooks }

  /// The language of a page.
  package func language(of entry: IndexPage.Entry?) -> String { entry?.language ?? description.language ?? "en" }
}
