import Keys
import Store

/// A place in the memory of a running process, named without the numbers of cells, which change when a notebook is edited.
package enum LiveLocation: Hashable, Sendable {
  case variable(module: String, name: String)
  case objects(Key)
  case other(String)
}

/// What the process in which cells run holds now: whose cells' code, and which version of what is at each location.
package struct LiveState: Sendable, Equatable {
  private struct Holding: Sendable, Equatable {
    var version: Version
    /// The run that left it.
    var run: Int
  }

  /// A run that has taken place in the worker.
  private struct Run: Sendable, Equatable {
    var module: String
    var key: Key?
    /// The runs whose objects it may hold on to.
    var inputs: Set<Int>
  }

  /// The modules whose cells have begun to run there, so that they may hold something.
  package private(set) var loaded: Set<String> = []
  private var holdings: [LiveLocation: Holding] = [:]
  /// By module, the locations of its variables.
  private var variables: [String: Set<LiveLocation>] = [:]
  /// The runs whose objects are still there, by number.
  private var runs: [Int: Run] = [:]
  /// By module, the numbers of its runs in `runs`.
  private var runsOf: [String: Set<Int>] = [:]
  /// The runs that may hold on to the objects of another one, by the number of that one.
  private var users: [Int: Set<Int>] = [:]
  /// By module, the run that made the present values of its variables.
  private var lastRuns: [String: Int] = [:]

  package init() {}

  /// Whether nothing has run.
  package var isEmpty: Bool { runs.isEmpty }

  /// Whether a module's cell has run to its end, so that others may call its code.
  package func holds(_ module: String) -> Bool { lastRuns[module] != nil }

  /// What a location holds; nil if it has no value.
  package func version(_ location: LiveLocation) -> Version? {
    guard let holding = holdings[location] else { return nil }
    return holding.version.isIdentity && runs[holding.run] == nil ? .spoiled(holding.run) : holding.version
  }

  /// The key of a run that objects are of; nil if what it made is gone, or was left by a run that failed.
  package func key(ofRun run: Int) -> Key? { runs[run]?.key }

  /// Notes a run. What a former run of the module held is gone, and with it whatever was made of its objects.
  /// - Parameters:
  ///   - run: its number, which no other has.
  ///   - isComplete: whether it ran to its end.
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

  /// Notes that a module's cell begins to run: from now on it may hold something.
  package mutating func load(_ module: String) { loaded.insert(module) }

  /// Forgets modules whose values are released.
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

  /// Forgets a run's objects, and the runs that may hold on to them.
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
