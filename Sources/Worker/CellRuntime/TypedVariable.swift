import CWorker

/// What the compiler knows of a variable.
struct TypedVariable {
  var name: String
  var type: String
  /// In bytes, without padding.
  var size: Int
  /// Ends what is at an address.
  var destroy: (UnsafeMutableRawPointer) -> Void
  /// Whether it holds a value that only the variable itself can change.
  var isPlain: (UnsafeMutableRawPointer) -> Bool
  var digest: (UnsafeMutableRawPointer) -> String?

  /// Collects what a library tells while its function is being called.
  final class Collector: @unchecked Sendable {
    var variables: [String: TypedVariable] = [:]
  }

  @TaskLocal static var collector: Collector?

  /// Those of a library, by name: those of its function `folio_variables`, which the host writes.
  static func all(in library: UnsafeMutableRawPointer) -> [String: TypedVariable] {
    guard let symbol = folio_own_symbol(library, "folio_variables") else { return [:] }
    let collector = Collector()
    $collector.withValue(collector) { unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)() }
    return collector.variables
  }

  /// Tells of one; of two of a name, the first counts.
  fileprivate func collect() {
    guard let collector = Self.collector, collector.variables[name] == nil else { return }
    collector.variables[name] = self
  }
}

/// Tells of a variable or static member of a cell; the host writes these calls. The closure says its type, and is never called.
public func _folioVariable<Value: ~Copyable>(_ name: String, _ address: @escaping () -> UnsafePointer<Value>) {
  TypedVariable(
    name: name, type: "", size: MemoryLayout<Value>.size,
    destroy: { $0.assumingMemoryBound(to: Value.self).deinitialize(count: 1) }, isPlain: { _ in false }, digest: { _ in nil }
  ).collect()
}

/// Tells of one whose type can be copied: it can be asked whether it holds a plain value, and which.
public func _folioVariable<Value>(_ name: String, _ address: @escaping () -> UnsafePointer<Value>) {
  TypedVariable(
    name: name, type: String(reflecting: Value.self), size: MemoryLayout<Value>.size,
    destroy: { $0.assumingMemoryBound(to: Value.self).deinitialize(count: 1) },
    isPlain: { Plainness.isPlain(Value.self, at: UnsafePointer($0.assumingMemoryBound(to: Value.self))) },
    digest: { ValueDigest.digest(of: $0.assumingMemoryBound(to: Value.self).pointee) }
  ).collect()
}
