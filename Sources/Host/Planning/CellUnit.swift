import Document
import Keys
import Store

/// A cell as it is compiled: as a module, whose name is made of all that the compiler sees of it.
///
/// The name is a digest of the source. The source holds the names of the modules that it imports, so that their sources count as well. It does not
/// depend on the place of the cell. A compiled cell therefore serves every notebook, and every version of one, that has the same code before it.
package struct CellUnit: Sendable {
  package var number: Int
  /// The module's name: `Cell_` and 16 hexadecimal digits.
  package var module: String
  package var source: CellSource
  /// The key under which the store keeps the compiled cell.
  package var key: Key
  /// Stands for what else the compiled code depends on.
  package var environment: Key
  /// The cells whose modules it imports.
  package var imports: Set<Int>
  /// Whether the author imports more than FolioKit.
  package var importsLibraries: Bool

  private static let prefix = "Cell_"

  /// A text without the names of modules: `Cell_0123456789abcdef.Point` becomes `Point`. These names mean nothing to a reader, and they differ from
  /// one version of a cell to the next.
  package static func readable(_ text: String) -> String {
    guard text.utf8.count > prefix.utf8.count, text.contains(prefix) else { return text }
    return text.replacing(/Cell_[0-9a-f]{16}\./, with: "").replacing(/Cell_[0-9a-f]{16}/, with: "Cell")
  }

  /// The units of a notebook's cells, by the numbers of the cells. The first one is that of the parameters.
  /// - Parameters:
  ///   - environment: A key of what else the compiled code depends on, which is the toolchain and FolioKit.
  package static func all(_ graph: NotebookGraph, file: String, environment: Key) -> [CellUnit] {
    var units: [CellUnit] = []
    var occurrences: [Key: Int] = [:]
    var bringsTypes: [Bool] = []
    for node in graph.nodes {
      let scope = node.scope
      let source = CellSource(
        cell: node.cell, analysis: node.analysis,
        imports: scope.imports(
          for: node.references, module: { units[$0].module }, bringsTypes: { bringsTypes[$0] },
          relays: node.analysis.isAlwaysVisible),
        file: node.cell.file ?? file,
        code: node.analysis.memoCalls.map { MemoCode.key($0, in: node, graph: graph) })
      bringsTypes.append(node.analysis.definesTypes || node.needs.contains { bringsTypes[$0] })
      var builder = KeyBuilder("compiled cell")
      builder.add("environment", environment)
      builder.add("source", source.text)
      // Two cells of the same code are two modules, since each has variables of its own.
      let occurrence = occurrences[builder.key, default: 0]
      occurrences[builder.key] = occurrence + 1
      builder.add("occurrence", "\(occurrence)")
      units.append(
        CellUnit(
          number: node.cell.number, module: prefix + builder.key.short, source: source, key: builder.key,
          environment: environment, imports: node.needs,
          importsLibraries: !(scope.libraries + node.analysis.imports).isEmpty))
    }
    return units
  }
}
