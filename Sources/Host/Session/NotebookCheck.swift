import Document
import Planning

/// Looks for errors in a whole notebook at once, as if its cells were one file: so an error in the last cell is known before the first
/// runs, at a fraction of the cost of compiling every cell.
///
/// One file sees more than its cells do one by one: a function may name what a later cell defines. What is overlooked here is found when
/// the cell itself is compiled. A notebook that defines a name twice cannot be one file; its cells are compiled one by one.
enum NotebookCheck {
  /// The file; nil if the notebook cannot be one.
  static func text(_ graph: NotebookGraph) -> String? {
    let nodes = graph.nodes.filter { !$0.isLeftOut }
    // By name, whether all that bear it are functions.
    var defined: [String: Bool] = [:]
    for declaration in nodes.flatMap(\.analysis.declarations) {
      let isFunction = declaration.kind == .function
      if let areFunctions = defined[declaration.name], !areFunctions || !isFunction { return nil }
      defined[declaration.name] = isFunction
    }
    let isAsynchronous = nodes.contains(where: \.analysis.isAsynchronous)
    return nodes.map { node in
      CellSource(
        cell: node.cell, analysis: node.analysis, file: CellSource.file, isolatesNothing: isAsynchronous, tellsVariables: false
      ).text
    }.joined(separator: "\n")
  }
}
