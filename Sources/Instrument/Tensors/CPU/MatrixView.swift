import CKernels

/// A matrix that lies among other numbers: `rows` rows of `columns` numbers each, whose beginnings lie `stride` numbers apart.
///
/// A head's queries lie so among the queries of all heads: no copy is needed to multiply them. A view does not keep the memory that it
/// looks at; who makes it sees to that until the product is done.
struct MatrixView {
  private let base: UnsafeRawPointer
  private let format: ck_format
  /// The number at which the matrix begins, counted from `base`.
  private let first: Int
  private let rows, columns, stride: Int
  private var isTransposed = false

  init(_ base: UnsafeRawPointer, _ format: ck_format, first: Int, rows: Int, columns: Int, stride: Int) {
    (self.base, self.format, self.first) = (base, format, first)
    (self.rows, self.columns, self.stride) = (rows, columns, stride)
  }

  /// A view of numbers in fp32.
  init(_ base: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) {
    self.init(UnsafeRawPointer(base), ck_float32, first: 0, rows: rows, columns: columns, stride: stride)
  }

  /// The view whose rows are these columns.
  var transposed: MatrixView {
    var view = self
    view.isTransposed.toggle()
    return view
  }

  /// The shape, after transposition.
  private var shape: (rows: Int, columns: Int) { isTransposed ? (columns, rows) : (rows, columns) }

  /// Computes `factor · self · right`, or adds it to what the result holds. The work is divided among the cores; how it is divided changes no
  /// bit, and each row of the result is the same whatever other rows are computed with it.
  /// - Parameters:
  ///   - right: May be in any format; `self` is in fp32.
  ///   - result: Where the product's rows are written, `stride` numbers apart.
  func multiply(
    _ right: MatrixView, into result: UnsafeMutablePointer<Float>, stride resultStride: Int, factor: Float = 1,
    adding: Bool = false
  ) {
    require(
      shape.columns == right.shape.rows && format == ck_float32 && first == 0,
      "[\(shape.rows), \(shape.columns)] times [\(right.shape.rows), \(right.shape.columns)] is no matrix product in fp32.")
    var product = ck_product(
      rows: shape.rows, columns: right.shape.columns, inner: shape.columns, left: base.assumingMemoryBound(to: Float.self),
      left_stride: stride, left_transposed: isTransposed, right: right.base, format: right.format, right_first: right.first,
      right_stride: right.stride, right_transposed: right.isTransposed, result: result, result_stride: resultStride,
      factor: factor, adding: adding)
    withUnsafePointer(to: &product) { product in
      let tasks = ck_product_tasks(product, Parallel.threads)
      Parallel.perform(tasks) { ck_product_task(product, $0, tasks) }
    }
  }
}

extension Tensor {
  /// The numbers of a matrix, for as long as the tensor is kept.
  var view: MatrixView {
    require(rank == 2, "A tensor of shape \(shape) is not a matrix.")
    return MatrixView(constantBase, rows: shape[0], columns: shape[1], stride: shape[1])
  }
}
