import Document
import Foundation
import Interchange
import Record
import Rendering

/// What pages show of the site that they belong to.
extension PageMaker {
  /// What is wrong with the description of a notebook's site.
  func siteProblems(of notebook: Notebook) -> [Diagnostic] {
    SiteDescription.read(in: folder(describing: [notebook])).problems
  }

  /// The file that describes a notebook's site, and what it names: all pages change with them, also when they come.
  func siteFiles(of notebook: Notebook) -> Set<String> {
    let file = "\(folder(describing: [notebook]))/\(SiteDescription.fileName)"
    return Set([file, description([notebook]).favicon].compactMap(\.self))
  }

  /// The site as it is before a page of it is made.
  func siteMap(of notebook: Notebook) -> SiteMap? {
    site.map { (known ?? KnownPages(site: $0, notebooks: [notebook.notebookName])).map(of: notebook, description([notebook])) }
  }

  /// Brings up to date what depends on all pages of the site: see `Site.refresh`.
  /// - Parameter notebooks: those that have been built, or are shown.
  /// - Returns: the names of the notebooks whose pages have changed.
  @discardableResult
  package func refreshSite(of notebooks: [Notebook]) throws -> [String] {
    guard let site else { return [] }
    return try Site(folder: site).refresh(description(notebooks))
  }

  /// What is said of the site that a notebook belongs to.
  func siteDescription(of notebook: Notebook) -> SiteDescription { description([notebook]) }

  private func description(_ notebooks: [Notebook]) -> SiteDescription {
    SiteDescription.read(in: folder(describing: notebooks)).description
  }

  /// The folder in which the description of the site is: that of the notebooks, or, for notebooks that lie elsewhere, the one beside the site.
  private func folder(describing notebooks: [Notebook]) -> String {
    let beside = site.map {
      URL(fileURLWithPath: $0).standardizedFileURL.deletingLastPathComponent().appendingPathComponent(Notebook.rootFolder).path
    }
    let roots = notebooks.map(\.root)
    func isDescribed(_ folder: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(folder)/\(SiteDescription.fileName)")
    }
    return (roots + [beside].compactMap(\.self)).first(where: isDescribed) ?? roots.first ?? beside ?? "."
  }

  // MARK: - Card

  /// The picture by which other sites show a page, where the site says at which address it is read; and what its author should know of it.
  func card(of notebook: Notebook, record: NotebookRecord) -> (card: Data?, notes: [Diagnostic]) {
    let description = description([notebook])
    guard description.url != nil,
      let card = SocialCard(title: notebook.title(with: record), site: description.title ?? "", record: record)
    else { return (nil, []) }
    if let picture = card.kept(store: store) { return (picture, []) }
    guard !isPreview else { return (nil, []) }
    if let picture = card.drawn(store: store) { return (picture, []) }
    let note = Diagnostic(
      .note, at: Place(file: notebook.file, line: 1), "\(notebook.name) has no card for other sites: no browser draws it",
      advice: "Install Chromium: apt-get install chromium. The page is whole without it.")
    return (nil, [note])
  }

  // MARK: - Downloads

  /// The notebook as files beside its page, but for those that are written later.
  func downloads(of notebook: Notebook, record: NotebookRecord) -> [Page.Attachment] {
    let later = Set(isPreview ? laterDownloads(of: notebook).map(\.file) : [])
    return kindsOfDownloads(of: notebook).filter { !later.contains($0.file) }.compactMap { kind, file in
      text(of: notebook, as: kind, record: record).map { Page.Attachment(path: file, text: $0) }
    }
  }

  /// Writes what a preview's page names and did not wait for.
  package func finishDownloads(of notebook: Notebook, record: NotebookRecord) throws {
    guard let site, isPreview else { return }
    let files = laterDownloads(of: notebook).compactMap { kind, file in
      text(of: notebook, as: kind, record: record).map { Page.Attachment(path: file, text: $0) }
    }
    try Site(folder: site).write(files, of: notebook.name)
  }

  /// Jupyter's form draws each figure once more.
  func laterDownloads(of notebook: Notebook) -> [(kind: SiteDescription.Download, file: String)] {
    kindsOfDownloads(of: notebook).filter { $0.kind == .ipynb }
  }

  private func kindsOfDownloads(of notebook: Notebook) -> [(kind: SiteDescription.Download, file: String)] {
    guard site != nil else { return [] }
    let base = notebook.runName.split(separator: "/").last.map(String.init) ?? notebook.runName
    return description([notebook]).downloads.map { ($0, "\(base).\($0.rawValue)") }
  }

  private func text(of notebook: Notebook, as kind: SiteDescription.Download, record: NotebookRecord) -> String? {
    switch kind {
    case .md: notebook.markdown
    case .ipynb:
      (try? NotebookParts(notebook.markdown, of: notebook)).map { JupyterNotebook(notebook, parts: $0, record: record).text() }
    }
  }
}
