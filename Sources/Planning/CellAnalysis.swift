/// What a cell defines and refers to, read from its syntax alone.
///
/// Planning looks at cells as text: it never runs the compiler, so that it can answer while an author types. What it says is used to
/// write the source that is compiled (`CellSource`) and to let later definitions win over earlier ones (`Scope`).

import SwiftParser
import SwiftSyntax

/// A cell's syntax, as far as the session needs it.
public struct CellAnalysis: Sendable, Equatable {
  /// What the cell declares at its top level, in order.
  public var declarations: [Declaration] = []
  /// Its import declarations, as written.
  public var imports: [String] = []
  /// Where its last expression stands, in UTF-8 offsets, if the cell ends in an expression whose value can be shown.
  public var lastExpression: Range<Int>?
  /// Whether the cell extends types.
  public var hasExtensions = false
  /// Whether the cell awaits at its top level, which makes its entry point asynchronous.
  public var isAsynchronous = false
  /// Where `private` and `fileprivate` stand, in UTF-8 offsets.
  var accessModifiers: [Range<Int>] = []
  /// Where the `let` or `var` of its stored top-level variables stands, in UTF-8 offsets.
  var variableKeywords: [Int] = []

  /// Reads a cell. Source that does not parse is read as far as it goes: the compiler will say what is wrong with it.
  public init(source: String) {
    let file = Parser.parse(source: source)
    for item in file.statements { read(item.item) }
    lastExpression = file.statements.last.flatMap(Self.shownExpression)
    let finder = TopLevelAwaitFinder(viewMode: .sourceAccurate)
    finder.walk(file)
    isAsynchronous = finder.isFound
    let modifiers = AccessModifierFinder(viewMode: .sourceAccurate)
    modifiers.walk(file)
    accessModifiers = modifiers.ranges
  }

  private mutating func read(_ item: CodeBlockItemSyntax.Item) {
    switch item {
    case .decl(let declaration):
      if let conditional = declaration.as(IfConfigDeclSyntax.self) {
        for clause in conditional.clauses {
          guard case .statements(let statements)? = clause.elements else { continue }
          for item in statements { read(item.item) }
        }
      } else if let declaration = declaration.as(ImportDeclSyntax.self) {
        imports.append(declaration.trimmedDescription)
      } else {
        declarations += Declaration.all(in: declaration)
        if declaration.is(ExtensionDeclSyntax.self) { hasExtensions = true }
        if let variable = declaration.as(VariableDeclSyntax.self), Self.isStored(variable) {
          variableKeywords.append(variable.bindingSpecifier.positionAfterSkippingLeadingTrivia.utf8Offset)
        }
      }
    case .stmt(let statement):
      // What a top-level `guard let` binds is a variable of the cell.
      guard let statement = statement.as(GuardStmtSyntax.self) else { return }
      for condition in statement.conditions {
        guard let binding = condition.condition.as(OptionalBindingConditionSyntax.self) else { continue }
        declarations += Declaration.variables(in: binding.pattern)
      }
    case .expr: return
    }
  }

  private static func isStored(_ variable: VariableDeclSyntax) -> Bool {
    let modifiers = variable.modifiers.map(\.name.text)
    let isComputed = variable.bindings.contains { binding in
      guard case .accessors(let accessors)? = binding.accessorBlock?.accessors else { return binding.accessorBlock != nil }
      return accessors.contains { $0.accessorSpecifier.text == "get" }
    }
    return !isComputed && !modifiers.contains("async") && !modifiers.contains("nonisolated")
  }

  /// The expression of the last item, unless it is an assignment, a compiler directive, or ends in a semicolon.
  private static func shownExpression(_ item: CodeBlockItemSyntax) -> Range<Int>? {
    guard item.semicolon == nil, case .expr(let expression) = item.item, hasValue(expression) else { return nil }
    return expression.positionAfterSkippingLeadingTrivia.utf8Offset..<expression.endPositionBeforeTrailingTrivia.utf8Offset
  }

  private static func hasValue(_ expression: ExprSyntax) -> Bool {
    if expression.hasError { return false }
    if let sequence = expression.as(SequenceExprSyntax.self) {
      return !sequence.elements.contains { $0.is(AssignmentExprSyntax.self) }
    }
    if let expression = expression.as(TryExprSyntax.self) { return hasValue(expression.expression) }
    if let expression = expression.as(AwaitExprSyntax.self) { return hasValue(expression.expression) }
    if expression.is(IfExprSyntax.self) || expression.is(SwitchExprSyntax.self) { return false }
    if let macro = expression.as(MacroExpansionExprSyntax.self) { return !["warning", "error"].contains(macro.macroName.text) }
    return true
  }
}

/// Looks for an `await` that the cell's own entry point meets: outside of functions, closures and types.
private final class TopLevelAwaitFinder: SyntaxVisitor {
  var isFound = false

  override func visit(_ node: AwaitExprSyntax) -> SyntaxVisitorContinueKind {
    isFound = true
    return .skipChildren
  }

  override func visit(_ node: ForStmtSyntax) -> SyntaxVisitorContinueKind {
    if node.awaitKeyword != nil { isFound = true }
    return .visitChildren
  }

  override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: MemberBlockSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
}

private final class AccessModifierFinder: SyntaxVisitor {
  var ranges: [Range<Int>] = []

  override func visit(_ node: DeclModifierSyntax) -> SyntaxVisitorContinueKind {
    if ["private", "fileprivate"].contains(node.name.text) {
      ranges.append(node.positionAfterSkippingLeadingTrivia.utf8Offset..<node.endPositionBeforeTrailingTrivia.utf8Offset)
    }
    return .skipChildren
  }
}

/// A name that a cell declares at its top level.
public struct Declaration: Sendable, Equatable {
  public var name: String
  public var kind: Kind
  /// For a function, its labels and types as written: two functions of one name and different signatures are overloads.
  public var signature: String?

  /// The words that a scoped import uses (`import struct Cell2.Point`).
  public enum Kind: String, Sendable, Equatable {
    case variable = "var"
    case function = "func"
    case structure = "struct"
    case `class` = "class"
    case enumeration = "enum"
    case `protocol` = "protocol"
    case typeAlias = "typealias"
    /// Operators and macros, which no scoped import can name.
    case other = ""
  }

  public init(name: String, kind: Kind, signature: String? = nil) {
    self.name = name
    self.kind = kind
    self.signature = signature
  }

  /// Whether both cannot be visible at once: the later one replaces the earlier one.
  func replaces(_ earlier: Declaration) -> Bool {
    name == earlier.name && (kind != .function || earlier.kind != .function || signature == earlier.signature)
  }

  static func all(in declaration: DeclSyntax) -> [Declaration] {
    switch declaration.as(DeclSyntaxEnum.self) {
    case .variableDecl(let declaration): declaration.bindings.flatMap { variables(in: $0.pattern) }
    case .functionDecl(let declaration): [function(declaration)]
    case .structDecl(let declaration): [Declaration(name: name(declaration.name), kind: .structure)]
    case .classDecl(let declaration): [Declaration(name: name(declaration.name), kind: .class)]
    case .actorDecl(let declaration): [Declaration(name: name(declaration.name), kind: .class)]
    case .enumDecl(let declaration): [Declaration(name: name(declaration.name), kind: .enumeration)]
    case .protocolDecl(let declaration): [Declaration(name: name(declaration.name), kind: .protocol)]
    case .typeAliasDecl(let declaration): [Declaration(name: name(declaration.name), kind: .typeAlias)]
    default: []
    }
  }

  static func variables(in pattern: PatternSyntax) -> [Declaration] {
    if let pattern = pattern.as(IdentifierPatternSyntax.self) {
      return [Declaration(name: name(pattern.identifier), kind: .variable)]
    }
    if let pattern = pattern.as(TuplePatternSyntax.self) { return pattern.elements.flatMap { variables(in: $0.pattern) } }
    if let pattern = pattern.as(ValueBindingPatternSyntax.self) { return variables(in: pattern.pattern) }
    return []
  }

  private static func function(_ declaration: FunctionDeclSyntax) -> Declaration {
    let parameters = declaration.signature.parameterClause.parameters.map { parameter in
      "\(parameter.firstName.text):\(parameter.type.trimmedDescription)"
    }
    let generics = declaration.genericParameterClause?.trimmedDescription ?? ""
    let isOperator = if case .identifier = declaration.name.tokenKind { false } else { true }
    return Declaration(
      name: name(declaration.name), kind: isOperator ? .other : .function,
      signature: generics + "(" + parameters.joined(separator: ",") + ")")
  }

  /// Without backticks.
  private static func name(_ token: TokenSyntax) -> String { token.identifier?.name ?? token.text }
}
