import Record

/// A piece of a library's memory, and what it was when the library was loaded.
struct LibraryMemory {
  let address: UnsafeMutableRawPointer
  let size: Int
  private let initial: [UInt8]

  init(_ object: LibrarySymbols.Object) {
    address = object.address
    size = object.size
    initial = Array(UnsafeRawBufferPointer(start: address, count: size))
  }

  var isAsLoaded: Bool { UnsafeRawBufferPointer(start: address, count: size).elementsEqual(initial) }

  var isZero: Bool { UnsafeRawBufferPointer(start: address, count: size).allSatisfy { $0 == 0 } }

  /// A constant's memory may not be written to; nor need it be.
  func reset() {
    guard !isAsLoaded else { return }
    initial.withUnsafeBytes { address.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(address), byteCount: size) }
  }
}

/// A variable or a stored static member.
struct StoredVariable {
  let name: String
  let isStatic: Bool
  let place: LibraryMemory
  /// The words by which the runtime knows whether a static member has its first value.
  let guards: [LibraryMemory]
  /// Nil for one whose type cannot be named.
  let typed: TypedVariable?

  /// Whether a static member has a value of this session's making: it was used for the first time, or changed.
  var isInitialized: Bool { guards.isEmpty ? !place.isAsLoaded : guards.contains { !$0.isAsLoaded } }

  /// Where the value is: a type whose size the compiler did not know lies in a buffer of three words, or, if it is larger, in a box that the
  /// buffer points to.
  private func value(ofSize size: Int) -> UnsafeMutableRawPointer? {
    size <= place.size ? place.address : place.address.load(as: UnsafeMutableRawPointer?.self)
  }

  func state(library: String) -> WorkerProtocol.VariableState {
    let variable = WorkerProtocol.VariableName(library: library, name: name)
    guard let typed, let value = value(ofSize: typed.size) else { return .init(variable, type: "", isPlain: false, digest: nil) }
    let isPlain = typed.isPlain(value)
    return .init(variable, type: typed.type, isPlain: isPlain, digest: isPlain ? typed.digest(value) : nil)
  }

  func reset() {
    // Those that their cell did not come to hold nothing yet: zeros.
    if let typed, typed.size > 0, isStatic ? isInitialized : !place.isZero, let value = value(ofSize: typed.size) {
      typed.destroy(value)
    }
    place.reset()
    for word in guards { word.reset() }
  }
}
