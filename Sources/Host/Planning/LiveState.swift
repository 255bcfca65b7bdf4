import Store

/// What a worker holds: whose cells' code, and what each location holds now.
package struct LiveState: Sendable, Equatable {
  /// A location in the worker, whatever the notebook's cells are numbered.
  package enum Place: Hashable, Sendable {
    case variable(module: String, name: String)
    case objects(Key)
    case other(String)
  }

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

  private var holdings: [Place: Holding] = [:]
  /// By module, its variables among them.
  private var variables: [String: Set<Place>] = [:]
  /// By number; those whose objects are gone are not among them.
  private var runs: [Int: Run] = [:]
  /// By module, its runs among them.
  private var runsOf: [String: Set<Int>] = [:]
  /// By number, the runs that may hold on to a run's objects.
  private var users: [Int: Set<Int>] = [:]
  /// By module, the run that its variables are of.
  private var lastRuns: [String: Int] = [:]

  package init() {}

  /// Whether nothing has run.
  package var isEmpty: Bool { runs.isEmpty }

  /// Whether a module's cell has run to its end, so that others may call its code.
  package func holds(_ module: String) -> Bool { lastRuns[module] != nil }

  /// What a location holds; nil if it has no value.
  package func version(_ place: Place) -> Version? {
    guard let holding = holdings[place] else { return nil }
    return holding.version.isIdentity && runs[holding.run] == nil ? .spoiled(holding.run) : holding.version
  }

  /// The key of a run that objects are of; nil if what it made is gone, or was left by a run that failed.
  package func key(ofRun run: Int) -> Key? { runs[run]?.key }

  /// Notes a run. What a former run of the module held is gone, and with it whatever was made of its objects.
  /// - Parameters:
  ///   - run: its number, which no other has.
  ///   - isComplete: whether it ran to its end.
  package mutating func run(
    _ run: Int, module: String, key: Key?, isComplete: Bool, reads: some Sequence<Place>, writes: [Place: Version]
  ) {
    release(module)
    var inputs: Set<Int> = []
    for place in reads { if let holding = holdings[place], holding.version.isIdentity { inputs.insert(holding.run) } }
    runs[run] = Run(module: module, key: key, inputs: inputs)
    runsOf[module, default: []].insert(run)
    for input in inputs { users[input, default: []].insert(run) }
    if isComplete { lastRuns[module] = run }
    for (place, version) in writes {
      holdings[place] = Holding(version: version, run: run)
      if case .variable(let module, _) = place { variables[module, default: []].insert(place) }
    }
  }

  /// Forgets modules whose values are released.
  package mutating func release(_ modules: some Sequence<String>) { for module in modules { release(module) } }

  private mutating func release(_ module: String) {
    for place in variables.removeValue(forKey: module) ?? [] { holdings[place] = nil }
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
