import Document
import Figures
import Record
import Rendering
import Text

/// What a cell put out, as Jupyter's outputs.
struct JupyterOutputs {
  private let cell: Cell
  private let record: CellRecord

  init(_ cell: Cell, _ record: CellRecord) { (self.cell, self.record) = (cell, record) }

  /// As a page shows them: the error of a cell is shown, even if its option hides its outputs; captions stand where the page has them.
  var all: [JSONValue] {
    let shown = record.shownOutputs(hidden: !cell.options.output)
    let figures = shown.count { $0.content.bearsCaption }
    let captions = NumberedOutputs.captions(cell.options.captions, of: shown.compactMap { NumberedOutputs.Kind($0) })
    let captioned = Dictionary(captions, uniquingKeysWith: { first, _ in first })
    var (outputs, place) = ([JSONValue](), 0)
    for output in shown {
      outputs.append(output.jupyterForm.jupyter(alt: figures == 1 ? cell.options.alt : nil))
      guard NumberedOutputs.Kind(output) != nil else { continue }
      outputs += captioned[place].map(displayed) ?? []
      place += 1
    }
    return captioned.isEmpty && !shown.isEmpty ? outputs + cell.options.captions.flatMap(displayed) : outputs
  }

  private func displayed(_ caption: String) -> [JSONValue] {
    return [
      .jupyterDisplay([
        "text/html": .string(Markup.element("p", [:], Markup.element("em", [:], Markup.escape(caption)))),
        "text/plain": .string(caption),
      ])
    ]
  }
}
