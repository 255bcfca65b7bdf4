import Checkpoints
import CKernels
import Tensors

/// Goes on with several texts at once, one token each a step.
///
/// The products with the weights read every weight once a step, however many texts there are, at the speed of the memory. What a text gets
/// does not depend on the others, bit for bit. Its last bits may differ from those of a run over the whole text, whose sums are taken in
/// another order: so the keys and values that are made here are not remembered for other prompts.
struct TokenDecoder {
  private let model: LanguageModel
  /// Keys and values of each text.
  private(set) var caches: [KeyValueCache]

  private var configuration: ModelConfiguration { model.config }

  init(_ model: LanguageModel, _ caches: [KeyValueCache]) { (self.model, self.caches) = (model, caches) }

  /// Leaves out the texts that have ended.
  mutating func keep(_ indices: [Int]) { caches = indices.map { caches[$0] } }

  /// Reads one token of each text. The result is the logits behind it, `[text, vocabulary]`.
  mutating func step(_ tokens: [Int]) throws -> Tensor {
    let angles = model.rotary.angles(caches.map(\.count), caches.map { _ in 1 })
    var x = model.weights.embedding.gathered(tokens)
    x.scale(by: Float(configuration.width).squareRoot())
    for layer in 0..<configuration.layers {
      if Interruption.isRequested() { throw ModelError.interrupted }
      let weights = model.weights.layers[layer]
      x.add(attend(weights.attentionNorm(x), layer, angles).decoded(by: weights.output))
      let normed = weights.mlpNorm(x)
      x.add(normed.decoded(by: weights.gate).geluGating(normed.decoded(by: weights.up)).decoded(by: weights.down))
    }
    for index in caches.indices { caches[index].advance(by: 1) }
    return model.weights.finalNorm(x).decoded(by: model.weights.embedding)
  }

  /// z of each text, `[text, h · c]`.
  private mutating func attend(_ normed: Tensor, _ layer: Int, _ angles: RotaryAngles) -> Tensor {
    let weights = model.weights.layers[layer]
    let shape = [caches.count, -1, configuration.headWidth]
    let query = normed.decoded(by: weights.query).reshaped(shape).rotated(angles)
    let key = normed.decoded(by: weights.key).reshaped(shape).rotated(angles).reshaped([caches.count, -1])
    let value = normed.decoded(by: weights.value)
    var past: [(keys: Tensor, values: Tensor)] = []
    for index in caches.indices {
      let row = index..<index + 1
      past.append(caches[index].append(keys: key[row], values: value[row], layer: layer))
    }
    var z = Tensor(uninitialized: [caches.count, configuration.heads * configuration.headWidth])
    let target = z.sharedBase()
    // A short text's attention is less work than to wake a thread.
    let work = past.reduce(0) { $0 + $1.keys.shape[0] } * z.shape[1]
    let parts = work > 1 << 18 ? caches.count * configuration.keyValueHeads : 1
    Parallel.perform(parts) { part in
      for pair in 0..<caches.count * configuration.keyValueHeads where parts == 1 || pair == part {
        let (text, group) = (pair / configuration.keyValueHeads, pair % configuration.keyValueHeads)
        attend(query.select(text), past[text], group, into: target + text * z.shape[1])
      }
    }
    return z
  }

  /// The heads of one group, which read the same keys and values.
  private func attend(_ query: Tensor, _ past: (keys: Tensor, values: Tensor), _ group: Int, into z: UnsafeMutablePointer<Float>)
  {
    let (heads, c, count) = (configuration.headsPerKeyValueHead, configuration.headWidth, past.keys.shape[0])
    let (stride, first) = (past.keys.shape[1], group * heads * c)
    var pattern = Tensor(uninitialized: [heads, count])
    let weights = pattern.sharedBase()
    ck_gemv(
      query.constantBase + first, heads, c, past.keys.constantBase + group * c, ck_float32, c, stride, weights, count, 0, count)
    ck_scale(weights, 1 / Float(c).squareRoot(), heads * count)
    ck_causal_softmax(weights, heads, count, count)
    pattern.view.multiply(
      MatrixView(past.values.constantBase + group * c, rows: count, columns: c, stride: stride), into: z + first, stride: c)
    withExtendedLifetime((query, past, pattern)) {}
  }
}
