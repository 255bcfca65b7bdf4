import Document
import Figures
import Text

/// What a page shows of the site, region by region.
struct SiteParts {
  let map: SiteMap
  /// The page's; nil for the site's first page.
  let entry: IndexPage.Entry?
  /// The folder of the site in which the page lies.
  private let name: String
  private let words: PageWords

  /// - Parameter place: where a page lies that is no notebook's; empty for the first page.
  init(_ map: SiteMap, entry: IndexPage.Entry?, place: String = "") {
    (self.map, self.entry, name) = (map, entry, entry?.name ?? place)
    words = PageWords.of(map.language(of: entry))
  }

  private var root: String { SiteNames.root(from: name) }

  func html(_ region: SiteRegion) -> String {
    switch region {
    case .head: head
    case .bar: bar
    case .side: side
    case .runs: entry.map { RunControl(map, entry: $0, words: words).html } ?? ""
    case .end: end
    case .foot: foot
    }
  }

  // MARK: - Head

  private var head: String {
    var lines = [Markup.element("link", ["rel": "icon", "href": icon])]
    if let url = map.description.url {
      let address = url + SiteNames.folder(name)
      lines.append(Markup.element("link", ["rel": "canonical", "href": address]))
      let title = map.title(words)
      if SiteFeed.exists(for: map) {
        lines.append(
          Markup.element(
            "link", ["rel": "alternate", "type": "application/atom+xml", "href": root + "feed.xml", "title": Markup.label(title)])
        )
      }
      var properties = [
        ("og:type", entry == nil ? "website" : "article"), ("og:site_name", title), ("og:title", entry?.title ?? title),
        ("og:url", address),
      ]
      if let about = entry?.description ?? (entry == nil ? map.description.description : nil) {
        properties.append(("og:description", about))
      }
      lines += properties.map { Markup.element("meta", ["property": $0, "content": Markup.label($1)]) }
      if let image = entry?.image {
        lines.append(Markup.element("meta", ["property": "og:image", "content": address + SiteNames.link(image)]))
        lines.append(Markup.element("meta", ["property": "og:image:alt", "content": Markup.label(entry?.title ?? title)]))
        lines.append(Markup.element("meta", ["name": "twitter:card", "content": "summary_large_image"]))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The site's own, or the first letter of its title.
  private var icon: String {
    if let file = map.description.faviconFile { return root + "assets/" + file }
    let letter = HTML.text(String(map.title(words).first { $0.isLetter || $0.isNumber } ?? "·").uppercased())
    let drawing = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#1b568f"/>\
      <text x="16" y="23" font-family="serif" font-size="21" text-anchor="middle" fill="#fff">\(letter)</text></svg>
      """
    return "data:image/svg+xml," + SiteNames.link(drawing)
  }

  // MARK: - Lists of pages

  private var bar: String {
    let home = HTML.element("a", ["class": "home", "href": root + "index.html"], html: HTML.label(map.title(words)))
    return home + menu + search
  }

  private var hasOthers: Bool { map.entries.contains { $0.name != name } }

  private var menu: String {
    guard entry != nil, hasOthers else { return "" }
    let list = HTML.element("nav", ["aria-label": words.notebooks], html: "\n\(list)\n")
    return "\n" + HTML.element("details", ["class": "site-menu"], html: HTML.element("summary", html: words.allPages) + list)
  }

  /// Filled by the script: without it there is no search.
  private var search: String {
    guard !map.entries.isEmpty else { return "" }
    return "\n"
      + HTML.element(
        "div",
        [
          "class": "search", "data-root": root, "data-label": words.search, "data-hint": words.searchHint,
          "data-none": words.searchNothing, "data-failed": words.searchFailed, "data-one": words.searchResults.one,
          "data-many": words.searchResults.many, "data-colours": words.colours, "data-auto": words.coloursOfSystem,
          "data-light": words.coloursLight, "data-dark": words.coloursDark,
        ], html: "")
  }

  private var side: String {
    guard entry != nil, hasOthers else { return "" }
    let title = HTML.paragraph("caps", html: words.notebooks)
    return "\n" + HTML.element("nav", ["class": "site-nav", "aria-label": words.notebooks], html: "\n\(title)\n\(list)\n") + "\n"
  }

  private var list: String {
    map.groups.map { group in
      let title = group.title.map { HTML.paragraph("part", html: HTML.label($0)) + "\n" } ?? ""
      let items = group.entries.map { other in
        let address = other.name == name ? "#" + PageFrame.contentID : SiteNames.link(from: name, to: other.page)
        // The page of a run belongs to its notebook, and is another one.
        let current = other.name == name ? "page" : other.name == entry?.notebook ? "true" : nil
        let attributes: KeyValuePairs = current.map { ["href": address, "aria-current": $0] } ?? ["href": address]
        return HTML.element("li", html: HTML.element("a", attributes, html: HTML.label(other.title)))
      }
      return title + "<ol>\n" + items.joined(separator: "\n") + "\n</ol>"
    }.joined(separator: "\n")
  }

  // MARK: - Below the text

  private var end: String {
    guard let entry else { return "" }
    let parts = [pager(entry), links(entry)].compactMap(\.self)
    return parts.isEmpty ? "" : "\n" + parts.joined(separator: "\n") + "\n"
  }

  private func pager(_ entry: IndexPage.Entry) -> String? {
    let (previous, next) = map.neighbours(of: entry.notebook)
    func link(_ other: IndexPage.Entry, _ relation: String, _ word: String) -> String {
      HTML.element(
        "a", ["rel": relation, "class": relation, "href": SiteNames.link(from: name, to: other.page)],
        html: HTML.element("small", html: word) + " " + HTML.label(other.title))
    }
    let links = [previous.map { link($0, "prev", words.previous) }, next.map { link($0, "next", words.next) }].compactMap(\.self)
    guard !links.isEmpty else { return nil }
    return HTML.element("nav", ["class": "pager", "aria-label": words.pageOrder], html: links.joined(separator: "\n"))
  }

  private func links(_ entry: IndexPage.Entry) -> String? {
    var links: [String] = []
    if let edit = map.description.address(.edit, of: entry) { links.append(HTML.link(to: edit, html: words.edit)) }
    if let source = map.description.address(.source, of: entry) { links.append(HTML.link(to: source, html: words.source)) }
    let files = entry.downloads ?? []
    if !files.isEmpty {
      let names = files.map { file in
        HTML.element("a", ["href": SiteNames.link(file), "download": ""], html: HTML.label(file))
      }
      links.append(words.download + ": " + names.joined(separator: ", "))
    }
    guard !links.isEmpty else { return nil }
    let items = links.map { HTML.element("li", html: $0) }
    return HTML.element("ul", ["class": "page-links"], html: items.joined())
  }

  /// The footer with links to notebooks as links to their pages, from this one.
  private func linked(_ footer: String) -> String {
    var bytes = Array(footer.utf8)
    for attribute in HTMLTags(footer).all.compactMap({ $0["href"] }).sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      guard let notebook = SiteDescription.notebook(inLink: attribute.value) else { continue }
      bytes.replaceSubrange(attribute.range, with: "\"\(SiteNames.link(from: name, to: notebook))\"".utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private var foot: String {
    let authors = map.description.authors.joined(separator: ", ")
    let parts = [
      authors.isEmpty ? nil : HTML.element("p", html: HTML.label(authors)), map.description.footer.map(linked),
    ].compactMap(\.self)
    guard !parts.isEmpty else { return "" }
    return "\n" + HTML.element("footer", ["class": "site-footer"], html: parts.joined(separator: "\n")) + "\n"
  }
}

extension SiteDescription {
  /// What a link to the repository is for.
  enum Purpose {
    case edit, source
  }

  /// The address of a notebook's file in the repository; nil if none is known, as of one that lies in another folder than those that are described.
  func address(_ purpose: Purpose, of entry: IndexPage.Entry) -> String? {
    guard folderInRepository.split(separator: "/").last.map(String.init) == entry.folder ?? Notebook.rootFolder else {
      return nil
    }
    let usual = repository.map { $0 + (purpose == .edit ? "/edit" : "/blob") + "/{branch}/{path}" }
    let pattern = purpose == .edit ? edit ?? usual : source ?? usual
    let path = (folderInRepository + entry.notebook + ".md").split(separator: "/").map { SiteNames.link(String($0)) }
    let branch = branch.split(separator: "/").map { SiteNames.link(String($0)) }
    return pattern?.replacing("{branch}", with: branch.joined(separator: "/")).replacing(
      "{path}", with: path.joined(separator: "/"))
  }

  /// The name of the site's icon in its assets.
  var faviconFile: String? {
    favicon.map { "favicon." + ($0.split(separator: ".").last.map { $0.lowercased() } ?? "") }
  }
}
