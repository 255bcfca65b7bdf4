/// A part of a tensor along its first two axes: some of the positions, and perhaps one head.
package struct TensorPart: Sendable {
  /// What is taken of an axis. An index makes the axis disappear.
  package enum Along: Sendable {
    case all
    case range(Range<Int>)
    case index(Int)

    func range(of length: Int) -> Range<Int> {
      switch self {
      case .all: 0..<length
      case .range(let range): range
      case .index(let index): index..<index + 1
      }
    }
  }

  let first: Along
  let second: Along

  package init(first: Along, second: Along) { (self.first, self.second) = (first, second) }

  /// The shape of the part.
  package func shape(in tensor: Tensor) -> [Int] {
    zip([first, second], tensor.shape).compactMap { along, length in
      if case .index = along { nil } else { along.range(of: length).count }
    } + tensor.shape.dropFirst(2)
  }

  /// Whether it is all of the tensor.
  package func isWhole(in tensor: Tensor) -> Bool { shape(in: tensor) == tensor.shape }

  /// The indices of the part's numbers in memory, in order, as runs that lie together.
  func runs(in shape: [Int]) -> [Range<Int>] {
    let inner = shape.dropFirst(2).reduce(1, *)
    let length = shape.count > 1 ? shape[1] : 1
    let columns = shape.count > 1 ? second.range(of: length) : 0..<1
    return first.range(of: shape[0]).map { row in
      (row * length + columns.lowerBound) * inner..<(row * length + columns.upperBound) * inner
    }
  }
}

extension Tensor {
  /// The numbers of a part.
  package func part(_ part: TensorPart) -> Tensor {
    var result = Tensor(uninitialized: part.shape(in: self))
    withUnsafeElements { source in
      result.withUnsafeMutableElements { target in
        var next = 0
        for run in part.runs(in: shape) {
          for i in run { (target[next], next) = (source[i], next + 1) }
        }
      }
    }
    return result
  }

  /// Puts other numbers into a part; `values` has the part's shape.
  package mutating func replace(_ part: TensorPart, with values: Tensor) {
    let runs = part.runs(in: shape)
    require(
      values.count == runs.reduce(0) { $0 + $1.count }, "\(values.shape) does not fill a part of shape \(part.shape(in: self)).")
    withUnsafeMutableElements { target in
      values.withUnsafeElements { source in
        var next = 0
        for run in runs {
          for i in run { (target[i], next) = (source[next], next + 1) }
        }
      }
    }
  }
}
