/// The definitions that a cell sees. They are those of the cells before it that did not fail, and of several definitions of a name the latest counts.
///
/// Each compiled cell is a module. A cell imports from the modules that it needs the definitions that it names (`import func Cell12.getCache`). Such an
/// import decides between several definitions of a name, and it hides what FolioKit and Foundation call by the same name, as an author's own
/// definitions should. A module with extensions, conformances or operators is imported whole by every later cell, since no name tells who uses them.
/// Where there are many such modules, some of them hand on all that came before them (`relayDistance`).
///
/// All cells of a notebook share one table, and a scope is a position in it. So the definitions of a notebook are kept once, however many cells it has.
package struct Scope: Sendable {
  /// For each name, all definitions that there ever were, in the order of their cells.
  private var definitions: [String: [Entry]] = [:]
  private var visible: [Int] = []
  private var imports: [(library: String, cell: Int)] = []
  /// The cell whose scope this is. Its own definitions, and those of later cells, do not count.
  private var end = Int.max

  private struct Entry: Sendable {
    var definition: Definition
    /// The cell that replaced this definition.
    var replacedBy = Int.max
    /// Whether this definition left none of the earlier ones of its name in force.
    var standsAlone: Bool
  }

  package struct Definition: Sendable, Equatable {
    package var cell: Int
    package var declaration: Declaration
  }

  package init() {}

  /// The scope of a cell, of all that is in the table.
  func before(_ cell: Int) -> Scope {
    var scope = self
    scope.end = min(end, cell)
    return scope
  }

  /// The definitions of a name that are in force. There is one of them, or there are the overloads of a function.
  package func definitions(of name: String) -> [Definition] {
    guard let entries = definitions[name] else { return [] }
    var index = entries.firstIndex(from: end) { $0.definition.cell }
    var found: [Definition] = []
    while index > 0 {
      index -= 1
      if entries[index].replacedBy >= end { found.append(entries[index].definition) }
      if entries[index].standsAlone { break }
    }
    return found.reversed()
  }

  /// The numbers of cells that every later cell sees.
  package var alwaysVisible: ArraySlice<Int> { visible[..<visible.firstIndex(from: end) { $0 }] }

  /// After this many cells with extensions or operators, the next such cell hands on what it imports to all cells that follow.
  static let relayDistance = 32

  /// The always visible cells that a cell imports itself. They are the last ones, from the last cell on that hands on those before it.
  var nearestVisible: ArraySlice<Int> {
    let all = alwaysVisible
    return all[max(0, (all.count - 1) / Self.relayDistance * Self.relayDistance)...]
  }

  /// Whether the cell of this scope, if it is always visible itself, hands on what it sees.
  var isRelayed: Bool { alwaysVisible.count > 0 && alwaysVisible.count % Self.relayDistance == 0 }

  /// The authors' own imports, as written.
  package var libraries: [String] { imports.filter { $0.cell < end }.map(\.library) }

  /// Adds the definitions of a cell that comes after all others. Functions of the same name and another signature stay in force as overloads. But a
  /// scoped import brings all overloads that a module has, so that the overloads of one module are replaced together.
  package mutating func add(cell: Int, _ analysis: CellAnalysis) {
    for declaration in analysis.declarations {
      let entry = Definition(cell: cell, declaration: declaration)
      let standsAlone = replace(entry)
      definitions[declaration.name, default: []].append(Entry(definition: entry, standsAlone: standsAlone))
    }
    if analysis.isAlwaysVisible { visible.append(cell) }
    for library in analysis.imports where !imports.contains(where: { $0.library == library }) { imports.append((library, cell)) }
  }

  /// Notes which definitions a new one replaces. Returns whether none of the earlier ones of its name stays in force.
  private mutating func replace(_ new: Definition) -> Bool {
    let inForce = inForce(new.declaration.name)
    let replaced = Set(
      inForce.lazy.map(\.definition).filter { $0.cell != new.cell && new.declaration.replaces($0.declaration) }.map(\.cell))
    for entry in inForce where replaced.contains(entry.definition.cell) {
      definitions[new.declaration.name]?[entry.index].replacedBy = new.cell
    }
    return inForce.allSatisfy { replaced.contains($0.definition.cell) }
  }

  /// The definitions of a name that nothing has replaced yet, the latest first.
  private func inForce(_ name: String) -> [(index: Int, definition: Definition)] {
    guard let entries = definitions[name] else { return [] }
    var found: [(index: Int, definition: Definition)] = []
    for index in entries.indices.reversed() {
      if entries[index].replacedBy == .max { found.append((index, entries[index].definition)) }
      if entries[index].standsAlone { break }
    }
    return found
  }

  /// The cells that a piece of code needs. They are those whose definitions it names, and those that every cell sees.
  package func cells(for references: References) -> Set<Int> {
    Set(nearestVisible).union(references.names.flatMap { definitions(of: $0).map(\.cell) })
  }

  /// The import declarations for a cell, in an order that depends on nothing but the notebook.
  /// - Parameters:
  ///   - module: The name of the module of a cell.
  ///   - bringsTypes: Whether a cell, or one that it needs, defines types. A module without types is imported for the implementation alone, so that
  ///     the compiler need not load it for the importers of the importer. Then a long chain of cells costs it no more than a short one.
  ///   - relays: Whether the importing cell is itself always visible. It may then have to hand on the cells before it.
  package func imports(
    for references: References, module: (Int) -> String, bringsTypes: (Int) -> Bool = { _ in true }, relays: Bool = false
  ) -> [String] {
    var scoped: [Int: Set<String>] = [:]
    for name in references.names {
      for definition in definitions(of: name) where definition.declaration.kind != .other {
        scoped[definition.cell, default: []].insert(
          "\(definition.declaration.kind.rawValue) \(module(definition.cell)).`\(name)`")
      }
    }
    let visible = Set(nearestVisible)
    let whole = relays && isRelayed ? "@_exported import" : "import"
    return libraries
      + visible.union(scoped.keys).sorted().flatMap { cell in
        let word = bringsTypes(cell) ? "import" : "@_implementationOnly import"
        return (visible.contains(cell) ? ["\(whole) \(module(cell))"] : [])
          + (scoped[cell] ?? []).sorted().map { "\(word) \($0)" }
      }
  }
}

extension Array {
  /// The index of the first element whose number is this one or larger, in an array that is sorted by the numbers of its elements.
  func firstIndex(from number: Int, by key: (Element) -> Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if key(self[middle]) < number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
