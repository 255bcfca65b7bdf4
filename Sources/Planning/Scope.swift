/// The definitions that a cell sees: those of the cells before it that did not fail, the latest of a name winning.
///
/// Each compiled cell is a module. A cell imports those that it needs, by the definitions that it names
/// (`import func Cell12.getCache`): such an import resolves redefinitions, and shadows what FolioKit and Foundation call by the same
/// name, as an author's own definitions do. Modules with extensions, conformances and operators are imported whole by every later cell,
/// since no name says who uses them.
public struct Scope: Sendable, Equatable {
  /// By name, the definitions in force, each with the number of its cell.
  private var definitions: [String: [Definition]] = [:]
  /// The numbers of cells that every later cell sees.
  public private(set) var alwaysVisible: [Int] = []
  /// The authors' own imports, as written.
  public private(set) var libraries: [String] = []

  public struct Definition: Sendable, Equatable {
    public var cell: Int
    public var declaration: Declaration
  }

  public init() {}

  /// The definitions of a name that are in force: one, or the overloads of a function.
  public func definitions(of name: String) -> [Definition] { definitions[name] ?? [] }

  /// Adds what a cell defines. Of a function, overloads of other signatures stay; but a scoped import brings all that a module has of a
  /// name, so that those of one module go together.
  public mutating func add(cell: Int, _ analysis: CellAnalysis) {
    for declaration in analysis.declarations {
      let earlier = definitions[declaration.name] ?? []
      let replaced = Set(earlier.filter { $0.cell != cell && declaration.replaces($0.declaration) }.map(\.cell))
      definitions[declaration.name] =
        earlier.filter { !replaced.contains($0.cell) } + [Definition(cell: cell, declaration: declaration)]
    }
    if analysis.isAlwaysVisible { alwaysVisible.append(cell) }
    for library in analysis.imports where !libraries.contains(library) { libraries.append(library) }
  }

  /// The cells that a piece of code needs: those whose definitions it names, and those that every cell sees.
  public func cells(for references: References) -> Set<Int> {
    Set(alwaysVisible).union(references.names.flatMap { definitions(of: $0).map(\.cell) })
  }

  /// The import declarations for a cell, in an order that depends on nothing but the notebook.
  /// - Parameters:
  ///   - module: the name of a cell's module.
  ///   - bringsTypes: whether a cell, or one that it needs, defines types. What imports one that does not need not tell its own
  ///     importers of it: so a long chain of cells costs the compiler no more than a short one.
  public func imports(
    for references: References, module: (Int) -> String, bringsTypes: (Int) -> Bool = { _ in true }
  ) -> [String] {
    var scoped: [Int: Set<String>] = [:]
    for name in references.names {
      for definition in definitions(of: name) where definition.declaration.kind != .other {
        scoped[definition.cell, default: []].insert(
          "\(definition.declaration.kind.rawValue) \(module(definition.cell)).`\(name)`")
      }
    }
    return libraries
      + cells(for: references).sorted().flatMap { cell in
        let word = bringsTypes(cell) ? "import" : "@_implementationOnly import"
        return (alwaysVisible.contains(cell) ? ["import \(module(cell))"] : [])
          + (scoped[cell] ?? []).sorted().map { "\(word) \($0)" }
      }
  }
}
