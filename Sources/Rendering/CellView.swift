import Document
import Figures
import Record

/// A cell on the page: its code, then its outputs in the order in which they came.
struct CellView {
  /// A cell that shows thousands of values would hide the notebook around it.
  static let mostOutputs = 200

  let cell: Cell
  let record: CellRecord
  private(set) var attachments: [Page.Attachment] = []
  private var texts = 0

  init(cell: Cell, record: CellRecord) {
    self.cell = cell
    self.record = record
  }

  mutating func html() -> String {
    let parts = [code, status, outputs()].filter { !$0.isEmpty }
    let state = ["failed": " failed", "notRun": " not-run"][record.outcome.rawValue] ?? ""
    return """
      <section class="cell\(state)" id="\(Markup.escape(cell.id))" aria-label="Cell \(Markup.escape(cell.id))">
      \(parts.joined(separator: "\n"))
      </section>
      """
  }

  private var code: String {
    guard cell.options.echo else { return "" }
    let id = Markup.escape(cell.id)
    let anchor = ##"<a class="label" href="#\##(id)">\##(id)</a>"##
    let block = Code.block(Highlighter.html(cell.source), label: "Code of cell \(cell.id)")
    guard cell.options.fold else { return "<div class=\"source\">\(anchor)\(block)</div>" }
    let lines = cell.source.split(separator: "\n", omittingEmptySubsequences: true).count
    let summary = "Code <small>\(lines) line\(lines == 1 ? "" : "s")</small>"
    return "<details class=\"source\"><summary>\(summary)</summary>\(anchor)\(block)</details>"
  }

  private var status: String {
    switch record.outcome {
    case .notRun: #"<p class="status">Not run: an earlier cell failed.</p>"#
    case .failedAsExpected: #"<p class="status">This cell is meant to fail.</p>"#
    case .succeeded, .failed: ""
    }
  }

  /// The error of a cell that failed is shown, even if its option hides its outputs.
  private mutating func outputs() -> String {
    let shown = cell.options.output ? record.outputs : record.outputs.filter { if case .error = $0 { true } else { false } }
    guard !shown.isEmpty else { return "" }
    var parts: [String] = []
    let figures = shown.count { if case .figure = $0 { true } else { false } }
    let tail = shown.count > Self.mostOutputs ? 20 : 0
    let head = tail == 0 ? shown.count : Self.mostOutputs - tail
    for output in shown.prefix(head) { parts.append(html(of: output, figures: figures)) }
    if tail > 0 {
      parts.append(#"<p class="omitted">\#(Count.text(shown.count - head - tail)) of \#(Count.text(shown.count)) outputs left out.</p>"#)
      for output in shown.suffix(tail) { parts.append(html(of: output, figures: figures)) }
    }
    let caption = cell.options.caption.map { #"<p class="caption">\#(Markup.escape($0))</p>"# } ?? ""
    return "<div class=\"outputs\">\n\(parts.joined(separator: "\n"))\n\(figures == 0 ? caption : "")</div>"
  }

  private mutating func html(of output: Output, figures: Int) -> String {
    switch output {
    case .text(let stream, let text):
      let name = stream == .standardError ? "stderr" : "stdout"
      return self.text(TerminalText.plain(text), style: name, label: stream == .standardError ? "Standard error" : "Printed text")
    case .value(let text): return self.text(TerminalText.plain(text), style: "value", label: "Value")
    case .table(let table): return self.table(table)
    case .figure(let figure): return FigureView(output: figure, cell: cell, isOnly: figures == 1).html
    case .progress(let progress): return ProgressView(progress: progress).html
    case .error(let error): return ErrorView(error: error, isExpected: record.outcome == .failedAsExpected).html
    }
  }

  /// A text, or its beginning and end, with the whole in an attachment.
  private mutating func text(_ text: String, style: String, label: String) -> String {
    guard let long = LongText(text) else { return Self.pre(text, style, label) }
    let link = attach(text, suffix: "txt")
    return """
      \(Self.pre(long.head, style + " head", label))
      <p class="omitted">\(long.omission) left out. <a href="\(link)">Read all of it</a>.</p>
      \(Self.pre(long.tail, style + " tail", label + ", its end"))
      """
  }

  private mutating func table(_ table: Table) -> String {
    let view = TableView(table: table)
    guard view.omitted > 0 else { return view.html(link: nil) }
    return view.html(link: attach(view.csv, suffix: "csv"))
  }

  /// Keeps a text for a file beside the page, and says how to link it.
  private mutating func attach(_ text: String, suffix: String) -> String {
    texts += 1
    let file = "\(SiteNames.file(cell.id))-\(texts).\(suffix)"
    attachments.append(Page.Attachment(path: "outputs/" + file, text: text))
    return "outputs/" + SiteNames.link(file)
  }

  private static func pre(_ text: String, _ style: String, _ label: String) -> String {
    let lines = text.hasSuffix("\n") ? text.dropLast() : text[...]
    return #"<pre class="\#(style)" tabindex="0" role="region" aria-label="\#(label)">\#(Markup.escape(lines))</pre>"#
  }
}

/// A figure with its caption; one that cannot be read says why.
private struct FigureView {
  var output: FigureOutput
  var cell: Cell
  var isOnly: Bool

  var html: String {
    let caption = cell.options.caption.map { "\n<figcaption>\(Markup.escape($0))</figcaption>" } ?? ""
    do {
      let figure = try Figure(plotlyJSON: output.plotly)
      let alt = cell.options.alt.map { isOnly ? $0 : $0 + " " + (figure.title ?? "") }
      let scroll = #"<div class="scroll" tabindex="0" role="region" aria-label="Figure">"#
      return "<figure>\n\(scroll)\(figure.svg(alt: alt))</div>\(caption)\n</figure>"
    } catch {
      return #"<p class="unreadable">\#(Markup.escape(LongText.clipped("\(error)", to: 500)))</p>"#
    }
  }
}

/// A finished loop.
private struct ProgressView {
  var progress: ProgressOutput

  var html: String {
    let line = Markup.escape(Markup.label(LongText.clipped(progress.line, to: 300)))
    let state = progress.completed >= progress.total ? "done" : "partial"
    return #"<p class="progress \#(state)">\#(line)</p>"#
  }
}

/// Numbers for readers: `12,345`.
enum Count {
  static func text(_ number: Int) -> String {
    let digits = String(number)
    let groups = stride(from: digits.count, to: 0, by: -3).map { String(digits.prefix($0).suffix(3)) }
    return groups.reversed().joined(separator: ",")
  }
}
