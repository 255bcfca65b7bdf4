import Keys
import Store

/// A place in the memory of the worker. Its name holds no number of a cell, since these change when a notebook is edited.
package enum LiveLocation: Hashable, Sendable {
  case variable(module: String, name: String)
  case objects(Key)
  case other(String)
}

/// What the worker holds now: the code of which cells, and at each location which version of its content.
package struct LiveState: Sendable, Equatable {
  private struct Holding: Sendable, Equatable {
    var version: Version
    /// The number of the run that left it.
    var run: Int
  }

  /// A run that has taken place in the worker.
  private struct Run: Sendable, Equatable {
    var module: String
    var key: Key?
    /// The runs whose objects this run may hold on to.
    var inputs: Set<Int>
  }

  /// The modules whose cells have begun to run in the worker, and which may therefore hold something.
  package private(set) var loaded: Set<String> = []
  private var holdings: [LiveLocation: Holding] = [:]
  /// For each module, the locations of its variables.
  private var variables: [String: Set<LiveLocation>] = [:]
  /// The runs whose objects are still in the worker, by their numbers.
  private var runs: [Int: Run] = [:]
  /// For each module, the numbers of its runs that `runs` holds.
  private var runsOf: [String: Set<Int>] = [:]
  /// For each run, the runs that may hold on to its objects.
  private var users: [Int: Set<Int>] = [:]
  /// For each module, the run that made the present values of its variables.
  private var lastRuns: [String: Int] = [:]

  package init() {}

  /// Whether nothing has run in the worker.
  package var isEmpty: Bool { runs.isEmpty }

  /// Whether the cell of a module has run to its end, so that other cells may call its code.
  package func holds(_ module: String) -> Bool { lastRuns[module] != nil }

  /// The version that a location holds; nil if it has no value.
  package func version(_ location: LiveLocation) -> Version? {
    guard let holding = holdings[location] else { return nil }
    return holding.version.isIdentity && runs[holding.run] == nil ? .spoiled(holding.run) : holding.version
  }

  /// The key of a run whose objects are still there; nil if they are gone, or if the run failed.
  package func key(ofRun run: Int) -> Key? { runs[run]?.key }

  /// Notes a run. What a former run of the same module held is gone, and with it whatever other runs made of its objects.
  /// - Parameters:
  ///   - run: The number of the run, which no other run has.
  ///   - isComplete: Whether the cell ran to its end.
  package mutating func run(
    _ run: Int, module: String, key: Key?, isComplete: Bool, reads: some Sequence<LiveLocation>, writes: [LiveLocation: Version]
  ) {
    release(module)
    var inputs: Set<Int> = []
    for location in reads { if let holding = holdings[location], holding.version.isIdentity { inputs.insert(holding.run) } }
    runs[run] = Run(module: module, key: key, inputs: inputs)
    runsOf[module, default: []].insert(run)
    for input in inputs { users[input, default: []].insert(run) }
    if isComplete { lastRuns[module] = run }
    for (location, version) in writes {
      holdings[location] = Holding(version: version, run: run)
      if case .variable(let module, _) = location { variables[module, default: []].insert(location) }
    }
  }

  /// Notes that the cell of a module begins to run. From now on the module may hold something.
  package mutating func load(_ module: String) { loaded.insert(module) }

  /// Forgets modules whose values the worker has released.
  package mutating func release(_ modules: some Sequence<String>) {
    for module in modules {
      release(module)
      loaded.remove(module)
    }
  }

  private mutating func release(_ module: String) {
    for location in variables.removeValue(forKey: module) ?? [] { holdings[location] = nil }
    lastRuns[module] = nil
    for run in runsOf[module] ?? [] { drop(run) }
  }

  /// Forgets the objects of a run, and all runs that may hold on to them.
  private mutating func drop(_ run: Int) {
    var open = [run]
    while let next = open.popLast() {
      guard let dropped = runs.removeValue(forKey: next) else { continue }
      runsOf[dropped.module]?.remove(next)
      for input in dropped.inputs { users[input]?.remove(next) }
      if let key = dropped.key { holdings[.objects(key)] = nil }
      open += users.removeValue(forKey: next) ?? []
    }
  }
}
