import Document
import Keys
import Store

/// Which cells a cell needs, and which variables it may read or change: the dependency graph of a notebook, from its text alone.
///
/// The graph answers two questions. `needs` says which cells must be there when a cell is compiled and loaded, since its *code* names what they
/// define. `possibleUses` says which variables the *run* of a cell may read or change: it follows the functions that the cell calls, and those that
/// these call, to the variables behind them. This second answer is a forecast for a cell that has not run yet. When the cell has run, the worker
/// says what it used, and the forecast counts only where the worker sees nothing: for constants, and for what may share its state with others.
///
/// Cells are numbered from 1, as in the notebook. The number 0 stands for the notebook's parameters.
package struct NotebookGraph: Sendable {
  /// A variable of a cell's top level (`x`), or a stored static member (`Knobs.t`).
  package struct Variable: Hashable, Sendable {
    package var cell: Int
    package var name: String

    package init(cell: Int, name: String) {
      self.cell = cell
      self.name = name
    }
  }

  package struct Node: Sendable {
    package var cell: Cell
    package var analysis: CellAnalysis
    /// All that its code refers to.
    package var references: References
    /// The definitions that the cell sees.
    package fileprivate(set) var scope = Scope()
    /// The cells whose modules its code needs.
    package var needs: Set<Int> = []
    /// Whether the cell failed, or is left out for another reason. It then defines nothing for others.
    package var isLeftOut: Bool
    /// A key of the cell's source and of the code of other cells that it uses: functions, types, extensions, operators. Of a variable only the
    /// name goes into it.
    package var code = KeyBuilder("code").key
    /// A key of the functions, types and operators that the cell defines, and of the code that these use. It says what values of its types can do.
    package var definitions = KeyBuilder("definitions").key
    /// A key of the cell's source and of the whole code of each cell that it names.
    package var wholeCode = KeyBuilder("code").key
    /// The cells whose code this cell uses directly.
    package var codeCells: Set<Int> = []
    /// Whether the cell's code, or code of another cell that it uses, needs the notebook's parameters.
    package fileprivate(set) var usesParameters = false
    /// The parameters that the cell's code, or code of another cell that it uses, reads by name.
    fileprivate var parameters = References()

    fileprivate init(cell: Cell, analysis: CellAnalysis, isLeftOut: Bool) {
      (self.cell, self.analysis, self.isLeftOut, references) = (cell, analysis, isLeftOut, analysis.references)
    }
  }

  /// The cells by their numbers.
  package let nodes: [Node]
  package let parameters: [Parameter]
  /// For each declared variable, how many variables of its name the notebook declares up to and with it. When cells have moved or changed, a
  /// variable is found again by its name and this count.
  package private(set) var occurrences: [Variable: Int] = [:]
  /// For each name, the variables that bear it, in the order of their cells.
  private(set) var variables: [String: [Variable]] = [:]
  /// For the key of a code, in its short form, the last cell that has this code.
  private(set) var cellsByCode: [String: Int] = [:]
  /// For each name, the cells whose code names it, in their order.
  private var namers: [String: [Int]] = [:]

  /// - Parameter leavingOut: The cells that failed. What they would define is not there.
  package init(_ notebook: Notebook, leavingOut: Set<Int> = []) {
    self.init(notebook, analyses: notebook.cells.map { CellAnalysis(source: $0.source) }, leavingOut: leavingOut)
  }

  /// - Parameter analyses: The analyses of the notebook's cells, in their order.
  package init(_ notebook: Notebook, analyses: [CellAnalysis], leavingOut: Set<Int>) {
    parameters = notebook.frontMatter.parameters
    let parameterCell = Cell(number: 0, source: ParametersSource.text(parameters), line: 1)
    var scope = Scope()
    var nodes: [Node] = []
    for (cell, analysis) in zip([parameterCell] + notebook.cells, [CellAnalysis(source: parameterCell.source)] + analyses) {
      var node = Node(cell: cell, analysis: analysis, isLeftOut: leavingOut.contains(cell.number))
      for name in node.references.names { namers[name, default: []].append(cell.number) }
      // What the cell itself declares hides what earlier cells declare under the same name. Only functions may have overloads in other cells.
      let own = Set(analysis.declarations.filter { $0.kind != .function && $0.kind != .other }.map(\.name))
      node.references.remove(own)
      node.needs = scope.cells(for: node.references)
      node.addCode(nodes, scope: scope, occurrences: occurrences)
      node.addParameters(nodes)
      cellsByCode[node.code.short] = cell.number
      if !node.isLeftOut {
        scope.add(cell: cell.number, analysis)
        for name in Set(analysis.declarations.filter(\.isStored).map(\.name) + analysis.staticMembers.map(\.name)) {
          let variable = Variable(cell: cell.number, name: name)
          variables[name, default: []].append(variable)
          occurrences[variable] = variables[name]?.count
        }
      }
      nodes.append(node)
    }
    for number in nodes.indices { nodes[number].scope = scope.before(number) }
    self.nodes = nodes
  }

  /// The cells that must have run before a cell can run: those that it needs, and those that they need in turn.
  package func ancestors(of number: Int) -> Set<Int> {
    closure(of: nodes[number].needs) { nodes[$0].needs }
  }

  /// The cells whose code may run when a cell runs, without the cell itself.
  package func codeClosure(of number: Int) -> Set<Int> {
    closure(of: nodes[number].codeCells) { nodes[$0].codeCells }
  }

  private func closure(of start: Set<Int>, _ next: (Int) -> Set<Int>) -> Set<Int> {
    var found: Set<Int> = []
    var open = start
    while let cell = open.popFirst() {
      if found.insert(cell).inserted { open.formUnion(next(cell).subtracting(found)) }
    }
    return found
  }

  /// The parameters that a cell's run may read, in the order of the front matter. Its code names them, or code of another cell that it uses does.
  package func parameters(of number: Int) -> [Parameter] {
    let read = nodes[number].parameters
    return parameters.filter { read.usesAllParameters || read.parameters.contains($0.name) }
  }

  // MARK: - Variables

  /// What a cell's run may do to a variable of another cell, as far as its text tells.
  package enum PossibleUse: Sendable, Equatable {
    /// It may read a constant that holds a plain value. The worker does not see that, and nothing can change the constant.
    case constant
    /// It may read or change a variable that holds a plain value. The worker sees when it does.
    case observed
    /// It may change what the variable leads to (an object, a closure, a pointer), and the worker does not see that.
    case opaque
  }

  /// The variables of earlier cells that a cell's run may read or change, as far as its text tells.
  /// - Parameter holdsValue: Whether a variable holds a plain value, which only an access to the variable can change. An object, a closure, and
  ///   whatever else may share its state is none.
  package func possibleUses(of number: Int, holdsValue: (Variable) -> Bool) -> [Variable: PossibleUse] {
    withoutActuallyEscaping(holdsValue) { holdsValue in
      var walk = UseWalk(graph: self, cell: number, holdsValue: holdsValue)
      walk.follow(nodes[number].analysis.executed, from: number)
      // A cell may call a method of an extension, or an operator, without any name that would tell whose it is.
      for cell in nodes[number].scope.alwaysVisible + [number] { walk.followNameless(of: cell) }
      return walk.uses
    }
  }

  /// Follows what a cell's run may call, and notes the variables on the way.
  private struct UseWalk {
    let graph: NotebookGraph
    let cell: Int
    let holdsValue: (Variable) -> Bool
    var uses: [Variable: PossibleUse] = [:]
    private var visited: Set<Variable> = []
    private var visitedForTypes: Set<Variable> = []
    /// The cells whose variables were noted as far as they hold no plain value.
    private var shared: Set<Int> = []

    init(graph: NotebookGraph, cell: Int, holdsValue: @escaping (Variable) -> Bool) {
      self.graph = graph
      self.cell = cell
      self.holdsValue = holdsValue
    }

    /// - Parameters:
    ///   - number: The cell in which the code stands. It decides what the names mean.
    ///   - typesOnly: Whether the code does not run. Then only the types that it names matter, since a value brings its type's methods along.
    mutating func follow(_ references: References, from number: Int, typesOnly: Bool = false) {
      for name in references.names {
        for declaration in graph.nodes[number].analysis.declarations(of: name) {
          follow(Scope.Definition(cell: number, declaration: declaration), typesOnly: typesOnly)
        }
        for definition in graph.nodes[number].scope.definitions(of: name) { follow(definition, typesOnly: typesOnly) }
      }
    }

    /// Follows what a cell offers to be called without its name.
    mutating func followNameless(of number: Int) {
      guard graph.nodes[number].analysis.isAlwaysVisible else { return }
      follow(graph.nodes[number].analysis.callableWithoutName, from: number)
      for member in graph.nodes[number].analysis.extensionMembers { noteUse(of: member, in: number) }
    }

    private mutating func follow(_ definition: Scope.Definition, typesOnly: Bool) {
      let variable = Variable(cell: definition.cell, name: definition.declaration.name)
      let declaration = definition.declaration
      var runs = !typesOnly || declaration.kind.isType
      if declaration.isStored {
        let isValue = holdsValue(variable)
        if !typesOnly { noteUse(of: variable, isConstant: declaration.isConstant, isValue: isValue) }
        // An object or a closure may call whatever it was made of, and whatever later cells have put into it.
        if !isValue && runs { followWriters(of: variable) }
        runs = runs && (!isValue || declaration.hasCode)
      }
      let isNew = runs ? visited.insert(variable).inserted : visitedForTypes.insert(variable).inserted
      guard isNew else { return }
      if declaration.kind.isType { for member in declaration.staticMembers { noteUse(of: member, in: definition.cell) } }
      follow(declaration.references, from: definition.cell, typesOnly: !runs)
    }

    /// Follows the cells that name a variable which holds no plain value: each of them may have given it new code to call.
    private mutating func followWriters(of variable: Variable) {
      guard visited.insert(Variable(cell: variable.cell, name: "writers of " + variable.name)).inserted, variable.cell + 1 < cell
      else { return }
      for writer in graph.namers(of: variable.name, in: (variable.cell + 1)..<cell)
      where graph.nodes[writer].references.names.contains(variable.name) && graph.nodes[writer].needs.contains(variable.cell) {
        follow(graph.nodes[writer].analysis.executed, from: writer)
      }
    }

    mutating func noteUse(of member: Declaration.StaticMember, in owner: Int) {
      let variable = Variable(cell: owner, name: member.name)
      noteUse(of: variable, isConstant: member.isConstant, isValue: holdsValue(variable))
    }

    private mutating func noteUse(of variable: Variable, isConstant: Bool, isValue: Bool) {
      guard variable.cell != cell, variable.cell > 0 else { return }
      uses[variable] = isValue ? (isConstant ? .constant : .observed) : .opaque
      // Two values that one cell makes may share a state, as the two ends of a stream do, and nobody sees that they do.
      guard !isValue, shared.insert(variable.cell).inserted else { return }
      for other in graph.nodes[variable.cell].analysis.declarations where other.isStored {
        let sibling = Variable(cell: variable.cell, name: other.name)
        if uses[sibling] == nil, !holdsValue(sibling) { uses[sibling] = .opaque }
      }
    }
  }

  private func namers(of name: String, in cells: Range<Int>) -> ArraySlice<Int> {
    guard let all = namers[name] else { return [] }
    return all[all.firstIndex(from: cells.lowerBound) { $0 }..<all.firstIndex(from: cells.upperBound) { $0 }]
  }

  // MARK: - Older definitions

  /// A function that keeps calling an old definition: it was compiled against it, and a later cell has replaced the definition.
  package struct OlderDefinition: Sendable, Equatable {
    /// The function (or type, or computed variable) that calls it, and the cell of this function.
    package var user: Variable
    /// The definition that is called, and the cell in which it stands.
    package var used: Variable
    /// The cell that has a newer definition of it.
    package var newer: Int
  }

  /// All functions that still call an older definition, in the order of the newer definitions.
  package var olderDefinitions: [OlderDefinition] {
    nodes.flatMap { node -> [OlderDefinition] in
      let replaced = node.analysis.declarations.flatMap { declaration in
        node.scope.definitions(of: declaration.name).filter { $0.cell > 0 && declaration.replaces($0.declaration) }
      }
      return replaced.flatMap { old in
        namers(of: old.declaration.name, in: old.cell..<max(old.cell, node.cell.number)).map { nodes[$0] }.flatMap { user in
          user.analysis.declarations.filter { declaration in
            !declaration.isStored && declaration.references.names.contains(old.declaration.name)
              && declaration.name != old.declaration.name
              && (user.cell.number == old.cell || user.needs.contains(old.cell))
              && !node.analysis.declarations.contains { $0.replaces(declaration) }
          }.map { declaration in
            OlderDefinition(
              user: Variable(cell: user.cell.number, name: declaration.name),
              used: Variable(cell: old.cell, name: old.declaration.name), newer: node.cell.number)
          }
        }
      }
    }
  }
}

extension NotebookGraph.Node {
  /// Sets the keys of the cell's code.
  /// - Parameters:
  ///   - nodes: The cells before this one.
  ///   - scope: The definitions that this cell sees.
  ///   - occurrences: The counts that tell variables of one name apart.
  fileprivate mutating func addCode(
    _ nodes: [NotebookGraph.Node], scope: Scope, occurrences: [NotebookGraph.Variable: Int]
  ) {
    var code = KeyBuilder("code")
    code.add("source", cell.source)
    if analysis.asksForItsPlace { code.add("line", "\(cell.line)") }
    for library in scope.libraries { code.add("import", library) }
    // Visible cells that lie further back than the nearest ones are among the code that the nearest ones use.
    codeCells = Set(scope.nearestVisible)
    for name in references.names.sorted() {
      for definition in scope.definitions(of: name) {
        let declaration = definition.declaration
        if declaration.isStored {
          code.add("variable", "\(name) \(occurrences[.init(cell: definition.cell, name: name)] ?? 0)")
        }
        if !declaration.isStored || declaration.hasCode { codeCells.insert(definition.cell) }
      }
    }
    var whole = code
    for cell in codeCells.sorted() { code.add("code", nodes[cell].code) }
    for cell in needs.sorted() { whole.add("code", nodes[cell].wholeCode) }
    (self.code, wholeCode) = (code.key, whole.key)
    var definitions = KeyBuilder("definitions")
    for item in analysis.memoCode where !item.isStatement && !item.isStored { definitions.add("text", item.text) }
    for cell in codeCells.sorted() { definitions.add("code", nodes[cell].code) }
    self.definitions = definitions.key
  }

  /// Notes which parameters are read, by the cell's own code and by the code of other cells that it uses.
  fileprivate mutating func addParameters(_ nodes: [NotebookGraph.Node]) {
    usesParameters = needs.contains { $0 == 0 || nodes[$0].usesParameters }
    if needs.contains(0) { parameters.mergeParameters(references) }
    for cell in codeCells { parameters.mergeParameters(nodes[cell].parameters) }
  }
}
