import Checkpoints

/// A place in the model where an activation can be read, under TransformerLens's name.
///
/// ```swift
/// HookPoint.query(layer: 3).name                 // blocks.3.attn.hook_q
/// try HookPoint("blocks.3.attn.hook_q")          // the same
/// ```
/// Shapes are TransformerLens's without the batch, which is always one; see `Component`.
public struct HookPoint: Hashable, Sendable {
  /// What is read, regardless of the layer. The raw value is the end of TransformerLens's name.
  ///
  /// In the shapes, p is the position, d the width of the residual stream, h the head, g the key and value head, c the width of a head and
  /// m the width of the MLP.
  public enum Component: String, CaseIterable, Sendable {
    /// The token's row of the embedding, already scaled where the model does that: `[p, d]`. Not in a layer.
    case embedding = "hook_embed"
    /// The position's row, in a model that has learned its positions: `[p, d]`. Not in a layer.
    case positionEmbedding = "hook_pos_embed"
    /// The residual stream before a layer: `[p, d]`. Also answers to `hook_attn_in`.
    case residualPre = "hook_resid_pre"
    /// The residual stream as each head's query reads it, before the norm: `[p, h, d]`. What is changed here reaches this head's query and
    /// nothing else.
    case queryInput = "hook_q_input"
    /// The residual stream as each key reads it, before the norm: `[p, g, d]`.
    case keyInput = "hook_k_input"
    /// The residual stream as each value reads it, before the norm: `[p, g, d]`.
    case valueInput = "hook_v_input"
    /// The divisor of the norm before the attention: `[p, 1]`.
    case attentionNormScale = "ln1.hook_scale"
    /// The residual stream, less its mean in a layer norm, over that divisor, before the norm's weight: `[p, d]`.
    case attentionNormalized = "ln1.hook_normalized"
    /// The queries before their norm and rotary embedding: `[p, h, c]`.
    case query = "attn.hook_q"
    /// The keys before their norm and rotary embedding: `[p, g, c]`.
    case key = "attn.hook_k"
    /// The values: `[p, g, c]`.
    case value = "attn.hook_v"
    /// The divisor of each head's queries, in a model that norms them: `[p, h, 1]`.
    case queryNormScale = "attn.q_norm.hook_scale"
    /// The queries over that divisor, before the norm's weight: `[p, h, c]`.
    case queryNormalized = "attn.q_norm.hook_normalized"
    /// The divisor of each head's keys, in a model that norms them: `[p, g, 1]`.
    case keyNormScale = "attn.k_norm.hook_scale"
    /// The keys over that divisor, before the norm's weight: `[p, g, c]`.
    case keyNormalized = "attn.k_norm.hook_normalized"
    /// The queries after rotary embedding, in a model that has it: `[p, h, c]`.
    case rotatedQuery = "attn.hook_rot_q"
    /// The keys after rotary embedding, in a model that has it: `[p, g, c]`.
    case rotatedKey = "attn.hook_rot_k"
    /// The products of queries and keys, scaled, capped where the model does that, and masked with -∞: `[h, query, key]`.
    case attentionScores = "attn.hook_attn_scores"
    /// The softmax of the scores: `[h, query, key]`.
    case pattern = "attn.hook_pattern"
    /// The values that the pattern gathers: `[p, h, c]`.
    case z = "attn.hook_z"
    /// What each head adds to the residual stream: `[p, h, d]`. Large; ask for it at few positions.
    case result = "attn.hook_result"
    /// What all heads together give, before the norm that stands behind the attention in some models: `[p, d]`. Without such a norm it is
    /// `attentionOutput`, and does not exist besides.
    case attentionOutputRaw = "attn.hook_out"
    /// The divisor of the norm behind the attention: `[p, 1]`.
    case attentionPostNormScale = "ln1_post.hook_scale"
    /// What all heads together give over that divisor, before the norm's weight: `[p, d]`.
    case attentionPostNormalized = "ln1_post.hook_normalized"
    /// What the attention adds to the residual stream: `[p, d]`.
    case attentionOutput = "hook_attn_out"
    /// The residual stream between attention and MLP: `[p, d]`. Where attention and MLP are parallel, there is none.
    case residualMid = "hook_resid_mid"
    /// The residual stream as the MLP reads it, before the norm: `[p, d]`. What is changed here reaches this MLP and nothing else.
    case mlpInput = "hook_mlp_in"
    /// The divisor of the norm before the MLP: `[p, 1]`.
    case mlpNormScale = "ln2.hook_scale"
    /// The residual stream, less its mean in a layer norm, over that divisor, before the norm's weight: `[p, d]`.
    case mlpNormalized = "ln2.hook_normalized"
    /// What the activation function is taken of, the gate where there is one: `[p, m]`.
    case mlpPre = "mlp.hook_pre"
    /// What the gate multiplies, in a gated MLP: `[p, m]`.
    case mlpPreLinear = "mlp.hook_pre_linear"
    /// The neurons: what the activation function gives, times the linear part in a gated MLP: `[p, m]`.
    case mlpPost = "mlp.hook_post"
    /// What the MLP gives, before the norm that stands behind it in some models: `[p, d]`. Without such a norm it is `mlpOutput`, and does not
    /// exist besides.
    case mlpOutputRaw = "mlp.hook_out"
    /// The divisor of the norm behind the MLP: `[p, 1]`.
    case mlpPostNormScale = "ln2_post.hook_scale"
    /// What the MLP gives over that divisor, before the norm's weight: `[p, d]`.
    case mlpPostNormalized = "ln2_post.hook_normalized"
    /// What the MLP adds to the residual stream: `[p, d]`.
    case mlpOutput = "hook_mlp_out"
    /// The residual stream behind a layer: `[p, d]`.
    case residualPost = "hook_resid_post"
    /// The divisor of the final norm: `[p, 1]`. Not in a layer.
    case finalNormScale = "ln_final.hook_scale"
    /// The residual stream over that divisor, before the norm's weight: `[p, d]`. Not in a layer.
    case finalNormalized = "ln_final.hook_normalized"

    /// Whether each layer has one.
    public var isInLayer: Bool { ![.embedding, .positionEmbedding, .finalNormScale, .finalNormalized].contains(self) }

    /// Whether it is what one reader of the residual stream reads. Such a point holds copies of the stream, and exists only for those who
    /// name it: it is no part of `Capture.all`.
    public var isReaderInput: Bool { [.queryInput, .keyInput, .valueInput, .mlpInput].contains(self) }

    /// Whether it is what a norm divides each row by.
    var isDivisor: Bool { rawValue.hasSuffix("hook_scale") }

    /// Whether it is a square of queries and keys, `[h, query, key]`.
    public var isSquare: Bool { self == .attentionScores || self == .pattern }

    /// How many heads its second axis has (its first, of a square); 0 for what has none.
    func heads(_ config: ModelConfiguration) -> Int {
      switch self {
      case .query, .queryNormScale, .queryNormalized, .rotatedQuery, .z, .result, .attentionScores, .pattern,
        .queryInput:
        config.heads
      case .keyInput, .valueInput, .key, .keyNormScale, .keyNormalized, .value, .rotatedKey: config.keyValueHeads
      default: 0
      }
    }

    /// Its shape at `rows` positions of a prompt that has `keys` positions up to the last of them.
    func shape(_ config: ModelConfiguration, rows: Int, keys: Int) -> [Int] {
      switch self {
      case .attentionScores, .pattern: [config.heads, rows, keys]
      case .query, .queryNormalized, .rotatedQuery, .z: [rows, config.heads, config.headWidth]
      case .key, .keyNormalized, .value, .rotatedKey: [rows, config.keyValueHeads, config.headWidth]
      case .queryNormScale: [rows, config.heads, 1]
      case .keyNormScale: [rows, config.keyValueHeads, 1]
      case .result, .queryInput: [rows, config.heads, config.width]
      case .keyInput, .valueInput: [rows, config.keyValueHeads, config.width]
      case .mlpPre, .mlpPreLinear, .mlpPost: [rows, config.mlpWidth]
      case .attentionNormScale, .attentionPostNormScale, .mlpNormScale, .mlpPostNormScale, .finalNormScale: [rows, 1]
      default: [rows, config.width]
      }
    }

    /// Whether a model has it: what it lacks is never computed.
    public func exists(in config: ModelConfiguration) -> Bool {
      switch self {
      case .positionEmbedding: config.positions == .learned
      case .rotatedQuery, .rotatedKey: config.positions != .learned
      case .queryNormScale, .queryNormalized, .keyNormScale, .keyNormalized: config.attention.normsQueriesAndKeys
      case .attentionOutputRaw, .attentionPostNormScale, .attentionPostNormalized, .mlpOutputRaw, .mlpPostNormScale,
        .mlpPostNormalized:
        config.normsOutputs
      case .residualMid: config.block == .sequential
      case .mlpPreLinear: config.mlp.isGated
      default: true
      }
    }

    /// TransformerLens's other names for the same numbers.
    static let aliases: [String: Component] = ["hook_attn_in": .residualPre]
  }

  /// What is read.
  public let component: Component
  /// The layer, from 0; nil for what is outside of the layers.
  public let layer: Int?
  /// The other name that it was found by, `blocks.3.hook_q_input`: what is there is the same as at the component, but who writes there means
  /// one reader of it and not all. So it can be looked at, and neither replaced nor be what a gradient is taken of.
  private(set) var alias: String?

  package init(_ component: Component, layer: Int?) {
    self.component = component
    self.layer = layer
  }

  /// Whether two are the same place, by whatever name.
  public static func == (left: HookPoint, right: HookPoint) -> Bool {
    left.component == right.component && left.layer == right.layer
  }

  /// Feeds what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(component)
    hasher.combine(layer)
  }

  /// TransformerLens's name: `blocks.3.attn.hook_q`, `hook_embed`.
  public var name: String { layer.map { "blocks.\($0).\(component.rawValue)" } ?? component.rawValue }

  /// The hook point of a TransformerLens name. An unknown name is an error that suggests the nearest.
  public init(_ name: String) throws(ModelError) {
    if let component = Component(rawValue: name), !component.isInLayer {
      self.init(component, layer: nil)
      return
    }
    let parts = name.split(separator: ".", maxSplits: 2).map(String.init)
    if parts.count == 3, parts[0] == "blocks", let layer = Int(parts[1]), layer >= 0,
      let component = Component(rawValue: parts[2]) ?? Component.aliases[parts[2]], component.isInLayer
    {
      self.init(component, layer: layer)
      if Component(rawValue: parts[2]) == nil { alias = name }
      return
    }
    throw .unknownHookPoint(name: name, nearest: Self.nearest(to: name))
  }

  /// An error if a model does not have it, or its layer.
  package func check(_ config: ModelConfiguration) throws(ModelError) {
    if let layer, !(0..<config.layers).contains(layer) { throw .layerOutOfRange(point: name, layers: config.layers) }
    guard component.exists(in: config) else {
      let all = Component.allCases.filter { $0.exists(in: config) && $0.isInLayer == component.isInLayer }.map(\.rawValue)
      throw .missingHookPoint(point: name, family: config.modelType, existing: all)
    }
  }

  /// An error for another name of a place, by which it can only be looked at.
  func refuseAlias(_ what: String) throws(ModelError) {
    guard let alias else { return }
    throw .badRequest(
      "“\(alias)” can only be looked at: its numbers are those of “\(name)”, which everything behind it reads. To \(what) there would mean "
        + "all of its readers, and not this one alone. Name “\(name)” if you mean that.")
  }

  /// How many heads its activation has; nil for what has none.
  package func headCount(_ config: ModelConfiguration) -> Int? {
    let count = component.heads(config)
    return count == 0 ? nil : count
  }

  /// All hook points of a model, in the order in which they are computed, without those that hold what single readers read.
  public static func all(_ config: ModelConfiguration) -> [HookPoint] { ordered(config).filter { !$0.component.isReaderInput } }

  /// All hook points of a model with those of single readers, in the order in which they are computed.
  static func ordered(_ config: ModelConfiguration) -> [HookPoint] {
    let components = Component.allCases.filter { $0.exists(in: config) }
    let inLayer = components.filter(\.isInLayer)
    let outside = components.filter { !$0.isInLayer }.map { HookPoint($0, layer: nil) }
    let isLast = [Component.finalNormScale, .finalNormalized]
    return outside.filter { !isLast.contains($0.component) }
      + (0..<config.layers).flatMap { layer in inLayer.map { HookPoint($0, layer: layer) } }
      + outside.filter { isLast.contains($0.component) }
  }

  /// The known name that differs least from a given one, with its layer, regardless of case and of a layer where none belongs.
  private static func nearest(to name: String) -> String {
    let parts = name.lowercased().split(separator: ".").map(String.init)
    let layer = parts.compactMap { Int($0) }.first { $0 >= 0 } ?? 0
    let end = parts.filter { $0 != "blocks" && Int($0) == nil }.joined(separator: ".")
    let nearest = Component.allCases.min { editDistance($0.rawValue, end) < editDistance($1.rawValue, end) } ?? .embedding
    return HookPoint(nearest, layer: nearest.isInLayer ? layer : nil).name
  }
}

extension HookPoint: CustomStringConvertible {
  /// TransformerLens's name.
  public var description: String { name }
}

extension HookPoint {
  /// `Component.embedding`.
  public static let embedding = HookPoint(.embedding, layer: nil)
  /// `Component.positionEmbedding`.
  public static let positionEmbedding = HookPoint(.positionEmbedding, layer: nil)
  /// `Component.finalNormScale`.
  public static let finalNormScale = HookPoint(.finalNormScale, layer: nil)
  /// `Component.finalNormalized`.
  public static let finalNormalized = HookPoint(.finalNormalized, layer: nil)
  /// `Component.residualPre` of a layer.
  public static func residualPre(layer: Int) -> HookPoint { HookPoint(.residualPre, layer: layer) }
  /// `Component.queryInput` of a layer.
  public static func queryInput(layer: Int) -> HookPoint { HookPoint(.queryInput, layer: layer) }
  /// `Component.keyInput` of a layer.
  public static func keyInput(layer: Int) -> HookPoint { HookPoint(.keyInput, layer: layer) }
  /// `Component.valueInput` of a layer.
  public static func valueInput(layer: Int) -> HookPoint { HookPoint(.valueInput, layer: layer) }
  /// `Component.mlpInput` of a layer.
  public static func mlpInput(layer: Int) -> HookPoint { HookPoint(.mlpInput, layer: layer) }
  /// `Component.residualMid` of a layer.
  public static func residualMid(layer: Int) -> HookPoint { HookPoint(.residualMid, layer: layer) }
  /// `Component.residualPost` of a layer.
  public static func residualPost(layer: Int) -> HookPoint { HookPoint(.residualPost, layer: layer) }
  /// `Component.attentionNormScale` of a layer.
  public static func attentionNormScale(layer: Int) -> HookPoint { HookPoint(.attentionNormScale, layer: layer) }
  /// `Component.attentionNormalized` of a layer.
  public static func attentionNormalized(layer: Int) -> HookPoint { HookPoint(.attentionNormalized, layer: layer) }
  /// `Component.query` of a layer.
  public static func query(layer: Int) -> HookPoint { HookPoint(.query, layer: layer) }
  /// `Component.key` of a layer.
  public static func key(layer: Int) -> HookPoint { HookPoint(.key, layer: layer) }
  /// `Component.value` of a layer.
  public static func value(layer: Int) -> HookPoint { HookPoint(.value, layer: layer) }
  /// `Component.rotatedQuery` of a layer.
  public static func rotatedQuery(layer: Int) -> HookPoint { HookPoint(.rotatedQuery, layer: layer) }
  /// `Component.rotatedKey` of a layer.
  public static func rotatedKey(layer: Int) -> HookPoint { HookPoint(.rotatedKey, layer: layer) }
  /// `Component.attentionScores` of a layer.
  public static func attentionScores(layer: Int) -> HookPoint { HookPoint(.attentionScores, layer: layer) }
  /// `Component.pattern` of a layer.
  public static func pattern(layer: Int) -> HookPoint { HookPoint(.pattern, layer: layer) }
  /// `Component.z` of a layer.
  public static func z(layer: Int) -> HookPoint { HookPoint(.z, layer: layer) }
  /// `Component.result` of a layer.
  public static func result(layer: Int) -> HookPoint { HookPoint(.result, layer: layer) }
  /// `Component.attentionOutput` of a layer.
  public static func attentionOutput(layer: Int) -> HookPoint { HookPoint(.attentionOutput, layer: layer) }
  /// `Component.mlpNormScale` of a layer.
  public static func mlpNormScale(layer: Int) -> HookPoint { HookPoint(.mlpNormScale, layer: layer) }
  /// `Component.mlpNormalized` of a layer.
  public static func mlpNormalized(layer: Int) -> HookPoint { HookPoint(.mlpNormalized, layer: layer) }
  /// `Component.mlpPre` of a layer.
  public static func mlpPre(layer: Int) -> HookPoint { HookPoint(.mlpPre, layer: layer) }
  /// `Component.mlpPreLinear` of a layer.
  public static func mlpPreLinear(layer: Int) -> HookPoint { HookPoint(.mlpPreLinear, layer: layer) }
  /// `Component.mlpPost` of a layer.
  public static func mlpPost(layer: Int) -> HookPoint { HookPoint(.mlpPost, layer: layer) }
  /// `Component.queryNormScale` of a layer.
  public static func queryNormScale(layer: Int) -> HookPoint { HookPoint(.queryNormScale, layer: layer) }
  /// `Component.queryNormalized` of a layer.
  public static func queryNormalized(layer: Int) -> HookPoint { HookPoint(.queryNormalized, layer: layer) }
  /// `Component.keyNormScale` of a layer.
  public static func keyNormScale(layer: Int) -> HookPoint { HookPoint(.keyNormScale, layer: layer) }
  /// `Component.keyNormalized` of a layer.
  public static func keyNormalized(layer: Int) -> HookPoint { HookPoint(.keyNormalized, layer: layer) }
  /// `Component.attentionOutputRaw` of a layer.
  public static func attentionOutputRaw(layer: Int) -> HookPoint { HookPoint(.attentionOutputRaw, layer: layer) }
  /// `Component.attentionPostNormScale` of a layer.
  public static func attentionPostNormScale(layer: Int) -> HookPoint { HookPoint(.attentionPostNormScale, layer: layer) }
  /// `Component.attentionPostNormalized` of a layer.
  public static func attentionPostNormalized(layer: Int) -> HookPoint { HookPoint(.attentionPostNormalized, layer: layer) }
  /// `Component.mlpOutputRaw` of a layer.
  public static func mlpOutputRaw(layer: Int) -> HookPoint { HookPoint(.mlpOutputRaw, layer: layer) }
  /// `Component.mlpPostNormScale` of a layer.
  public static func mlpPostNormScale(layer: Int) -> HookPoint { HookPoint(.mlpPostNormScale, layer: layer) }
  /// `Component.mlpPostNormalized` of a layer.
  public static func mlpPostNormalized(layer: Int) -> HookPoint { HookPoint(.mlpPostNormalized, layer: layer) }
  /// `Component.mlpOutput` of a layer.
  public static func mlpOutput(layer: Int) -> HookPoint { HookPoint(.mlpOutput, layer: layer) }
}

/// How many letters must be inserted, removed or exchanged to turn one text into the other (Levenshtein 1966).
func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b.prefix(200))
  var row = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let cost = min(diagonal + (letter == b[j] ? 0 : 1), row[j] + 1, row[j + 1] + 1)
      (diagonal, row[j + 1]) = (row[j + 1], cost)
    }
  }
  return row[b.count]
}
