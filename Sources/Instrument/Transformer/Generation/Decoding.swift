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
  /// What happens at the hook points of each text.
  private var hooks: [HookSet]

  package init(_ model: LanguageModel, _ caches: [KeyValueCache]) {
    self.init(model, caches, hooks: Array(repeating: HookSet(.none), count: caches.count))
  }

  init(_ model: LanguageModel, _ caches: [KeyValueCache], hooks: [HookSet]) {
    (self.model, self.caches, self.hooks) = (model, caches, hooks)
  }

  /// Leaves out the texts that have ended.
  mutating func keep(_ indices: [Int]) { (caches, hooks) = (indices.map { caches[$0] }, indices.map { hooks[$0] }) }

  /// Reads one token of each text. The result is the logits behind it, `[text, vocabulary]`.
  package mutating func step(_ tokens: [Int]) throws -> Tensor {
    // Whoever acts on scores or patterns sees those of all keys, which only the other kernel makes.
    let actsOnSquares = hooks.contains(where: \.actsOnSquares)
    if !actsOnSquares { for index in caches.indices { caches[index].forgetBehindWindows(model.config.windows) } }
    let lanes = zip(caches, hooks).map { past, hooks in Lane(start: past.count, count: 1, past: past, hooks: hooks) }
    var pass = ForwardPass(model, lanes: lanes, actsOnSquares ? .prompt : .decoding)
    // The pass writes to the caches' storage: it must be their only owner, or every buffer would be copied.
    caches = []
    let final = try pass(tokens.map { [$0] })
    caches = pass.batch.lanes.map(\.past)
    return try model.finished(final.decoded(by: model.weights.unembedding))
  }
}
