import Checkpoints
import Tensors

/// The activations that a run kept, by hook point.
///
/// ```swift
/// let cache = try model.run(prompt, capturing: .components([.query])).cache
/// try cache[.query(layer: 3)]                    // [position, head, width of a head]
/// try cache["blocks.3.attn.hook_q"]              // the same
/// ```
public struct ActivationCache: Sendable {
  private let activations: [HookPoint: Tensor]
  /// The model whose activations they are.
  public let model: LanguageModel
  /// The positions of the text that were kept: the first row of every activation is that of the first of them.
  public let positions: Range<Int>

  init(_ recorder: ActivationRecorder, _ model: LanguageModel) {
    (activations, positions, self.model) = (recorder.activations, recorder.kept, model)
  }

  /// The activation at a hook point; an error if the run did not capture it.
  public subscript(point: HookPoint) -> Tensor {
    get throws(ModelError) {
      guard let activation = activations[point] else {
        try point.check(model.config)
        throw .notCaptured(point: point.name, captured: captured)
      }
      return activation
    }
  }

  /// The activation at the hook point of a TransformerLens name.
  public subscript(name: String) -> Tensor {
    get throws(ModelError) { try self[HookPoint(name)] }
  }

  /// One component's activations in all layers, under a new first axis: `[layer, …]`.
  public func stacked(_ component: HookPoint.Component) throws(ModelError) -> Tensor {
    let points = points.filter { $0.component == component }
    guard !points.isEmpty else { throw .notCaptured(point: component.rawValue, captured: captured) }
    var layers: [Tensor] = []
    for point in points { layers.append(try self[point]) }
    return Tensor.stack(layers)
  }

  /// What was captured, in the order of computation.
  public var points: [HookPoint] { HookPoint.ordered(model.config).filter { activations[$0] != nil } }

  /// The memory that the activations need, in bytes.
  public var byteCount: Int { activations.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } }

  private var captured: [String] { points.count <= 12 ? points.map(\.name) : points.prefix(12).map(\.name) + ["…"] }
}

extension ActivationCache: CustomStringConvertible {
  /// The hook points with their shapes, one on each line.
  public var description: String {
    (["ActivationCache, \(activations.count) hook points, \(byteCount) bytes"]
      + points.compactMap { point in activations[point].map { "\(point.name) \($0.shape)" } }).joined(separator: "\n")
  }
}
