import SwiftSyntax

/// A name that a cell declares at its top level.
package struct Declaration: Sendable, Equatable {
  package var name: String
  package var kind: Kind
  /// The labels and types of a function, as written. Two functions of one name and different signatures are overloads.
  package var signature: String?
  /// Whether it is a variable that holds a value, and not one that is computed.
  package var isStored = false
  /// Whether it is declared by `let`.
  package var isConstant = false
  /// Whether code runs when a stored variable is used: its observers, or a property wrapper's.
  package var hasCode = false
  /// The stored static members of a type or an extension, and of the types within it.
  package var staticMembers: [StaticMember] = []
  /// What its body refers to; for a stored variable, what the code of its value refers to.
  package var references = References()

  /// The words that a scoped import uses (`import struct Cell2.Point`).
  package enum Kind: String, Sendable, Equatable {
    case variable = "var"
    case function = "func"
    case structure = "struct"
    case `class` = "class"
    case enumeration = "enum"
    case `protocol` = "protocol"
    case typeAlias = "typealias"
    /// Operators, precedence groups and macros, which no scoped import can name.
    case other = ""

    var isType: Bool { [.structure, .class, .enumeration, .protocol, .typeAlias].contains(self) }
  }

  /// A stored static member.
  package struct StaticMember: Sendable, Equatable {
    /// The name with those of the types around it, from the outermost on: `Knobs.t`.
    package var name: String
    package var isConstant: Bool
    /// Whether other code of the cell can name it. It cannot if the member or a type around it is behind an attribute or `#if`, or has no name.
    package var isReachable: Bool
  }

  package init(name: String, kind: Kind, signature: String? = nil) {
    self.name = name
    self.kind = kind
    self.signature = signature
  }

  /// Whether this declaration replaces an earlier one, since both cannot be visible at once.
  func replaces(_ earlier: Declaration) -> Bool {
    name == earlier.name && (kind != .function || earlier.kind != .function || signature == earlier.signature)
  }

  static func all(in declaration: DeclSyntax) -> [Declaration] {
    if let variable = declaration.as(VariableDeclSyntax.self) { return variables(in: variable) }
    var all = named(in: declaration)
    let references = References(in: declaration)
    let members = staticMembers(in: declaration, path: [], isReachable: true)
    for index in all.indices {
      all[index].references = references
      all[index].staticMembers = members
    }
    return all
  }

  /// Each variable of a declaration with what its own part of it refers to.
  private static func variables(in declaration: VariableDeclSyntax) -> [Declaration] {
    let isConstant = declaration.bindingSpecifier.text == "let"
    let isStored = CellAnalysis.isStored(declaration)
    let attributes = References(in: declaration.attributes)
    var types = References()
    return declaration.bindings.reversed().flatMap { binding -> [Declaration] in
      // In `var a, b: Int` the type also holds for the variables before it that have none of their own.
      if let type = binding.typeAnnotation { types = References(in: type) }
      var references = References(in: binding)
      references.merge(attributes)
      references.merge(types)
      return variables(in: binding.pattern, isConstant: isConstant, isStored: isStored).reversed().map { variable in
        var variable = variable
        variable.hasCode = binding.accessorBlock != nil || !declaration.attributes.isEmpty
        variable.references = references
        return variable
      }
    }.reversed()
  }

  /// The stored static members of a type or an extension.
  static func staticMembers(in declaration: DeclSyntax, path: [String], isReachable: Bool) -> [StaticMember] {
    if let variable = declaration.as(VariableDeclSyntax.self) {
      let modifiers = variable.modifiers.map(\.name.text)
      guard !path.isEmpty, modifiers.contains("static"), CellAnalysis.isStored(variable) else { return [] }
      let isPlain =
        variable.attributes.isEmpty && Set(modifiers).isSubset(of: ["static", "private", "fileprivate", "internal", "public"])
      return variable.bindings.flatMap { binding in
        variables(in: binding.pattern, isConstant: variable.bindingSpecifier.text == "let").map { member in
          StaticMember(
            name: (path + [member.name]).joined(separator: "."), isConstant: member.isConstant,
            isReachable: isReachable && isPlain)
        }
      }
    }
    if let conditional = declaration.as(IfConfigDeclSyntax.self) {
      return conditional.clauses.flatMap { clause -> [StaticMember] in
        guard case .decls(let members)? = clause.elements else { return [] }
        return members.flatMap { staticMembers(in: $0.decl, path: path, isReachable: false) }
      }
    }
    guard let group = declaration.asProtocol(DeclGroupSyntax.self), let name = typeName(declaration) else { return [] }
    let hasActor = group.attributes.contains { $0.trimmedDescription.hasSuffix("Actor") }
    return group.memberBlock.members.flatMap {
      staticMembers(in: $0.decl, path: path + [name], isReachable: isReachable && !hasActor)
    }
  }

  private static func typeName(_ declaration: DeclSyntax) -> String? {
    if let declaration = declaration.as(ExtensionDeclSyntax.self) { return declaration.extendedType.trimmedDescription }
    return declaration.asProtocol(NamedDeclSyntax.self).map { name($0.name) }
  }

  private static func named(in declaration: DeclSyntax) -> [Declaration] {
    switch declaration.as(DeclSyntaxEnum.self) {
    case .functionDecl(let declaration): [function(declaration)]
    case .structDecl(let declaration): [Declaration(name: name(declaration.name), kind: .structure)]
    case .classDecl(let declaration): [Declaration(name: name(declaration.name), kind: .class)]
    case .actorDecl(let declaration): [Declaration(name: name(declaration.name), kind: .class)]
    case .enumDecl(let declaration): [Declaration(name: name(declaration.name), kind: .enumeration)]
    case .protocolDecl(let declaration): [Declaration(name: name(declaration.name), kind: .protocol)]
    case .typeAliasDecl(let declaration): [Declaration(name: name(declaration.name), kind: .typeAlias)]
    case .operatorDecl(let declaration): [Declaration(name: declaration.name.text, kind: .other)]
    case .precedenceGroupDecl(let declaration): [Declaration(name: name(declaration.name), kind: .other)]
    case .macroDecl(let declaration): [Declaration(name: name(declaration.name), kind: .other)]
    default: []
    }
  }

  static func variables(in pattern: PatternSyntax, isConstant: Bool, isStored: Bool = true) -> [Declaration] {
    if let pattern = pattern.as(IdentifierPatternSyntax.self) {
      var variable = Declaration(name: name(pattern.identifier), kind: .variable)
      variable.isConstant = isConstant
      variable.isStored = isStored
      return [variable]
    }
    let parts: [PatternSyntax] =
      pattern.as(TuplePatternSyntax.self)?.elements.map(\.pattern) ?? pattern.as(ValueBindingPatternSyntax.self).map {
        [$0.pattern]
      }
      ?? []
    return parts.flatMap { variables(in: $0, isConstant: isConstant, isStored: isStored) }
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

  /// A name without its backticks.
  private static func name(_ token: TokenSyntax) -> String { token.identifier?.name ?? token.text }
}
