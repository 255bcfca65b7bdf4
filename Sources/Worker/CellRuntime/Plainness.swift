/// Whether a variable holds a plain value: one that nothing changes but an assignment to the variable or a mutating call on it.
///
/// A type that declares itself is believed: `PlainValue`, `ImmutableObject`, `OpaqueValue`. A structure or a tuple that does not is walked: it is
/// plain if all that it holds is. Where the type alone does not tell (`Any`, an enumeration), the value does. Everything else is not plain: an
/// object, an actor, a closure, which may have captured anything, a pointer, and what keeps its state where the runtime shows no
/// fields, as `Mutex` does. What is not understood therefore makes a cell run, and is never taken for unchanged.
package enum Plainness: Equatable {
  case plain
  /// Not plain, as it says itself or as its kind says (a function).
  case opaque
  /// Not plain, since nothing is known of the type that is named: an object that does not declare itself, a pointer.
  case unknown(String)
  /// The type alone does not tell.
  case dependsOnValue

  /// What the value at an address is.
  static func isPlain<Value>(_ type: Value.Type, at address: UnsafePointer<Value>) -> Bool {
    // The value is only read where its type does not tell: that may cost time.
    let plainness = Plainness(of: type)
    return plainness == .dependsOnValue ? isPlain(address.pointee) : plainness == .plain
  }

  /// What a value is.
  package static func isPlain(_ value: Any) -> Bool { isPlain(value, depth: 0) }

  private static func isPlain(_ value: Any, depth: Int) -> Bool {
    let plainness = Plainness(of: Swift.type(of: value))
    guard plainness == .dependsOnValue else { return plainness == .plain }
    // A mirror of the author's own may leave out what it likes.
    guard value is any PlainValue || !(value is any CustomReflectable) else { return false }
    let mirror = Mirror(reflecting: value)
    guard depth < 16, mirror.children.count <= 10_000 else { return false }
    return mirror.children.allSatisfy { isPlain($0.value, depth: depth + 1) }
  }

  // MARK: - What a type tells

  /// What the values of a type are.
  package init(of type: Any.Type) { self.init(of: type, depth: 0) }

  private init(of type: Any.Type, depth: Int) {
    if type is any OpaqueValue.Type {
      self = .opaque
    } else if type is any ImmutableObject.Type {
      self = .plain
    } else if depth > 16 {
      self = .unknown(String(reflecting: type))
    } else if let declared = type as? any PlainValue.Type {
      self = Self.all(declared.heldTypes, depth)
    } else {
      self = Self.walk(type, depth)
    }
  }

  /// What a value is that holds others of these types.
  private static func all(_ types: some Sequence<Any.Type>, _ depth: Int) -> Plainness {
    var result = Plainness.plain
    for type in types {
      switch Plainness(of: type, depth: depth + 1) {
      case .plain: break
      case .dependsOnValue: result = .dependsOnValue
      case let notPlain: return notPlain
      }
    }
    return result
  }

  private static func walk(_ type: Any.Type, _ depth: Int) -> Plainness {
    switch TypeKind(of: type) {
    case .structure, .tuple:
      let count = RuntimeFields.count(of: type)
      // A type without fields that takes room keeps something where the runtime does not show it.
      if count == 0, size(of: type) > 0 { return .unknown(String(reflecting: type)) }
      return all((0..<count).lazy.map { RuntimeFields.type($0, of: type) }, depth)
    case .enumeration, .existential: return .dependsOnValue
    case .function: return .opaque
    case .other: return .unknown(String(reflecting: type))
    }
  }
}

// MARK: - The runtime's view of a type

/// The kinds of types that can be told apart.
private enum TypeKind {
  case structure, tuple, enumeration, existential, function, other

  /// The metadata's first word is its kind (`swift/ABI/MetadataKind.def`).
  init(of type: Any.Type) {
    self =
      switch unsafeBitCast(type, to: UnsafePointer<UInt>.self).pointee {
      case 0x200: .structure
      case 0x201, 0x202: .enumeration
      case 0x301: .tuple
      case 0x302: .function
      case 0x303: .existential
      default: .other
      }
  }
}

private func size(of type: Any.Type) -> Int {
  func size<Value>(_: Value.Type) -> Int { MemoryLayout<Value>.size }
  return _openExistential(type, do: size)
}

/// The fields of structures, and the elements of tuples.
package enum RuntimeFields {
  package static func count(of type: Any.Type) -> Int { childCount(type) }

  package static func type(_ index: Int, of type: Any.Type) -> Any.Type {
    var field = FieldMetadata()
    defer { field.freeName?(field.name) }
    return childType(type, index, &field)
  }
}

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
