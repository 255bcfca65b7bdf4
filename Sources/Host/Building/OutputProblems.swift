import Document
import Record
import Rendering
import Session

extension NotebookSession.Event {
  /// The event, and what its outputs have to tell their author: a figure may show a remark in place of its data. The cell has not failed, so
  /// nothing else says it where the notebook is run.
  package func withOutputProblems(in notebook: Notebook) -> [NotebookSession.Event] {
    guard case .cellEnded(let cell, let record, _) = self else { return [self] }
    let place = Place(file: notebook.file(of: cell), line: cell.line)
    return [self] + record.outputs.flatMap { $0.view.problems(in: cell.id) }.map { .warning(Diagnostic(.warning, at: place, $0)) }
  }
}
