import SwiftSyntax

/// The names that a piece of code refers to.
///
/// Read from syntax alone, and with a wide net: a local variable that bears the name of an earlier cell's definition counts as a
/// reference to it. What a name too many costs is a cell that runs again. What the code does to what it names is not asked here: the
/// worker sees it when the code runs.
package struct References: Sendable, Equatable {
  package private(set) var names: Set<String> = []
  /// The parameters that are read by name (`params.idx`).
  package private(set) var parameters: Set<String> = []
  /// Whether `params` is used as a whole.
  package private(set) var usesAllParameters = false

  package init() {}

  init(in syntax: some SyntaxProtocol) {
    let finder = ReferenceFinder(viewMode: .sourceAccurate)
    finder.walk(syntax)
    self = finder.references
  }

  mutating func add(_ name: String) {
    names.insert(name)
    // What a property wrapper makes of a variable bears its name.
    if let first = name.first, first == "_" || first == "$", name.count > 1 { add(String(name.dropFirst())) }
  }

  mutating func merge(_ other: References) {
    names.formUnion(other.names)
    mergeParameters(other)
  }

  /// Adds what another one reads of the parameters alone.
  mutating func mergeParameters(_ other: References) {
    parameters.formUnion(other.parameters)
    usesAllParameters = usesAllParameters || other.usesAllParameters
  }

  /// Removes names that stand for something else.
  mutating func remove(_ others: Set<String>) {
    names.subtract(others)
  }

  fileprivate mutating func addParameter(_ name: String?) {
    if let name { parameters.insert(name) } else { usesAllParameters = true }
  }
}

private final class ReferenceFinder: SyntaxVisitor {
  var references = References()

  override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
    // A member's name says nothing of the names in scope.
    if let access = node.parent?.as(MemberAccessExprSyntax.self), access.declName.id == node.id { return .visitChildren }
    let name = node.baseName.identifier?.name ?? node.baseName.text
    references.add(name)
    if name == ParametersSource.variable {
      references.addParameter(node.parent?.as(MemberAccessExprSyntax.self)?.declName.baseName.identifier?.name)
    }
    return .visitChildren
  }

  override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
    references.add(node.name.identifier?.name ?? node.name.text)
    return .visitChildren
  }

  override func visit(_ node: ImportDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
}
