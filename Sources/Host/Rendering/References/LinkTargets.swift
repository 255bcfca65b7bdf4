import Document
import Record

/// What links can lead to on a notebook's page, and what it is called.
package struct LinkTargets: Sendable {
  package let notebook: Notebook
  /// What has a number; nil before the notebook has run.
  package let numbered: NumberedOutputs?
  private let headings: [String: String]
  private let cells: [String: Cell]
  private let formulas: [String: Formula]
  private let tables: [String: Int]
  /// The `id`s in the HTML of the prose.
  private let ids: Set<String>

  package init(_ notebook: Notebook, numbered: NumberedOutputs?) {
    (self.notebook, self.numbered) = (notebook, numbered)
    var (headings, ids) = ([String: String](), Set<String>())
    for block in notebook.blocks {
      switch block {
      case .heading(let heading):
        headings[heading.anchor] = heading.text
        ids.formUnion(Self.ids(heading.html))
      case .prose(let html, _): ids.formUnion(Self.ids(html))
      case .listing, .cell: continue
      }
    }
    (self.headings, self.ids) = (headings, ids)
    cells = Dictionary(notebook.fencedCells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    formulas = Dictionary(
      notebook.formulas.compactMap { formula in formula.label.map { ($0, formula) } }, uniquingKeysWith: { first, _ in first })
    tables = Dictionary(
      notebook.proseTables.enumerated().compactMap { index, table in table.label.map { ($0, index) } },
      uniquingKeysWith: { first, _ in first })
  }

  private static func ids(_ html: String) -> [String] {
    guard html.contains("id=") || html.contains("name=") else { return [] }
    return HTMLTags(html).all.flatMap { tag in
      [tag["id"]?.value, tag.name == "a" ? tag["name"]?.value : nil].compactMap(\.self)
    }
  }

  /// All names that a link can give, for suggestions.
  package var names: [String] {
    (Array(headings.keys) + Array(cells.keys) + Array(formulas.keys) + Array(tables.keys) + Array(ids)).sorted()
  }

  /// The cell that a label means, and which of its outputs: `s1-dla`, `s1-dla-2`.
  private func cell(_ label: String) -> Cell? {
    if let cell = cells[label] { return cell }
    guard let dash = label.lastIndex(of: "-"), let place = Int(label[label.index(after: dash)...]), place > 0 else { return nil }
    return cells[String(label[..<dash])]
  }

  /// Whether there may be such a place; before the run, any output of a cell may.
  package func contains(_ anchor: String) -> Bool {
    anchor.isEmpty || anchor == "top" || anchor == PageFrame.contentID || cell(anchor) != nil || headings[anchor] != nil
      || formulas[anchor] != nil || tables[anchor] != nil || ids.contains(anchor)
  }

  /// Why a link without words of its own gets none here, with advice; nil if it gets some, or may get some when the cells have run.
  package func whyNameless(_ anchor: String) -> (message: String, advice: String)? {
    if let cell = cell(anchor) {
      guard cell.options.captions.isEmpty else { return nil }
      return (
        "the output '\(anchor)' has no caption, and so no number",
        "Give its cell a caption, '//| caption: What it shows.', or the link words of its own: '[words](#\(anchor))'."
      )
    }
    if headings[anchor] != nil || formulas[anchor]?.number != nil || tables[anchor] != nil { return nil }
    return ("what '\(anchor)' names has no number", "Give the link words of its own: '[words](#\(anchor))'.")
  }

  /// `Figure 3`, `Equation (2)`, a heading's words.
  package func name(_ anchor: String) -> String? {
    if let item = numbered?.item(anchor) { return item.name }
    if let number = formulas[anchor]?.number { return "\(PageWords.current.equation) (\(number))" }
    if let number = tables[anchor].flatMap({ numbered?.tables[$0] }) { return "\(NumberedOutputs.Kind.table.word) \(number)" }
    return cells[anchor] == nil ? headings[anchor] : nil
  }

  /// What the place says of itself to who hovers over the link.
  package func description(_ anchor: String) -> String? {
    if let item = numbered?.item(anchor) { return CaptionText.plain(item.caption) }
    if let formula = formulas[anchor] { return formula.tex }
    return tables[anchor].flatMap { notebook.proseTables.indices.contains($0) ? notebook.proseTables[$0].caption : nil }
  }

  /// The `id` of the drawing of a numbered figure, which references show to who hovers over them.
  func drawing(_ anchor: String) -> String? {
    numbered?.item(anchor).flatMap { $0.kind == .figure ? $0.drawing : nil }
  }

  /// The `id` of the place in the page.
  package func anchor(_ anchor: String) -> String { numbered?.item(anchor)?.anchor ?? anchor }
}
