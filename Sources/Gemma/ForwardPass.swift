import Tensors

/// One pass of tokens through the model, from the embedding to the final norm. It reads from top to bottom as the model is defined:
/// Gemma Team 2024 (arXiv:2403.08295), in the form of Hugging Face's `modeling_gemma.py`, all of it in fp32.
///
/// A recorder is handed every activation and keeps those that were asked for; what is computed, and in which order, does not depend on it,
/// so observing changes no bit of the result.
struct ForwardPass {
  let configuration: GemmaConfiguration
  let weights: Weights
  var recorder: ActivationRecorder
  /// Keys and values of the positions before `tokens`; the pass adds its own.
  var past: KeyValueCache

  /// The normed residual stream behind the last layer, `[position, width]`: what the unembedding reads.
  /// - Throws: `interrupted`, before any layer, if the work is asked to end.
  mutating func callAsFunction(_ tokens: [Int]) throws(GemmaError) -> Tensor {
    let angles = RotaryAngles(positions: past.count..<past.count + tokens.count, configuration: configuration)
    var x = embed(tokens)
    recorder.record(.embedding, nil, x)
    for layer in 0..<configuration.layers {
      if Interruption.isRequested() { throw .interrupted }
      recorder.record(.residualPre, layer, x)
      x.add(attend(x, layer, angles))
      recorder.record(.residualMid, layer, x)
      x.add(transform(x, layer))
      recorder.record(.residualPost, layer, x)
    }
    past.advance(by: tokens.count)
    return norm(x, weights.finalNorm, .finalNormScale, .finalNormalized, nil)
  }

  /// Rows of the embedding times √width, the root in fp32.
  private func embed(_ tokens: [Int]) -> Tensor {
    let width = configuration.width
    var x = Tensor(uninitialized: [tokens.count, width])
    x.withUnsafeMutableElements { x in
      weights.embedding.withUnsafeElements { rows in
        for (position, token) in tokens.enumerated() {
          for i in 0..<width { x[position * width + i] = rows[token * width + i] }
        }
      }
    }
    x.scale(by: Float(width).squareRoot())
    return x
  }

  /// What a layer's attention adds to the residual stream, `[position, width]`.
  private mutating func attend(_ x: Tensor, _ layer: Int, _ angles: RotaryAngles) -> Tensor {
    let layerWeights = weights.layers[layer]
    let normed = norm(x, layerWeights.inputNorm, .attentionNormScale, .attentionNormalized, layer)
    let query = heads(normed.projected(by: layerWeights.query))
    let key = heads(normed.projected(by: layerWeights.key))
    let value = heads(normed.projected(by: layerWeights.value))
    recorder.record(.query, layer, query)
    recorder.record(.key, layer, key)
    recorder.record(.value, layer, value)
    let rotatedQuery = query.rotated(cosine: angles.cosine, sine: angles.sine)
    let rotatedKey = key.rotated(cosine: angles.cosine, sine: angles.sine)
    recorder.record(.rotatedQuery, layer, rotatedQuery)
    recorder.record(.rotatedKey, layer, rotatedKey)
    let start = past.count
    let (keys, values) = past.append(keys: flat(rotatedKey), values: flat(value), layer: layer)
    let attention = Attention(
      configuration: configuration, layer: layer, start: start, queries: rotatedQuery, keys: keys, values: values)
    let z = attention(&recorder)
    recorder.record(.z, layer, z)
    if recorder.wants(.result, layer) { recorder.keep(.result, layer, results(z, layer)) }
    let output = flat(z).projected(by: layerWeights.output)
    recorder.record(.attentionOutput, layer, output)
    return output
  }

  /// What a layer's MLP adds to the residual stream, `[position, width]`.
  private mutating func transform(_ x: Tensor, _ layer: Int) -> Tensor {
    let layerWeights = weights.layers[layer]
    let normed = norm(x, layerWeights.mlpNorm, .mlpNormScale, .mlpNormalized, layer)
    let gate = normed.projected(by: layerWeights.gate)
    let linear = normed.projected(by: layerWeights.up)
    recorder.record(.mlpPre, layer, gate)
    recorder.record(.mlpPreLinear, layer, linear)
    let neurons = gate.geluGating(linear)
    recorder.record(.mlpPost, layer, neurons)
    let output = neurons.projected(by: layerWeights.down)
    recorder.record(.mlpOutput, layer, output)
    return output
  }

  private mutating func norm(
    _ x: Tensor, _ weight: Tensor, _ scalePoint: HookPoint.Component, _ normalizedPoint: HookPoint.Component, _ layer: Int?
  ) -> Tensor {
    let (normalized, scale) = x.rootMeanSquareNormalized(epsilon: configuration.normEpsilon)
    recorder.record(scalePoint, layer, scale)
    recorder.record(normalizedPoint, layer, normalized)
    return normalized.scaledByOnePlus(weight)
  }

  /// What each head adds to the residual stream at the kept positions, `[position, h, width]`: its z times its columns of the output
  /// projection.
  private func results(_ z: Tensor, _ layer: Int) -> Tensor {
    let z = z[recorder.kept(of: z.shape[0])]
    let (count, heads, headWidth, width) = (z.shape[0], configuration.heads, configuration.headWidth, configuration.width)
    var results = Tensor(uninitialized: [count, heads, width])
    results.withUnsafeMutableElements { out in
      z.withUnsafeElements { z in
        weights.layers[layer].output.withUnsafeElements { weight in
          guard let z = z.baseAddress, let weight = weight.baseAddress, let out = out.baseAddress else { return }
          for head in 0..<heads {
            multiply(
              MatrixSlice(z + head * headWidth, rows: count, columns: headWidth, stride: heads * headWidth),
              MatrixSlice(weight + head * headWidth, rows: width, columns: headWidth, stride: heads * headWidth),
              transposingRight: true,
              into: MatrixSlice(out + head * width, rows: count, columns: width, stride: heads * width))
          }
        }
      }
    }
    return results
  }

  /// `[position, heads · c]` as `[position, head, c]`.
  private func heads(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], -1, configuration.headWidth]) }

  /// `[position, head, c]` as `[position, heads · c]`.
  private func flat(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], -1]) }
}
