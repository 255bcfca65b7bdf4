import Checkpoints
import Machine
import Tensors

/// Puts a stack together, part by part, in memory that is taken once.
struct StackBuilder {
  private(set) var labels: [String] = []
  var values: Tensor

  /// A stack at the positions that a cache holds.
  /// - Parameters:
  ///   - width: of each part; that of the residual stream if nil.
  ///   - advice: what takes the memory, and what would take less.
  /// - Throws: `captureTooLarge` if so many parts do not fit into memory.
  init(_ cache: ActivationCache, parts: Int, width: Int? = nil, advice: String) throws(ModelError) {
    let shape = [parts, cache.positionCount, width ?? cache.model.config.width]
    let bytes = shape.reduce(MemoryLayout<Float>.stride, *)
    // Small stacks are not worth asking the system.
    if bytes > 64 << 20, case let available = SystemMemory.available, bytes > available {
      throw .captureTooLarge(bytes: bytes, available: available, tokens: shape[1], largest: advice)
    }
    values = Tensor(uninitialized: shape)
    labels.reserveCapacity(parts)
  }

  /// Adds a part, `[position, width]`.
  mutating func append(_ label: String, _ part: Tensor) { append([label], part) }

  /// Adds parts that lie behind each other: `[part, position, width]`.
  mutating func append(_ labels: [String], _ parts: Tensor) {
    let start = self.labels.count * values.shape[1] * values.shape[2]
    require(
      parts.count == labels.count * values.shape[1] * values.shape[2] && start + parts.count <= values.count,
      "\(parts.shape) is not \(labels.count) parts of a stack \(values.shape).")
    values.withUnsafeMutableElements { target in
      parts.withUnsafeElements { source in
        _ = UnsafeMutableBufferPointer(rebasing: target[start..<start + source.count]).update(fromContentsOf: source)
      }
    }
    self.labels += labels
  }

  /// Adds what neurons write: part `i` at a position is its activation there, `[position, neuron]`, times its row of `weights`,
  /// `[neuron, width]`.
  mutating func append(_ labels: [String], activations: Tensor, weights: Tensor) {
    let (positions, width) = (values.shape[1], values.shape[2])
    let (neurons, first) = (labels.count, self.labels.count * positions * width)
    require(
      activations.shape == [positions, neurons] && weights.shape == [neurons, width]
        && first + neurons * positions * width <= values.count,
      "\(activations.shape) and \(weights.shape) are not \(neurons) parts of a stack \(values.shape).")
    values.withUnsafeMutableElements { values in
      activations.withUnsafeElements { activations in
        weights.withUnsafeElements { weights in
          guard let weights = weights.baseAddress, let target = values.baseAddress.map({ $0 + first }) else { return }
          for row in 0..<neurons * positions {
            let (neuron, position) = (row / positions, row % positions)
            let (activation, source, out) = (
              activations[position * neurons + neuron], weights + neuron * width, target + row * width
            )
            for i in 0..<width { out[i] = activation * source[i] }
          }
        }
      }
    }
    self.labels += labels
  }

  /// Adds what a stream holds besides the parts so far.
  mutating func appendRemainder(of stream: Tensor) {
    append("remainder", stream - values[..<labels.count].sumOfParts())
  }
}

extension ActivationCache {
  /// How many positions were captured; the same at every hook point.
  var positionCount: Int {
    guard let point = points.first, let activation = try? self[point] else { return 0 }
    return activation.shape[point.component.isSquare ? 1 : 0]
  }

  /// The stack that was built, with the norm of its reader applied if it is wanted.
  func stack(_ builder: inout StackBuilder, for reader: ResidualReader, normalized: Bool) throws(ModelError) -> ResidualStack {
    if normalized { try normalize(&builder.values, reader.norm) }
    return ResidualStack(builder.labels, builder.values, norm: normalized ? reader.norm : nil)
  }
}
