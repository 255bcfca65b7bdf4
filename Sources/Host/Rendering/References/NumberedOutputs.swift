import Document
import Record

/// The figures and tables of a page that bear captions, numbered in the order of the page, with the captioned tables of the prose.
package struct NumberedOutputs: Sendable {
  package enum Kind: String, Sendable {
    case figure, table

    /// `Figure`, in the language of the page.
    package var word: String {
      switch self {
      case .figure: PageWords.current.figure
      case .table: PageWords.current.table
      }
    }

    /// Of an output that can bear a number.
    package init?(_ output: Output) {
      switch output {
      case .figure, .picture: self = .figure
      case .table: self = .table
      default: return nil
      }
    }

    /// Of an output in a record.
    package init?(_ kind: RecordIndex.Kind) {
      switch kind {
      case .figure, .picture: self = .figure
      case .table: self = .table
      default: return nil
      }
    }
  }

  package struct Item: Sendable, Equatable {
    package var kind: Kind
    package var number: Int
    /// Its caption in Markdown.
    package var caption: String
    /// Its caption as HTML.
    package var html: String
    /// What references lead to.
    package var anchor: String

    /// `Figure 3`
    package var name: String { "\(kind.word) \(number)" }
    /// The `id` of its drawing: no label and no anchor holds a dot.
    var drawing: String { "drawing.\(number)" }
    /// The caption with the number before it.
    package var captionHTML: String { "<span class=\"number\">\(name).</span> " + html }
  }

  /// By cell, and by the place among its figures and tables, from 1.
  package private(set) var items: [String: [Int: Item]] = [:]
  /// The numbers of the prose's captioned tables, in their order.
  package private(set) var tables: [Int: Int] = [:]

  package init(_ notebook: Notebook, record: NotebookRecord) {
    let cells = Dictionary(record.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.init(notebook) { cell in
      (cells[cell.id]?.shownOutputs(hidden: !cell.options.output) ?? []).compactMap { Kind($0) }
    }
  }

  /// - Parameter index: of the record of the notebook's last run.
  package init(_ notebook: Notebook, index: RecordIndex) {
    let cells = Dictionary(index.cells.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.init(notebook) { cell in cell.options.output ? (cells[cell.id]?.outputs ?? []).compactMap { Kind($0.kind) } : [] }
  }

  private init(_ notebook: Notebook, kinds: (Cell) -> [Kind]) {
    var counts: [Kind: Int] = [:]
    func next(_ kind: Kind) -> Int {
      counts[kind, default: 0] += 1
      return counts[kind] ?? 0
    }
    let labels = Set(notebook.cells.map(\.id))
    for block in notebook.blocks {
      switch block {
      case .prose(let html, _):
        _ = Placeholder.tableNumber.fill(html) { index, _ in
          tables[index] = next(.table)
          return nil
        }
      case .cell(let cell) where !cell.options.captions.isEmpty:
        let kinds = kinds(cell)
        for (place, caption) in Self.captions(cell.options.captions, of: kinds) {
          let kind = kinds[place]
          let anchor = "\(cell.id)-\(place + 1)"
          items[cell.id, default: [:]][place + 1] = Item(
            kind: kind, number: next(kind), caption: caption,
            html: notebook.captionHTML[caption] ?? CaptionText.html(caption),
            anchor: place == 0 || labels.contains(anchor) ? cell.id : anchor)
        }
      default: continue
      }
    }
  }

  /// Which of a cell's figures and tables bear its captions: their places among them, from 0.
  package static func captions(_ captions: [String], of kinds: [Kind]) -> [(Int, String)] {
    if captions.count > 1 { return Array(zip(kinds.indices, captions)) }
    guard let caption = captions.first, let place = kinds.lastIndex(of: .figure) ?? kinds.indices.last else { return [] }
    return [(place, caption)]
  }

  /// What a label means: a cell's first captioned output, or `label-2`, its second output.
  package func item(_ label: String) -> Item? {
    place(of: label).flatMap { items[$0.cell]?[$0.place] }
  }

  /// The cell and the place among its figures and tables of what a label means.
  package func place(of label: String) -> (cell: String, place: Int)? {
    if let own = items[label] { return own.keys.min().map { (label, $0) } }
    guard let dash = label.lastIndex(of: "-"), let place = Int(label[label.index(after: dash)...]) else { return nil }
    let cell = String(label[..<dash])
    return items[cell]?[place] == nil ? nil : (cell, place)
  }

  /// Prose with the numbers of its captioned tables.
  func fillingTableNumbers(_ html: String) -> String {
    Placeholder.tableNumber.fill(html) { index, _ in
      tables[index].map { "<span class=\"number\">\(Kind.table.word) \($0).</span> " }
    }
  }
}
