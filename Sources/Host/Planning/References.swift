import SwiftSyntax

/// The names that a piece of code refers to.
///
/// The names are read from syntax alone, and rather too many than too few. For example, a local variable that bears the name of an earlier cell's
/// definition counts as a reference to it. One name too many only makes a cell run again. What the code does to what it names is not asked here,
/// since the worker sees it when the code runs.
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
    // A property wrapper makes `_x` and `$x` of a variable `x`.
    if let first = name.first, first == "_" || first == "$", name.count > 1 { add(String(name.dropFirst())) }
  }

  mutating func merge(_ other: References) {
    names.formUnion(other.names)
    mergeParameters(other)
  }

  /// Adds the parameters that other code reads, and none of its names.
  mutating func mergeParameters(_ other: References) {
    parameters.formUnion(other.parameters)
    usesAllParameters = usesAllParameters || other.usesAllParameters
  }

  /// Removes names that do not refer to what earlier cells define.
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
    // The name of a member is no name of the scope.
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
