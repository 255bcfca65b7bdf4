import CKernels

/// A matrix of weights, `[rows, columns]`, used where it lies: in the memory of a mapped file in one of several formats, in a tensor, or on a
/// device.
///
/// Its numbers are widened to fp32 while they are used, exactly as the format says; arithmetic is fp32. So every product is, bit for bit,
/// that of the matrix's `tensor`, except that `decoded(by:)` sums bf16 in another order. Nothing of the size of the matrix is allocated.
package struct WeightMatrix: Sendable {
  package let rows: Int
  package let columns: Int
  package let format: Format
  /// Whether the rows lie in memory as columns.
  package let isTransposed: Bool
  /// The number at which the matrix begins, counted from `base`: it may lie within a block.
  package let first: Int
  /// How many numbers lie between the beginnings of two rows, as they lie in memory.
  package let stride: Int
  /// Where the first block lies; `owner` keeps it valid and unchanged, so that it may be read from any thread.
  private nonisolated(unsafe) let start: UnsafeRawPointer?
  private let owner: any Sendable
  /// The memory of a device in which the numbers lie; nil for the computer's own.
  package let block: (any DeviceBlock)?

  package var shape: [Int] { [rows, columns] }
  /// How many bytes one pass over the matrix reads.
  package var byteCount: Int { rows * columns / format.blockCount * format.blockBytes }

  /// Numbers in memory that somebody else owns: `owner` is kept as long as they are needed. A row is a whole number of blocks.
  package init(_ base: UnsafeRawPointer, _ format: Format, shape: [Int], owner: any Sendable) {
    require(shape[1].isMultiple(of: format.blockCount), "Rows of \(shape[1]) numbers are no whole blocks of \(format.rawValue).")
    self.init(
      base, nil, format, first: 0, rows: shape[0], columns: shape[1], stride: shape[1], isTransposed: false, owner: owner)
  }

  /// Numbers in the memory of a device.
  package init(_ block: any DeviceBlock, _ format: Format, shape: [Int]) {
    self.init(
      nil, block, format, first: 0, rows: shape[0], columns: shape[1], stride: shape[1], isTransposed: false, owner: block)
  }

  /// The numbers of a tensor `[rows, columns]`.
  package init(_ tensor: Tensor) {
    require(tensor.rank == 2, "A tensor of shape \(tensor.shape) is not a matrix.")
    let (base, block) = (tensor.block == nil ? UnsafeRawPointer(tensor.constantBase) : nil, tensor.block)
    self.init(
      base, block?.memory, .float32, first: block?.first ?? 0, rows: tensor.shape[0], columns: tensor.shape[1],
      stride: tensor.shape[1], isTransposed: false, owner: tensor)
  }

  private init(
    _ base: UnsafeRawPointer?, _ block: (any DeviceBlock)?, _ format: Format, first: Int, rows: Int, columns: Int, stride: Int,
    isTransposed: Bool, owner: any Sendable
  ) {
    (start, self.block, self.format, self.first, self.owner) = (base, block, format, first, owner)
    (self.rows, self.columns, self.stride, self.isTransposed) = (rows, columns, stride, isTransposed)
  }

  /// The matrix whose rows are these columns. No number is moved. `decoded(by:)` is slower by a matrix whose rows lie as columns.
  package var transposed: WeightMatrix {
    WeightMatrix(
      start, block, format, first: first, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed, owner: owner)
  }

  /// Some of the columns of every row. No number is copied.
  package func columns(_ range: Range<Int>) -> WeightMatrix {
    require(range.lowerBound >= 0 && range.upperBound <= columns, "The columns \(range) lie outside of \(shape).")
    return part(rows: rows, columns: range.count, from: range.lowerBound * (isTransposed ? stride : 1))
  }

  /// Some of the rows, one after the other. No number is copied.
  package func rows(_ range: Range<Int>) -> WeightMatrix {
    require(range.lowerBound >= 0 && range.upperBound <= rows, "The rows \(range) lie outside of \(shape).")
    return part(rows: range.count, columns: columns, from: range.lowerBound * (isTransposed ? 1 : stride))
  }

  private func part(rows: Int, columns: Int, from number: Int) -> WeightMatrix {
    WeightMatrix(
      start, block, format, first: first + number, rows: rows, columns: columns, stride: stride, isTransposed: isTransposed,
      owner: owner)
  }

  /// Some rows as fp32, in the given order: `[indices.count, columns]`.
  package func gathered(_ indices: some Collection<Int>) -> Tensor {
    for row in indices { require(row >= 0 && row < rows, "The row \(row) lies outside of \(shape).") }
    var result = backend.allocate([indices.count, columns])
    backend.gather(self, Array(indices), into: &result)
    return result
  }

  /// Who computes with the matrix.
  package var backend: any Backend { block?.backend ?? CPUBackend.shared }

  /// The same numbers where a backend computes.
  package func moved(to target: any Backend) -> WeightMatrix {
    if backend === target { return self }
    if block == nil { return target.upload(self) }
    let home = WeightMatrix(tensor.home())
    return target === CPUBackend.shared ? home : target.upload(home)
  }

  /// Where the numbers lie in the computer's memory.
  var base: UnsafeRawPointer {
    guard let start else { fatalError("The numbers of a weight on a device were taken for numbers in the computer's memory.") }
    return start
  }

  /// Whether bf16 holds each of its numbers exactly.
  package var isExactInHalf: Bool {
    if format == .bfloat16 { return true }
    var isExact = [Bool](repeating: false, count: rows)
    isExact.withUnsafeMutableBufferPointer { isExact in
      Parallel.overRows(rows, width: columns) { range in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { line in
          guard let base = line.baseAddress else { return }
          for row in range {
            widenRows([row], into: base)
            isExact[row] = line.allSatisfy { $0.bitPattern & 0xFFFF == 0 }
          }
        }
      }
    }
    return isExact.allSatisfy { $0 }
  }

  /// Gives the bytes of some rows, one behind the other, in fp32 or, if that is exact, in bf16.
  package func withRows(_ range: Range<Int>, as target: Format, _ body: (UnsafeRawBufferPointer) -> Void) {
    let count = range.count * columns
    if target == format, !isTransposed, stride == columns, format.blockCount == 1 {
      let start = base + (first + range.lowerBound * stride) * format.blockBytes
      return body(UnsafeRawBufferPointer(start: start, count: count * format.blockBytes))
    }
    var numbers = Tensor(uninitialized: [range.count, columns])
    let floats = numbers.sharedBase()
    Parallel.overRows(range.count, width: columns) { part in
      widenRows(part.map { range.lowerBound + $0 }, into: floats + part.lowerBound * columns)
    }
    guard target == .bfloat16 else {
      body(UnsafeRawBufferPointer(start: floats, count: count * MemoryLayout<Float>.stride))
      return withExtendedLifetime(numbers) {}
    }
    let halves = (0..<count).map { UInt16(truncatingIfNeeded: floats[$0].bitPattern >> 16) }
    halves.withUnsafeBytes(body)
    withExtendedLifetime(numbers) {}
  }

  /// Writes rows in fp32, one behind the other.
  package func widenRows(_ indices: [Int], into target: UnsafeMutablePointer<Float>) {
    if isTransposed { return gatherColumns(indices, into: target) }
    for (index, row) in indices.enumerated() { widenLine(row, into: target + index * columns) }
  }

  /// The same where a row lies as a column.
  private func gatherColumns(_ indices: [Int], into target: UnsafeMutablePointer<Float>) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows) { line in
      guard let base = line.baseAddress else { return }
      for column in 0..<columns {
        widenLine(column, into: base)
        for (index, row) in indices.enumerated() { target[index * columns + column] = base[row] }
      }
    }
  }

  /// Writes numbers that lie together: a row, or a column if rows lie as columns.
  private func widenLine(_ line: Int, into target: UnsafeMutablePointer<Float>) {
    ck_widen(base, format.kernel, first + line * stride, isTransposed ? rows : columns, target)
  }

  /// The whole matrix as fp32.
  package var tensor: Tensor { gathered(0..<rows) }

  /// Whether every number is finite: neither NaN nor infinite.
  package var isFinite: Bool {
    let (lines, width) = isTransposed ? (columns, rows) : (rows, columns)
    var bad = [Bool](repeating: false, count: lines)
    bad.withUnsafeMutableBufferPointer { bad in
      Parallel.overRows(lines, width: width) { range in
        for line in range { bad[line] = ck_part_is_finite(base, format.kernel, first + line * stride, width) == 0 }
      }
    }
    return !bad.contains(true)
  }

  /// The numbers where they lie, for as long as the matrix is kept.
  var view: MatrixView {
    let (rows, columns) = isTransposed ? (columns, rows) : (rows, columns)
    let view = MatrixView(base, format.kernel, first: first, rows: rows, columns: columns, stride: stride)
    return isTransposed ? view.transposed : view
  }
}

// MARK: - Products

extension Tensor {
  /// The product with a transposed matrix, as a linear layer without bias computes it: `[row, in]` and a weight `[out, in]` make
  /// `[row, out]`.
  ///
  /// Each row of the result is the same, bit for bit, whatever other rows are computed with it: so that what a session remembers of a
  /// prompt's beginning is what it would compute again.
  package func projected(by weight: WeightMatrix) -> Tensor { product(weight, .forward) }

  /// The product with a matrix as it stands, through which a gradient goes back: `[row, out]` and a weight `[out, in]` make `[row, in]`.
  package func projectedBack(by weight: WeightMatrix) -> Tensor { product(weight, .back) }

  /// The product with a transposed matrix for a few rows, as decoding needs it: at the speed at which the weights are read. Each row is
  /// the same whatever other rows are computed with it, but its last bits may differ from `projected(by:)`.
  package func decoded(by weight: WeightMatrix) -> Tensor { product(weight, .decoding) }

  /// Adds the product with a matrix as it stands.
  package mutating func addProjectedBack(_ gradient: Tensor, by weight: WeightMatrix) {
    require(
      gradient.shape[1] == weight.rows && shape == [gradient.shape[0], weight.columns],
      "\(gradient.shape) projected back by \(weight.shape) cannot be added to \(shape).")
    let backend = meeting(weight)
    if backend !== self.backend { self = moved(to: backend) }
    backend.multiply(gradient.moved(to: backend), weight.moved(to: backend), .back, adding: true, into: &self)
  }

  private func product(_ weight: WeightMatrix, _ kind: WeightProduct) -> Tensor {
    let (inner, outer) = kind == .back ? (weight.rows, weight.columns) : (weight.columns, weight.rows)
    require(
      rank == 2 && shape[1] == inner,
      "\(shape) cannot be projected \(kind == .back ? "back " : "")by a weight of shape \(weight.shape).")
    let backend = meeting(weight)
    var result = backend.allocate([shape[0], outer])
    backend.multiply(moved(to: backend), weight.moved(to: backend), kind, adding: false, into: &result)
    return result
  }

  /// Where a product with a weight is computed: on a device if either lies there.
  private func meeting(_ weight: WeightMatrix) -> any Backend { weight.block?.backend ?? backend }
}
