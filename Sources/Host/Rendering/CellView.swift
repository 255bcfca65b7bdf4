import Document
import Figures
import Record
import Text

/// A cell on the page: its code, then its outputs in the order in which they came.
struct CellView {
  /// A cell that shows thousands of values would hide the notebook around it.
  static let mostOutputs = 200
  static let lastOutputs = 20

  let cell: Cell
  let record: CellRecord
  /// Whether figures bring their data for plotly.js.
  let isInteractive: Bool
  private(set) var attachments: [Page.Attachment] = []

  init(cell: Cell, record: CellRecord, isInteractive: Bool) {
    self.cell = cell
    self.record = record
    self.isInteractive = isInteractive
  }

  mutating func html() -> String {
    let parts = [code, status, outputs()].filter { !$0.isEmpty }
    let state = [.failed: " failed", .notRun: " not-run"][record.outcome] ?? ""
    return HTML.element(
      "section", ["class": "cell" + state, "id": cell.id, "aria-label": "Cell " + cell.id],
      html: "\n\(parts.joined(separator: "\n"))\n")
  }

  private var code: String {
    guard cell.options.echo else { return "" }
    let anchor = HTML.element("a", ["class": "label", "href": SiteNames.anchor(cell.id)], html: HTML.text(cell.id))
    let block = HTML.code(Highlighter.html(cell.source))
    guard cell.options.fold else { return HTML.element("div", ["class": "source"], html: anchor + block) }
    let lines = cell.source.split(separator: "\n").count
    let summary = HTML.element("summary", html: "Code <small>\(lines) line\(lines == 1 ? "" : "s")</small>")
    return HTML.element("details", ["class": "source"], html: summary + anchor + block)
  }

  private var status: String {
    switch record.outcome {
    case .notRun: HTML.paragraph("status", html: "Not run.")
    case .failedAsExpected: HTML.paragraph("status", html: "This cell is meant to fail.")
    case .succeeded, .failed: ""
    }
  }

  /// The error of a cell that failed is shown, even if its option hides its outputs.
  private mutating func outputs() -> String {
    let all = cell.options.output ? record.outputs : record.outputs.filter { if case .error = $0 { true } else { false } }
    guard !all.isEmpty else { return "" }
    let tail = all.count > Self.mostOutputs ? Self.lastOutputs : 0
    let head = tail > 0 ? Self.mostOutputs - tail : all.count
    let figures = all.indices.filter { if case .figure = all[$0] { true } else { false } }
    var parts: [String] = []
    for (index, output) in all.enumerated() where index < head || index >= all.count - tail {
      if tail > 0, index == all.count - tail {
        parts.append(HTML.paragraph("omitted", html: "\(Count.text(index - head)) of \(Count.text(all.count)) outputs left out."))
      }
      parts.append(html(of: output, alt: figures.count == 1 ? cell.options.alt : nil, isLastFigure: index == figures.last))
    }
    if let caption = cell.options.caption, figures.isEmpty { parts.append(HTML.paragraph("caption", html: HTML.text(caption))) }
    return HTML.element("div", ["class": "outputs"], html: "\n\(parts.joined(separator: "\n"))\n")
  }

  private mutating func html(of output: Output, alt: String?, isLastFigure: Bool) -> String {
    switch output {
    case .text(let stream, let text):
      return self.text(TerminalText.plain(text), style: stream.rawValue)
    case .value(let text): return self.text(TerminalText.plain(text), style: "value")
    case .table(let table): return self.table(table)
    case .figure(let figure): return self.figure(figure, alt: alt, caption: isLastFigure ? cell.options.caption : nil)
    case .tokens(let tokens): return TokensView(tokens: tokens).html
    case .progress(let progress): return self.progress(progress)
    case .error(let error): return ErrorView(error: error, isExpected: record.outcome == .failedAsExpected).html
    }
  }

  /// A text, or its beginning and end, with the whole in an attachment.
  private mutating func text(_ text: String, style: String) -> String {
    guard let long = LongText(text) else { return HTML.preformatted(style, html: HTML.text(text)) }
    let link = HTML.link(to: attach(text, suffix: "txt"), html: "Read all of it")
    return [
      HTML.preformatted(style + " head", html: HTML.text(long.head)),
      HTML.paragraph("omitted", html: "\(long.omission) left out. \(link)."),
      HTML.preformatted(style + " tail", html: HTML.text(long.tail)),
    ].joined(separator: "\n")
  }

  private mutating func table(_ table: Table) -> String {
    let view = TableView(table: table)
    guard view.omitted > 0 else { return view.html(link: nil) }
    return view.html(link: attach(table.csv, suffix: "csv"))
  }

  /// Keeps a text for a file beside the page, and says how to link it.
  private mutating func attach(_ text: String, suffix: String) -> String {
    let file = "\(RecordFiles.name(cell.id))-\(attachments.count + 1).\(suffix)"
    attachments.append(Page.Attachment(path: "outputs/" + file, text: text))
    return "outputs/" + SiteNames.link(file)
  }

  /// A figure with its caption; one that cannot be read says why. Of several figures in a cell the last bears the caption.
  private mutating func figure(_ output: FigureOutput, alt: String?, caption: String?) -> String {
    let caption = caption.map { HTML.element("figcaption", html: HTML.text($0)) + "\n" } ?? ""
    do {
      let figure = try Figure(plotlyJSON: output.plotly)
      let drawing = HTML.element("div", ["class": "scroll"], html: "\n\(figure.svg(alt: alt))\n")
      let data = isInteractive ? attachData(figure) : nil
      let attributes: KeyValuePairs = data.map { ["data-plotly": $0] } ?? [:]
      return HTML.element("figure", attributes, html: "\n\(drawing)\n\(caption)")
    } catch {
      return HTML.paragraph("unreadable", html: HTML.text(LongText.clipped("\(error)", to: 500)))
    }
  }

  /// Keeps a figure's data in a script beside the page: unlike JSON, pages opened from a disk may load it.
  private mutating func attachData(_ figure: Figure) -> String {
    let path = "outputs/" + SiteNames.link("\(RecordFiles.name(cell.id))-\(attachments.count + 1).js")
    return attach("window.folioFigures[\"\(path)\"] = \(figure.plotlyJSON);\n", suffix: "js")
  }

  private func progress(_ progress: ProgressOutput) -> String {
    let style = progress.completed >= progress.total ? "progress" : "progress partial"
    return HTML.paragraph(style, html: HTML.label(LongText.clipped(progress.line, to: 300)))
  }
}

/// Numbers for readers: `12,345`.
package enum Count {
  package static func text(_ number: Int) -> String {
    let digits = String(number)
    let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits.prefix($0).suffix(3)) }
    return groups.reversed().joined(separator: ",")
  }
}
