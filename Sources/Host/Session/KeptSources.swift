import Document
import Files
import Planning
import Record

/// The Swift source of each cell as the compiler gets it, kept to look at.
extension NotebookRun {
  /// Writes the source of every cell, whether it runs or not: `NOTEBOOK/CELL.swift`, and `NOTEBOOK/params.swift` for the parameters.
  func keepSources() throws {
    guard let folder = session.options.keptSources else { return }
    for unit in units where unit.number > 0 || !graph.parameters.isEmpty {
      let cell = graph.nodes[unit.number].cell
      // Shared code is called by its path, which may lead anywhere.
      let name = unit.number == 0 ? ParametersSource.variable : cell.file == nil ? cell.id : RecordFiles.name(cell.id)
      // By its module, the source of another cell names it that imports it.
      let text = "// \(name) of \(notebook.file(of: cell)), compiled as the module \(unit.module)\n" + unit.source.text
      do {
        try WholeFile.write(text, to: "\(folder)/\(notebook.name)/\(name).swift")
      } catch let error as WholeFile.CannotWrite {
        throw Diagnostic(error.description, advice: "Name another folder for the sources of cells.")
      }
    }
  }
}
