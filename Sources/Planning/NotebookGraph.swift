import Document

/// Which cells a cell needs, and which variables it touches: the dependency graph of a notebook, from its text alone.
///
/// Two questions are kept apart. What a cell's *code* names must be there when it is compiled and loaded (`needs`). What its *run* may
/// read or change (`touches`) follows the functions that it calls, and those that these call, to the variables behind them. A variable
/// that some cell between may have changed makes a cell depend on that cell too: when in doubt, it does.
///
/// Cells are numbered from 1, as in the document; 0 is the notebook's parameters.
public struct NotebookGraph: Sendable {
  /// A variable of a cell's top level.
  public struct Variable: Hashable, Sendable {
    public var cell: Int
    public var name: String
  }

  public struct Node: Sendable {
    public var cell: Cell
    public var analysis: CellAnalysis
    /// All that its code refers to.
    public var references: References
    /// What the cell sees.
    public var scope: Scope
    /// The cells whose modules its code needs.
    public var needs: Set<Int> = []
    /// Whether it failed, or is left out for another reason: it defines nothing for others.
    public var isLeftOut: Bool
  }

  /// By number.
  public let nodes: [Node]
  public let parameters: [Parameter]

  /// - Parameter leavingOut: cells that failed: what they define is not there.
  public init(_ document: Document, leavingOut: Set<Int> = []) {
    self.init(document, analyses: document.cells.map { CellAnalysis(source: $0.source) }, leavingOut: leavingOut)
  }

  /// - Parameter analyses: of the document's cells.
  public init(_ document: Document, analyses: [CellAnalysis], leavingOut: Set<Int>) {
    parameters = document.frontMatter.parameters
    let parameterCell = Cell(number: 0, source: ParametersSource.text(parameters), line: 1)
    var scope = Scope()
    nodes = zip([parameterCell] + document.cells, [CellAnalysis(source: parameterCell.source)] + analyses).map { cell, analysis in
      var node = Node(
        cell: cell, analysis: analysis, references: analysis.references, scope: scope,
        isLeftOut: leavingOut.contains(cell.number))
      // What the cell itself declares hides what earlier cells call so; only of functions there may be overloads.
      let own = Set(analysis.declarations.filter { $0.kind != .function && $0.kind != .other }.map(\.name))
      node.references.remove(own)
      node.needs = scope.cells(for: node.references)
      if !node.isLeftOut { scope.add(cell: cell.number, analysis) }
      return node
    }
  }

  /// The cells that must have run before a cell can: those it needs, and those that they need.
  public func ancestors(of number: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = nodes[number].needs
    while let next = open.popFirst() {
      if found.insert(next).inserted { open.formUnion(nodes[next].needs.subtracting(found)) }
    }
    return found
  }

  /// The values of parameters that a cell's code reads, in the order of the front matter.
  public func parameters(of number: Int) -> [Parameter] {
    let node = nodes[number]
    guard node.needs.contains(0) else { return [] }
    return parameters.filter { node.references.usesAllParameters || node.references.parameters.contains($0.name) }
  }

  // MARK: - Variables

  /// The variables of earlier cells that a cell's run may read or change, if they can change at all.
  /// - Parameter holdsValue: whether a variable holds a value that nothing but an assignment or a mutating call changes, and not an
  ///   object, a closure or what else may share its state.
  public func touches(_ number: Int, holdsValue: (Variable) -> Bool) -> [Variable: References.Access] {
    withoutActuallyEscaping(holdsValue) { holdsValue in
      var walk = Walk(graph: self, cell: number, holdsValue: holdsValue)
      walk.follow(nodes[number].analysis.executed, from: number)
      // No name says who calls a method of an extension, or an operator.
      for cell in nodes[number].scope.alwaysVisible + [number] {
        walk.follow(nodes[cell].analysis.callableWithoutName, from: cell)
      }
      return walk.touched
    }
  }

  private struct Walk {
    let graph: NotebookGraph
    let cell: Int
    let holdsValue: (Variable) -> Bool
    var touched: [Variable: References.Access] = [:]
    private var visited: Set<Variable> = []
    private var visitedForTypes: Set<Variable> = []

    init(graph: NotebookGraph, cell: Int, holdsValue: @escaping (Variable) -> Bool) {
      self.graph = graph
      self.cell = cell
      self.holdsValue = holdsValue
    }

    /// - Parameters:
    ///   - number: the cell in which the code stands, which says what its names mean.
    ///   - typesOnly: the code does not run; of what it names, only types matter, since a value brings its type's methods along.
    mutating func follow(_ references: References, from number: Int, typesOnly: Bool = false) {
      let node = graph.nodes[number]
      for (name, access) in references.names {
        let own = node.analysis.declarations.filter { $0.name == name }.map { Scope.Definition(cell: number, declaration: $0) }
        for definition in own + node.scope.definitions(of: name) { follow(definition, access: access, typesOnly: typesOnly) }
      }
    }

    private mutating func follow(_ definition: Scope.Definition, access: References.Access, typesOnly: Bool) {
      let variable = Variable(cell: definition.cell, name: definition.declaration.name)
      let declaration = definition.declaration
      var runs = !typesOnly || declaration.kind.isType
      if declaration.isStored {
        let isValue = holdsValue(variable)
        if !typesOnly, variable.cell != cell, !(declaration.isConstant && isValue) {
          touched[variable] = max(touched[variable] ?? .reads, isValue ? access : .mayChange)
        }
        // An object or a closure may call what it was made of.
        runs = runs && !isValue
      }
      let isNew = runs ? visited.insert(variable).inserted : visitedForTypes.insert(variable).inserted
      if isNew { follow(declaration.references, from: definition.cell, typesOnly: !runs) }
    }
  }

  // MARK: - Older definitions

  /// A function that was compiled against a definition that a later cell has replaced: it keeps calling the old one.
  public struct OlderDefinition: Sendable, Equatable {
    /// The function (or type, or computed variable), and its cell.
    public var user: Variable
    /// What it calls, and where that was defined.
    public var used: Variable
    /// The cell that has a newer definition of it.
    public var newer: Int
  }

  /// What still calls an older definition, in the order of the newer ones.
  public var olderDefinitions: [OlderDefinition] {
    nodes.flatMap { node -> [OlderDefinition] in
      let replaced = node.analysis.declarations.flatMap { declaration in
        node.scope.definitions(of: declaration.name).filter { $0.cell > 0 && declaration.replaces($0.declaration) }
      }
      return replaced.flatMap { old in
        nodes[(old.cell + 1)..<max(old.cell + 1, node.cell.number)].flatMap { user in
          user.analysis.declarations.filter { declaration in
            !declaration.isStored && declaration.references.names[old.declaration.name] != nil
              && user.needs.contains(old.cell) && !node.analysis.declarations.contains { $0.replaces(declaration) }
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
