import SwiftSyntax

/// The names that a piece of code refers to, each with the most that the piece may do to it.
///
/// Read from syntax alone, and with a wide net: a local variable that bears the name of an earlier cell's definition counts as a
/// reference to it. What a name too many costs is a cell that runs again; what a name too few costs is a wrong page.
public struct References: Sendable, Equatable {
  public enum Access: Int, Sendable, Comparable {
    /// It surely only reads the variable, if the variable holds a value: `xs.count`, `f(xs)`, `xs[0] + 1`.
    case reads
    /// It may change it: an assignment, `&xs`, a method that may be a mutating one.
    case mayChange

    public static func < (left: Access, right: Access) -> Bool { left.rawValue < right.rawValue }
  }

  public private(set) var names: [String: Access] = [:]
  /// The parameters that are read by name (`params.idx`).
  public private(set) var parameters: Set<String> = []
  /// Whether `params` is used as a whole.
  public private(set) var usesAllParameters = false

  public init() {}

  init(in syntax: some SyntaxProtocol) {
    let finder = ReferenceFinder(viewMode: .sourceAccurate)
    finder.walk(syntax)
    self = finder.references
  }

  mutating func add(_ name: String, _ access: Access) {
    names[name] = max(names[name] ?? .reads, access)
    // What a property wrapper makes of a variable bears its name.
    if let first = name.first, first == "_" || first == "$", name.count > 1 { add(String(name.dropFirst()), .mayChange) }
  }

  mutating func merge(_ other: References) {
    names.merge(other.names) { max($0, $1) }
    parameters.formUnion(other.parameters)
    usesAllParameters = usesAllParameters || other.usesAllParameters
  }

  /// Removes names that stand for something else.
  mutating func remove(_ others: Set<String>) {
    for name in others { names[name] = nil }
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
    references.add(name, Self.access(of: ExprSyntax(node)))
    if name == ParametersSource.variable {
      references.addParameter(node.parent?.as(MemberAccessExprSyntax.self)?.declName.baseName.identifier?.name)
    }
    return .visitChildren
  }

  override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
    references.add(node.name.identifier?.name ?? node.name.text, .reads)
    return .visitChildren
  }

  override func visit(_ node: ImportDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }

  /// What happens to an expression that begins with a name: climbs from the name to all that is done to it.
  private static func access(of name: ExprSyntax) -> References.Access {
    var expression = Syntax(name)
    while let parent = expression.parent {
      if parent.is(InOutExprSyntax.self) || parent.is(PostfixOperatorExprSyntax.self) { return .mayChange }
      if let prefix = parent.as(PrefixOperatorExprSyntax.self) {
        return ["-", "+", "!", "~"].contains(prefix.operator.text) ? .reads : .mayChange
      }
      if let access = parent.as(MemberAccessExprSyntax.self), access.base?.syntaxID == expression.id {
        expression = parent
      } else if let call = parent.as(SubscriptCallExprSyntax.self), call.calledExpression.syntaxID == expression.id {
        expression = parent
      } else if parent.is(OptionalChainingExprSyntax.self) || parent.is(ForceUnwrapExprSyntax.self) {
        expression = parent
      } else if let call = parent.as(FunctionCallExprSyntax.self), call.calledExpression.syntaxID == expression.id {
        // A call of the name itself is a function's; one of a member may be of a mutating method.
        let method = expression.as(MemberAccessExprSyntax.self)?.declName.baseName.text
        return expression.id == name.syntaxID || method.map(readingMethods.contains) == true ? .reads : .mayChange
      } else if parent.is(LabeledExprSyntax.self) || parent.is(LabeledExprListSyntax.self) || parent.is(TupleExprSyntax.self),
        isInTuple(parent)
      {
        expression = parent
      } else if let elements = parent.as(ExprListSyntax.self) {
        return isChangedByNextElement(expression, in: elements) ? .mayChange : .reads
      } else {
        return .reads
      }
    }
    return .reads
  }

  /// `(a, b) = (b, a)`: a parenthesis is no call's.
  private static func isInTuple(_ syntax: Syntax) -> Bool {
    if syntax.is(TupleExprSyntax.self) { return true }
    let list = syntax.is(LabeledExprListSyntax.self) ? syntax : syntax.parent
    return list?.parent?.is(TupleExprSyntax.self) ?? false
  }

  private static let readingOperators: Set = [
    "+", "-", "*", "/", "%", "&+", "&-", "&*", "<<", ">>", "&<<", "&>>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "===",
    "!==", "~=", "&&", "||", "??", "...", "..<", ".<", ".>", ".==", ".!=", ".<=", ".>=", "**", "•",
  ]

  /// Methods of the standard library's values that change nothing, the most used ones.
  private static let readingMethods: Set = [
    "map", "compactMap", "flatMap", "filter", "reduce", "sorted", "reversed", "enumerated", "joined", "prefix", "suffix",
    "dropFirst",
    "dropLast", "contains", "first", "last", "firstIndex", "min", "max", "allSatisfy", "count", "forEach", "split", "hasPrefix",
    "hasSuffix", "uppercased", "lowercased", "mapValues", "index", "description", "replacing",
  ]

  /// Whether what follows an operand is an assignment, or an operator that may take its left side `inout`.
  private static func isChangedByNextElement(_ expression: Syntax, in elements: ExprListSyntax) -> Bool {
    let all = Array(elements)
    guard let index = all.firstIndex(where: { $0.syntaxID == expression.id }), index + 1 < all.count else { return false }
    if all[index + 1].is(AssignmentExprSyntax.self) { return true }
    guard let next = all[index + 1].as(BinaryOperatorExprSyntax.self) else { return false }
    return !readingOperators.contains(next.operator.text)
  }
}

extension ExprSyntax {
  fileprivate var syntaxID: SyntaxIdentifier { Syntax(self).id }
}
