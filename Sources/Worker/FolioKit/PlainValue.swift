import Foundation

/// An object whose state never changes after it is made, so that a cell that uses it depends on no other cell that does.
public protocol ImmutableObject: AnyObject {}

extension GemmaModel: ImmutableObject {}
extension Tokenizer: ImmutableObject {}

/// Whether a variable holds a plain value: one that nothing changes but an assignment to the variable or a mutating call on it.
///
/// Structures and tuples are plain if all that they hold is; so are the standard library's collections of plain values, and what
/// Foundation defines as structures. An object is not (but for `ImmutableObject`), nor is a closure, which may have captured
/// anything, nor an actor, a pointer, or what keeps its state where the runtime shows no fields. Where the type alone does not tell (`Any`, an
/// enumeration), the value does.
enum PlainValue {
  static func isPlain<Value>(_ type: Value.Type, at address: UnsafePointer<Value>) -> Bool {
    if let isPlain = isPlain(type) { return isPlain }
    return isPlain(value: address.pointee, depth: 0)
  }

  /// What the type alone tells; nil if it does not.
  private static func isPlain(_ type: Any.Type, depth: Int = 0) -> Bool? {
    if type is any ImmutableObject.Type { return true }
    if type is AnyClass || depth > 16 { return false }
    if let container = type as? any PlainContainer.Type {
      return container.parts.reduce(true) { known, part in
        known == false ? false : isPlain(part, depth: depth + 1).map { $0 ? known : false } ?? nil
      }
    }
    if type == Tensor.self || isFoundations(type) || plainTypes.contains(String(reflecting: type)) { return true }
    switch Mirror.kind(of: type) {
    case .structure, .tuple:
      // A type without fields that takes room keeps something where the runtime does not show it, as `Mutex` and `Atomic` do.
      if childCount(type) == 0 && size(of: type) > 0 { return false }
      var result: Bool? = true
      for index in 0..<childCount(type) {
        var field = FieldMetadata()
        guard let isPlain = isPlain(childType(type, index, &field), depth: depth + 1) else {
          result = nil
          continue
        }
        if !isPlain { return false }
      }
      return result
    case .enumeration, .existential: return nil
    case .other: return false
    }
  }

  /// What the value tells, where its type alone does not.
  private static func isPlain(value: Any, depth: Int) -> Bool {
    let type = Swift.type(of: value)
    if let isPlain = isPlain(type) { return isPlain }
    let mirror = Swift.Mirror(reflecting: value)
    guard depth < 16, mirror.superclassMirror == nil, mirror.children.count <= 10_000 else { return false }
    return mirror.children.allSatisfy { isPlain(value: $0.value, depth: depth + 1) }
  }

  /// Whether Foundation defines it as a structure or an enumeration, and no type of others is part of it.
  static func isFoundations(_ type: Any.Type) -> Bool {
    guard [.structure, .enumeration].contains(Mirror.kind(of: type)) else { return false }
    let name = String(reflecting: type)
    guard !name.contains("<"), !name.contains("(") else { return false }
    return ["Foundation", "FoundationEssentials", "FoundationInternationalization"].contains(String(name.prefix { $0 != "." }))
  }

  private static func size(of type: Any.Type) -> Int {
    func size<Value>(_: Value.Type) -> Int { MemoryLayout<Value>.size }
    return _openExistential(type, do: size)
  }

  private static let plainTypes = Set(
    ([
      "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double", "Bool",
      "String",
      "Substring", "Character", "Unicode.Scalar", "Duration", "ContinuousClock.Instant", "StaticString",
    ]).map { "Swift." + $0 })

  // MARK: - The runtime's view of a type

  private enum Mirror {
    case structure, tuple, enumeration, existential, other

    /// The metadata's first word is its kind (`swift/ABI/MetadataKind.def`).
    static func kind(of type: Any.Type) -> Mirror {
      switch unsafeBitCast(type, to: UnsafePointer<UInt>.self).pointee {
      case 0x200: .structure
      case 0x201, 0x202: .enumeration
      case 0x301: .tuple
      case 0x303: .existential
      default: .other
      }
    }
  }
}

/// The standard library's containers, which hold values of these types and nothing else.
private protocol PlainContainer {
  static var parts: [Any.Type] { get }
}

extension Array: PlainContainer { fileprivate static var parts: [Any.Type] { [Element.self] } }
extension ArraySlice: PlainContainer { fileprivate static var parts: [Any.Type] { [Element.self] } }
extension Set: PlainContainer { fileprivate static var parts: [Any.Type] { [Element.self] } }
extension Dictionary: PlainContainer { fileprivate static var parts: [Any.Type] { [Key.self, Value.self] } }
extension Optional: PlainContainer { fileprivate static var parts: [Any.Type] { [Wrapped.self] } }
extension Range: PlainContainer { fileprivate static var parts: [Any.Type] { [Bound.self] } }
extension ClosedRange: PlainContainer { fileprivate static var parts: [Any.Type] { [Bound.self] } }
extension KeyValuePairs: PlainContainer { fileprivate static var parts: [Any.Type] { [Key.self, Value.self] } }

/// What the runtime says of a field (`stdlib/public/core/ReflectionMirror.swift`).
private struct FieldMetadata {
  var name: UnsafePointer<CChar>?
  var freeName: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
  var isStrong = false
  var isVariable = false
}

@_silgen_name("swift_reflectionMirror_recursiveCount")
private func childCount(_ type: Any.Type) -> Int

@_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
private func childType(_ type: Any.Type, _ index: Int, _ field: UnsafeMutablePointer<FieldMetadata>) -> Any.Type
