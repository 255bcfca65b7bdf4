import Checkpoints
import Tensors
import TestSupport
import Transformer

/// A description with random weights: small enough for a proof number by number. Its weights are so large that attention looks at some
/// tokens and not at others, that neurons bend, that soft caps cap, and that norms differ from row to row.
package struct RandomTransformer: Sendable {
  package let config: ModelConfiguration
  package let weights: [WeightName: Tensor]

  package init(_ config: ModelConfiguration, seed: UInt64) {
    self.config = config
    var random = SeededGenerator(seed: seed)
    var weights: [WeightName: Tensor] = [:]
    for name in WeightName.all(config) {
      let (mean, deviation) = Self.distribution(of: name, config)
      let shape = name.shape(config)
      weights[name] = Tensor(
        (0..<shape.reduce(1, *)).map { _ in mean + (2 * random.unit() - 1) * deviation * Float(3).squareRoot() }, shape: shape)
    }
    self.weights = weights
  }

  /// Around what a weight's numbers lie, and how far from it.
  private static func distribution(of name: WeightName, _ config: ModelConfiguration) -> (mean: Float, deviation: Float) {
    switch name.kind {
    case .bias: return (0, 0.4)
    case .norm:
      if case .rootMeanSquare(let offset) = config.norm { return (1 - offset, 0.4) }
      return (1, 0.4)
    case .matrix:
      switch name {
      case .embedding where config.embeddingScale == 1: return (0, 1)
      case .embedding: return (0, 0.5)
      case .positionEmbedding: return (0, 1)
      default: return (0, 1.3 / Float(name.shape(config)[1]).squareRoot())
      }
    }
  }

  /// The model, whose passes are tested.
  package func model() throws -> LanguageModel {
    let layout = ParameterLayout(config)
    let values = Tensor.joined(layout.names.map { (weights[$0] ?? Tensor([])).reshaped([-1]) })
    return try LanguageModel(config, nil, Parameters(layout, values), origin: "\(config.modelType), of random numbers")
      .onTestDevice()
  }

  /// The same in Double.
  package var twin: DoubleTwin { DoubleTwin(config, weights.mapValues { $0.elements.map(Double.init) }) }
}

/// One way in which families differ, or several together: what it makes of a plain description.
package struct ModelVariant: Sendable, CustomStringConvertible {
  package let description: String
  private let change: @Sendable (inout ModelConfiguration) -> Void

  package init(_ description: String, _ change: @escaping @Sendable (inout ModelConfiguration) -> Void) {
    (self.description, self.change) = (description, change)
  }

  /// The changed description. The plain one is Gemma's in small: two layers, grouped heads that are together wider than the stream.
  package func config(layers: Int = 2, contextLength: Int = 64) throws -> ModelConfiguration {
    var config = try ModelConfiguration(
      layers: layers, width: 12, heads: 4, keyValueHeads: 2, headWidth: 6, mlpWidth: 14, vocabulary: 40,
      contextLength: contextLength)
    change(&config)
    return config
  }

  /// The same with other windows of its layers.
  package func with(windows: [Int?]) -> ModelVariant {
    ModelVariant("\(description) with windows of \(windows.map { $0.map(String.init) ?? "everything" })") {
      change(&$0)
      $0.windows = windows
    }
  }

  package func random(seed: UInt64, layers: Int = 2, contextLength: Int = 64) throws -> RandomTransformer {
    RandomTransformer(try config(layers: layers, contextLength: contextLength), seed: seed)
  }
}

extension ModelVariant {
  /// Each part alone.
  package static let parts: [ModelVariant] = [
    ModelVariant("norms without offset") { ($0.norm, $0.normEpsilon) = (.rootMeanSquare(offset: 0), 1e-5) },
    ModelVariant("layer norms") { ($0.norm, $0.normEpsilon) = (.layer, 1e-5) },
    ModelVariant("a large epsilon") { $0.normEpsilon = 0.1 },
    ModelVariant("parallel blocks") { $0.block = .parallel },
    ModelVariant("norms behind attention and MLP") { $0.normsOutputs = true },
    ModelVariant("query and key norms") { $0.attention.normsQueriesAndKeys = true },
    ModelVariant("an attention scale") { $0.attention.scale = 0.75 },
    ModelVariant("capped scores") { $0.attention.softCap = 1.5 },
    ModelVariant("biases of queries, keys and values") { $0.attention.hasInputBias = true },
    ModelVariant("a bias of attention's output") { $0.attention.hasOutputBias = true },
    ModelVariant("a window in one layer") { $0.windows[0] = 3 },
    ModelVariant("windows of one and two positions") { ($0.windows[0], $0.windows[1]) = (1, 2) },
    ModelVariant("rotary bases by layer") { $0.rotate { $1.base = $0 == 0 ? 100 : 1e6 } },
    ModelVariant("linearly scaled rotation") { $0.rotate { $1.scaling = .linear(factor: 8) } },
    ModelVariant("Llama's scaled rotation") { $0.rotate { ($1.base, $1.scaling) = (200, .someOfAll) } },
    ModelVariant("partial rotation") { $0.rotate { $1.width = 4 } },
    ModelVariant("learned positions") { $0.positions = .learned },
    ModelVariant("a plain MLP") { $0.mlp.isGated = false },
    ModelVariant("a plain MLP with biases") { ($0.mlp.isGated, $0.mlp.hasBias) = (false, true) },
    ModelVariant("a gated MLP with biases") { $0.mlp.hasBias = true },
    ModelVariant("exact GELU") { $0.mlp.activation = .gelu },
    ModelVariant("SiLU") { $0.mlp.activation = .silu },
    ModelVariant("an unscaled embedding") { $0.embeddingScale = 1 },
    ModelVariant("an unembedding of its own") { $0.tiesUnembedding = false },
    ModelVariant("capped logits") { $0.logitSoftCap = 2 },
    ModelVariant("one key and value head") { $0.keyValueHeads = 1 },
    ModelVariant("a key and value head for each query head") { $0.keyValueHeads = 4 },
  ]

  /// What the families make of them.
  package static let families: [ModelVariant] = [
    ModelVariant("Gemma 1") { _ in },
    ModelVariant("Gemma 2") {
      $0.normsOutputs = true
      ($0.attention.softCap, $0.logitSoftCap, $0.attention.scale) = (1.5, 2, 0.35)
      $0.windows[0] = 3
    },
    ModelVariant("Gemma 3") {
      ($0.normsOutputs, $0.attention.normsQueriesAndKeys, $0.keyValueHeads) = (true, true, 1)
      $0.windows[0] = 3
      $0.rotate { if $0 == 1 { ($1.base, $1.scaling) = (1e6, .linear(factor: 8)) } }
    },
    ModelVariant("Llama 3") {
      $0.becomeLlama()
      $0.rotate { ($1.base, $1.scaling) = (200, .someOfAll) }
      $0.tiesUnembedding = false
    },
    ModelVariant("Mistral") {
      $0.becomeLlama()
      $0.windows = $0.windows.map { _ in 4 }
      $0.tiesUnembedding = false
    },
    ModelVariant("Qwen 2") {
      $0.becomeLlama()
      $0.attention.hasInputBias = true
    },
    ModelVariant("Qwen 3") {
      $0.becomeLlama()
      $0.attention.normsQueriesAndKeys = true
    },
    ModelVariant("GPT-2") {
      $0.becomeGPT()
      ($0.positions, $0.mlp.activation) = (.learned, .geluTanh)
    },
    ModelVariant("GPT-NeoX") {
      $0.becomeGPT()
      ($0.block, $0.tiesUnembedding) = (.parallel, false)
      $0.rotate { $1.width = 2 }
    },
    ModelVariant("serial GPT-NeoX") {
      $0.becomeGPT()
      $0.tiesUnembedding = false
    },
  ]

  /// What no family has together yet.
  package static let combinations: [ModelVariant] = [
    ModelVariant("everything at once") { $0.takeEverything() },
    ModelVariant("everything at once, in parallel blocks, with a plain MLP") {
      $0.takeEverything()
      ($0.block, $0.mlp.isGated) = (.parallel, false)
    },
    ModelVariant("layer norms in parallel blocks behind learned positions, with windows and caps") {
      $0.becomeGPT()
      ($0.positions, $0.block, $0.keyValueHeads) = (.learned, .parallel, 2)
      ($0.attention.softCap, $0.logitSoftCap) = (2, 3)
      $0.windows[1] = 4
    },
  ]

  package static let all = parts + families + combinations
}

extension ModelConfiguration {
  /// Changes how the layers turn, each by its index.
  fileprivate mutating func rotate(_ change: (Int, inout Rotation) -> Void) {
    guard case .rotary(var rotations) = positions else { return }
    for layer in rotations.indices { change(layer, &rotations[layer]) }
    positions = .rotary(rotations)
  }

  fileprivate mutating func becomeLlama() {
    (norm, normEpsilon, embeddingScale, mlp.activation) = (.rootMeanSquare(offset: 0), 1e-5, 1, .silu)
  }

  fileprivate mutating func becomeGPT() {
    (norm, normEpsilon, embeddingScale) = (.layer, 1e-5, 1)
    (attention.hasInputBias, attention.hasOutputBias, keyValueHeads) = (true, true, 4)
    (mlp.isGated, mlp.activation, mlp.hasBias) = (false, .gelu, true)
  }

  fileprivate mutating func takeEverything() {
    becomeLlama()
    (normsOutputs, tiesUnembedding, logitSoftCap, embeddingScale) = (true, false, 2.5, 2)
    (attention.scale, attention.softCap, attention.normsQueriesAndKeys) = (0.6, 2, true)
    (attention.hasInputBias, attention.hasOutputBias, mlp.hasBias) = (true, true, true)
    windows[0] = 4
    rotate {
      ($1.width, $1.base) = (4, $0 == 0 ? 50 : 100)
      if $0 == 1 { $1.scaling = .someOfAll }
    }
  }
}

extension Rotation.Scaling {
  /// Of the three frequencies of a head of 6 numbers with the base 200, one is high, one lies between, and one is low.
  package static let someOfAll = Rotation.Scaling.llama3(factor: 8, lowFrequency: 1, highFrequency: 4, originalContext: 64)
}
