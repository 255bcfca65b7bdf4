import Document
import Figures
import Record
import Text

/// What a cell put out, as Jupyter's outputs.
struct JupyterOutputs {
  private let cell: Cell
  private let record: CellRecord

  init(_ cell: Cell, _ record: CellRecord) { (self.cell, self.record) = (cell, record) }

  /// As a page shows them: the error of a cell is shown, even if its option hides its outputs; of several figures in a cell the last bears
  /// the caption.
  var all: [JSONValue] {
    let shown = record.shownOutputs(hidden: !cell.options.output)
    let captioned = shown.indices.filter { shown[$0].content.bearsCaption }
    var outputs: [JSONValue] = []
    for (index, output) in shown.enumerated() {
      outputs.append(output.jupyterForm.jupyter(alt: captioned.count == 1 ? cell.options.alt : nil))
      if index == captioned.last { outputs += caption }
    }
    return captioned.isEmpty && !shown.isEmpty ? outputs + caption : outputs
  }

  private var caption: [JSONValue] {
    guard let caption = cell.options.caption else { return [] }
    return [
      .jupyterDisplay([
        "text/html": .string(Markup.element("p", [:], Markup.element("em", [:], Markup.escape(caption)))),
        "text/plain": .string(caption),
      ])
    ]
  }
}
