import Document
import SwiftSyntax

/// What a cell defines and refers to, read from its syntax alone.
///
/// The analysis never runs the compiler, so that it can answer while an author types. From it follow the source that is compiled (`CellSource`) and
/// the definitions that later cells see (`Scope`).
package struct CellAnalysis: Sendable, Equatable {
  /// What the cell declares at its top level, in order.
  package private(set) var declarations: [Declaration] = []
  /// For each name, the positions of its declarations in `declarations`.
  private var places: [String: [Int]] = [:]
  /// The cell's import declarations, as written.
  package var imports: [String] = []
  /// The UTF-8 offsets of the last expression; nil if the cell does not end in an expression whose value can be shown.
  package var lastExpression: Range<Int>?
  /// Whether the cell extends types.
  package var hasExtensions = false
  /// Whether a type of the cell declares operators. No name tells which cells use them.
  var hasMemberOperators = false
  /// The stored static members that the cell's extensions add to types.
  package var extensionMembers: [Declaration.StaticMember] = []
  /// Whether the cell awaits at its top level, which makes its entry point asynchronous.
  package var isAsynchronous = false
  /// The UTF-8 offsets of each `private` and `fileprivate`.
  var accessModifiers: [Range<Int>] = []
  /// What the code refers to that runs when the cell runs: its statements, and the values of its variables.
  package var executed = References()
  /// What the cell's extensions refer to. Their code runs when a later cell calls it.
  package var extended = References()
  /// The calls of `memo`, in their order.
  var memoCalls: [MemoCall] = []
  /// The cell's statements and declarations, among which is the code that a call of `memo` can reach.
  var memoCode: [MemoCode.Item] = []
  /// Whether the cell asks where it stands (`#line`, `#file`, …).
  package var asksForItsPlace = false
  /// Whether `some` stands anywhere in the cell.
  var hasOpaqueTypes = false

  /// The stored variables whose memory holds a value of their type and nothing else, so that the session can release what they hold.
  var releasableVariables: [String] = []
  /// The UTF-8 offset of the `let` or `var` of each stored variable of the top level.
  var variableKeywords: [Int] = []

  /// Reads a cell. Source that does not parse is read as far as possible, and the compiler will say what is wrong with it.
  package init(source: String) {
    guard let file = CellSyntax.parse(source) else { return }
    for item in file.statements { read(item.item) }
    lastExpression = file.statements.last.flatMap(Self.shownExpression)
    let finder = TopLevelAwaitFinder(viewMode: .sourceAccurate)
    finder.walk(file)
    isAsynchronous = finder.isFound
    let modifiers = AccessModifierFinder(viewMode: .sourceAccurate)
    modifiers.walk(file)
    accessModifiers = modifiers.ranges
    let specials = SpecialFinder(viewMode: .sourceAccurate)
    specials.walk(file)
    memoCalls = specials.memoCalls
    asksForItsPlace = specials.asksForItsPlace
    hasOpaqueTypes = specials.hasOpaqueTypes
    hasMemberOperators = specials.hasMemberOperators
    memoCode = file.statements.map { MemoCode.Item($0.item) }
  }

  private mutating func add(_ new: [Declaration]) {
    for declaration in new {
      places[declaration.name, default: []].append(declarations.count)
      declarations.append(declaration)
    }
  }

  /// The declarations of a name in this cell.
  func declarations(of name: String) -> [Declaration] { (places[name] ?? []).map { declarations[$0] } }

  /// All that the cell's code refers to, whenever it runs.
  package var references: References {
    var all = executed
    all.merge(extended)
    for declaration in declarations { all.merge(declaration.references) }
    return all
  }

  /// What the code of the cell's extensions and operators refers to. Later cells call it without naming it.
  var callableWithoutName: References {
    var all = extended
    for declaration in declarations where declaration.kind == .other || hasMemberOperators && declaration.kind.isType {
      all.merge(declaration.references)
    }
    return all
  }

  /// Whether later cells see the cell even if they name nothing that it declares, because of its extensions, conformances or operators.
  package var isAlwaysVisible: Bool { hasExtensions || hasMemberOperators || declarations.contains { $0.kind == .other } }

  /// Whether no other cell can see anything of this one.
  package var definesNothing: Bool { declarations.isEmpty && imports.isEmpty && !isAlwaysVisible }

  /// The stored static members of the cell's types and extensions.
  package var staticMembers: [Declaration.StaticMember] { declarations.flatMap(\.staticMembers) + extensionMembers }

  /// Whether a type of the cell may be part of what it defines. Such a type has a name, or it hides behind `some`.
  var definesTypes: Bool {
    isAlwaysVisible || declarations.contains { $0.kind.isType } || hasOpaqueTypes
  }

  private mutating func read(_ item: CodeBlockItemSyntax.Item, isConditional: Bool = false) {
    switch item {
    case .decl(let declaration):
      if let conditional = declaration.as(IfConfigDeclSyntax.self) {
        for clause in conditional.clauses {
          guard case .statements(let statements)? = clause.elements else { continue }
          for item in statements { read(item.item, isConditional: true) }
        }
      } else if let declaration = declaration.as(ImportDeclSyntax.self) {
        imports.append(declaration.trimmedDescription)
      } else {
        add(Declaration.all(in: declaration))
        if declaration.is(ExtensionDeclSyntax.self) {
          hasExtensions = true
          extended.merge(References(in: declaration))
          extensionMembers += Declaration.staticMembers(in: declaration, path: [], isReachable: true)
        } else if declaration.is(VariableDeclSyntax.self) || declaration.is(MacroExpansionDeclSyntax.self) {
          executed.merge(References(in: declaration))
        }
        if let variable = declaration.as(VariableDeclSyntax.self), Self.isStored(variable) {
          variableKeywords.append(variable.bindingSpecifier.positionAfterSkippingLeadingTrivia.utf8Offset)
          // The memory of a weak reference, or of a variable with a property wrapper, does not hold a value of the variable's type.
          let modifiers = Set(variable.modifiers.map(\.name.text))
          if !isConditional, variable.attributes.isEmpty,
            modifiers.isSubset(of: ["private", "fileprivate", "internal", "public"])
          {
            releasableVariables += Declaration.all(in: declaration).map(\.name)
          }
        }
      }
    case .stmt(let statement):
      executed.merge(References(in: statement))
      // What a top-level `guard let` binds is a variable of the cell.
      guard let statement = statement.as(GuardStmtSyntax.self) else { return }
      for condition in statement.conditions {
        guard let binding = condition.condition.as(OptionalBindingConditionSyntax.self) else { continue }
        add(Declaration.variables(in: binding.pattern, isConstant: binding.bindingSpecifier.text == "let"))
      }
    case .expr(let expression): executed.merge(References(in: expression))
    // An item that a later version of Swift brings may define anything.
    @unknown default:
      hasExtensions = true
      executed.merge(References(in: item))
    }
  }

  static func isStored(_ variable: VariableDeclSyntax) -> Bool {
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

/// Finds what the session treats apart: calls of `memo`, and code that asks where it stands.
private final class SpecialFinder: SyntaxVisitor {
  var memoCalls: [MemoCall] = []
  var asksForItsPlace = false
  var hasOpaqueTypes = false
  var hasMemberOperators = false

  override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
    if case .identifier = node.name.tokenKind { return .visitChildren }
    if node.modifiers.contains(where: { ["static", "class"].contains($0.name.text) }) { hasMemberOperators = true }
    return .visitChildren
  }

  override func visit(_ node: SomeOrAnyTypeSyntax) -> SyntaxVisitorContinueKind {
    if node.someOrAnySpecifier.text == "some" { hasOpaqueTypes = true }
    return .visitChildren
  }

  override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    if node.calledExpression.as(DeclReferenceExprSyntax.self)?.baseName.text == "memo", let first = node.arguments.first {
      memoCalls.append(
        MemoCall(
          arguments: first.positionAfterSkippingLeadingTrivia.utf8Offset, source: node.trimmedDescription,
          references: References(in: node)))
    }
    return .visitChildren
  }

  override func visit(_ node: MacroExpansionExprSyntax) -> SyntaxVisitorContinueKind {
    if ["line", "file", "fileID", "filePath", "column"].contains(node.macroName.text) { asksForItsPlace = true }
    return .visitChildren
  }

  override func visit(_ node: PoundSourceLocationSyntax) -> SyntaxVisitorContinueKind {
    asksForItsPlace = true
    return .skipChildren
  }
}
