import Tensors

/// Rows of which most numbers are 0, by those that are not: features at positions.
struct SparseRows: Sendable {
  /// Where each row's numbers begin in `columns` and `values`; one more than there are rows.
  let starts: [Int]
  let columns: [Int32]
  let values: [Float]
  let width: Int

  var rowCount: Int { starts.count - 1 }

  /// - Parameters:
  ///   - dense: `[row, width]`.
  ///   - factors: one for each column, `[width]`.
  init(_ dense: Tensor, times factors: Tensor? = nil) {
    let width = dense.shape[1]
    var (starts, columns, values): ([Int], [Int32], [Float]) = ([0], [], [])
    let factors = factors?.elements
    dense.withUnsafeElements { numbers in
      for row in 0..<dense.shape[0] {
        for column in 0..<width where numbers[row * width + column] != 0 {
          columns.append(Int32(column))
          values.append(numbers[row * width + column] * (factors.map { $0[column] } ?? 1))
        }
        starts.append(columns.count)
      }
    }
    (self.starts, self.columns, self.values, self.width) = (starts, columns, values, width)
  }

  /// The numbers of a row that are not 0, with their columns.
  func entries(_ row: Int) -> some RandomAccessCollection<(column: Int, value: Float)> {
    (starts[row]..<starts[row + 1]).lazy.map { (column: Int(columns[$0]), value: values[$0]) }
  }

  /// The product with a matrix `[width, out]`. Only the rows of it are read that a number is multiplied with.
  func multiplied(by matrix: WeightMatrix) -> Tensor {
    var result = Tensor(repeating: 0, shape: [rowCount, matrix.columns])
    let out = matrix.columns
    result.withUnsafeMutableElements { result in
      nonisolated(unsafe) let result = result
      Parallel.overRows(rowCount, width: out * max(1, values.count / max(rowCount, 1))) { range in
        for row in range where starts[row] < starts[row + 1] {
          let chosen = matrix.gathered(columns[starts[row]..<starts[row + 1]].map(Int.init))
          chosen.withUnsafeElements { chosen in
            let target = UnsafeMutableBufferPointer(rebasing: result[row * out..<(row + 1) * out])
            for index in 0..<starts[row + 1] - starts[row] {
              let (value, source) = (values[starts[row] + index], index * out)
              for i in 0..<out { target[i] += value * chosen[source + i] }
            }
          }
        }
      }
    }
    return result
  }
}
