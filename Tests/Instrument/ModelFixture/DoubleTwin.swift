import Foundation
import Checkpoints
import Transformer
import Tensors

/// Gemma once more: in Double, plain and slow, number by number as it is defined. It is what `ForwardPass` is measured against, and it
/// shares no arithmetic with it; only the rotary angles, whose fp32 rounding is part of the model, are computed in fp32 here too.
///
/// Every hook point of `HookPoint.Component` can be replaced, and what is computed from it uses the new numbers, as in TransformerLens.
/// Nothing is skipped for speed: scores behind the diagonal are -∞, and patterns are multiplied with all values.
package struct DoubleTwin: Sendable {
  package typealias Replacements = [HookPoint: ([Double]) -> [Double]]

  let config: ModelConfiguration
  let embedding: TwinMatrix
  let layers: [Layer]
  let finalNorm: [Double]

  /// The weights of a layer, under the checkpoint's names.
  struct Layer: Sendable {
    let inputNorm, postAttentionNorm: [Double]
    let query, key, value, output: TwinMatrix
    let gate, up, down: TwinMatrix
  }

  /// Reads the weights of a checkpoint, and widens them.
  package init(_ checkpoint: Checkpoint, _ config: ModelConfiguration) throws {
    func vector(_ name: String) throws -> [Double] {
      try checkpoint.tensor(name + ".weight", shape: [config.width]).elements.map(Double.init)
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> TwinMatrix {
      let tensor = try checkpoint.tensor(name + ".weight", shape: [rows, columns])
      return TwinMatrix(rows: rows, columns: columns, elements: tensor.elements.map(Double.init))
    }
    self.config = config
    embedding = try matrix("model.embed_tokens", config.vocabulary, config.width)
    finalNorm = try vector("model.norm")
    layers = try (0..<config.layers).map { layer in
      let name = "model.layers.\(layer)."
      let queryWidth = config.heads * config.headWidth
      let keyWidth = config.keyValueHeads * config.headWidth
      return Layer(
        inputNorm: try vector(name + "input_layernorm"), postAttentionNorm: try vector(name + "post_attention_layernorm"),
        query: try matrix(name + "self_attn.q_proj", queryWidth, config.width),
        key: try matrix(name + "self_attn.k_proj", keyWidth, config.width),
        value: try matrix(name + "self_attn.v_proj", keyWidth, config.width),
        output: try matrix(name + "self_attn.o_proj", config.width, queryWidth),
        gate: try matrix(name + "mlp.gate_proj", config.mlpWidth, config.width),
        up: try matrix(name + "mlp.up_proj", config.mlpWidth, config.width),
        down: try matrix(name + "mlp.down_proj", config.width, config.mlpWidth))
    }
  }

  /// The twin of a model in a folder.
  package init(folder: URL) throws {
    try self.init(Checkpoint(folder: folder), ModelConfiguration(contentsOf: folder.appending(path: "config.json")))
  }

  /// The logits, `[position][vocabulary]`, and every activation in row-major order, in the shapes of `HookPoint.Component`.
  ///
  /// - Parameter replacing: At a hook point, makes the numbers to go on with of those that were computed.
  package func run(_ tokens: [Int], replacing: Replacements = [:]) -> (logits: [[Double]], activations: [HookPoint: [Double]]) {
    var pass = TwinPass(self, positions: tokens.count, replacing)
    let final = pass(tokens)
    let logits = (0..<tokens.count).map { embedding.times(Array(final[$0 * config.width..<($0 + 1) * config.width])) }
    return (logits, pass.activations)
  }
}

/// `[rows, columns]`, row after row.
struct TwinMatrix: Sendable {
  let rows: Int
  let columns: Int
  let elements: [Double]

  func row(_ index: Int) -> [Double] { Array(elements[index * columns..<(index + 1) * columns]) }

  /// Of a row x of `columns` numbers, those of W·x; of several rows, one after the other.
  func times(_ x: [Double]) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(x.count / columns * rows)
    for start in stride(from: 0, to: x.count, by: columns) {
      for row in 0..<rows {
        var sum = 0.0
        for i in 0..<columns { sum += elements[row * columns + i] * x[start + i] }
        result.append(sum)
      }
    }
    return result
  }
}

/// One pass, from the embedding to the final norm.
private struct TwinPass {
  let twin: DoubleTwin
  let positions: Int
  let replacing: DoubleTwin.Replacements
  var activations: [HookPoint: [Double]] = [:]

  private var config: ModelConfiguration { twin.config }

  init(_ twin: DoubleTwin, positions: Int, _ replacing: DoubleTwin.Replacements) {
    (self.twin, self.positions, self.replacing) = (twin, positions, replacing)
  }

  mutating func callAsFunction(_ tokens: [Int]) -> [Double] {
    let factor = Double(Float(config.width).squareRoot())
    var x = visit(.embedding, tokens.flatMap { twin.embedding.row($0) }.map { $0 * factor })
    for (index, layer) in twin.layers.enumerated() {
      x = visit(.residualPre(layer: index), x)
      let attention = attention(x, layer, index)
      x = visit(.residualMid(layer: index), sum(x, attention))
      let mlp = mlp(x, layer, index)
      x = visit(.residualPost(layer: index), sum(x, mlp))
    }
    return norm(x, twin.finalNorm, .final)
  }

  /// Keeps an activation, after its replacement if it has one.
  private mutating func visit(_ point: HookPoint, _ computed: [Double]) -> [Double] {
    let x = replacing[point]?(computed) ?? computed
    precondition(x.count == computed.count, "\(point) has \(computed.count) numbers, and \(x.count) are to replace them.")
    activations[point] = x
    return x
  }

  /// x / √(mean(x²) + ε) · (1 + w), row by row.
  private mutating func norm(_ x: [Double], _ weight: [Double], _ point: NormPoint) -> [Double] {
    let width = config.width
    let divisors = (0..<positions).map { row in
      let squares = x[row * width..<(row + 1) * width].reduce(0) { $0 + $1 * $1 }
      return (squares / Double(width) + Double(config.normEpsilon)).squareRoot()
    }
    let scale = visit(point.scale, divisors)
    let normalized = visit(point.normalized, x.indices.map { x[$0] / scale[$0 / width] })
    return normalized.indices.map { normalized[$0] * (1 + weight[$0 % width]) }
  }

  /// What attention adds to the residual stream: the sum of what its heads add.
  private mutating func attention(_ x: [Double], _ layer: DoubleTwin.Layer, _ index: Int) -> [Double] {
    let normed = norm(x, layer.inputNorm, .attention(layer: index))
    let (h, g, c, d) = (config.heads, config.keyValueHeads, config.headWidth, config.width)
    var query = visit(.query(layer: index), layer.query.times(normed))
    var key = visit(.key(layer: index), layer.key.times(normed))
    let value = visit(.value(layer: index), layer.value.times(normed))
    query = visit(.rotatedQuery(layer: index), rotated(query, heads: h))
    key = visit(.rotatedKey(layer: index), rotated(key, heads: g))

    // Heads come in groups of equal size, and all of a group read the same key and value head.
    let group = { (head: Int) in head / (h / g) }
    var scores: [Double] = []
    scores.reserveCapacity(h * positions * positions)
    for head in 0..<h {
      for from in 0..<positions {
        for to in 0..<positions {
          guard to <= from else {
            scores.append(-.infinity)
            continue
          }
          var product = 0.0
          for i in 0..<c { product += query[(from * h + head) * c + i] * key[(to * g + group(head)) * c + i] }
          scores.append(product / Double(c).squareRoot())
        }
      }
    }
    scores = visit(.attentionScores(layer: index), scores)
    let pattern = visit(.pattern(layer: index), softmax(scores))

    var z = [Double](repeating: 0, count: positions * h * c)
    for head in 0..<h {
      for from in 0..<positions {
        for to in 0..<positions {
          let weight = pattern[(head * positions + from) * positions + to]
          for i in 0..<c { z[(from * h + head) * c + i] += weight * value[(to * g + group(head)) * c + i] }
        }
      }
    }
    z = visit(.z(layer: index), z)

    // A head's columns of the output projection make of its z what it adds.
    var result: [Double] = []
    result.reserveCapacity(positions * h * d)
    for row in 0..<positions * h {
      let head = row % h
      for out in 0..<d {
        var sum = 0.0
        for i in 0..<c { sum += layer.output.elements[out * h * c + head * c + i] * z[row * c + i] }
        result.append(sum)
      }
    }
    result = visit(.result(layer: index), result)
    var output = [Double](repeating: 0, count: positions * d)
    for row in 0..<positions * h { for i in 0..<d { output[row / h * d + i] += result[row * d + i] } }
    return visit(.attentionOutput(layer: index), output)
  }

  /// Rotary embedding of `[p, heads, c]`: of each head, the number i of the first half turns with the number i of the second half.
  private func rotated(_ x: [Double], heads: Int) -> [Double] {
    let (c, half) = (config.headWidth, config.headWidth / 2)
    var result = x
    for position in 0..<positions {
      for i in 0..<half {
        let frequency = 1 / powf(10_000, Float(2 * i) / Float(c))
        let angle = Float(position) * frequency
        let (cosine, sine) = (Double(cosf(angle)), Double(sinf(angle)))
        for head in 0..<heads {
          let first = (position * heads + head) * c + i
          let second = first + half
          result[first] = x[first] * cosine - x[second] * sine
          result[second] = x[second] * cosine + x[first] * sine
        }
      }
    }
    return result
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

  /// What the MLP adds to the residual stream: down(gelu(gate(x)) ⊙ up(x)).
  private mutating func mlp(_ x: [Double], _ layer: DoubleTwin.Layer, _ index: Int) -> [Double] {
    let normed = norm(x, layer.postAttentionNorm, .mlp(layer: index))
    let gate = visit(.mlpPre(layer: index), layer.gate.times(normed))
    let up = visit(.mlpPreLinear(layer: index), layer.up.times(normed))
    let neurons = visit(.mlpPost(layer: index), zip(gate, up).map { gelu($0) * $1 })
    return visit(.mlpOutput(layer: index), layer.down.times(neurons))
  }

  /// The approximation with tanh.
  private func gelu(_ x: Double) -> Double {
    0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  }

  private func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
}
