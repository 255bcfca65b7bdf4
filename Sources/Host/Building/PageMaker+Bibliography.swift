import Bibliography
import Document
import Record

extension PageMaker {
  /// What is wrong with a notebook's bibliography, and citations of what it does not hold.
  func citationProblems(in notebook: Notebook) -> [Diagnostic] {
    let bibliography = Bibliography(of: notebook)
    return bibliography.problems + bibliography.problems(in: notebook)
  }

  /// The works that a notebook cites, and texts in Markdown that its cells have put out too.
  func citedWorks(of notebook: Notebook) -> CitedWorks {
    CitedWorks(notebook.citations, in: notebook.citations.isEmpty ? Bibliography() : Bibliography(of: notebook))
  }

  /// Citations of unknown works and links that lead nowhere in what cells have put out: they are known after the run.
  func lateProblems(of whole: Notebook, besides notebook: Notebook) -> [Diagnostic] {
    var late = whole
    late.citations = Array(whole.citations.dropFirst(notebook.citations.count))
    late.references = Array(whole.references.dropFirst(notebook.references.count))
    let citations = late.citations.isEmpty ? [] : Bibliography(of: late).problems(in: late)
    return (citations + referenceProblems(in: late)).map { problem in
      Diagnostic(.warning, at: problem.place, problem.message, advice: problem.advice)
    }
  }
}
