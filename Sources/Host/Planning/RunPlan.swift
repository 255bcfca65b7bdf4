import Keys
import Store

/// A plan says which cells must run before a cell can run, given what is known of the cells before it and what the worker holds.
///
/// Before a cell runs, the code that it names must be loaded, and each location that it may read or change must hold what the cells before it left
/// there. Where the worker holds nothing, or what a former version of a cell left, the makers of the location run again. These are the cell that
/// defines the location and the last cell that changed it. What these two need is found in the same way.
package struct RunPlan {
  package var graph: NotebookGraph
  /// The names of the cells' modules, by the numbers of the cells.
  package var modules: [String]
  package var timeline: Timeline
  /// What the cell of a number is known to use, or may use as far as its text tells.
  package var requirements: (Int) -> Set<MemoryLocation>

  package init(graph: NotebookGraph, modules: [String], timeline: Timeline, requirements: @escaping (Int) -> Set<MemoryLocation>)
  {
    self.graph = graph
    self.modules = modules
    self.timeline = timeline
    self.requirements = requirements
  }

  /// The cells to run, in this order, the wanted one last. It is nil if no run of cells can mend what the worker holds: then the worker must be
  /// started anew.
  package func cells(for wanted: Int, live: LiveState) -> [Int]? {
    var cells = withWhatTheyLack([wanted], live: live)
    while true {
      guard let missing = missing(toRun: cells, live: live) else { return cells.sorted() }
      guard !missing.isSubset(of: cells) else { return nil }
      cells = withWhatTheyLack(cells.union(missing), live: live)
    }
  }

  /// Some cells, the makers of all that they do not find in the worker as it is now, the makers of all that these do not find, and so on. A maker
  /// stands before the cells for which it makes something, so that one pass from the last cell to the first meets all of them.
  private func withWhatTheyLack(_ cells: Set<Int>, live: LiveState) -> Set<Int> {
    var found = cells
    // The cells whose code is needed, whether it is loaded or not.
    var ancestors: Set<Int> = []
    for cell in stride(from: cells.max() ?? 0, through: 0, by: -1) {
      if ancestors.contains(cell), !live.holds(modules[cell]) { found.insert(cell) }
      guard found.contains(cell) || ancestors.contains(cell) else { continue }
      ancestors.formUnion(graph.nodes[cell].needs)
      if found.contains(cell) { found.formUnion(makers(of: lacking(requirements(cell), before: cell, in: live), before: cell)) }
    }
    return found
  }

  /// Goes in mind through a run of the cells, with all code that they need loaded. It stops at the first cell that would not find everything as it
  /// should, and returns the makers of what this cell lacks. The set is empty where nothing can make it. The result is nil if no cell lacks anything.
  private func missing(toRun cells: Set<Int>, live: LiveState) -> Set<Int>? {
    var state = live
    for cell in cells.sorted() {
      let lacking = lacking(requirements(cell), before: cell, in: state)
      if !lacking.isEmpty { return makers(of: lacking, before: cell) }
      if let trace = timeline.traces[cell] { note(trace, of: cell, run: -1 - cell, key: trace.key, in: &state) }
    }
    return nil
  }

  /// The locations, of those given, that do not hold what a cell should find there.
  package func lacking(_ locations: Set<MemoryLocation>, before cell: Int, in live: LiveState) -> Set<MemoryLocation> {
    locations.filter { live.version(liveLocation(of: $0)) != timeline.version(of: $0, before: cell) }
  }

  private func makers(of lacking: Set<MemoryLocation>, before cell: Int) -> Set<Int> {
    var makers: Set<Int> = []
    for location in lacking {
      if case .variable(let variable) = location, variable.cell < cell { makers.insert(variable.cell) }
      if let writer = timeline.lastWriter(of: location, before: cell) { makers.insert(writer.cell) }
    }
    return makers
  }

  /// Notes in a worker's state that a cell has run there.
  /// - Parameters:
  ///   - trace: What the run read and left.
  ///   - run: The number of the run, which no other run has.
  ///   - key: The key of the run; nil if it left nothing that others may build on.
  ///   - isComplete: Whether the cell ran to its end.
  package func note(_ trace: Trace, of cell: Int, run: Int, key: Key?, isComplete: Bool = true, in live: inout LiveState) {
    live.run(
      run, module: modules[cell], key: key, isComplete: isComplete, reads: trace.reads.keys.map(liveLocation(of:)),
      writes: Dictionary(trace.writes.map { (liveLocation(of: $0.key), $0.value) }) { first, _ in first })
  }

  /// The place in the worker that a location of the notebook has.
  package func liveLocation(of location: MemoryLocation) -> LiveLocation {
    switch location {
    case .variable(let variable): .variable(module: modules[variable.cell], name: variable.name)
    case .objects(let key): .objects(key)
    case .other(let name): .other(name)
    }
  }
}
