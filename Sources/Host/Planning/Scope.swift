/// The definitions that a cell sees: those of the cells before it that did not fail, the latest of a name winning.
///
/// Each compiled cell is a module. A cell imports those that it needs, by the definitions that it names
/// (`import func Cell12.getCache`): such an import resolves redefinitions, and shadows what FolioKit and Foundation call by the same
/// name, as an author's own definitions do. Modules with extensions, conformances and operators are imported whole by every later cell,
/// since no name says who uses them; where there are many, some of them hand on all that were before (`relayDistance`).
///
/// All cells of a notebook share one table, in which a scope is a place: a notebook of many cells costs what its definitions cost once.
package struct Scope: Sendable {
  /// Of a name, in order, what was ever defined.
  private var definitions: [String: [Entry]] = [:]
  private var visible: [Int] = []
  private var imports: [(library: String, cell: Int)] = []
  /// The cell that sees this: definitions of it and later ones do not count.
  private var end = Int.max

  private struct Entry: Sendable {
    var definition: Definition
    /// The cell that replaced it.
    var replacedBy = Int.max
    /// Whether nothing that was defined before it was in force any more.
    var standsAlone: Bool
  }

  package struct Definition: Sendable, Equatable {
    package var cell: Int
    package var declaration: Declaration
  }

  package init() {}

  /// What a cell sees of all that is in the table.
  func before(_ cell: Int) -> Scope {
    var scope = self
    scope.end = min(end, cell)
    return scope
  }

  /// The definitions of a name that are in force: one, or the overloads of a function.
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

  /// So many cells with extensions and operators after each other, the last one imports those before it for all that follow.
  static let relayDistance = 32

  /// Those of them that a cell imports itself: the last ones, from one on that hands on those before it.
  var nearestVisible: ArraySlice<Int> {
    let all = alwaysVisible
    return all[max(0, (all.count - 1) / Self.relayDistance * Self.relayDistance)...]
  }

  /// Whether a cell that sees this, and is always visible itself, hands on what it sees.
  var isRelayed: Bool { alwaysVisible.count > 0 && alwaysVisible.count % Self.relayDistance == 0 }

  /// The authors' own imports, as written.
  package var libraries: [String] { imports.filter { $0.cell < end }.map(\.library) }

  /// Adds what a cell defines that comes after all others. Of a function, overloads of other signatures stay; but a scoped import brings all
  /// that a module has of a name, so that those of one module go together.
  package mutating func add(cell: Int, _ analysis: CellAnalysis) {
    for declaration in analysis.declarations {
      let entry = Definition(cell: cell, declaration: declaration)
      let standsAlone = replace(entry)
      definitions[declaration.name, default: []].append(Entry(definition: entry, standsAlone: standsAlone))
    }
    if analysis.isAlwaysVisible { visible.append(cell) }
    for library in analysis.imports where !imports.contains(where: { $0.library == library }) { imports.append((library, cell)) }
  }

  /// Notes what a new definition replaces. Returns whether nothing of the name stays in force.
  private mutating func replace(_ new: Definition) -> Bool {
    let inForce = inForce(new.declaration.name)
    let replaced = Set(
      inForce.lazy.map(\.definition).filter { $0.cell != new.cell && new.declaration.replaces($0.declaration) }.map(\.cell))
    for entry in inForce where replaced.contains(entry.definition.cell) {
      definitions[new.declaration.name]?[entry.index].replacedBy = new.cell
    }
    return inForce.allSatisfy { replaced.contains($0.definition.cell) }
  }

  /// What nothing has replaced yet, the latest first.
  private func inForce(_ name: String) -> [(index: Int, definition: Definition)] {
    guard let entries = definitions[name] else { return [] }
    var found: [(index: Int, definition: Definition)] = []
    for index in entries.indices.reversed() {
      if entries[index].replacedBy == .max { found.append((index, entries[index].definition)) }
      if entries[index].standsAlone { break }
    }
    return found
  }

  /// The cells that a piece of code needs: those whose definitions it names, and those that every cell sees.
  package func cells(for references: References) -> Set<Int> {
    Set(nearestVisible).union(references.names.flatMap { definitions(of: $0).map(\.cell) })
  }

  /// The import declarations for a cell, in an order that depends on nothing but the notebook.
  /// - Parameters:
  ///   - module: the name of a cell's module.
  ///   - bringsTypes: whether a cell, or one that it needs, defines types. What imports one that does not need not tell its own
  ///     importers of it: so a long chain of cells costs the compiler no more than a short one.
  ///   - relays: whether the cell itself is always visible: it may have to hand on those before it.
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
  /// In an array that is in the order of a number of each, the place of the first with this number or a larger one.
  func firstIndex(from number: Int, by key: (Element) -> Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if key(self[middle]) < number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
