import CWorker
import Foundation
import Record

/// The library of a compiled cell, loaded: its variables and stored static members, where they lie and what they hold.
///
/// They are globals of the library, which is never unloaded. When a cell runs again, in this version or a newer one, what its former
/// run put there (a model, its activations) must go, or each edit would cost its memory again; and static members must be as they were
/// before the first run.
package final class CellLibrary {
  package let path: String
  private let handle: UnsafeMutableRawPointer
  private var variables: [StoredVariable] = []
  /// What was last told of a variable.
  private var told: [String: WorkerProtocol.VariableState] = [:]
  /// The variables whose values take time to read.
  private var large: Set<String> = []
  /// Classes of other libraries whose static members the code uses.
  package let sharedClasses: [String]

  /// - Parameter handle: of `dlopen`, before the cell's first run.
  package init(path: String, handle: UnsafeMutableRawPointer) {
    self.path = path
    self.handle = handle
    let symbols = LibrarySymbols(of: handle, path: path)
    sharedClasses = symbols.sharedClasses
    let typed = TypedVariable.all(in: handle)
    variables = symbols.variables.map { symbol in
      StoredVariable(
        name: symbol.name, isStatic: symbol.isStatic, place: Memory(symbol.object), guards: symbol.guards.map(Memory.init),
        typed: typed[symbol.name])
    }
    for variable in variables { folio_accesses_add_variable(variable.place.address, variable.place.size) }
  }

  // MARK: - What a run did

  /// What the last run read and changed of them.
  package var accesses: [WorkerProtocol.Access] {
    variables.compactMap { variable in
      let access = folio_access_of_variable(variable.place.address)
      guard access.was_read || access.was_changed else { return nil }
      return .init(.variable(.init(library: path, name: variable.name)), wasRead: access.was_read, wasChanged: access.was_changed)
    }
  }

  /// Whether a variable may lead to a pointer, by which code can change another one without an access to it.
  package var mayHoldPointers: Bool { told.values.contains { !$0.isPlain } }

  /// What is different from when this was last called, or was changed in the last run. Static members count from when they are first used.
  /// - Parameters:
  ///   - hasRun: whether it is this library's cell that has just run to its end: all its variables are new.
  ///   - looksAtAll: whether large values are looked at without an access to them, as small ones always are.
  package func news(hasRun: Bool, looksAtAll: Bool) -> [WorkerProtocol.VariableState] {
    var news: [WorkerProtocol.VariableState] = []
    for variable in variables {
      let isNew = hasRun && !variable.isStatic
      let isUsed = variable.isStatic ? variable.isInitialized : isNew || told[variable.name] != nil
      guard isUsed else { continue }
      let wasChanged = folio_access_of_variable(variable.place.address).was_changed
      if !isNew, !wasChanged, !looksAtAll, large.contains(variable.name) { continue }
      let start = ContinuousClock.now
      let state = variable.state(library: path)
      if start.duration(to: .now) > .milliseconds(1) { large.insert(variable.name) }
      let last = told[variable.name]
      if isNew || wasChanged || last?.digest != state.digest || last?.isPlain != state.isPlain || last == nil {
        news.append(state)
      }
      told[variable.name] = state
    }
    return news
  }

  /// Releases what the variables hold, the last first, and makes all as it was when the library was loaded.
  package func release() {
    for variable in variables.reversed() { variable.reset() }
    told = [:]
  }
}

/// A piece of a library's memory, and what it was when the library was loaded.
private struct Memory {
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
private struct StoredVariable {
  let name: String
  let isStatic: Bool
  let place: Memory
  /// The words by which the runtime knows whether a static member has its first value.
  let guards: [Memory]
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

/// What the compiler knows of a variable.
private struct TypedVariable {
  var name: String
  var type: String
  /// In bytes, without padding.
  var size: Int
  /// Ends what is at an address.
  var destroy: (UnsafeMutableRawPointer) -> Void
  /// Whether it holds a value that only the variable itself can change.
  var isPlain: (UnsafeMutableRawPointer) -> Bool
  var digest: (UnsafeMutableRawPointer) -> String?

  /// Those of the library whose function is being called.
  nonisolated(unsafe) static var collected: [TypedVariable] = []

  static func all(in library: UnsafeMutableRawPointer) -> [String: TypedVariable] {
    guard let symbol = folio_own_symbol(library, "folio_variables") else { return [:] }
    collected = []
    unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
    defer { collected = [] }
    return Dictionary(collected.map { ($0.name, $0) }) { first, _ in first }
  }
}

/// Tells of a variable or static member of a cell; the session writes these calls. The closure says its type, and is never called.
public func _folioVariable<Value: ~Copyable>(_ name: String, _ address: @escaping () -> UnsafePointer<Value>) {
  TypedVariable.collected.append(
    .init(
      name: name, type: "", size: MemoryLayout<Value>.size,
      destroy: { $0.assumingMemoryBound(to: Value.self).deinitialize(count: 1) }, isPlain: { _ in false }, digest: { _ in nil }))
}

/// Of one whose type can be copied, it can be asked whether it holds a plain value, and which.
public func _folioVariable<Value>(_ name: String, _ address: @escaping () -> UnsafePointer<Value>) {
  TypedVariable.collected.append(
    .init(
      name: name, type: String(reflecting: Value.self), size: MemoryLayout<Value>.size,
      destroy: { $0.assumingMemoryBound(to: Value.self).deinitialize(count: 1) },
      isPlain: { PlainValue.isPlain(Value.self, at: UnsafePointer($0.assumingMemoryBound(to: Value.self))) },
      digest: { ValueDigest.digest(of: $0.assumingMemoryBound(to: Value.self).pointee) }))
}

// MARK: - Parameters

/// The values of the notebook's parameters, as the host sent them.
package enum ParameterValues {
  nonisolated(unsafe) package static var json = Data("{}".utf8)
}

/// A parameter's value; the session writes these calls.
public func _folioParameter<Value: Decodable>(_ name: String) throws -> Value {
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  if let key = CodingUserInfoKey(rawValue: "name") { decoder.userInfo[key] = name }
  return try decoder.decode(NamedValue<Value>.self, from: ParameterValues.json).value
}

/// One value of a JSON object, by its name.
private struct NamedValue<Value: Decodable>: Decodable {
  var value: Value

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let name = Name(stringValue: decoder.userInfo.values.first as? String ?? "")
    value = try decoder.container(keyedBy: Name.self).decode(Value.self, forKey: name)
  }
}
