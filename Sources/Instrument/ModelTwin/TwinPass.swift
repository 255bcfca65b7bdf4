import Foundation
import Transformer

/// One pass of the twin, from the embedding to the final norm.
struct TwinPass {
  let twin: DoubleTwin
  let positions: Int
  private let replacing: DoubleTwin.Replacements
  private(set) var activations: [HookPoint: [Double]] = [:]

  var config: ModelConfiguration { twin.config }

  init(_ twin: DoubleTwin, positions: Int, _ replacing: DoubleTwin.Replacements) {
    (self.twin, self.positions, self.replacing) = (twin, positions, replacing)
  }

  mutating func callAsFunction(_ tokens: [Int]) -> [Double] {
    var x = embedded(tokens)
    for layer in 0..<config.layers {
      x = visit(.residualPre(layer: layer), x)
      let attention = attention(x, layer)
      switch config.block {
      case .sequential:
        x = visit(.residualMid(layer: layer), sum(x, attention))
        x = sum(x, mlp(x, layer))
      case .parallel: x = sum(sum(x, attention), mlp(x, layer))
      }
      x = visit(.residualPost(layer: layer), x)
    }
    return norm(x, .final, width: config.width)
  }

  /// The tokens' rows, scaled, and what positions add to them.
  private mutating func embedded(_ tokens: [Int]) -> [Double] {
    let embedding = twin.matrix(.embedding)
    let x = visit(.embedding, tokens.flatMap { embedding.row($0) }.map { $0 * Double(config.embeddingScale) })
    guard config.positions == .learned else { return x }
    let rows = twin.matrix(.positionEmbedding)
    return sum(x, visit(.positionEmbedding, tokens.indices.flatMap { rows.row($0) }))
  }

  /// Keeps an activation, after its replacement if it has one.
  mutating func visit(_ point: HookPoint, _ computed: [Double]) -> [Double] {
    let x = replacing[point]?(computed) ?? computed
    precondition(x.count == computed.count, "\(point) has \(computed.count) numbers, and \(x.count) are to replace them.")
    activations[point] = x
    return x
  }

  /// Whether what is at a point is replaced.
  func replaces(_ point: HookPoint) -> Bool { replacing[point] != nil }

  /// A norm past whose numbers nobody looks.
  func unseenNorm(_ x: [Double], _ point: NormPoint, width: Int) -> [Double] {
    var pass = TwinPass(twin, positions: positions, [:])
    return pass.norm(x, point, width: width)
  }

  /// Each row of `width` numbers over its divisor, times the factors, plus the bias of a layer norm.
  mutating func norm(_ x: [Double], _ point: NormPoint, width: Int) -> [Double] {
    let weight = twin.vector(point.weight)
    let epsilon = Double(config.normEpsilon)
    var centered = x
    var (offset, bias) = (0.0, [Double](repeating: 0, count: width))
    switch config.norm {
    case .rootMeanSquare(let added): offset = Double(added)
    case .layer:
      bias = twin.vector(self.bias(of: point))
      for row in stride(from: 0, to: x.count, by: width) {
        let mean = x[row..<row + width].reduce(0, +) / Double(width)
        for i in row..<row + width { centered[i] -= mean }
      }
    }
    let divisors = stride(from: 0, to: x.count, by: width).map { row in
      let squares = centered[row..<row + width].reduce(0) { $0 + $1 * $1 }
      return (squares / Double(width) + epsilon).squareRoot()
    }
    let scale = visit(point.scale, divisors)
    let normalized = visit(point.normalized, centered.indices.map { centered[$0] / scale[$0 / width] })
    return normalized.indices.map { normalized[$0] * (offset + weight[$0 % width]) + bias[$0 % width] }
  }

  private func bias(of point: NormPoint) -> WeightName {
    switch point {
    case .attention(let layer): .layer(layer, .attentionNormBias)
    case .mlp(let layer): .layer(layer, .mlpNormBias)
    case .final: .finalNormBias
    default: preconditionFailure("No model has a layer norm at \(point).")
    }
  }

  /// Rows times a weight of a layer, with its bias where the layer has it.
  func linear(_ x: [Double], _ layer: Int, _ weight: LayerWeight, bias: LayerWeight) -> [Double] {
    let result = twin.matrix(.layer(layer, weight)).times(x)
    guard bias.exists(in: config) else { return result }
    let added = twin.vector(.layer(layer, bias))
    return result.indices.map { result[$0] + added[$0 % added.count] }
  }

  /// What the MLP adds to the residual stream: down(f(gate(x)) ⊙ up(x)), or down(f(up(x))).
  private mutating func mlp(_ x: [Double], _ layer: Int) -> [Double] {
    let input = replaces(.mlpInput(layer: layer)) ? visit(.mlpInput(layer: layer), x) : x
    let normed = norm(input, .mlp(layer: layer), width: config.width)
    let neurons: [Double]
    if config.mlp.isGated {
      let gate = visit(.mlpPre(layer: layer), linear(normed, layer, .gate, bias: .gateBias))
      let up = visit(.mlpPreLinear(layer: layer), linear(normed, layer, .up, bias: .upBias))
      neurons = zip(gate, up).map { activated($0) * $1 }
    } else {
      neurons = visit(.mlpPre(layer: layer), linear(normed, layer, .up, bias: .upBias)).map(activated)
    }
    var output = linear(visit(.mlpPost(layer: layer), neurons), layer, .down, bias: .downBias)
    if config.normsOutputs {
      output = norm(visit(.mlpOutputRaw(layer: layer), output), .mlpOutput(layer: layer), width: config.width)
    }
    return visit(.mlpOutput(layer: layer), output)
  }

  private func activated(_ x: Double) -> Double {
    switch config.mlp.activation {
    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .silu: x / (1 + exp(-x))
    }
  }

  func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
}
