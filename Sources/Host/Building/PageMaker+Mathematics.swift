import Document
import Mathematics
import Record
import Store

extension PageMaker {
  private var formulas: FormulaConverter { FormulaConverter(store: store.map { EntryStore(folder: $0) }) }

  /// What keeps formulas from being shown: an error each, or one if nothing can make MathML of them.
  func formulaProblems(in notebook: Notebook) -> [Diagnostic] {
    do {
      let results = try formulas.results(notebook.formulas)
      return notebook.formulas.compactMap { formula in
        guard case .problem(let problem)? = results[formula.source] else { return nil }
        let (line, column) = formula.place(ofByte: problem.offset)
        let index = line - formula.line
        return Diagnostic(
          at: Place(file: notebook.file, line: line, column: column), problem.message, advice: problem.advice,
          excerpt: formula.excerpts.indices.contains(index) ? formula.excerpts[index] : nil)
      }
    } catch {
      let place = notebook.formulas.first.map { Place(file: notebook.file, line: $0.line, column: $0.column) }
      var problem = error as? Diagnostic ?? Diagnostic("the formulas cannot be read: \(Diagnostic.words(error))")
      (problem.place, problem.excerpt) = (place, notebook.formulas.first?.excerpts.first)
      return [problem]
    }
  }

  /// The MathML of a notebook's formulas; those that are none keep their TeX.
  func mathematics(of notebook: Notebook) -> [Formula.Source: String] {
    ((try? formulas.results(notebook.formulas)) ?? [:]).compactMapValues { result in
      if case .html(let html) = result { html } else { nil }
    }
  }
}
