import CKernels
import Tensors

/// The attention of one token of each text: the products with keys and values run at the speed at which these are read.
struct DecodingAttention {
  private let configuration: ModelConfiguration
  private let layer: Int
  private let queries: Tensor

  init(_ attention: Attention) {
    (configuration, layer, queries) = (attention.configuration, attention.layer, attention.queries)
  }

  /// z of each text, `[text, h, c]`.
  func callAsFunction(_ lanes: [Lane]) -> Tensor {
    let past = lanes.map { seen($0.past) }
    var z = Tensor(uninitialized: queries.shape)
    let (target, groups) = (z.sharedBase(), configuration.keyValueHeads)
    let stride = configuration.heads * configuration.headWidth
    // A short text's attention is less work than to wake a thread.
    let work = past.reduce(0) { $0 + $1.keys.shape[0] } * stride
    let parts = work > 1 << 18 ? lanes.count * groups : 1
    Parallel.perform(parts) { part in
      for pair in 0..<lanes.count * groups where parts == 1 || pair == part {
        let (text, group) = (pair / groups, pair % groups)
        attend(queries.select(text), past[text], group, into: target + text * stride)
      }
    }
    return z
  }

  /// Keys and values that the token sees, `[key, g · c]`.
  private func seen(_ past: KeyValueCache) -> (keys: Tensor, values: Tensor) {
    let (keys, values) = past.latest(layer, before: past.count + 1)
    let first = max(0, keys.shape[0] - (configuration.windows[layer] ?? .max))
    return (keys[first...], values[first...])
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
    ck_scale(weights, configuration.attention.scale, heads * count)
    if let cap = configuration.attention.softCap { ck_soft_cap(weights, cap, heads * count) }
    ck_causal_softmax(weights, heads, count, count, .max)
    pattern.view.multiply(
      MatrixView(past.values.constantBase + group * c, rows: count, columns: c, stride: stride), into: z + first, stride: c)
    withExtendedLifetime((query, past, pattern)) {}
  }
}
