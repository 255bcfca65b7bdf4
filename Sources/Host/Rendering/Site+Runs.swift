import Document
import Files
import Foundation
import Record

/// Which runs a notebook should have in the site.
extension Site {
  /// What is noted of a notebook's runs; nil if it has none, or if what is there cannot be read.
  package func runs(of notebook: String) -> RunsFile? {
    guard let data = try? FolderFile.read("\(notebook)/\(RunsFile.fileName)", in: folder) else { return nil }
    guard let file = try? RunsFile(json: data), file.notebook == notebook else { return nil }
    return file
  }

  /// Notes which runs a notebook should have: those that its front matter names, and others besides those that are noted already.
  package func note(runs others: [Variant], of notebook: Notebook) throws {
    guard SiteNames.isFolder(notebook.notebookName) else { return }
    let path = "\(notebook.notebookName)/\(RunsFile.fileName)"
    func entry(_ variant: Variant) -> RunsFile.Entry {
      // The others have their defaults, which count too.
      var values = notebook.defaultTexts
      for assignment in variant.assignments { values[assignment.name] = assignment.value.text }
      return RunsFile.Entry(name: variant.name, values: values, isDeclared: variant.isDeclared)
    }
    let lock = FolderLock(folder, .alone)
    try withExtendedLifetime(lock) {
      var known = runs(of: notebook.notebookName) ?? RunsFile(notebook: notebook.notebookName, parameters: [], runs: [])
      known.parameters = notebook.frontMatter.parameters.map(\.name)
      let given = others.filter { !$0.isDeclared }.map(entry)
      let new = known.with(declared: notebook.frontMatter.variants.map(entry), others: given)
      if new.runs.isEmpty {
        unlink("\(folder)/\(path)")
      } else {
        try write([(path, Data(new.text.utf8))], isHeld: true)
      }
    }
  }
}

extension Site {
  /// Runs of a command line, as another site has them, besides those that are noted here: they are not made again here.
  package func takeRuns(of notebook: String, from other: Site) throws {
    let others = (other.runs(of: notebook)?.runs ?? []).filter { !$0.isDeclared }
    guard !others.isEmpty, let file = other.runs(of: notebook) else { return }
    let known = runs(of: notebook) ?? RunsFile(notebook: notebook, parameters: file.parameters, runs: [])
    try write([("\(notebook)/\(RunsFile.fileName)", Data(known.with(declared: nil, others: others).text.utf8))])
  }

  /// The runs of a command line that have a record, and the keys of the cells in it.
  package func runsOfCommandLine(of notebook: Notebook) -> [(name: String, keys: [String?])] {
    (runs(of: notebook.notebookName)?.runs ?? []).filter { !$0.isDeclared }.compactMap { run in
      let path = "\(notebook.notebookName)/\(run.name)/record/\(RecordFiles.indexName)"
      guard let data = try? FolderFile.read(path, in: folder), let index = try? RecordIndex(json: data) else { return nil }
      return (run.name, index.cells.map(\.key))
    }
  }
}

extension Notebook {
  /// The values of its parameters where nobody gives them others, as text, by name: those of a run are not known here.
  fileprivate var defaultTexts: [String: String] { defaults.mapValues(\.text) }
}
