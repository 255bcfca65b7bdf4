/// An argument of a kernel, in the order of its parameters.
///
/// Blocks of memory are told apart by whether the kernel writes into them: a launch that is left out, since something that it reads is void,
/// leaves what it would have written void, and what it would only have read as it is.
package enum KernelArgument {
  /// A pointer to what the kernel reads only.
  case input(CardMemory, byteOffset: Int = 0)
  /// A pointer to what the kernel writes, and perhaps reads as well.
  case output(CardMemory, byteOffset: Int = 0)
  /// A null pointer, for a parameter that may be left out.
  case null
  /// An `int`.
  case int(Int32)
  /// A `long long`.
  case long(Int)
  /// A `float`.
  case float(Float)

  /// The block that it points into.
  var memory: CardMemory? {
    switch self {
    case .input(let memory, _), .output(let memory, _): memory
    case .null, .int, .long, .float: nil
    }
  }

  /// Its bytes, the lowest first; a parameter of four bytes takes the first of them.
  var bits: UInt64 {
    switch self {
    case .input(let memory, let offset), .output(let memory, let offset): memory.address(at: offset, bytes: 0)
    case .null: 0
    case .int(let value): UInt64(UInt32(bitPattern: value))
    case .long(let value): UInt64(bitPattern: Int64(value))
    case .float(let value): UInt64(value.bitPattern)
    }
  }
}
