import Tensors

extension CUDABackend {
  /// Weights lie on a card in bf16 if that holds each of their numbers exactly, or else in fp32.
  package func upload(_ weight: WeightMatrix) -> WeightMatrix {
    let format: WeightMatrix.Format = weight.isExactInHalf ? .bfloat16 : .float32
    let width = weight.columns * format.blockBytes
    let memory = context.allocate(weight.rows * width)
    // Some rows at a time, so that a large matrix needs no second copy in the computer's memory.
    let step = max(1, (64 << 20) / max(width, 1))
    for first in stride(from: 0, to: weight.rows, by: step) {
      let rows = first..<min(first + step, weight.rows)
      weight.withRows(rows, as: format) { context.upload($0, to: memory, at: first * width) }
    }
    return WeightMatrix(CardBlock(memory, self), format, shape: weight.shape)
  }

  package func multiply(_ x: Tensor, _ weight: WeightMatrix, _ kind: WeightProduct, adding: Bool, into y: inout Tensor) {
    // Whether the rows of the weight in memory lie along the sum.
    let isAlong = (kind == .back) == weight.isTransposed
    let before = weight.first % 8
    // The shapes alone choose the kernel: where the rows happen to lie must change no bit.
    guard weight.format == .bfloat16, x.shape[1] % 4 == 0, weight.stride % 8 == 0, before == 0 || !isAlong else {
      return multiplyAnywhere(x, weight, isAlong: isAlong, adding: adding, into: &y)
    }
    let x = isAligned(x) ? x : x.compacted()
    guard before > 0 else { return multiplyHalf(x, weight, isAlong: isAlong, adding: adding, into: &y) }
    // Columns that begin between two of the places at which the kernels may begin: with those before them, which are left out again.
    let (rows, columns) = (y.shape[0], y.shape[1])
    var wide = allocate([rows, before + columns])
    multiplyHalf(x, weight, isAlong: isAlong, from: -before, adding: false, into: &wide)
    let places = CopyPlaces.rows(rows, of: columns, from: before, every: before + columns, to: 0, every: columns)
    guard adding else { return copy(wide, into: &y, places) }
    var own = allocate([rows, columns])
    copy(wide, into: &own, places)
    add(own, times: 1, to: &y)
  }

  private func isAligned(_ x: Tensor) -> Bool { x.shape[1] % 4 == 0 && (x.block?.first ?? 0) % 4 == 0 }

  /// Where the weight begins, or some numbers further, for a kernel of bf16.
  private func halves(_ weight: WeightMatrix, from number: Int = 0) -> KernelArgument {
    guard case .input(let memory, _) = input(weight) else { return .null }
    return .input(memory, byteOffset: (weight.first + number) * 2)
  }

  /// In plain fp32, wherever the numbers lie.
  private func multiplyAnywhere(_ x: Tensor, _ weight: WeightMatrix, isAlong: Bool, adding: Bool, into y: inout Tensor) {
    let isHalf = weight.format == .bfloat16
    if !isHalf, isAlong, x.shape[0] <= 16, isAligned(x), weight.first % 4 == 0, weight.stride % 4 == 0 {
      return multiplyFew(x, weight, adding: adding, into: &y)
    }
    launch(
      CardProduct(
        rows: x.shape[0], columns: y.shape[1], inner: x.shape[1],
        left: .init(memory: input(x), down: x.shape[1], across: 1),
        right: .init(
          memory: isHalf ? halves(weight) : input(weight).advanced(by: weight.first), down: isAlong ? 1 : weight.stride,
          across: isAlong ? weight.stride : 1),
        result: .init(memory: output(&y), down: y.shape[1], across: 1), adding: adding),
      isHalf: isHalf)
  }

  /// A few rows with weights in fp32, at the speed at which the weights are read, with the bits of `CardProduct`.
  private func multiplyFew(_ x: Tensor, _ weight: WeightMatrix, adding: Bool, into y: inout Tensor) {
    let (rows, columns) = (x.shape[0], y.shape[1])
    guard rows > 0, columns > 0 else { return }
    let few = FewRows(rows: rows, columns: columns, segments: 1, on: context.card)
    launch(
      .gemv_f32, few.grid, threads: 256, shared: few.shared,
      [
        input(x), .long(x.shape[1]), input(weight).advanced(by: weight.first), .long(weight.stride), output(&y), .long(columns),
        .int(Int32(rows)), .int(Int32(columns)), .int(Int32(x.shape[1])), .int(adding ? 1 : 0), .int(Int32(few.stages)),
      ])
  }

  package func multiply(_ x: Tensor, _ right: Tensor, transposingRight: Bool, into y: inout Tensor) {
    launch(
      CardProduct(
        rows: x.shape[0], columns: y.shape[1], inner: x.shape[1],
        left: .init(memory: input(x), down: x.shape[1], across: 1),
        right: .init(
          memory: input(right), down: transposingRight ? 1 : right.shape[1], across: transposingRight ? right.shape[1] : 1),
        result: .init(memory: output(&y), down: y.shape[1], across: 1)))
  }
}

// MARK: - Tensor cores

/// Each number of x is split into three of bf16, whose products with bf16 are exact. All kernels give the same bits, so that which one is launched
/// depends on what is fast.
extension CUDABackend {
  /// Sums over more than so many numbers are taken in segments, which are added up in their order.
  private static let segment = 2048

  /// The product with weights in bf16.
  /// - Parameters:
  ///   - isAlong: whether the rows of the weight in memory lie along the sum.
  ///   - number: how many numbers behind the weight's first one the product begins.
  private func multiplyHalf(
    _ x: Tensor, _ weight: WeightMatrix, isAlong: Bool, from number: Int = 0, adding: Bool, into y: inout Tensor
  ) {
    let (rows, inner, columns) = (x.shape[0], x.shape[1], y.shape[1])
    guard rows > 0, columns > 0 else { return }
    let segments = max(1, (inner + Self.segment - 1) / Self.segment)
    let tile = HalfTile(rows: rows, columns: columns, segments: segments, isAlong: isAlong, on: self)
    let sizes: [KernelArgument] = [.int(Int32(rows)), .int(Int32(columns)), .int(Int32(inner)), .int(Int32(Self.segment))]
    let factors: [KernelArgument] = [input(x), .long(inner), halves(weight, from: number), .long(weight.stride)]
    guard segments > 1 else {
      return launch(
        tile, factors + [output(&y), .long(columns)] + sizes + [.int(adding ? 1 : 0)])
    }
    let parts = context.allocate(segments * rows * columns * MemoryLayout<Float>.stride)
    launch(tile, factors + [.output(parts), .long(columns)] + sizes + [.int(0)])
    run(
      .reduce, elements: rows * columns, each: 1024,
      [
        .input(parts), output(&y), .int(Int32(rows)), .int(Int32(columns)), .long(columns), .int(Int32(segments)),
        .int(adding ? 1 : 0),
      ])
  }

  private func launch(_ tile: HalfTile, _ arguments: [KernelArgument]) {
    launch(
      tile.kernel, tile.grid, threads: tile.threads, shared: tile.shared,
      tile.stages.map { arguments + [.int(Int32($0))] } ?? arguments)
  }

  /// The kernel for a product, and how it is launched.
  private struct HalfTile {
    let kernel: CardKernels.Name
    let grid: (Int, Int, Int)
    let threads: Int
    let shared: Int
    var stages: Int?

    init(rows: Int, columns: Int, segments: Int, isAlong: Bool, on backend: CUDABackend) {
      func tiles(_ height: Int, _ width: Int) -> (Int, Int, Int) {
        ((rows + height - 1) / height * ((columns + width - 1) / width), segments, 1)
      }
      let (card, isHopper) = (backend.context.card, backend.kernels.hasWarpgroups)
      if isAlong, rows <= 16 {
        let few = FewRows(rows: rows, columns: columns, segments: segments, on: card)
        (kernel, grid, threads, shared, stages) = (.gemv_bf16, few.grid, 512, few.shared, few.stages)
        return
      }
      // Few large tiles leave multiprocessors without work.
      let large = tiles(128, isHopper ? 192 : 128)
      let isSmall = 2 * large.0 * segments < card.multiprocessors
      switch (isHopper, isSmall) {
      case (true, false):
        (kernel, grid, threads, shared) = (
          isAlong ? .product_bf16_nt_192 : .product_bf16_nn_192, tiles(128, 192), 384, 230_528
        )
      case (true, true):
        (kernel, grid, threads, shared) = (
          isAlong ? .product_bf16_nt_64 : .product_bf16_nn_64, tiles(128, 64), 384, 164_992
        )
      case (false, false):
        (kernel, grid, threads, shared) = (isAlong ? .product_bf16_nt : .product_bf16_nn, tiles(128, 128), 256, 98_304)
      case (false, true):
        (kernel, grid, threads, shared) = (
          isAlong ? .product_bf16_nt_small : .product_bf16_nn_small, tiles(64, 64), 128, 49_152
        )
      }
    }
  }
}

/// How the kernels for few rows are launched: so many blocks that each multiprocessor has one, which streams weights through as much shared memory
/// as it may have.
private struct FewRows {
  let grid: (Int, Int, Int)
  let shared: Int
  let stages: Int

  init(rows: Int, columns: Int, segments: Int, on card: Card) {
    stages = min(4, max(2, (card.sharedMemoryPerBlock - 32_768) / 32_768))
    shared = 32_768 * (stages + 1)
    let layers = (rows + 7) / 8
    grid = (min((columns + 15) / 16, max(1, card.multiprocessors / (segments * layers))), segments, layers)
  }
}
