import CCUDAKernels
import Machine
import Synchronization
import Tensors

/// A graphics card that computes with tensors.
///
/// Every operation launches kernels in the card's one stream and returns; numbers come home when they are read. What the card could not do
/// leaves its result void (see `CardMemory`), and `check` says so.
package final class CUDABackend: Backend {
  package let device: Device
  package let context: CardContext
  let kernels: CardKernels

  /// - Throws: An error if one of the kernels cannot be compiled for the card.
  package init(_ context: CardContext) throws(CUDAError) {
    (self.context, device) = (context, .cuda(context.card.index))
    kernels = try CardKernels(context)
  }

  /// The backend of a card of this process.
  package static func of(_ index: Int) throws(CUDAError) -> CUDABackend {
    let context = try CardContext.of(index)
    return try known.withLock { known throws(CUDAError) in
      if let backend = known[index] { return backend }
      let backend = try CUDABackend(context)
      known[index] = backend
      return backend
    }
  }

  private static let known = Mutex<[Int: CUDABackend]>([:])

  package var rowsAtOnce: Int { 4096 }
  package var isRowInvariant: Bool { true }
  package let bounds = ErrorBounds.card
  package var availableBytes: Int { context.available }

  package func check() throws(DeviceError) {
    do throws(CUDAError) { try context.check() } catch { throw DeviceError(error.description) }
  }

  // MARK: Memory

  package func allocate(_ shape: [Int]) -> Tensor {
    let bytes = shape.reduce(MemoryLayout<Float>.stride, *)
    return Tensor(shape: shape, block: CardBlock(context.allocate(bytes), self))
  }

  package func upload(_ tensor: Tensor) -> Tensor {
    let result = allocate(tensor.shape)
    tensor.withUnsafeElements { context.upload(UnsafeRawBufferPointer($0), to: memory(result)) }
    return result
  }

  package func fill(_ y: inout Tensor, with value: Float) {
    run(.fill, elements: y.count, [output(&y), .long(y.count), .float(value)])
  }

  package func copy(_ x: Tensor, into y: inout Tensor, _ places: CopyPlaces) {
    let (n, a, b) = (places.lengths, places.from.strides, places.to.strides)
    // The driver's own copy takes longer to begin than a kernel.
    if n.0 * n.1 * n.2 == 1, a.3 == 1, b.3 == 1, n.3 > 1 << 16 { return copyLine(x, into: &y, places) }
    run(
      .copy_blocks, blocks: min((n.0 * n.1 * n.2 * n.3 + 1023) / 1024, 16384),
      [
        input(x), .long(places.from.first), output(&y), .long(places.to.first), .long(n.0), .long(n.1), .long(n.2), .long(n.3),
        .long(a.0), .long(a.1), .long(a.2), .long(a.3), .long(b.0), .long(b.1), .long(b.2), .long(b.3),
      ])
  }

  /// Numbers that lie together in both.
  private func copyLine(_ x: Tensor, into y: inout Tensor, _ places: CopyPlaces) {
    let bytes = MemoryLayout<Float>.stride
    guard places.lengths.3 > 0, let from = x.block, let to = y.ownBlock(), let source = from.memory as? CardBlock,
      let target = to.memory as? CardBlock
    else { return }
    context.copy(
      from: source.memory, at: (from.first + places.from.first) * bytes, to: target.memory,
      at: (to.first + places.to.first) * bytes, bytes: places.lengths.3 * bytes)
  }

  package func gather(_ weight: WeightMatrix, _ indices: [Int], into y: inout Tensor) {
    let (row, column) = weight.isTransposed ? (1, weight.stride) : (weight.stride, 1)
    run(
      .gather_rows, elements: y.count, each: 1024,
      [
        input(weight), .int(weight.format == .bfloat16 ? 1 : 0), .long(weight.first), .long(row), .long(column),
        .input(uploaded(indices)), output(&y), .long(indices.count), .long(weight.columns),
      ])
  }

  package func addRows(_ x: Tensor, at indices: [Int], factor: Float, to y: inout Tensor) {
    guard !indices.isEmpty, x.count > 0 else { return }
    let width = x.count / indices.count
    launch(
      .add_rows, (indices.count, (width + 1023) / 1024, 1),
      [input(x), .input(uploaded(indices)), .float(factor), output(&y), .long(indices.count), .long(width)])
  }

  // MARK: Number by number

  package func combine(_ operation: Arithmetic, _ left: Tensor, _ right: Tensor, into y: inout Tensor) {
    run(
      .combine, elements: y.count, [.int(operation.rawValue), input(left), input(right), output(&y), .long(y.count)])
  }

  package func combine(_ operation: Arithmetic, _ left: Tensor, _ right: Float, reversed: Bool, into y: inout Tensor) {
    run(
      .combine_scalar, elements: y.count,
      [.int(operation.rawValue), input(left), .float(right), output(&y), .long(y.count), .int(reversed ? 1 : 0)])
  }

  package func add(_ x: Tensor, times factor: Float, to y: inout Tensor) {
    if factor == 1 { return run(.add, elements: x.count, [input(x), output(&y), .long(x.count)]) }
    run(.add_scaled, elements: x.count, [input(x), .float(factor), output(&y), .long(x.count)])
  }

  package func softCap(_ y: inout Tensor, at cap: Float) {
    run(.soft_cap, elements: y.count, [output(&y), .float(cap), .long(y.count)])
  }

  package func softCapGradient(_ gradient: inout Tensor, at cap: Float, capped: Tensor) {
    run(.soft_cap_gradient, elements: capped.count, [input(capped), .float(cap), output(&gradient), .long(capped.count)])
  }

  package func activate(_ function: Activation, _ x: Tensor, gating up: Tensor?, into y: inout Tensor) {
    run(.activate, elements: x.count, [.int(function.code), input(x), input(up), output(&y), .long(x.count)])
  }

  package func activationGradient(
    _ function: Activation, _ x: Tensor, gating up: Tensor?, _ gradient: Tensor, into dx: inout Tensor, _ dup: inout Tensor?
  ) {
    var upOutput = KernelArgument.null
    if var tensor = dup {
      // Out of the optional, so that it is the only owner of its memory while it is written to.
      dup = nil
      upOutput = output(&tensor)
      dup = tensor
    }
    run(
      .activate_gradient, elements: x.count,
      [.int(function.code), input(x), input(up), input(gradient), output(&dx), upOutput, .long(x.count)])
  }

  // MARK: Sums

  package func reduce(_ reduction: Reduction, _ x: Tensor, axis: Int, into y: inout Tensor) {
    let (length, inner) = (x.shape[axis], x.shape[(axis + 1)...].reduce(1, *))
    let outer = x.shape[..<axis].reduce(1, *)
    let results = outer * inner
    let blocks =
      inner < 32
      ? (length <= 512 ? (results + 7) / 8 : results)
      : (length < 64 ? (results + 255) / 256 : outer * ((inner + 31) / 32))
    run(
      reduction == .sum ? .sum_axis : .max_axis, blocks: min(blocks, 1 << 20),
      [input(x), output(&y), .long(outer), .long(length), .long(inner)])
  }

  package func sum(_ x: Tensor) -> Double {
    let (parts, sum) = (context.allocate(256 * 8), context.allocate(8))
    launch(.sum_parts, (256, 1, 1), [input(x), .output(parts), .long(x.count)])
    launch(.sum_all, (1, 1, 1), [.input(parts), .output(sum)])
    return read(sum, as: Double.self)
  }

  package func argmax(_ x: Tensor) -> Int {
    let (values, places, out) = (context.allocate(64 * 4), context.allocate(64 * 4), context.allocate(4))
    launch(.argmax_parts, (64, 1, 1), [input(x), .output(values), .output(places), .long(1), .long(x.count)])
    launch(.argmax, (1, 1, 1), [input(x), .input(values), .input(places), .output(out), .long(1), .long(x.count)])
    return Int(read(out, as: Int32.self))
  }

  package func logSumExp(_ x: Tensor) -> [Double] {
    let rows = x.shape[0]
    let (parts, sums) = (context.allocate(rows * 64 * 16), context.allocate(rows * 8))
    run(.log_sum_exp_parts, blocks: min(rows * 64, 1 << 20), [input(x), .output(parts), .long(rows), .long(x.shape[1])])
    run(.log_sum_exp, blocks: (rows + 255) / 256, [.input(parts), .output(sums), .long(rows)])
    var result = [Double](repeating: 0, count: rows)
    result.withUnsafeMutableBytes { read(sums, into: $0) }
    return result
  }

  package func isFinite(_ x: Tensor) -> Bool {
    let flag = context.allocate(4)
    context.clear(flag, bytes: 4)
    run(.any_not_finite, elements: x.count, [input(x), .long(x.count), .output(flag)])
    // What there is not is not finite: who asks learns from `check` what has gone wrong.
    return !flag.isVoid && read(flag, as: Int32.self) == 0
  }

  /// Brings what a kernel has found home. Numbers that there are not are no numbers to go on with: the program stops with the reason.
  private func read(_ memory: CardMemory, into target: UnsafeMutableRawBufferPointer) {
    do throws(CUDAError) { try context.download(memory, into: target) } catch {
      fatalError("The numbers of a tensor on \(device) cannot be read. \(error)")
    }
  }

  private func read<Value: BitwiseCopyable>(_ memory: CardMemory, as type: Value.Type) -> Value {
    withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { value in
      read(memory, into: UnsafeMutableRawBufferPointer(value))
      return value[0]
    }
  }
}

// MARK: - Launching

extension CUDABackend {
  /// What a kernel reads of a tensor.
  func input(_ tensor: Tensor) -> KernelArgument {
    guard let block = tensor.block, let memory = block.memory as? CardBlock else { Self.stray(tensor) }
    return .input(memory.memory, byteOffset: block.first * MemoryLayout<Float>.stride)
  }

  func input(_ tensor: Tensor?) -> KernelArgument { tensor.map { input($0) } ?? .null }

  /// The whole memory in which a weight lies.
  func input(_ weight: WeightMatrix) -> KernelArgument {
    guard let block = weight.block as? CardBlock else {
      fatalError("A weight of shape \(weight.shape) does not lie on \(device).")
    }
    return .input(block.memory)
  }

  /// What a kernel writes of a tensor.
  func output(_ tensor: inout Tensor) -> KernelArgument {
    guard let block = tensor.ownBlock(), let memory = block.memory as? CardBlock else { Self.stray(tensor) }
    return .output(memory.memory, byteOffset: block.first * MemoryLayout<Float>.stride)
  }

  private func memory(_ tensor: Tensor) -> CardMemory {
    guard let memory = tensor.block?.memory as? CardBlock else { Self.stray(tensor) }
    return memory.memory
  }

  private static func stray(_ tensor: Tensor) -> Never {
    fatalError("A tensor of shape \(tensor.shape) on \(tensor.device) was taken for one on a graphics card.")
  }

  /// Indices as a kernel reads them.
  private func uploaded(_ indices: [Int]) -> CardMemory {
    let memory = context.allocate(indices.count * 4)
    indices.map(Int32.init).withUnsafeBytes { context.upload($0, to: memory) }
    return memory
  }

  /// Launches a kernel that goes through so many elements, of which each block takes `each`.
  func run(_ kernel: CardKernels.Name, elements: Int, each: Int = 2048, _ arguments: [KernelArgument]) {
    run(kernel, blocks: min((elements + each - 1) / each, 16384), arguments)
  }

  func run(_ kernel: CardKernels.Name, blocks: Int, _ arguments: [KernelArgument]) { launch(kernel, (blocks, 1, 1), arguments) }

  func launch(
    _ kernel: CardKernels.Name, _ grid: (Int, Int, Int), threads: Int = 256, shared: Int = 0, _ arguments: [KernelArgument]
  ) {
    context.launch(kernels[kernel], grid: grid, block: threads, shared: shared, arguments)
  }
}

/// A card's memory that holds a tensor's or a weight's numbers.
final class CardBlock: DeviceBlock {
  let memory: CardMemory
  private let owner: CUDABackend

  init(_ memory: CardMemory, _ owner: CUDABackend) { (self.memory, self.owner) = (memory, owner) }

  var backend: any Backend { owner }
  var isVoid: Bool { memory.isVoid }

  func download(_ range: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws(DeviceError) {
    let offset = range.lowerBound * MemoryLayout<Float>.stride
    do throws(CUDAError) { try memory.context.download(memory, at: offset, into: UnsafeMutableRawBufferPointer(target)) } catch {
      throw DeviceError(error.description)
    }
  }
}

extension ErrorBounds {
  /// Of a card: those of the processor, which the conformance suite holds it to as well; but for sums that one number makes up. A tensor core cuts
  /// off what lies below 2⁻²³ of the largest term in each of the twelve steps over 64 products.
  fileprivate static let card = ErrorBounds([
    .arithmetic: 0x1p-23, .functions: 8e-7, .slopes: 3.5e-6, .rows: 5e-7, .softmax: 8e-7, .products: 6e-7,
    .wideProducts: 12 * 0x1p-23, .decoding: 6e-7, .tensorProducts: 6e-7, .attention: 8e-7,
  ])
}

extension Activation {
  /// As kernels name it.
  fileprivate var code: Int32 {
    switch self {
    case .gelu: 0
    case .geluTanh: 1
    case .silu: 2
    }
  }
}
