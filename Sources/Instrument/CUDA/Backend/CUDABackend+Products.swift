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
    guard weight.format == .bfloat16, isAligned(x), weight.first % 8 == 0, weight.stride % 8 == 0 else {
      return multiplyAnywhere(x, weight, isAlong: isAlong, adding: adding, into: &y)
    }
    if kind == .decoding, isAlong { return decode(x, weight, adding: adding, into: &y) }
    multiplyHalf(x, weight, isAlong: isAlong, adding: adding, into: &y)
  }

  private func isAligned(_ x: Tensor) -> Bool { x.shape[1] % 4 == 0 && (x.block?.first ?? 0) % 4 == 0 }

  /// Where the weight begins, for a kernel of bf16.
  private func halves(_ weight: WeightMatrix) -> KernelArgument {
    guard case .input(let memory, _) = input(weight) else { return .null }
    return .input(memory, byteOffset: weight.first * 2)
  }

  /// In plain fp32, wherever the numbers lie.
  private func multiplyAnywhere(_ x: Tensor, _ weight: WeightMatrix, isAlong: Bool, adding: Bool, into y: inout Tensor) {
    let isHalf = weight.format == .bfloat16
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

extension CUDABackend {
  /// Sums over more than so many numbers are taken in segments, which are added up in their order.
  private static let segment = 2048

  /// With weights in bf16 on the tensor cores: each number of x is split into three of bf16, whose products are exact.
  private func multiplyHalf(_ x: Tensor, _ weight: WeightMatrix, isAlong: Bool, adding: Bool, into y: inout Tensor) {
    fatalError()
  }

  /// For a few rows, at the speed at which the weight is read.
  private func decode(_ x: Tensor, _ weight: WeightMatrix, adding: Bool, into y: inout Tensor) {
    fatalError()
  }
}
