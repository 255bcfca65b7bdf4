import SwiftSyntax

/// Which notebooks a notebook collects the runs of: a cell says `Runs("prontoqa")`.
extension Notebook {
  /// Their names, and the lines on which they are named. A name that is computed is not known before the cell runs.
  package var collectedNotebooks: [(name: String, line: Int)] {
    cells.flatMap { cell -> [(name: String, line: Int)] in
      // Most cells have no such call, and need not be parsed for it.
      guard cell.source.contains(RunsCalls.type), let tree = CellSyntax.parse(cell.source) else { return [] }
      let calls = RunsCalls(viewMode: .sourceAccurate)
      calls.walk(tree)
      let converter = SourceLocationConverter(fileName: "", tree: tree)
      return calls.found.filter { $0.name != notebookName }.map { name, position in
        (name, cell.line + converter.location(for: position).line - 1)
      }
    }
  }
}

/// Finds calls of `Runs` whose first argument is a text.
private final class RunsCalls: SyntaxVisitor {
  static let type = "Runs"
  private(set) var found: [(name: String, position: AbsolutePosition)] = []

  override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    guard node.calledExpression.trimmedDescription == Self.type, let first = node.arguments.first, first.label == nil,
      let text = first.expression.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    else { return .visitChildren }
    found.append((text, node.positionAfterSkippingLeadingTrivia))
    return .visitChildren
  }
}
