import Document
import Foundation
import Record

/// The runs that a command names.
extension Notebooks {
  /// A notebook as a command names it, and one of its runs: `prontoqa@idx=2`.
  package struct Name: Equatable {
    /// The file's path, or the notebook's name.
    package var notebook: String
    package var run: String?

    /// A notebook as it is.
    package init(file: String) { notebook = file }

    /// A file with an `@` in its name is one.
    package init(_ text: String) {
      guard !isFile(text), let mark = text.lastIndex(of: "@"), mark > text.startIndex else {
        self.notebook = text
        return
      }
      notebook = String(text[..<mark])
      run = String(text[text.index(after: mark)...])
    }
  }

  /// All runs that a command names, notebook by notebook, in their order, and what is wrong with those that cannot be read.
  ///
  /// Of a notebook that is named alone, they are those with the values of the command line; without any, its own and those that its front matter names.
  /// - Parameters:
  ///   - overrides: as written after `-P`.
  ///   - takesOne: whether one run of each is wanted: without values, the notebook's own; several are an error.
  /// - Throws: as `read`; a `Diagnostic` for a run that there is not.
  package static func runs(
    _ names: [Name], overrides: [(name: String, value: String)] = [], takesOne: Bool = false
  ) throws -> (runs: [Notebook], problems: [Diagnostic]) {
    var wanted: [String: [String]] = [:]
    for name in names { wanted[name.notebook, default: []] += name.run.map { [$0] } ?? [] }
    let named = Set(names.filter { $0.run != nil }.map(\.notebook))
    let alone = names.filter { $0.run == nil }.map(\.notebook)
    if let both = alone.first(where: named.contains) {
      throw Diagnostic("'\(both)' is named alone, and with one of its runs", advice: "Name the notebook, or some of its runs.")
    }
    let files = alone + names.map(\.notebook).filter(named.contains).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    let (notebooks, problems) = try readable(files)
    let runs = try assigning(notebooks, overrides, ignoringStrangers: !problems.isEmpty) { notebook, values in
      if let names = wanted[notebook.file], !names.isEmpty {
        guard values.isEmpty else {
          throw Diagnostic(
            "'\(notebook.notebookName)@\(names[0])' has its values already", advice: "Leave '-P' out, or the name.")
        }
        return try names.map(notebook.run(named:))
      }
      if takesOne { return try [notebook.applying(overrides: values)] }
      return values.isEmpty ? notebook.declaredRuns : try notebook.variants(assigning: values).map(notebook.running)
    }
    return (runs, problems + collisions(runs))
  }

  /// A notebook whose page would lie where that of another one's run lies.
  private static func collisions(_ runs: [Notebook]) -> [Diagnostic] {
    let own = Dictionary(runs.filter { $0.variant == nil }.map { ($0.name, $0) }) { first, _ in first }
    var known: Set<String> = []
    return runs.compactMap { run in
      guard run.variant != nil else { return nil }
      if !known.insert(run.name).inserted { return Diagnostic("'\(run.runName)' is named twice", advice: "Name it once.") }
      let path = "\(run.root)/\(run.name).md"
      guard let other = own[run.name]?.file ?? (isFile(path) ? path : nil) else { return nil }
      return Diagnostic(
        at: Place(file: other, line: 1), "its page would be that of the run \(run.runName)", advice: "Rename the file.")
    }
  }
}
