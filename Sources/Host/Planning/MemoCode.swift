import Keys
import Store
import SwiftSyntax

/// A call of `memo`, and the code by which its value is computed.
struct MemoCall: Sendable, Equatable {
  /// Where the call's first argument begins, in UTF-8 bytes from the beginning of the cell.
  var arguments: Int
  var source: String
  var references: References
}

/// The code by which a remembered value is computed. It is the text of the call, the code of its own cell that the call can reach, and the code of
/// the other cells that it names.
enum MemoCode {
  /// A statement or declaration at a cell's top level.
  struct Item: Sendable, Equatable {
    var text: String
    /// The names that it declares.
    var names: Set<String>
    /// Whether it is used without a name, as an extension or an operator is.
    var isNameless: Bool
    /// Whether it declares nothing. It then runs once, and may set variables.
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

  /// The texts of the cell's own code that a call can reach, in the order of the cell. A statement counts if it names a variable that the call
  /// reaches, since it may set this variable.
  static func own(_ call: MemoCall, in items: [Item]) -> (texts: [String], references: References) {
    var reachable = ReachableCode(items: items, leavingOut: call.source)
    reachable.follow(call.references)
    for index in items.indices where items[index].isNameless { reachable.add(index) }
    while let index = reachable.open.popLast() {
      reachable.follow(items[index].references)
      for name in items[index].names { for statement in reachable.naming[name] ?? [] { reachable.add(statement) } }
    }
    return (reachable.found.sorted().map { items[$0].text }, reachable.references)
  }

  /// The code of its cell that a call can reach, as far as it has been followed.
  private struct ReachableCode {
    var references = References()
    var found: Set<Int> = []
    /// The found items that have not been followed yet.
    var open: [Int] = []
    /// For each name, the items that declare it.
    let declaring: [String: [Int]]
    /// For each name, the statements that name it.
    let naming: [String: [Int]]
    private let leftOut: Set<Int>

    init(items: [Item], leavingOut source: String) {
      var declaring: [String: [Int]] = [:]
      var naming: [String: [Int]] = [:]
      for (index, item) in items.enumerated() {
        for name in item.names { declaring[name, default: []].append(index) }
        for name in item.isStatement ? item.references.names : [] { naming[name, default: []].append(index) }
      }
      (self.declaring, self.naming) = (declaring, naming)
      leftOut = Set(items.indices.filter { items[$0].text.contains(source) })
    }

    mutating func follow(_ new: References) {
      for name in new.names where !references.names.contains(name) { for index in declaring[name] ?? [] { add(index) } }
      references.merge(new)
    }

    mutating func add(_ index: Int) {
      if !leftOut.contains(index), found.insert(index).inserted { open.append(index) }
    }
  }

  /// A key of all the code by which the value of a call is computed.
  static func key(_ call: MemoCall, in node: NotebookGraph.Node, graph: NotebookGraph) -> String {
    let (texts, references) = own(call, in: node.analysis.memoCode)
    var builder = KeyBuilder("memo")
    builder.add("source", call.source)
    for text in texts { builder.add("own", text) }
    for cell in node.scope.cells(for: references).sorted() where cell > 0 { builder.add("code", graph.nodes[cell].wholeCode) }
    return builder.key.short
  }
}
