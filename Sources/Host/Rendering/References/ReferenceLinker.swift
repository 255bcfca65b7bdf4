import Document
import Record

/// What a page knows of another one that it refers to.
package struct ReferredPage: Sendable {
  /// The other page, from this one.
  package var link: String
  package var targets: LinkTargets
  /// Its outputs that this page shows, by what they are called.
  package var shown: [String: Output] = [:]

  package init(link: String, targets: LinkTargets) { (self.link, self.targets) = (link, targets) }

  /// `Summary`
  var title: String { targets.notebook.title }
}

/// Gives the links of the prose their addresses and words: `[](#s1-dla)` becomes "Figure 3".
package struct ReferenceLinker {
  private let own: LinkTargets
  private let pages: [String: ReferredPage]
  private let files: [String: String]

  /// - Parameters:
  ///   - pages: the pages of notebooks that links lead to, by the paths in the links.
  ///   - files: the links to copies of files, by the paths in the links.
  package init(_ notebook: Notebook, record: NotebookRecord, pages: [String: ReferredPage], files: [String: String]) {
    own = LinkTargets(notebook.withValues(record), numbered: NumberedOutputs(notebook, record: record))
    (self.pages, self.files) = (pages, files)
  }

  /// What there is on the page.
  package var targets: LinkTargets { own }

  /// What a link without words says: `Figure 3`, the title of a page; nil if nothing is known of what it leads to.
  package func words(of reference: Reference) -> String? { resolved(reference)?.words }

  /// The path of the copy of a file that a link leads to, from the page's folder.
  package func file(_ path: String) -> String? { files[path] }

  /// An output of another page that the prose shows, and its caption in Markdown.
  package func shown(_ reference: Reference) -> (output: Output, caption: String?)? {
    guard case .notebook(let path, let anchor?) = reference.target, let page = pages[path], let output = page.shown[anchor]
    else { return nil }
    return (output, page.targets.numbered?.item(anchor)?.caption)
  }

  package func linked(_ notebook: Notebook) -> Notebook {
    var notebook = notebook
    notebook.blocks = notebook.blocks.map { block in
      switch block {
      case .prose(let html, let line): return .prose(html: linked(html), line: line)
      case .heading(var heading):
        heading.html = linked(heading.html)
        return .heading(heading)
      case .listing, .cell: return block
      }
    }
    notebook.captionHTML = notebook.captionHTML.mapValues { linked($0) }
    notebook.fragments = notebook.fragments.mapValues { fragments in
      fragments.mapValues { fragment in
        var fragment = fragment
        fragment.blocks = fragment.blocks.map { block in
          if case .prose(let html, let line) = block { .prose(html: linked(html), line: line) } else { block }
        }
        return fragment
      }
    }
    return notebook
  }

  private struct Edit {
    var range: Range<Int>
    var text: String
  }

  /// The HTML with other links; all else stays as it is, byte for byte.
  private func linked(_ html: String) -> String {
    guard html.contains("<a ") || html.contains(".md#") else { return html }
    var bytes = Array(html.utf8)
    var edits: [Edit] = []
    for tag in HTMLTags(html).all {
      let last = tag.attributes.map(\.range.upperBound).max() ?? tag.start
      guard let end = bytes[last...].firstIndex(of: UInt8(ascii: ">")).map({ $0 + 1 }) else { continue }
      switch tag.name {
      case "a":
        guard let link = tag["href"] else { continue }
        let isWordless = bytes[end...].starts(with: "</a>".utf8)
        edits += self.edits(of: link, isWordless: isWordless, end: end)
      case "img":
        guard let picture = tag["src"], let figure = figure(picture.value) else { continue }
        // A figure cannot stand within a paragraph.
        let isAlone = bytes[..<tag.start].ends(with: "<p>".utf8) && bytes[end...].starts(with: "</p>".utf8)
        edits.append(Edit(range: isAlone ? tag.start - 3..<end + 4 : tag.start..<end, text: figure))
      default: continue
      }
    }
    for edit in edits.reversed() { bytes.replaceSubrange(edit.range, with: Array(edit.text.utf8)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func edits(of link: HTMLTags.Attribute, isWordless: Bool, end: Int) -> [Edit] {
    let reference = Reference(url: link.value, line: 0)
    guard let (address, words, description) = resolved(reference) else { return [] }
    var edits: [Edit] = []
    var attributes = "\"\(HTML.text(address))\""
    if isWordless {
      attributes += " class=\"reference\""
      if let description { attributes += " title=\"\(HTML.label(LongText.clipped(description, to: 300)))\"" }
    }
    edits.append(Edit(range: link.range, text: attributes))
    if isWordless { edits.append(Edit(range: end..<end, text: HTML.label(words) + preview(reference))) }
    return edits
  }

  /// The figure that a reference on its own page leads to, small: the same drawing once more, without a copy of it.
  private func preview(_ reference: Reference) -> String {
    guard case .anchor(let anchor) = reference.target, let drawing = own.drawing(anchor) else { return "" }
    let (width, height) = ("360", "240")
    let use = HTML.element("use", ["href": "#" + drawing, "width": width, "height": height], html: "")
    let svg = HTML.element("svg", ["width": width, "height": height], html: use)
    return HTML.element("span", ["class": "preview", "aria-hidden": "true"], html: svg)
  }

  /// The address of a link, what it says if it has no words, and what it leads to; nil if the link stays as it is.
  private func resolved(_ reference: Reference) -> (address: String, words: String, description: String?)? {
    switch reference.target {
    case .elsewhere: return (reference.url, reference.url, nil)
    case .anchor(let anchor):
      guard own.contains(anchor) else { return nil }
      let address = anchor.isEmpty ? reference.url : SiteNames.anchor(own.anchor(anchor))
      return (address, own.name(anchor) ?? anchor, own.description(anchor))
    case .notebook(let path, let anchor):
      guard let page = pages[path] else { return files[path].map { ($0, path, nil) } }
      guard let anchor else { return (page.link, page.title, page.targets.notebook.frontMatter.description) }
      let name = page.targets.name(anchor) ?? anchor
      return (
        page.link + SiteNames.anchor(page.targets.anchor(anchor)), "\(name) of \(page.title)", page.targets.description(anchor)
      )
    case .file(let path): return files[path].map { ($0, path, nil) }
    }
  }

  /// An output of another page, with its caption and where it comes from.
  private func figure(_ url: String) -> String? {
    guard case .notebook(let path, let anchor?) = Reference(url: url, line: 0).target, let page = pages[path] else { return nil }
    let source = HTML.link(
      to: page.link + SiteNames.anchor(page.targets.anchor(anchor)),
      html: HTML.label("\(page.targets.name(anchor) ?? anchor) of \(page.title)"))
    guard let output = page.shown[anchor] else { return HTML.paragraph("unreadable", html: source) }
    var context = OutputContext(cell: anchor)
    let caption = page.targets.numbered?.item(anchor).map { " " + CaptionText.html($0.caption) } ?? ""
    context.caption = "<span class=\"number\">\(source).</span>\(caption)"
    return output.view.html(in: &context)
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with text: String.UTF8View) -> Bool { suffix(text.count).elementsEqual(text) }
}
