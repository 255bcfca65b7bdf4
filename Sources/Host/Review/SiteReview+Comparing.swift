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
    let runs = all.reduce(into: [String: RecordIndex.Run]()) { runs, name in
      // A run lies in the folder of its notebook.
      guard name.contains("/") else { return }
      runs[name] = [head, base].lazy.compactMap { (try? $0.index(of: name))?.run }.first
    }
    let names = wanted.isEmpty ? Self.sorted(all, runs) : wanted
    let reviews = names.map { name -> NotebookReview in
      var review =
        switch (old.contains(name), new.contains(name)) {
        case (true, true): NotebookComparison(name, base, head, tolerance: tolerance).review()
        case (true, false): NotebookReview(name: name, status: .removed, cells: [])
        default: NotebookReview(name: name, status: .added, cells: [])
        }
      if let run = runs[name] { (review.name, review.folder) = ("\(run.notebook)@\(run.name)", name) }
      return review
    }
    self.init(base: base.name, head: head.name, notebooks: reviews)
  }

  /// By name, each notebook's runs behind it, numbers in their names by their size.
  private static func sorted(_ names: Set<String>, _ runs: [String: RecordIndex.Run]) -> [String] {
    let keys = names.map { name in (name: name, notebook: runs[name]?.notebook ?? name, run: runs[name]?.name ?? "") }
    return keys.sorted { left, right in
      if left.notebook != right.notebook { return left.notebook < right.notebook }
      let order = left.run.compare(right.run, options: .numeric)
      return order == .orderedSame ? left.name < right.name : order == .orderedAscending
    }.map(\.name)
  }
}

/// Reviews of several runs of one notebook in which the same changed.
package struct AlikeReviews: Sendable, Equatable {
  /// The one in which it is worst.
  package var shown: NotebookReview
  /// The names of the others.
  package var others: [String]

  /// `The same changed in 3 other runs: prontoqa@idx=1, …`; nil where there are none.
  package var sentence: String? {
    others.isEmpty ? nil : "The same changed in \(Words.count(others.count, "other run")): \(Words.list(others, first: 8))."
  }
}

extension SiteReview {
  /// What is to be told, in the order of the notebooks: runs of one notebook in which the same outputs changed stand together, with the worst of them.
  package var told: [AlikeReviews] {
    var groups: [AlikeReviews] = []
    var places: [Change: Int] = [:]
    var alike: [Int: [String]] = [:]
    for review in notebooks where review.isTold {
      let change = Change(review)
      guard let place = places[change] else {
        places[change] = groups.count
        groups.append(AlikeReviews(shown: review, others: []))
        continue
      }
      alike[place, default: [groups[place].shown.name]].append(review.name)
      if review.severity > groups[place].shown.severity { groups[place].shown = review }
    }
    for (place, names) in alike { groups[place].others = names.filter { $0 != groups[place].shown.name } }
    return groups
  }

  /// How many runs there are, and how many of them changed, by notebook; nothing where there are none.
  package var runCounts: [String] {
    let runs = notebooks.filter { $0.folder != nil }
    let names = runs.reduce(into: [String]()) { names, run in if names.last != run.notebook { names.append(run.notebook) } }
    let byNotebook = Dictionary(grouping: runs, by: \.notebook)
    return names.map { name in
      let own = byNotebook[name] ?? []
      return "\(name): \(own.count(where: \.isChanged)) of \(Words.count(own.count, "run")) changed"
    }
  }

  /// What changed in a run, without by how much.
  private struct Change: Hashable {
    private let parts: [String]

    init(_ review: NotebookReview) {
      guard review.folder != nil else {
        parts = [review.name]
        return
      }
      let cells = review.cells.filter { $0.isChanged || $0.status == .within || !$0.source.isEmpty }.flatMap { cell in
        ["cell", cell.id, cell.notes, cell.status.rawValue] + cell.outputs.flatMap { ["output", $0.label, $0.verdict.rawValue] }
          + cell.source.flatMap { ["source", $0.base ?? "", $0.head ?? ""] }
      }
      let parameters = review.parameters.map { $0.excerpt() } + [review.device].compactMap { $0?.excerpt() }
      // A problem is told with the run that has it.
      parts = ["run", review.notebook, review.status.rawValue, review.problem ?? ""] + parameters + cells
    }
  }
}

extension NotebookReview {
  fileprivate var severity: Double { cells.map(\.severity).max() ?? 0 }
}
