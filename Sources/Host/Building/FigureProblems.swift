import Document
import Figures
import Record
import Session

extension NotebookSession.Event {
  /// The event, and what is to be told besides: a figure that shows a remark in place of its data, since its labels or rows do not fit.
  /// The cell has not failed, so nothing else says it where the notebook is run.
  public func withFigureProblems(in document: Document) -> [NotebookSession.Event] {
    guard case .cellEnded(let cell, let record, _) = self else { return [self] }
    let place = Place(file: document.file, line: cell.line)
    return [self] + record.figureProblems.map { .warning(Diagnostic(.warning, at: place, $0)) }
  }
}

extension CellRecord {
  fileprivate var figureProblems: [String] {
    outputs.flatMap { output -> [String] in
      // Figures are large, and most have none.
      guard case .figure(let figure) = output, figure.plotly.contains("\"problems\"") else { return [] }
      let problems = (try? Figure(plotlyJSON: figure.plotly))?.layout.problems ?? []
      return problems.map { "a figure of \(id) shows no data: \($0)" }
    }
  }
}
