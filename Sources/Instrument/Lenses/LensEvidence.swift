import Attribution
import Statistics
import Tensors

extension HeadScores {
  /// The score of one head over the prompts, with its interval and the prompts that say it most and least.
  /// - Throws: `AttributionError` for a head that the model does not have.
  public func evidence(of head: some HeadName) throws -> Evidence {
    let reference = try head.reference()
    return try Evidence("\(reference), \(behaviour)", values: values(of: reference))
  }

  /// The scores of all heads, each with its interval: a map whose cells hold their evidence.
  public func evidence() throws -> EvidenceMap {
    let (layers, heads) = (examples[0].shape[0], examples[0].shape[1])
    return try EvidenceMap(
      "\(behaviour)s",
      cells: (0..<layers).map { layer in try (0..<heads).map { try evidence(of: HeadReference(layer: layer, head: $0)) } },
      note: "Mean attention over \(examples.count) prompts; evenly spread it would be \(Float(chance)).")
  }
}

extension TunedLensTraining.Layer {
  /// What training changed on the held-out texts, after - before, in nats, with its interval.
  public func evidence() throws -> Evidence {
    try Evidence("KL(model ‖ lens) before layer \(layer), nats", before: before, after: after)
  }
}

extension Tensor {
  /// The heads with the highest numbers of `[layer, head]`, highest first; of equal ones the earlier.
  func strongestHeads(_ count: Int) -> [(head: HeadReference, value: Float)] {
    let best = reshaped([-1]).topK(Swift.min(Swift.max(count, 0), self.count))
    return zip(best.indices, best.values.elements).map {
      (head: HeadReference(layer: $0 / shape[1], head: $0 % shape[1]), value: $1)
    }
  }
}
