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
  package let runs: [Run]
  private let places: [String: Int]
  /// By axis and the values of the others, the runs, in order.
  private let lines: [Line: [Int]]

  private struct Line: Hashable, Sendable {
    var axis: String
    var others: [String?]
  }

  /// - Parameter isThere: whether a run has a page: others are left out.
  package init(_ file: RunsFile, isThere: (String) -> Bool = { _ in true }) {
    self.init(
      notebook: file.notebook, parameters: file.parameters,
      runs: file.runs.filter { isThere($0.name) }.map { Run(name: $0.name, values: $0.values) })
  }

  package init(notebook: String, parameters: [String], runs: [Run]) {
    (self.notebook, self.runs) = (notebook, runs)
    let axes = parameters.filter { name in Set(runs.map { $0.values[name] }).count > 1 }
    self.axes = axes
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

  /// The runs that differ from one in a parameter alone, itself among them, in order.
  func line(_ axis: String, through run: Run) -> [Run] { (lines[Self.line(axis, run, axes)] ?? []).map { runs[$0] } }

  /// The runs before and behind one, in the order of all.
  func neighbours(of name: String) -> (previous: Run?, next: Run?) {
    guard let place = places[name] else { return (nil, nil) }
    return (place > 0 ? runs[place - 1] : nil, place + 1 < runs.count ? runs[place + 1] : nil)
  }
}
