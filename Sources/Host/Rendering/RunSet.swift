import Record

/// The runs of a notebook, in order, and which of them differ in one parameter alone.
package struct RunSet: Sendable {
  /// A run, and where its page is.
  package struct Run: Sendable, Equatable {
    package var name: String
    package var values: [String: String]
  }

  package let notebook: String
  /// Those of the notebook's parameters that have several values among the runs, in the notebook's order.
  package let axes: [String]
  /// Those that have a page.
  package let runs: [Run]
  /// Also those that the site should have, and has no page of.
  package let noted: [Run]
  /// Whether the runs are all combinations of the values, so that steps along the axes lead to each.
  let isGrid: Bool
  private let places: [String: Int]
  /// By axis and the values of the others, the runs, in order.
  private let lines: [Line: [Int]]

  private struct Line: Hashable, Sendable {
    var axis: String
    var others: [String?]
  }

  /// - Parameter isThere: whether a run has a page.
  package init(_ file: RunsFile, isThere: (String) -> Bool = { _ in true }) {
    notebook = file.notebook
    noted = file.runs.map { Run(name: $0.name, values: $0.values) }
    let runs = noted.filter { isThere($0.name) }
    let noted = noted
    axes = file.parameters.filter { name in Set(noted.map { $0.values[name] }).count > 1 }
    self.runs = runs
    isGrid = axes.reduce(1) { $0 * Set(runs.map(\.values[$1])).count } == runs.count
    places = Dictionary(runs.enumerated().map { ($1.name, $0) }) { first, _ in first }
    var lines: [Line: [Int]] = [:]
    for (place, run) in runs.enumerated() {
      for axis in axes { lines[Self.line(axis, run, axes), default: []].append(place) }
    }
    self.lines = lines
  }

  private static func line(_ axis: String, _ run: Run, _ axes: [String]) -> Line {
    Line(axis: axis, others: axes.filter { $0 != axis }.map { run.values[$0] })
  }

  package func run(_ name: String) -> Run? { places[name].map { runs[$0] } }

  /// The runs that differ from one in a parameter alone, itself among them, in order, and its place.
  func line(_ axis: String, through run: Run) -> Row {
    let line = lines[Self.line(axis, run, axes)] ?? []
    return Row(runs: line.map { runs[$0] }, place: line.firstIndex { runs[$0].name == run.name } ?? 0)
  }

  /// All runs, and the place of one.
  func row(through run: Run) -> Row { Row(runs: runs, place: places[run.name] ?? 0) }

  /// Runs that one steps through.
  struct Row {
    var runs: [Run]
    /// Of the run that is shown.
    var place: Int

    var previous: Run? { place > 0 ? runs[place - 1] : nil }
    var next: Run? { place + 1 < runs.count ? runs[place + 1] : nil }
  }
}
