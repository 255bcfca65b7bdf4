import Checkpoints
import Tensors

/// Where a weight lies in a checkpoint: in which tensor, and how.
package struct StoredWeight: Hashable, Sendable {
  /// The tensor's name, `model.layers.3.self_attn.q_proj.weight`.
  package let tensor: String
  package let place: Place

  package enum Place: Hashable, Sendable {
    /// It is the tensor.
    case whole
    /// The tensor is a matrix `[in, count]`, of which these columns are it, transposed.
    case columns(Range<Int>, count: Int)
    /// It is these rows of a tensor of `count` rows, or elements of a vector, in their order.
    case rows([Range<Int>], count: Int)
  }

  package init(_ tensor: String, _ place: Place = .whole) { (self.tensor, self.place) = (tensor, place) }

  /// A tensor of a checkpoint, put together from the weights that lie in it; the way back from `StoredWeights`.
  static func assembled(_ parts: [(place: Place, weight: Tensor)]) -> Tensor {
    guard let first = parts.first, first.place != .whole else { return parts.first?.weight ?? Tensor([]) }
    var whole = Tensor([])
    for (place, weight) in parts {
      switch place {
      case .whole: whole = weight
      case .columns(let columns, let count):
        if weight.rank == 1 {
          if whole.count == 0 { whole = Tensor(repeating: 0, shape: [count]) }
          whole.replace(TensorPart(first: .range(columns), second: .all), with: weight)
        } else {
          if whole.count == 0 { whole = Tensor(repeating: 0, shape: [weight.shape[1], count]) }
          whole.replace(TensorPart(first: .all, second: .range(columns)), with: weight.transposed())
        }
      case .rows(let ranges, let count):
        if whole.count == 0 { whole = Tensor(repeating: 0, shape: [count] + weight.shape.dropFirst()) }
        var next = 0
        for range in ranges {
          whole.replace(TensorPart(first: .range(range), second: .all), with: weight[next..<next + range.count])
          next += range.count
        }
      }
    }
    return whole
  }
}

/// Where weights come from: a checkpoint's files, or memory.
package protocol WeightSource {
  func matrix(_ name: WeightName, shape: [Int]) throws(ModelError) -> WeightMatrix
  func vector(_ name: WeightName, count: Int) throws(ModelError) -> Tensor
}

/// The weights of a checkpoint, under the names of the model's family.
package struct StoredWeights: WeightSource {
  package let checkpoint: Checkpoint
  package let configuration: ModelConfiguration
  private let layout: TensorLayout

  package init(_ checkpoint: Checkpoint, _ configuration: ModelConfiguration) {
    (self.checkpoint, self.configuration) = (checkpoint, configuration)
    layout = checkpoint.layout(configuration)
  }

  /// Where a weight lies in this checkpoint.
  private func stored(_ name: WeightName) -> StoredWeight {
    let stored = configuration.stored(name)
    return StoredWeight(layout.name(stored.tensor), stored.place)
  }

  package func matrix(_ name: WeightName, shape: [Int]) throws(ModelError) -> WeightMatrix {
    let stored = stored(name)
    switch stored.place {
    case .whole: return try checkpoint.matrix(stored.tensor, shape: shape)
    case .columns(let columns, let count):
      let whole = try checkpoint.matrix(stored.tensor, shape: [shape[1], count])
      return WeightMatrix(whole.columns(columns).tensor.transposed())
    case .rows(let rows, let count):
      let whole = try checkpoint.matrix(stored.tensor, shape: [count, shape[1]])
      return WeightMatrix(whole.gathered(rows.flatMap(Array.init)))
    }
  }

  package func vector(_ name: WeightName, count: Int) throws(ModelError) -> Tensor {
    let stored = stored(name)
    switch stored.place {
    case .whole: return try checkpoint.vector(stored.tensor, count: count)
    case .columns(let range, let whole):
      return try checkpoint.vector(stored.tensor, count: whole)[range]
    case .rows(let ranges, let whole):
      let vector = try checkpoint.vector(stored.tensor, count: whole)
      return Tensor.joined(ranges.map { vector[$0] })
    }
  }
}
