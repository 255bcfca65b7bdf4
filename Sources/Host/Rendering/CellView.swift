import Document
import Record
import Text

/// A cell on the page: its code, then its outputs in the order in which they came.
struct CellView {
  /// How many outputs a cell shows; one that shows thousands of values would hide the notebook around it.
  static let mostOutputs = 200
  static let lastOutputs = 20

  let cell: Cell
  let record: CellRecord
  /// Its captioned figures and tables, by their places among its figures and tables, from 1.
  var numbered: [Int: NumberedOutputs.Item] = [:]
  private var context: OutputContext
  /// Its texts in Markdown as HTML, by their places among the outputs.
  var fragments: [Int: String] = [:]

  /// - Parameters:
  ///   - isInteractive: whether figures bring their data for plotly.js.
  ///   - hasRecord: whether the record lies beside the page.
  init(cell: Cell, record: CellRecord, isInteractive: Bool, hasRecord: Bool = false) {
    self.cell = cell
    self.record = record
    context = OutputContext(cell: cell.id, isExpectedToFail: record.outcome == .failedAsExpected, isInteractive: isInteractive)
    context.hasRecord = hasRecord && cell.options.output
  }

  var attachments: [Page.Attachment] { context.attachments }

  mutating func html() -> String {
    let parts = [code, status, outputs()].filter { !$0.isEmpty }
    let state = [.failed: " failed", .notRun: " not-run"][record.outcome] ?? ""
    return HTML.element(
      "section", ["class": "cell" + state, "id": cell.id, "aria-label": PageWords.filled(PageWords.current.cell, with: cell.id)],
      html: "\n\(parts.joined(separator: "\n"))\n")
  }

  private var code: String {
    guard cell.options.echo else { return "" }
    let anchor = HTML.element("a", ["class": "label", "href": SiteNames.anchor(cell.id)], html: HTML.text(cell.id))
    let block = HTML.code(Highlighter.html(cell.source))
    guard cell.options.fold else { return HTML.element("div", ["class": "source"], html: anchor + block) }
    let lines = cell.source.split(separator: "\n").count
    let words = PageWords.current
    let summary = HTML.element("summary", html: "\(words.code) <small>\(words.lines(lines))</small>")
    return HTML.element("details", ["class": "source"], html: summary + anchor + block)
  }

  private var status: String {
    switch record.outcome {
    case .notRun: HTML.paragraph("status", html: PageWords.current.notRun)
    case .failedAsExpected: HTML.paragraph("status", html: PageWords.current.meantToFail)
    case .succeeded, .failed: ""
    }
  }

  /// The error of a cell that failed is shown, even if its option hides its outputs.
  private mutating func outputs() -> String {
    let all = record.shownOutputs(hidden: !cell.options.output)
    guard !all.isEmpty else { return "" }
    let tail = all.count > Self.mostOutputs ? Self.lastOutputs : 0
    let head = tail > 0 ? Self.mostOutputs - tail : all.count
    let figures = all.indices.filter { all[$0].content.bearsCaption }
    context.alt = figures.count == 1 ? cell.options.alt : nil
    var place = 0
    var parts: [String] = []
    for (index, output) in all.enumerated() {
      guard index < head || index >= all.count - tail else {
        place += NumberedOutputs.Kind(output) == nil ? 0 : 1
        continue
      }
      if tail > 0, index == all.count - tail {
        let omitted = PageWords.current.outputsLeftOut(index - head)
        parts.append(HTML.paragraph("omitted", html: omitted.replacing("{all}", with: Count.text(all.count))))
      }
      let isNumberable = NumberedOutputs.Kind(output) != nil
      if isNumberable { place += 1 }
      context.caption = isNumberable ? numbered[place]?.captionHTML : nil
      context.drawing = isNumberable ? numbered[place]?.drawing : nil
      context.anchor = isNumberable && place > 1 ? numbered[place]?.anchor : nil
      context.fragment = fragments[index]
      parts.append(output.view.html(in: &context))
      if context.hasRecord, let links = DataLinks(output: output, number: index + 1).html(in: &context) { parts.append(links) }
    }
    // Captions of what is no figure and no table stand below all.
    for caption in numbered.isEmpty ? cell.options.captions : [] {
      parts.append(HTML.paragraph("caption", html: CaptionText.html(caption)))
    }
    return HTML.element("div", ["class": "outputs"], html: "\n\(parts.joined(separator: "\n"))\n")
  }
}

/// Numbers for readers: `12,345`.
package enum Count {
  package static func text(_ number: Int) -> String {
    let digits = String(number)
    let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits.prefix($0).suffix(3)) }
    return groups.reversed().joined(separator: PageWords.current.grouping)
  }
}
