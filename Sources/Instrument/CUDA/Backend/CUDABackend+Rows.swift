import Tensors

extension CUDABackend {
  package func normalize(_ x: Tensor, epsilon: Float, into y: inout Tensor, scale: inout Tensor) {
    let (rows, width) = (x.shape[0], x.shape[1])
    run(
      .rms_normalize, blocks: blocks(rows, width),
      [input(x), output(&y), output(&scale), .long(rows), .long(width), .float(epsilon)])
  }

  package func divideRows(_ x: Tensor, by scale: Tensor, into y: inout Tensor) {
    run(.divide_rows, elements: x.count, each: 1024, [input(x), input(scale), output(&y)] + size(x))
  }

  package func scaleColumns(_ x: Tensor, by factors: Tensor, into y: inout Tensor) {
    run(.scale_columns, elements: x.count, each: 1024, [input(x), input(factors), output(&y)] + size(x))
  }

  package func centerRows(_ x: Tensor, into y: inout Tensor) {
    run(.center_rows, blocks: blocks(x.shape[0], x.shape[1]), [input(x), output(&y)] + size(x))
  }

  package func addToRows(_ bias: Tensor, to y: inout Tensor) {
    let size = size(y)
    run(.add_to_rows, elements: y.count, each: 1024, [input(bias), output(&y)] + size)
  }

  package func rotate(_ x: Tensor, cosine: Tensor, sine: Tensor, into y: inout Tensor) {
    run(
      .rotate_halves, elements: x.count, each: 1024,
      [
        input(x), input(cosine), input(sine), output(&y), .long(x.shape[0]), .long(x.shape[1]), .long(x.shape[2]),
        .long(2 * cosine.shape[1]),
      ])
  }

  package func scaleGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, into y: inout Tensor) {
    run(
      .rms_scale_gradient, blocks: blocks(x.shape[0], x.shape[1]),
      [input(x), input(scale), input(gradient), output(&y)] + size(x))
  }

  package func normGradient(_ gradient: Tensor, x: Tensor, scale: Tensor, scaleGradient: Tensor, into y: inout Tensor) {
    run(
      .rms_input_gradient, elements: x.count, each: 1024,
      [input(x), input(scale), input(gradient), input(scaleGradient), output(&y)] + size(x))
  }

  package func softmax(_ y: inout Tensor, seeing columns: VisibleColumns) {
    let shape = Squares(y)
    run(
      .causal_softmax, blocks: blocks(shape.squares * shape.rows, shape.width),
      [output(&y)] + shape.arguments + [.long(columns.first), .long(columns.window)])
  }

  package func softmax(_ y: inout Tensor) {
    let shape = Squares(y)
    let rows = shape.squares * shape.rows
    run(.masked_softmax, blocks: blocks(rows, shape.width), [output(&y), .long(rows), .long(shape.width)])
  }

  package func softmaxGradient(_ gradient: inout Tensor, pattern: Tensor) {
    softmaxGradient(&gradient, pattern: pattern, seeing: VisibleColumns(first: Squares(gradient).width))
  }

  /// The gradient over what rows see; elsewhere it becomes 0, whatever stands there.
  func softmaxGradient(_ gradient: inout Tensor, pattern: Tensor, seeing columns: VisibleColumns) {
    let shape = Squares(gradient)
    run(
      .softmax_gradient, blocks: blocks(shape.squares * shape.rows, shape.width),
      [input(pattern), output(&gradient)] + shape.arguments + [.long(columns.first), .long(columns.window)])
  }

  package func setUnseen(_ y: inout Tensor, to value: Float, seeing columns: VisibleColumns, where pattern: Tensor?) {
    let (count, mask) = (y.count, Squares(y).arguments + [.long(columns.first), .long(columns.window)])
    if let pattern {
      run(.clear_unseen, elements: count, each: 1024, [output(&y), input(pattern)] + mask)
      return
    }
    run(.mask_unseen, elements: count, each: 1024, [output(&y)] + mask + [.float(value)])
  }

  /// Matrices `[rows, width]` one behind the other.
  private struct Squares {
    let squares, rows, width: Int

    init(_ tensor: Tensor) {
      (rows, width) = (tensor.shape[tensor.rank - 2], tensor.shape[tensor.rank - 1])
      squares = tensor.shape.dropLast(2).reduce(1, *)
    }

    var arguments: [KernelArgument] { [.long(squares), .long(rows), .long(width)] }
  }

  /// The rows and the width of a matrix.
  private func size(_ matrix: Tensor) -> [KernelArgument] { [.long(matrix.shape[0]), .long(matrix.shape[1])] }

  /// How many blocks go through rows: a warp takes a short one, a block a long one.
  private func blocks(_ rows: Int, _ width: Int) -> Int { min(width <= 512 ? (rows + 7) / 8 : rows, 16384) }
}
