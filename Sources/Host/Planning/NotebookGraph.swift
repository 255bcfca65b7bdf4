import Document
import Keys
import Store

/// Which cells a cell needs, and which variables it may read or change: the dependency graph of a notebook, from its text alone.
///
/// Two questions are kept apart. What a cell's *code* names must be there when it is compiled and loaded (`needs`). What its *run* may
/// read or change (`possibleUses`) follows the functions that it calls, and those that these call, to the variables behind them. The second one
/// is a forecast, for a cell that has not run yet; of a cell that has run, the worker says what it used. It is the last word only where the
/// worker sees nothing: for constants, and for what may share its state.
///
/// Cells are numbered from 1, as in the document; 0 is the notebook's parameters.
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
    /// What the cell sees.
    package fileprivate(set) var scope = Scope()
    /// The cells whose modules its code needs.
    package var needs: Set<Int> = []
    /// Whether it failed, or is left out for another reason: it defines nothing for others.
    package var isLeftOut: Bool
    /// Stands for its source, and for the code of other cells that it uses: functions, types, extensions, operators. Variables stand in it by
    /// their names alone.
    package var code = KeyBuilder("code").key
    /// Stands for the functions, types and operators that it defines, and the code that these use: what the values of its types can do.
    package var definitions = KeyBuilder("definitions").key
    /// Stands for its source, and for all of each cell that it names.
    package var wholeCode = KeyBuilder("code").key
    /// The cells whose code it uses itself.
    package var codeCells: Set<Int> = []
    /// Whether its code, or code of another cell that this uses, needs the notebook's parameters.
    package fileprivate(set) var usesParameters = false
    /// The parameters that its code reads by name, or code that this uses.
    fileprivate var parameters = References()

    fileprivate init(cell: Cell, analysis: CellAnalysis, isLeftOut: Bool) {
      (self.cell, self.analysis, self.isLeftOut, references) = (cell, analysis, isLeftOut, analysis.references)
    }
  }

  /// By number.
  package let nodes: [Node]
  package let parameters: [Parameter]
  /// Counts, for each declared variable, the variables of the same name up to it in the notebook, from 1. A variable is found again by this
  /// count when cells have moved or changed.
  package private(set) var occurrences: [Variable: Int] = [:]
  /// The same by name, in order.
  private(set) var variables: [String: [Variable]] = [:]
  /// By what stands for its code, the last cell of this code.
  private(set) var cellsByCode: [String: Int] = [:]
  /// By name, the cells whose code names it, in order.
  private var namers: [String: [Int]] = [:]

  /// - Parameter leavingOut: cells that failed: what they define is not there.
  package init(_ document: Notebook, leavingOut: Set<Int> = []) {
    self.init(document, analyses: document.cells.map { CellAnalysis(source: $0.source) }, leavingOut: leavingOut)
  }

  /// - Parameter analyses: of the document's cells.
  package init(_ document: Notebook, analyses: [CellAnalysis], leavingOut: Set<Int>) {
    parameters = document.frontMatter.parameters
    let parameterCell = Cell(number: 0, source: ParametersSource.text(parameters), line: 1)
    var scope = Scope()
    var nodes: [Node] = []
    for (cell, analysis) in zip([parameterCell] + document.cells, [CellAnalysis(source: parameterCell.source)] + analyses) {
      var node = Node(cell: cell, analysis: analysis, isLeftOut: leavingOut.contains(cell.number))
      for name in node.references.names { namers[name, default: []].append(cell.number) }
      // What the cell itself declares hides what earlier cells call so; only of functions there may be overloads.
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

  /// The cells that must have run before a cell can: those it needs, and those that they need.
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

  /// The values of parameters that a cell's run may read, in the order of the front matter: those that its code names, and the code that
  /// this uses.
  package func parameters(of number: Int) -> [Parameter] {
    let read = nodes[number].parameters
    return parameters.filter { read.usesAllParameters || read.parameters.contains($0.name) }
  }

  // MARK: - Variables

  /// What a cell's run may do to a variable of another cell, as far as its text tells.
  package enum PossibleUse: Sendable, Equatable {
    /// It may read a constant that holds a plain value: nobody sees it do so, and nobody changes it.
    case constant
    /// It may read or change a variable that holds a plain value: the worker sees it.
    case observed
    /// It may change what the variable leads to, in a way that nobody sees: an object, a closure, a pointer.
    case opaque
  }

  /// The variables of earlier cells that a cell's run may read or change, as far as its text tells.
  /// - Parameter holdsValue: whether a variable holds a value that nothing but an access to the variable changes, and not an
  ///   object, a closure or what else may share its state.
  package func possibleUses(of number: Int, holdsValue: (Variable) -> Bool) -> [Variable: PossibleUse] {
    withoutActuallyEscaping(holdsValue) { holdsValue in
      var walk = UseWalk(graph: self, cell: number, holdsValue: holdsValue)
      walk.follow(nodes[number].analysis.executed, from: number)
      // No name says who calls a method of an extension, or an operator.
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
    /// The cells whose variables that hold no plain value are noted.
    private var shared: Set<Int> = []

    init(graph: NotebookGraph, cell: Int, holdsValue: @escaping (Variable) -> Bool) {
      self.graph = graph
      self.cell = cell
      self.holdsValue = holdsValue
    }

    /// - Parameters:
    ///   - number: the cell in which the code stands, which says what its names mean.
    ///   - typesOnly: the code does not run; of what it names, only types matter, since a value brings its type's methods along.
    mutating func follow(_ references: References, from number: Int, typesOnly: Bool = false) {
      for name in references.names {
        for declaration in graph.nodes[number].analysis.declarations(of: name) {
          follow(Scope.Definition(cell: number, declaration: declaration), typesOnly: typesOnly)
        }
        for definition in graph.nodes[number].scope.definitions(of: name) { follow(definition, typesOnly: typesOnly) }
      }
    }

    /// What may be called though no name says so.
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
        // An object or a closure may call what it was made of, and what later cells have put into it.
        if !isValue && runs { followWriters(of: variable) }
        runs = runs && (!isValue || declaration.hasCode)
      }
      let isNew = runs ? visited.insert(variable).inserted : visitedForTypes.insert(variable).inserted
      guard isNew else { return }
      if declaration.kind.isType { for member in declaration.staticMembers { noteUse(of: member, in: definition.cell) } }
      follow(declaration.references, from: definition.cell, typesOnly: !runs)
    }

    /// Whoever names what is no plain value may have given it new code to call.
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
      // What one cell makes may share a state that nobody sees, as the two ends of a stream do.
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

  /// A function that was compiled against a definition that a later cell has replaced: it keeps calling the old one.
  package struct OlderDefinition: Sendable, Equatable {
    /// The function (or type, or computed variable), and its cell.
    package var user: Variable
    /// What it calls, and where that was defined.
    package var used: Variable
    /// The cell that has a newer definition of it.
    package var newer: Int
  }

  /// What still calls an older definition, in the order of the newer ones.
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
  /// Adds what stands for its code.
  /// - Parameters:
  ///   - nodes: those before it.
  ///   - scope: what it sees.
  ///   - occurrences: tell apart the variables of one name.
  fileprivate mutating func addCode(
    _ nodes: [NotebookGraph.Node], scope: Scope, occurrences: [NotebookGraph.Variable: Int]
  ) {
    var code = KeyBuilder("code")
    code.add("source", cell.source)
    if analysis.asksForItsPlace { code.add("line", "\(cell.line)") }
    for library in scope.libraries { code.add("import", library) }
    // Those before the nearest are code that these use.
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

  /// Adds what is read of the parameters, by its own code and by other cells' that it uses.
  fileprivate mutating func addParameters(_ nodes: [NotebookGraph.Node]) {
    usesParameters = needs.contains { $0 == 0 || nodes[$0].usesParameters }
    if needs.contains(0) { parameters.mergeParameters(references) }
    for cell in codeCells { parameters.mergeParameters(nodes[cell].parameters) }
  }
}
