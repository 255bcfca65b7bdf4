import Store

/// Which cells must run, and why: from what is known of each cell, and from what a worker holds already.
///
/// A cell runs because its record is not known for what it would be made of now, or because a cell that runs needs its values. To run, a
/// cell needs every cell that its code needs to be live, and each variable that it touches to be as the cells before it left it: if an
/// earlier run has changed the variable since (a former version of this cell, for one), it is made anew, by its own cell and all that
/// changed it.
package struct RunPlan: Sendable, Equatable {
  package enum Reason: Sendable, Equatable {
    /// Its record is not known for what it is made of.
    case changed
    /// A cell that runs needs its values: the first that does.
    case neededBy(Int)
  }

  /// The cells that run, by number, in order. The parameters (0) are among them.
  package private(set) var reasons: [Int: Reason] = [:]

  package var cells: [Int] { reasons.keys.sorted() }

  /// What of a notebook the plan is made from.
  package struct Facts {
    package var graph: NotebookGraph
    /// By number, the modules of the cells.
    package var modules: [String]
    /// By number, the key of each cell whose record is known. Cells that it lacks must run.
    package var known: [Int: Key]
    /// By number, the variables of other cells that each touches.
    package var touches: [[NotebookGraph.Variable: References.Access]]
    /// Whether a variable holds a plain value.
    package var holdsValue: (NotebookGraph.Variable) -> Bool
    /// Cells that failed, or are left out for another reason: they do not run again.
    package var leftOut: Set<Int>

    package init(
      graph: NotebookGraph, modules: [String], known: [Int: Key], touches: [[NotebookGraph.Variable: References.Access]],
      holdsValue: @escaping (NotebookGraph.Variable) -> Bool, leftOut: Set<Int>
    ) {
      self.graph = graph
      self.modules = modules
      self.known = known
      self.touches = touches
      self.holdsValue = holdsValue
      self.leftOut = leftOut
    }

    /// The cells that change a variable before a cell of this number, in order.
    func mutators(of variable: NotebookGraph.Variable, before number: Int) -> [Int] {
      guard variable.cell + 1 < number else { return [] }
      return (variable.cell + 1..<number).filter { !leftOut.contains($0) && touches[$0][variable] == .mayChange }
    }

    /// A cell's key; a mark of its own where that is not known before it has run.
    package func mark(_ number: Int) -> LiveState.Mark { known[number].map(LiveState.Mark.key) ?? .new(number) }
  }

  /// A plan to run nothing.
  package init() {}

  package init(_ facts: Facts, live: LiveState) {
    for number in facts.graph.nodes.indices.dropFirst() where facts.known[number] == nil && !facts.leftOut.contains(number) {
      reasons[number] = .changed
    }
    while !addNeeded(facts, live: live) {}
  }

  /// Goes through the run in mind. Returns false when it has found more cells that must run, and the way must be gone again.
  private mutating func addNeeded(_ facts: Facts, live: LiveState) -> Bool {
    var state = live
    var isComplete = true
    for number in facts.graph.nodes.indices where reasons[number] != nil {
      for missing in Self.missing(for: number, facts, state) where reasons[missing] == nil {
        reasons[missing] = .neededBy(number)
        isComplete = false
      }
      guard isComplete else { continue }
      state.run(number, mark: facts.mark(number), facts)
    }
    return isComplete
  }

  /// What must run first, for a cell to find what it needs.
  package static func missing(for number: Int, _ facts: Facts, _ state: LiveState) -> Set<Int> {
    var missing: Set<Int> = []
    for ancestor in facts.graph.ancestors(of: number) where state.cells[facts.modules[ancestor]] != facts.mark(ancestor) {
      missing.insert(ancestor)
    }
    for variable in facts.touches[number].keys {
      let mutators = facts.mutators(of: variable, before: number)
      let place = LiveState.Place(module: facts.modules[variable.cell], name: variable.name)
      if state.changes[place, default: []] != mutators.map(facts.mark) { missing.formUnion([variable.cell] + mutators) }
    }
    return missing
  }
}

/// What a worker holds: which cells' values, and who has changed which variable since it was made.
package struct LiveState: Sendable, Equatable {
  package enum Mark: Hashable, Sendable {
    case key(Key)
    /// A run whose key is not known yet.
    case new(Int)
    /// A run that failed: what it left behind equals nothing.
    case failed(Int)
  }

  package struct Place: Hashable, Sendable {
    package var module: String
    package var name: String
  }

  /// By module, under which key its values were made.
  package private(set) var cells: [String: Mark] = [:]
  /// By variable, the runs that may have changed it, in order.
  package private(set) var changes: [Place: [Mark]] = [:]

  package init() {}

  /// Notes that a cell has run. Cells that hold on to objects of a former run of it are live no more.
  package mutating func run(_ number: Int, mark: Mark, _ facts: RunPlan.Facts) {
    let module = facts.modules[number]
    for place in changes.keys where place.module == module { changes[place] = nil }
    dropUsers(of: number, facts)
    if case .failed = mark { cells[module] = nil } else { cells[module] = mark }
    for (variable, access) in facts.touches[number] where access == .mayChange {
      changes[Place(module: facts.modules[variable.cell], name: variable.name), default: []].append(mark)
    }
  }

  private mutating func dropUsers(of number: Int, _ facts: RunPlan.Facts) {
    let node = facts.graph.nodes[number]
    let shared = node.analysis.declarations.filter { declaration in
      declaration.isStored
        && !(declaration.isConstant && facts.holdsValue(.init(cell: number, name: declaration.name)))
    }
    guard !shared.isEmpty else { return }
    for user in facts.graph.nodes.dropFirst(number + 1) where cells[facts.modules[user.cell.number]] != nil {
      let uses = user.needs.contains(number) && shared.contains { user.references.names[$0.name] != nil }
      guard uses else { continue }
      dropUsers(of: user.cell.number, facts)
      cells[facts.modules[user.cell.number]] = nil
    }
  }

  /// Forgets modules whose values are released.
  package mutating func forget(_ modules: Set<String>) {
    for module in modules { cells[module] = nil }
    changes = changes.filter { !modules.contains($0.key.module) }
  }
}
