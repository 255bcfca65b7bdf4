import Keys
import Store

/// Which cells must run for a cell to find all as it should: from what is known of the cells before it, and from what a worker holds.
///
/// To run, a cell needs the code that it names to be loaded, and each location that it may read or change to hold what the cells before it left
/// there. Where the worker holds something else (nothing, or what a former version of a cell left), the location's makers run again: the
/// cell that defines it, and the last one that changed it, for which in turn the same holds.
package struct RunPlan {
  package var graph: NotebookGraph
  /// By number, the modules of the cells.
  package var modules: [String]
  package var timeline: Timeline
  /// By number, what a cell is known to use, or may use as far as its text tells.
  package var requirements: (Int) -> Set<MemoryLocation>

  package init(graph: NotebookGraph, modules: [String], timeline: Timeline, requirements: @escaping (Int) -> Set<MemoryLocation>)
  {
    self.graph = graph
    self.modules = modules
    self.timeline = timeline
    self.requirements = requirements
  }

  /// The cells to run in this order, the wanted one last; nil if what the worker holds cannot be mended: it must start anew.
  package func cells(for wanted: Int, live: LiveState) -> [Int]? {
    var cells = withWhatTheyLack([wanted], live: live)
    while true {
      guard let missing = missing(toRun: cells, live: live) else { return cells.sorted() }
      guard !missing.isSubset(of: cells) else { return nil }
      cells = withWhatTheyLack(cells.union(missing), live: live)
    }
  }

  /// Cells, with the makers of all that these do not find in the worker as it is now, and so on. Makers stand before whom they make something
  /// for, so that one way back through the notebook meets them all.
  private func withWhatTheyLack(_ cells: Set<Int>, live: LiveState) -> Set<Int> {
    var found = cells
    // Those whose code is needed, whether it is loaded or not.
    var ancestors: Set<Int> = []
    for cell in stride(from: cells.max() ?? 0, through: 0, by: -1) {
      if ancestors.contains(cell), !live.holds(modules[cell]) { found.insert(cell) }
      guard found.contains(cell) || ancestors.contains(cell) else { continue }
      ancestors.formUnion(graph.nodes[cell].needs)
      if found.contains(cell) { found.formUnion(makers(of: lacking(requirements(cell), before: cell, in: live), before: cell)) }
    }
    return found
  }

  /// Goes through a run of the cells in mind, all code that they need being there. The makers of what the first one lacks that does not find
  /// all as it should; nil if each does. What cannot be made is an empty set.
  private func missing(toRun cells: Set<Int>, live: LiveState) -> Set<Int>? {
    var state = live
    for cell in cells.sorted() {
      let lacking = lacking(requirements(cell), before: cell, in: state)
      if !lacking.isEmpty { return makers(of: lacking, before: cell) }
      if let trace = timeline.traces[cell] { note(trace, of: cell, run: -1 - cell, key: trace.key, in: &state) }
    }
    return nil
  }

  /// Those of some locations that do not hold what a cell should find there.
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
  ///   - trace: what the run read and left.
  ///   - run: its number, which no other has.
  ///   - key: stands for the run; nil for one that left nothing to build on.
  ///   - isComplete: whether it ran to its end.
  package func note(_ trace: Trace, of cell: Int, run: Int, key: Key?, isComplete: Bool = true, in live: inout LiveState) {
    live.run(
      run, module: modules[cell], key: key, isComplete: isComplete, reads: trace.reads.keys.map(liveLocation(of:)),
      writes: Dictionary(trace.writes.map { (liveLocation(of: $0.key), $0.value) }) { first, _ in first })
  }

  /// Where a location is in the worker.
  package func liveLocation(of location: MemoryLocation) -> LiveLocation {
    switch location {
    case .variable(let variable): .variable(module: modules[variable.cell], name: variable.name)
    case .objects(let key): .objects(key)
    case .other(let name): .other(name)
    }
  }
}
