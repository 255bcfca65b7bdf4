/// The definitions that a cell sees: those of the cells before it that ran to their end, the latest of a name winning.
///
/// Each compiled cell is a module. Importing all of them whole would make a redefined name ambiguous, so a module with a definition that
/// a later cell has replaced is imported by the definitions that are still in force (`import func Cell12.getCache`). Its extensions
/// stay visible: Swift sees the members of a module that is imported in any way.
public struct Scope: Sendable, Equatable {
  public private(set) var modules: [Module] = []

  public struct Module: Sendable, Equatable {
    public var name: String
    /// The number of the cell, counted from 1; 0 for what the session itself provides.
    public var cell: Int
    public var analysis: CellAnalysis
  }

  public init() {}

  /// Adds a cell's module, once the cell has run.
  public mutating func add(module: String, cell: Int, analysis: CellAnalysis) {
    modules.append(Module(name: module, cell: cell, analysis: analysis))
  }

  /// The import lines for the next cell.
  public var imports: [String] {
    var seen = Set<String>()
    let authors = modules.flatMap(\.analysis.imports).filter { seen.insert($0).inserted }
    let inForce = definitionsInForce
    return authors + modules.flatMap { imports(of: $0, inForce: inForce[$0.name] ?? []) }
  }

  /// A module whose definitions are all in force is imported whole, and once more by each definition: those shadow what FolioKit and
  /// Foundation call by the same name, as an author's own definitions do. Of other modules, only what is in force is imported; one of
  /// which nothing is left is still needed for its extensions and operators.
  private func imports(of module: Module, inForce: [Declaration]) -> [String] {
    let needsWhole = module.analysis.hasExtensions && inForce.isEmpty || inForce.contains { $0.kind == .other }
    let isWhole = inForce.count == module.analysis.declarations.count || needsWhole
    var seen = Set<String>()
    let scoped = inForce.filter { $0.kind != .other }
      .map { "import \($0.kind.rawValue) \(module.name).`\($0.name)`" }.filter { seen.insert($0).inserted }
    return (isWhole ? ["import \(module.name)"] : []) + scoped
  }

  /// By module, what no later cell has redefined. A scoped import brings all overloads that a module has of a name, so they go together.
  private var definitionsInForce: [String: [Declaration]] {
    var inForce: [(module: String, declaration: Declaration)] = []
    for module in modules {
      for declaration in module.analysis.declarations {
        let replaced = Set(inForce.filter { $0.module != module.name && declaration.replaces($0.declaration) }.map(\.module))
        inForce.removeAll { $0.declaration.name == declaration.name && replaced.contains($0.module) }
      }
      inForce += module.analysis.declarations.map { (module.name, $0) }
    }
    return Dictionary(grouping: inForce, by: \.module).mapValues { $0.map(\.declaration) }
  }
}
