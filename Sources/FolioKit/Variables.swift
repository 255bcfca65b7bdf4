import CWorker
import Foundation

/// The variables of compiled cells: what they hold can be released, and the host is told which of them hold plain values.
///
/// A cell's variables are globals of its library, which is never unloaded. When a cell runs again, in this version or a newer one, what
/// its former run put there (a model, its activations) must go, or each edit would cost its memory again.
package enum CellVariables {
  fileprivate struct Variable {
    var name: String
    /// In bytes, without padding.
    var size: Int
    /// Ends what is at an address.
    var destroy: (UnsafeMutableRawPointer) -> Void
    /// Whether it holds a value that only the variable itself can change.
    var holdsValue: () -> Bool
  }

  /// Those of the library whose function is being called.
  nonisolated(unsafe) fileprivate static var collected: [Variable] = []

  /// The names of a library's variables that hold plain values. Its cell must have finished.
  package static func values(of library: UnsafeMutableRawPointer) -> [String] {
    variables(of: library).filter { $0.holdsValue() }.map(\.name)
  }

  /// Releases what a library's variables hold, the last first. Those that its cell did not come to hold nothing yet: zeros.
  package static func release(_ library: UnsafeMutableRawPointer) {
    let storage = storage(of: library)
    for variable in variables(of: library).reversed() {
      guard let place = storage[variable.name], let value = place.value(ofSize: variable.size) else { continue }
      variable.destroy(value)
      memset(place.address, 0, place.size)
    }
  }

  private static func variables(of library: UnsafeMutableRawPointer) -> [Variable] {
    guard let symbol = folio_own_symbol(library, "folio_variables") else { return [] }
    collected = []
    unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
    defer { collected = [] }
    return collected
  }

  // MARK: - Where they are

  private struct Place {
    var address: UnsafeMutableRawPointer
    var size: Int

    /// The value's own address: a type whose size the compiler did not know lies in a buffer of three words, or, if it is larger, in a box
    /// that the buffer points to. Nil if nothing has been put there.
    func value(ofSize size: Int) -> UnsafeMutableRawPointer? {
      let bytes = UnsafeRawBufferPointer(start: address, count: self.size)
      guard size > 0, !bytes.allSatisfy({ $0 == 0 }) else { return nil }
      return size <= self.size ? address : address.load(as: UnsafeMutableRawPointer?.self)
    }
  }

  private static func storage(of library: UnsafeMutableRawPointer) -> [String: Place] {
    var places: [String: Place] = [:]
    withUnsafeMutablePointer(to: &places) { places in
      folio_each_variable(library, places) { context, mangled, address, size in
        guard let context, let mangled, let address, let name = CellVariables.demangledName(mangled) else { return }
        context.assumingMemoryBound(to: [String: Place].self).pointee[name] = Place(address: address, size: size)
      }
    }
    return places
  }

  /// `x` for the symbol of `Cell_1.x : Swift.Int`.
  private static func demangledName(_ mangled: UnsafePointer<CChar>) -> String? {
    guard let text = demangle(mangled, strlen(mangled), nil, nil, 0) else { return nil }
    defer { free(text) }
    let full = String(cString: text)
    guard let end = full.range(of: " : "), let dot = full[..<end.lowerBound].lastIndex(of: ".") else { return nil }
    return String(full[full.index(after: dot)..<end.lowerBound])
  }
}

/// The runtime's demangler (`swift/Demangling/Demangle.h`): the result is the caller's to free.
@_silgen_name("swift_demangle")
private func demangle(
  _ name: UnsafePointer<CChar>, _ length: Int, _ buffer: UnsafeMutablePointer<CChar>?, _ size: UnsafeMutablePointer<Int>?,
  _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?

/// Tells of a variable of a cell; the session writes these calls. The closure is only called when the variable has been set.
public func _folioVariable<Value: ~Copyable>(_ name: String, _ address: @escaping () -> UnsafePointer<Value>) {
  CellVariables.collected.append(
    .init(
      name: name, size: MemoryLayout<Value>.size,
      destroy: { $0.assumingMemoryBound(to: Value.self).deinitialize(count: 1) }, holdsValue: { false }))
}

/// Of one whose type can be copied, it can be asked whether it holds a plain value.
public func _folioVariable<Value>(_ name: String, _ address: @escaping () -> UnsafePointer<Value>) {
  CellVariables.collected.append(
    .init(
      name: name, size: MemoryLayout<Value>.size,
      destroy: { $0.assumingMemoryBound(to: Value.self).deinitialize(count: 1) },
      holdsValue: { PlainValue.isPlain(Value.self, at: address()) }))
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
