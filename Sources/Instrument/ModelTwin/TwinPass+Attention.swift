import Foundation
import Transformer

extension TwinPass {
  /// What attention adds to the residual stream: the sum of what its heads add, and the output's bias.
  mutating func attention(_ x: [Double], _ layer: Int) -> [Double] {
    let normed = norm(x, .attention(layer: layer), width: config.width)
    var query = visit(.query(layer: layer), read(.queryInput(layer: layer), x, normed, .query, bias: .queryBias))
    var key = visit(.key(layer: layer), read(.keyInput(layer: layer), x, normed, .key, bias: .keyBias))
    let value = visit(.value(layer: layer), read(.valueInput(layer: layer), x, normed, .value, bias: .valueBias))
    if config.attention.normsQueriesAndKeys {
      query = norm(query, .query(layer: layer), width: config.headWidth)
      key = norm(key, .key(layer: layer), width: config.headWidth)
    }
    if case .rotary(let rotations) = config.positions {
      query = visit(.rotatedQuery(layer: layer), rotated(query, heads: config.heads, rotations[layer]))
      key = visit(.rotatedKey(layer: layer), rotated(key, heads: config.keyValueHeads, rotations[layer]))
    }
    let scores = visit(.attentionScores(layer: layer), scores(query, key, layer))
    let pattern = visit(.pattern(layer: layer), softmax(scores))
    let z = visit(.z(layer: layer), gathered(value, pattern))
    var output = output(z, layer)
    if config.normsOutputs {
      output = norm(visit(.attentionOutputRaw(layer: layer), output), .attentionOutput(layer: layer), width: config.width)
    }
    return visit(.attentionOutput(layer: layer), output)
  }

  /// What queries, keys or values make of what they read, `[p, heads, c]`: all of them the normed stream, unless it is replaced for single
  /// heads, `[p, heads, d]`. Then each head's row has a norm of its own.
  private mutating func read(
    _ point: HookPoint, _ x: [Double], _ normed: [Double], _ weight: LayerWeight, bias: LayerWeight
  ) -> [Double] {
    guard let layer = point.layer else { return [] }
    guard replaces(point) else { return linear(normed, layer, weight, bias: bias) }
    let (d, c, heads) = (config.width, config.headWidth, point.component == .queryInput ? config.heads : config.keyValueHeads)
    let copies = (0..<positions).flatMap { p in (0..<heads).flatMap { _ in x[p * d..<(p + 1) * d] } }
    let inputs = visit(point, copies)
    let all = linear(unseenNorm(inputs, .attention(layer: layer), width: d), layer, weight, bias: bias)
    return (0..<positions * heads).flatMap { row in
      let first = row * heads * c + row % heads * c
      return all[first..<first + c]
    }
  }

  /// Which key and value head a query head reads: heads come in groups of equal size.
  private func group(_ head: Int) -> Int { head / (config.heads / config.keyValueHeads) }

  /// `[h, query, key]`: the products, scaled, capped, and -∞ for what is behind the query or out of its window.
  private func scores(_ query: [Double], _ key: [Double], _ layer: Int) -> [Double] {
    let (h, g, c) = (config.heads, config.keyValueHeads, config.headWidth)
    let window = config.windows[layer] ?? positions
    var scores: [Double] = []
    scores.reserveCapacity(h * positions * positions)
    for head in 0..<h {
      for from in 0..<positions {
        for to in 0..<positions {
          guard (from - window + 1...from).contains(to) else {
            scores.append(-.infinity)
            continue
          }
          var product = 0.0
          for i in 0..<c { product += query[(from * h + head) * c + i] * key[(to * g + group(head)) * c + i] }
          product *= Double(config.attention.scale)
          scores.append(config.attention.softCap.map { capped(product, $0) } ?? product)
        }
      }
    }
    return scores
  }

  /// Of each row of `[h, query, key]`.
  private func softmax(_ scores: [Double]) -> [Double] {
    var result = scores
    for start in stride(from: 0, to: scores.count, by: positions) {
      let row = start..<start + positions
      let largest = row.reduce(-Double.infinity) { max($0, scores[$1]) }
      var sum = 0.0
      for i in row {
        result[i] = exp(scores[i] - largest)
        sum += result[i]
      }
      for i in row { result[i] /= sum }
    }
    return result
  }

  /// The values that each head's pattern gathers, `[p, h, c]`.
  private func gathered(_ value: [Double], _ pattern: [Double]) -> [Double] {
    let (h, g, c) = (config.heads, config.keyValueHeads, config.headWidth)
    var z = [Double](repeating: 0, count: positions * h * c)
    for head in 0..<h {
      for from in 0..<positions {
        for to in 0..<positions {
          let weight = pattern[(head * positions + from) * positions + to]
          for i in 0..<c { z[(from * h + head) * c + i] += weight * value[(to * g + group(head)) * c + i] }
        }
      }
    }
    return z
  }

  /// A head's columns of the output projection make of its z what it adds; the bias belongs to no head.
  private mutating func output(_ z: [Double], _ layer: Int) -> [Double] {
    let (h, c, d) = (config.heads, config.headWidth, config.width)
    let weight = twin.matrix(.layer(layer, .output))
    var result: [Double] = []
    result.reserveCapacity(positions * h * d)
    for row in 0..<positions * h {
      let head = row % h
      for out in 0..<d {
        var sum = 0.0
        for i in 0..<c { sum += weight.elements[out * h * c + head * c + i] * z[row * c + i] }
        result.append(sum)
      }
    }
    result = visit(.result(layer: layer), result)
    var output = [Double](repeating: 0, count: positions * d)
    for row in 0..<positions * h { for i in 0..<d { output[row / h * d + i] += result[row * d + i] } }
    guard config.attention.hasOutputBias else { return output }
    let bias = twin.vector(.layer(layer, .outputBias))
    return output.indices.map { output[$0] + bias[$0 % d] }
  }

  /// Rotary embedding of `[p, heads, c]`: of the part of each head that turns, the number i of the first half turns with the number i of
  /// the second half.
  private func rotated(_ x: [Double], heads: Int, _ rotation: Rotation) -> [Double] {
    let half = rotation.width / 2
    let frequencies = (0..<half).map { frequency($0, rotation) }
    var result = x
    for position in 0..<positions {
      for i in 0..<half {
        let angle = Float(position) * frequencies[i]
        let (cosine, sine) = (Double(cosf(angle)), Double(sinf(angle)))
        for head in 0..<heads {
          let first = (position * heads + head) * config.headWidth + i
          let second = first + half
          result[first] = x[first] * cosine - x[second] * sine
          result[second] = x[second] * cosine + x[first] * sine
        }
      }
    }
    return result
  }

  /// By how much the angle of pair i grows from one position to the next: in fp32, in the order of transformers' `modeling_rope_utils.py`.
  private func frequency(_ pair: Int, _ rotation: Rotation) -> Float {
    let frequency: Float = 1 / powf(rotation.base, Float(2 * pair) / Float(rotation.width))
    switch rotation.scaling {
    case .none: return frequency
    case .linear(let factor): return frequency / factor
    case .llama3(let factor, let low, let high, let context):
      let wavelength = Float(2 * Double.pi) / frequency
      if wavelength < context / high { return frequency }
      if wavelength > context / low { return frequency / factor }
      let smooth: Float = (context / wavelength - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
  }
}
