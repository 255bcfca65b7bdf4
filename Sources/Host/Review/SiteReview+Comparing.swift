import Record

extension SiteReview {
  /// Compares two records.
  /// - Parameters:
  ///   - notebooks: their names; all that are in either if empty.
  ///   - tolerance: for all cells; nil for what cells, notebooks, and the standard say.
  /// - Throws: `Diagnostic`, for a notebook that is in neither, or a source that cannot be read.
  package init(
    _ base: any RecordSource, _ head: any RecordSource, notebooks wanted: [String] = [], tolerance: Tolerance? = nil
  ) throws {
    let (old, new) = (Set(try base.notebooks()), Set(try head.notebooks()))
    let all = old.union(new)
    if let unknown = wanted.first(where: { !all.contains($0) }) {
      throw Diagnostic(
        "Neither \(base.name) nor \(head.name) has a record of '\(unknown)'",
        advice: all.isEmpty ? "Build it: folio build." : "There are: \(all.sorted().joined(separator: ", ")).")
    }
    let names = wanted.isEmpty ? all.sorted() : wanted
    let reviews = names.map { name -> NotebookReview in
      switch (old.contains(name), new.contains(name)) {
      case (true, true): NotebookComparison(name, base, head, tolerance: tolerance).review()
      case (true, false): NotebookReview(name: name, status: .removed, cells: [])
      default: NotebookReview(name: name, status: .added, cells: [])
      }
    }
    self.init(base: base.name, head: head.name, notebooks: reviews)
  }
}
