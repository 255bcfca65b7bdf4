/// The definitions that a cell sees: those of the cells before it that ran to their end, the latest of a name winning.
///
/// Each compiled cell is a module. Importing all of them would make a redefined name ambiguous, so each name that was defined more
/// than once also gets scoped imports of the definitions in force (`import func Cell12.getCache`), which shadow the others.
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
    return authors + modules.map { "import \($0.name)" } + scopedImports
  }

  private var scopedImports: [String] {
    var inForce: [(module: String, declaration: Declaration)] = []
    var redefined = Set<String>()
    for module in modules {
      for declaration in module.analysis.declarations {
        let replaced = inForce.filter { $0.module != module.name && declaration.replaces($0.declaration) }
        guard !replaced.isEmpty else { continue }
        redefined.insert(declaration.name)
        // A scoped import brings all overloads that a module has of a name, so they go together.
        let gone = Set(replaced.map(\.module))
        inForce.removeAll { $0.declaration.name == declaration.name && gone.contains($0.module) }
      }
      inForce += module.analysis.declarations.map { (module.name, $0) }
    }
    var seen = Set<String>()
    return inForce.filter { redefined.contains($0.declaration.name) && $0.declaration.kind != .other }
      .map { "import \($0.declaration.kind.rawValue) \($0.module).`\($0.declaration.name)`" }
      .filter { seen.insert($0).inserted }
  }
}
