import Store
import SwiftSyntax

/// A call of `memo`: its place, and what its value is computed by.
struct MemoCall: Sendable, Equatable {
  /// Where its first argument begins.
  var arguments: Int
  var source: String
  var references: References
}

/// The code by which a remembered value is computed: the call's own text, what of its own cell that can reach, and the code of the other
/// cells that it names.
enum MemoCode {
  /// A statement or declaration at a cell's top level.
  struct Item: Sendable, Equatable {
    var text: String
    /// What it declares by name.
    var names: Set<String>
    /// Whether it is used without a name: an extension, an operator.
    var isNameless: Bool
    /// Whether it is neither: it runs once, and may set variables.
    var isStatement: Bool
    /// Whether it declares stored variables.
    var isStored = false
    var references: References

    init(_ item: CodeBlockItemSyntax.Item) {
      text = item.trimmedDescription
      references = References(in: item)
      guard case .decl(let declaration) = item else {
        (names, isNameless, isStatement) = ([], false, true)
        return
      }
      let declared = Declaration.all(in: declaration)
      names = Set(declared.map(\.name))
      isNameless = declared.isEmpty || declared.contains { $0.kind == .other }
      isStatement = false
      isStored = declared.contains(where: \.isStored)
    }
  }

  /// The texts of the cell's own code that a call can reach, in the order of the cell. A statement counts if it names a variable that is
  /// reached: it may set it.
  static func own(_ call: MemoCall, in items: [Item]) -> (texts: [String], references: References) {
    var references = call.references
    var reached: Set<Int> = []
    var isComplete = false
    while !isComplete {
      isComplete = true
      let declared = Set(reached.flatMap { items[$0].names })
      for (index, item) in items.enumerated() where !reached.contains(index) && !item.text.contains(call.source) {
        let isNamed = item.names.contains { references.names.contains($0) }
        let mayHaveSet = item.isStatement && !item.references.names.isDisjoint(with: declared)
        guard item.isNameless || isNamed || mayHaveSet else { continue }
        reached.insert(index)
        references.merge(item.references)
        isComplete = false
      }
    }
    return (reached.sorted().map { items[$0].text }, references)
  }

  /// What stands for all of it.
  static func key(_ call: MemoCall, in node: NotebookGraph.Node, graph: NotebookGraph) -> String {
    let (texts, references) = own(call, in: node.analysis.memoCode)
    var builder = KeyBuilder("memo")
    builder.add("source", call.source)
    for text in texts { builder.add("own", text) }
    for cell in node.scope.cells(for: references).sorted() where cell > 0 { builder.add("code", graph.nodes[cell].wholeCode) }
    return builder.key.short
  }
}
