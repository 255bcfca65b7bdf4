import Machine

/// A block of numbers with a shape: what a hook point holds, what a kernel reads, what a figure shows.
///
/// `Tensor` is fp32, row-major and without gaps: the element `[i, j]` of a `[rows, columns]` tensor is the number `i * columns + j`.
/// It is a value: a copy is cheap, and changing the copy leaves the original alone (storage is shared until it is written to). A part
/// along the first axis (`tensor[3..<5]`, `tensor.select(3)`) shares the storage too, so that a layer or a position of a large
/// activation costs nothing to look at.
///
/// What is wrong in a program (a shape that does not fit, an index out of range) stops with a message that names both sides, as it does
/// for `Array`. What can be wrong in data (a file, a prompt) is checked by those who read the data, and is an error there.
public struct Tensor: Sendable {
  /// The length of each axis, outermost first. Empty for a single number.
  public private(set) var shape: [Int]
  /// How many numbers the tensor holds: the product of `shape`.
  public private(set) var count: Int
  var storage: TensorStorage
  /// Where this tensor begins in its storage, in elements.
  var offset: Int

  init(shape: [Int], storage: TensorStorage, offset: Int = 0) {
    self.shape = shape
    self.count = shape.reduce(1, *)
    self.storage = storage
    self.offset = offset
  }

  /// A tensor in the computer's memory whose numbers are not set yet; for those who write all of them before anyone reads one.
  package init(uninitialized shape: [Int]) {
    require(shape.allSatisfy { $0 >= 0 }, "The shape \(shape) has a negative axis.")
    self.init(shape: shape, storage: TensorStorage(count: shape.reduce(1, *)))
  }

  /// A tensor in a device's memory.
  package init(shape: [Int], block: any DeviceBlock) {
    self.init(shape: shape, storage: TensorStorage(count: shape.reduce(1, *), block: block))
  }

  /// A tensor of one number repeated: `Tensor(repeating: 0, shape: [18, 8])`.
  public init(repeating value: Float, shape: [Int]) {
    self.init(uninitialized: shape)
    withUnsafeMutableElements { $0.update(repeating: value) }
  }

  /// A tensor of the given numbers in row-major order. There must be as many as the shape holds; the shape is one axis if not given.
  public init(_ elements: [Float], shape: [Int]? = nil) {
    let shape = shape ?? [elements.count]
    require(
      elements.count == shape.reduce(1, *),
      "\(elements.count) numbers do not fill the shape \(shape), which holds \(shape.reduce(1, *)).")
    self.init(uninitialized: shape)
    withUnsafeMutableElements { _ = $0.update(from: elements) }
  }

  /// A matrix of the given rows, which must be of equal length.
  public init(rows: [[Float]]) {
    let columns = rows.first?.count ?? 0
    require(rows.allSatisfy { $0.count == columns }, "The rows have different lengths: \(rows.map(\.count)).")
    self.init(rows.flatMap { $0 }, shape: [rows.count, columns])
  }

  /// How many axes the tensor has.
  public var rank: Int { shape.count }

  /// The numbers in row-major order.
  public var elements: [Float] { withUnsafeElements { Array($0) } }

  /// The number of a tensor that holds just one.
  public var scalar: Float {
    require(count == 1, "A tensor of shape \(shape) is not a single number.")
    return withUnsafeElements { $0[0] }
  }

  /// The rows of a matrix, as arrays.
  public var rows: [[Float]] {
    require(rank == 2, "A tensor of shape \(shape) is not a matrix; select or reshape first.")
    let home = home()
    return (0..<shape[0]).map { home.select($0).elements }
  }

  /// The same numbers in another shape. One axis may be -1: it takes what is left.
  public func reshaped(_ newShape: [Int]) -> Tensor {
    var newShape = newShape
    if let open = newShape.firstIndex(of: -1) {
      let known = newShape.enumerated().filter { $0.offset != open }.reduce(1) { $0 * $1.element }
      newShape[open] = known == 0 ? 0 : count / known
    }
    require(
      newShape.allSatisfy { $0 >= 0 } && newShape.reduce(1, *) == count,
      "A tensor of shape \(shape) (\(count) numbers) cannot be reshaped to \(newShape).")
    return Tensor(shape: newShape, storage: storage, offset: offset)
  }

  /// Reads the numbers in row-major order, in place; those of a device come home first. The pointer is valid within `body` only.
  public func withUnsafeElements<Result>(_ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows -> Result {
    let (home, first) = storage.atHome(offset..<offset + count)
    defer { withExtendedLifetime(home) {} }
    return try body(UnsafeBufferPointer(start: home.base + first, count: count))
  }

  /// Changes the numbers in place; those of a device come home first, and stay. The pointer is valid within `body` only.
  public mutating func withUnsafeMutableElements<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.base + offset, count: count))
  }

  /// Where the numbers lie in the computer's memory, for kernels of the processor whose threads each write a part. The tensor must be kept, and
  /// not be copied, until they are done.
  mutating func sharedBase() -> UnsafeMutablePointer<Float> {
    makeUnique()
    return storage.base + offset
  }

  /// Where the numbers lie in the computer's memory, for as long as the tensor is kept.
  var constantBase: UnsafePointer<Float> { UnsafePointer(storage.base + offset) }

  /// Gives this value a storage of its own in the computer's memory, before it is written to.
  private mutating func makeUnique() {
    guard storage.block != nil || !isKnownUniquelyReferenced(&storage) else { return }
    let copy = TensorStorage(count: count)
    withUnsafeElements { source in
      if let source = source.baseAddress { copy.base.update(from: source, count: count) }
    }
    (storage, offset) = (copy, 0)
  }
}

// MARK: - Where the numbers lie

extension Tensor {
  /// Where the numbers lie, and operations on them are done: the processor, or a graphics card. Reading them brings them home.
  public var device: Device { backend.device }

  /// Who computes with this tensor.
  package var backend: any Backend { storage.block?.backend ?? CPUBackend.shared }

  /// Whether there are no numbers to read, since a device could not make them; see `Backend.check`.
  package var isVoid: Bool { storage.block?.isVoid ?? false }

  /// The memory of a device in which the numbers lie, and how many numbers lie before them there; nil for the computer's own memory.
  package var block: (memory: any DeviceBlock, first: Int)? { storage.block.map { ($0, offset) } }

  /// The memory of a device, to write to: it is this tensor's own from now on.
  package mutating func ownBlock() -> (memory: any DeviceBlock, first: Int)? {
    guard let block = storage.block else { return nil }
    if !isKnownUniquelyReferenced(&storage) {
      var copy = block.backend.allocate(shape)
      block.backend.copy(self, into: &copy, .rows(1, of: count, from: 0, every: 0, to: 0, every: 0))
      self = copy
    }
    storage.willChange()
    return self.block
  }

  /// Gives the bytes of the numbers in order, some at a time; what comes home for that is not kept.
  /// - Throws: what kept a device from making them.
  package func withPieces(_ body: (UnsafeRawBufferPointer) -> Void) throws(DeviceError) {
    guard let block = storage.block else { return withUnsafeElements { body(UnsafeRawBufferPointer($0)) } }
    let length = Swift.min(count, 1 << 20)
    let piece = TensorStorage(count: length)
    for first in stride(from: 0, to: count, by: Swift.max(length, 1)) {
      let numbers = UnsafeMutableBufferPointer(start: piece.base, count: Swift.min(length, count - first))
      try block.download(offset + first..<offset + first + numbers.count, into: numbers)
      body(UnsafeRawBufferPointer(numbers))
    }
  }

  /// The same numbers where a backend computes.
  package func moved(to target: any Backend) -> Tensor {
    if backend === target { return self }
    if storage.block == nil { return target.upload(self) }
    let home = home()
    return target === CPUBackend.shared ? home : target.upload(home)
  }

  /// The same numbers in the computer's memory.
  package func home() -> Tensor {
    guard storage.block != nil else { return self }
    let (storage, first) = storage.atHome(offset..<offset + count)
    return Tensor(shape: shape, storage: storage, offset: first)
  }

  /// A tensor of one number repeated, where a backend computes.
  package init(repeating value: Float, shape: [Int], on backend: any Backend) {
    self = backend.allocate(shape)
    backend.fill(&self, with: value)
  }

  /// Who does an operation with several tensors: the device on which one of them lies, or else the processor.
  static func meeting(_ first: Tensor, _ others: Tensor?...) -> any Backend {
    if first.storage.block != nil { return first.backend }
    for other in others where other?.storage.block != nil { return other?.backend ?? CPUBackend.shared }
    return CPUBackend.shared
  }
}

extension Tensor: Equatable {
  /// Equal shapes and equal numbers (so a tensor with a NaN is not equal to itself).
  public static func == (left: Tensor, right: Tensor) -> Bool {
    left.shape == right.shape && left.withUnsafeElements { l in right.withUnsafeElements { r in l.elementsEqual(r) } }
  }
}
