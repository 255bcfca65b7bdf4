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

  /// Where the part's numbers lie in a tensor of this shape, as rows of numbers that lie together.
  func places(in shape: [Int]) -> (first: Int, count: Int, length: Int, stride: Int) {
    let inner = shape.dropFirst(2).reduce(1, *)
    let length = shape.count > 1 ? shape[1] : 1
    let (rows, columns) = (first.range(of: shape[0]), shape.count > 1 ? second.range(of: length) : 0..<1)
    return ((rows.lowerBound * length + columns.lowerBound) * inner, rows.count, columns.count * inner, length * inner)
  }
}

extension Tensor {
  /// The numbers of a part.
  package func part(_ part: TensorPart) -> Tensor {
    let places = part.places(in: shape)
    var result = backend.allocate(part.shape(in: self))
    backend.copy(
      self, into: &result,
      .rows(places.count, of: places.length, from: places.first, every: places.stride, to: 0, every: places.length))
    return result
  }

  /// Puts other numbers into a part; `values` has the part's shape.
  package mutating func replace(_ part: TensorPart, with values: Tensor) {
    let places = part.places(in: shape)
    require(
      values.count == places.count * places.length, "\(values.shape) does not fill a part of shape \(part.shape(in: self)).")
    let backend = Tensor.meeting(self, values)
    if backend !== self.backend { self = moved(to: backend) }
    backend.copy(
      values.moved(to: backend), into: &self,
      .rows(places.count, of: places.length, from: 0, every: places.length, to: places.first, every: places.stride))
  }

  /// Puts other numbers in place of the rows from one on.
  package mutating func replaceRows(from row: Int, with values: Tensor) {
    replace(TensorPart(first: .range(row..<row + values.shape[0]), second: .all), with: values)
  }
}
