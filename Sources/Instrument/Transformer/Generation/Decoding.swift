import Tensors

/// Goes on with several texts at once, one token each a step.
///
/// It is the forward pass of one row of each text. The products with the weights read every weight once a step, however many texts there are, at
/// the speed of the memory. What a text gets does not depend on the others, bit for bit. Its last bits may differ from those of a run over the
/// whole text, whose sums are taken in another order: so the keys and values that are made here are not remembered for other prompts.
package struct TokenDecoder {
  private let model: LanguageModel
  /// Keys and values of each text.
  package private(set) var caches: [KeyValueCache]

  package init(_ model: LanguageModel, _ caches: [KeyValueCache]) { (self.model, self.caches) = (model, caches) }

  /// Leaves out the texts that have ended.
  mutating func keep(_ indices: [Int]) { caches = indices.map { caches[$0] } }

  /// Reads one token of each text. The result is the logits behind it, `[text, vocabulary]`.
  package mutating func step(_ tokens: [Int]) throws -> Tensor {
    for index in caches.indices { caches[index].forgetBehindWindows(model.config.windows) }
    var pass = ForwardPass(
      model, lanes: caches.map { Lane(start: $0.count, count: 1, past: $0, hooks: HookSet(.none)) }, .decoding)
    // The pass writes to the caches' storage: it must be their only owner, or every buffer would be copied.
    caches = []
    let final = try pass(tokens.map { [$0] })
    caches = pass.batch.lanes.map(\.past)
    return try model.finished(final.decoded(by: model.weights.unembedding))
  }
}
