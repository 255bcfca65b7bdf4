import Document
import Figures
import Record
import Rendering
import Text

/// What a cell put out, as Jupyter's outputs. Each comes in several forms, of which a reader's program takes the richest that it knows.
struct JupyterOutputs {
  private let cell: Cell
  private let record: CellRecord

  init(_ cell: Cell, _ record: CellRecord) { (self.cell, self.record) = (cell, record) }

  /// As a page shows them: the error of a cell is shown, even if its option hides its outputs; of several figures in a cell the last bears
  /// the caption.
  var all: [JSONValue] {
    let shown = cell.options.output ? record.outputs : record.outputs.filter { if case .error = $0 { true } else { false } }
    let figures = shown.indices.filter { if case .figure = shown[$0] { true } else { false } }
    var outputs: [JSONValue] = []
    for (index, output) in shown.enumerated() {
      outputs.append(json(output, alt: figures.count == 1 ? cell.options.alt : nil))
      if index == figures.last { outputs += caption }
    }
    return figures.isEmpty && !shown.isEmpty ? outputs + caption : outputs
  }

  private var caption: [JSONValue] {
    guard let caption = cell.options.caption else { return [] }
    return [
      display([
        "text/html": .string(Markup.element("p", [:], Markup.element("em", [:], Markup.escape(caption)))),
        "text/plain": .string(caption),
      ])
    ]
  }

  private func json(_ output: Output, alt: String?) -> JSONValue {
    switch output {
    case .text(let stream, let text):
      [
        "name": stream == .standardOutput ? "stdout" : "stderr", "output_type": "stream", "text": JupyterNotebook.lines(text),
      ]
    case .value(let text): display(["text/plain": .string(text)])
    case .table(let table):
      display([
        "text/csv": .string(table.csv),
        "text/html": .string(TableView(table: table, standsAlone: true).html(link: nil)),
        "text/plain": .string(table.plainText),
      ])
    case .figure(let figure): self.figure(figure, alt: alt)
    case .tokens(let tokens):
      display(["text/html": .string(TokensView(tokens: tokens, standsAlone: true).html), "text/plain": .string(tokens.plainText)])
    case .progress(let progress): display(["text/plain": .string(progress.line)])
    case .error(let error): self.error(error)
    }
  }

  /// What is shown, by the names of its forms.
  private func display(_ forms: [String: JSONValue]) -> JSONValue {
    let data = forms.mapValues { form in form.string.map(JupyterNotebook.lines) ?? form }
    return ["data": .object(data), "metadata": [:], "output_type": "display_data"]
  }

  /// A figure as drawing, as data for plotly.js, and in words.
  private func figure(_ output: FigureOutput, alt: String?) -> JSONValue {
    do {
      let figure = try Figure(plotlyJSON: output.plotly)
      return display([
        "application/vnd.plotly.v1+json": try JSONValue(figure.plotlyJSON.utf8),
        "image/svg+xml": .string(figure.svg(alt: alt)), "text/plain": .string(alt ?? figure.altText),
      ])
    } catch {
      return display(["text/plain": .string("\(error)")])
    }
  }

  private func error(_ error: CellError) -> JSONValue {
    [
      "ename": .string(error.kind.heading), "evalue": .string(error.diagnostics.first?.message ?? ""), "output_type": "error",
      "traceback": .array(error.diagnostics.flatMap { Self.lines($0.description) }),
    ]
  }

  /// A traceback is a list of lines without their ends.
  private static func lines(_ text: String) -> [JSONValue] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { .string(String($0)) }
  }
}
