/// A product of matrices as the kernel of plain fp32 takes it: `C[b][m][n] (+)= factor · Σ_k A[b][m][k] · B[b / group][k][n]`, wherever the
/// numbers lie.
struct CardProduct {
  /// Where a matrix lies: its memory, and by how many numbers its neighbours lie apart, from matrix to matrix, down and across.
  struct Place {
    let memory: KernelArgument
    var batch = 0
    let down: Int
    let across: Int

    /// The matrices from a row on.
    func from(_ row: Int) -> Place {
      Place(memory: memory.advanced(by: row * down), batch: batch, down: down, across: across)
    }
  }

  /// Of which sums something is left out, since it would be 0 or nobody looks at it. A query m sees the keys before `visible + m`, of them the
  /// last `window`.
  enum Hidden: Int32 {
    case nothing
    /// m is a query and n a key: what is not seen is left as it is.
    case results
    /// m is a query and k a key.
    case keys
    /// m is a key and k a query.
    case queries
  }

  var batches = 1
  /// How many matrices in a row are multiplied with the same B.
  var group = 1
  private(set) var rows: Int
  let columns, inner: Int
  private(set) var left: Place
  let right: Place
  private(set) var result: Place
  var factor: Float = 1
  var adding = false
  var hidden = Hidden.nothing
  var visible = 0
  var window = Int.max
  /// How many of the inner length come before the first that counts: sums are taken in chunks of 64, which begin there, so that a sum which
  /// begins later is the same as one over 0 before it.
  var phase = 0

  init(
    batches: Int = 1, group: Int = 1, rows: Int, columns: Int, inner: Int, left: Place, right: Place, result: Place,
    adding: Bool = false
  ) {
    (self.batches, self.group, self.rows, self.columns, self.inner) = (batches, group, rows, columns, inner)
    (self.left, self.right, self.result, self.adding) = (left, right, result, adding)
  }

  /// Some of the rows, where nothing is left out.
  func some(_ range: Range<Int>) -> CardProduct {
    var part = self
    (part.rows, part.left, part.result) = (range.count, left.from(range.lowerBound), result.from(range.lowerBound))
    return part
  }
}

extension CUDABackend {
  /// More rows than that are taken in several launches, where nothing of a product is left out.
  private static let mostRows = 1 << 21

  /// - Parameter isHalf: whether B is in bf16.
  func launch(_ product: CardProduct, isHalf: Bool = false) {
    guard product.rows > 0, product.columns > 0, product.batches > 0 else { return }
    // A grid is at most 65535 blocks high.
    if product.rows > Self.mostRows, product.hidden == .nothing {
      for first in stride(from: 0, to: product.rows, by: Self.mostRows) {
        launch(product.some(first..<min(first + Self.mostRows, product.rows)), isHalf: isHalf)
      }
      return
    }
    let isLarge = product.rows > 64 && product.columns > 64 && product.rows * product.columns * product.batches >= 1 << 20
    let tile = isLarge ? 128 : 64
    let grid = ((product.columns + tile - 1) / tile, (product.rows + tile - 1) / tile, product.batches)
    let kernel: CardKernels.Name =
      switch (isHalf, isLarge) {
      case (false, true): .product_f32_128
      case (false, false): .product_f32_64
      case (true, true): .product_any_128
      case (true, false): .product_any_64
      }
    launch(
      kernel, grid,
      [
        product.left.memory, .long(product.left.batch), .long(product.left.down), .long(product.left.across),
        product.right.memory, .long(product.right.batch), .long(product.right.down), .long(product.right.across),
        .int(Int32(product.group)), product.result.memory, .long(product.result.batch), .long(product.result.down),
        .int(Int32(product.rows)), .int(Int32(product.columns)), .int(Int32(product.inner)), .float(product.factor),
        .int(product.adding ? 1 : 0), .int(product.hidden.rawValue), .int(Int32(product.visible)),
        .int(product.window == .max ? 0 : Int32(clamping: product.window)), .int(Int32(product.phase)),
      ])
  }
}
