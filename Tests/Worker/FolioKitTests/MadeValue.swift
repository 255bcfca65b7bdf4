import CellRuntime
import FolioKit

/// Makes a value of a type that is only known when the tests run, from the runtime's view of it: structures and tuples part by part, enumerations
/// case by case. Values of one number are equal; those of different numbers differ, where the type has room for it.
enum MadeValue {
  /// A value, or nil if it would hold what cannot be made: an object, a function, a value of a protocol.
  static func make(_ type: Any.Type, _ number: Int) -> Any? {
    func make<Value>(_ type: Value.Type) -> Any? {
      let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
      defer { memory.deallocate() }
      guard initialize(type, at: UnsafeMutableRawPointer(memory), number) else { return nil }
      return memory.move()
    }
    return _openExistential(type, do: make)
  }

  /// The types of what a structure or a tuple holds.
  static func parts(of type: Any.Type) -> [Any.Type] {
    guard [0x200, 0x301].contains(unsafeBitCast(type, to: UnsafePointer<UInt>.self).pointee) else { return [] }
    return (0..<RuntimeFields.count(of: type)).map { RuntimeFields.type($0, of: type) }
  }

  /// The types of what the cases of an enumeration hold, where that can be told.
  static func payloads(of type: Any.Type) -> [Any.Type] {
    guard unsafeBitCast(type, to: UnsafePointer<UInt>.self).pointee == 0x201 else { return [] }
    let descriptor = unsafeBitCast(type, to: UnsafeRawPointer.self).load(fromByteOffset: 8, as: UnsafeRawPointer.self)
    let count = Int(descriptor.load(fromByteOffset: 20, as: UInt32.self) & 0xff_ffff)
    return (0..<count).map { payloadType(descriptor, $0) }.filter { !$0.isIndirect }.compactMap(\.type)
  }

  private static func initialize(_ type: Any.Type, at memory: UnsafeMutableRawPointer, _ number: Int) -> Bool {
    func initialize<Value>(_ type: Value.Type) -> Bool {
      if let sample = (type as? any Sample.Type)?.sample(number) as? Value {
        memory.initializeMemory(as: Value.self, to: sample)
        return true
      }
      return switch unsafeBitCast(type, to: UnsafePointer<UInt>.self).pointee {
      case 0x200, 0x301: initializeParts(type, at: memory, number)
      case 0x201: initializeCase(type, at: memory, number)
      default: false
      }
    }
    return _openExistential(type, do: initialize)
  }

  /// Fills a structure or a tuple. What was filled before a part that cannot be is not given back.
  private static func initializeParts(_ type: Any.Type, at memory: UnsafeMutableRawPointer, _ number: Int) -> Bool {
    parts(of: type).enumerated().allSatisfy { initialize($1, at: memory + childOffset(type, $0), number) }
  }

  /// Fills an enumeration (`swift/ABI/Metadata.h`: the descriptor behind the kind, the value witnesses before it).
  private static func initializeCase(_ type: Any.Type, at memory: UnsafeMutableRawPointer, _ number: Int) -> Bool {
    let metadata = unsafeBitCast(type, to: UnsafeRawPointer.self)
    let descriptor = metadata.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
    let payloads = Int(descriptor.load(fromByteOffset: 20, as: UInt32.self) & 0xff_ffff)
    let count = payloads + Int(descriptor.load(fromByteOffset: 24, as: UInt32.self))
    guard count > 0 else { return false }
    // The first case whose payload can be made, from one on that the number tells.
    for index in (0..<count).map({ ($0 + number) % count }) {
      let (payload, isIndirect) = index < payloads ? payloadType(descriptor, index) : (nil, false)
      guard !isIndirect, index >= payloads || payload != nil else { continue }
      if let payload, !initialize(payload, at: memory, number) { continue }
      let witnesses = metadata.load(fromByteOffset: -8, as: UnsafeRawPointer.self)
      let inject = witnesses.load(
        fromByteOffset: 104, as: (@convention(c) (UnsafeMutableRawPointer, UInt32, UnsafeRawPointer) -> Void).self)
      inject(memory, UInt32(index), metadata)
      return true
    }
    return false
  }

  /// By the enumeration's field records: what a case holds.
  private static func payloadType(_ descriptor: UnsafeRawPointer, _ index: Int) -> (type: Any.Type?, isIndirect: Bool) {
    func target(_ place: UnsafeRawPointer) -> UnsafeRawPointer { place + Int(place.load(as: Int32.self)) }
    let record = target(descriptor + 16) + 16 + 12 * index
    let name = target(record + 4)
    var length = 0
    // A symbolic reference is a byte below 0x20, and four bytes that may be zeros (eight from 0x18 on).
    while case let byte = name.load(fromByteOffset: length, as: UInt8.self), byte != 0 {
      length += byte >= 0x20 ? 1 : byte >= 0x18 ? 9 : 5
    }
    let type = typeByMangledName(name, length, descriptor)
    return (type, record.load(as: UInt32.self) & 1 == 1)
  }
}

/// A type of which the tests make values.
private protocol Sample {
  static func sample(_ number: Int) -> Self?
}

extension Sample where Self: Numeric {
  fileprivate static func sample(_ number: Int) -> Self? { Self(exactly: number) }
}

extension Int: Sample {}
extension Int8: Sample {}
extension Int16: Sample {}
extension Int32: Sample {}
extension Int64: Sample {}
extension UInt: Sample {}
extension UInt8: Sample {}
extension UInt16: Sample {}
extension UInt32: Sample {}
extension UInt64: Sample {}
extension Float: Sample {}
extension Double: Sample {}
extension Bool: Sample { fileprivate static func sample(_ number: Int) -> Bool? { number % 2 == 1 } }
extension URL: Sample { fileprivate static func sample(_ number: Int) -> URL? { URL(filePath: "/\(number)") } }
extension String: Sample { fileprivate static func sample(_ number: Int) -> String? { "text \(number)" } }
extension Tensor: Sample { fileprivate static func sample(_ number: Int) -> Tensor? { Tensor([1, Float(number)]) } }

extension Optional: Sample {
  fileprivate static func sample(_ number: Int) -> Wrapped?? {
    (MadeValue.make(Wrapped.self, number) as? Wrapped).map { .some($0) } ?? .some(.none)
  }
}

extension Array: Sample {
  fileprivate static func sample(_ number: Int) -> [Element]? {
    (MadeValue.make(Element.self, number) as? Element).map { [$0, $0] } ?? []
  }
}

extension Set: Sample {
  fileprivate static func sample(_ number: Int) -> Set? { (MadeValue.make(Element.self, number) as? Element).map { [$0] } ?? [] }
}

extension Dictionary: Sample {
  fileprivate static func sample(_ number: Int) -> [Key: Value]? {
    guard let key = MadeValue.make(Key.self, number) as? Key, let value = MadeValue.make(Value.self, number) as? Value else {
      return [:]
    }
    return [key: value]
  }
}

extension Range: Sample {
  fileprivate static func sample(_ number: Int) -> Range? { (MadeValue.make(Bound.self, number) as? Bound).map { $0..<$0 } }
}

extension ClosedRange: Sample {
  fileprivate static func sample(_ number: Int) -> ClosedRange? { (MadeValue.make(Bound.self, number) as? Bound).map { $0...$0 } }
}

@_silgen_name("swift_reflectionMirror_recursiveChildOffset")
private func childOffset(_ type: Any.Type, _ index: Int) -> Int

/// The runtime's function, which Swift code may not name.
private func typeByMangledName(_ name: UnsafeRawPointer, _ length: Int, _ context: UnsafeRawPointer) -> Any.Type? {
  typealias Function =
    @convention(c) (UnsafeRawPointer, Int, UnsafeRawPointer, UnsafeRawPointer?) -> UnsafeRawPointer?
  guard let function = dlsym(nil, "swift_getTypeByMangledNameInContext") else { return nil }
  return unsafeBitCast(function, to: Function.self)(name, length, context, nil).map { unsafeBitCast($0, to: Any.Type.self) }
}
