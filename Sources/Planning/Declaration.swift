import SwiftSyntax

/// A name that a cell declares at its top level.
public struct Declaration: Sendable, Equatable {
  public var name: String
  public var kind: Kind
  /// For a function, its labels and types as written: two functions of one name and different signatures are overloads.
  public var signature: String?
  /// Whether it is a variable that holds a value (not one that is computed).
  public var isStored = false
  /// Whether it is declared by `let`.
  public var isConstant = false
  /// What its body refers to; for a stored variable, what its value is made of.
  public var references = References()

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

    var isType: Bool { [.structure, .class, .enumeration, .protocol, .typeAlias].contains(self) }
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
    var all = named(in: declaration)
    let references = References(in: declaration)
    for index in all.indices { all[index].references = references }
    return all
  }

  private static func named(in declaration: DeclSyntax) -> [Declaration] {
    switch declaration.as(DeclSyntaxEnum.self) {
    case .variableDecl(let declaration):
      declaration.bindings.flatMap { binding in
        variables(
          in: binding.pattern, isConstant: declaration.bindingSpecifier.text == "let",
          isStored: CellAnalysis.isStored(declaration))
      }
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

  /// Without backticks.
  private static func name(_ token: TokenSyntax) -> String { token.identifier?.name ?? token.text }
}
