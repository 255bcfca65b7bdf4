import Tensors

/// What a model is: its sizes, and the choices by which the families of models differ. The passes compute what it says, and know no family.
///
/// `LanguageModel.config` is that of a loaded model. A family's file in `Families` makes it of the keys of a `config.json`.
public struct ModelConfiguration: Hashable, Sendable {
  /// The family, as `config.json` names it in `model_type`: `gemma`, `llama`.
  public package(set) var modelType: String
  /// How many transformer blocks.
  public package(set) var layers: Int
  /// The width of the residual stream, `hidden_size`.
  public package(set) var width: Int
  /// Query heads of each layer.
  public package(set) var heads: Int
  /// Key and value heads of each layer: 1 (multi-query), `heads`, or a divisor of it (grouped-query).
  public package(set) var keyValueHeads: Int
  /// The width of one head, `head_dim`. Heads times head width need not be the width of the residual stream.
  public package(set) var headWidth: Int
  /// The width of the MLP's inner layer, `intermediate_size`.
  public package(set) var mlpWidth: Int
  /// How many tokens there are.
  public package(set) var vocabulary: Int
  /// The longest sequence, in tokens.
  public package(set) var contextLength: Int

  /// How the residual stream is normed before it is read.
  public package(set) var norm: NormForm
  /// What the norms add to a row's mean square, or to its variance.
  public package(set) var normEpsilon: Float
  /// How attention and MLP stand to each other.
  public package(set) var block: BlockForm = .sequential
  /// Whether a norm stands behind attention and MLP too, before they are added to the residual stream: `blocks.0.ln1_post`, `ln2_post`.
  public package(set) var normsOutputs = false
  /// What the attention computes.
  public package(set) var attention: AttentionForm
  /// How far back each layer's queries look, in positions: a query at position i sees i - window + 1 … i. Nil sees everything.
  public package(set) var windows: [Int?]
  /// How the model knows positions.
  public package(set) var positions: PositionForm
  /// What the MLP computes.
  public package(set) var mlp: MLPForm
  /// What the embedding's rows are multiplied by.
  public package(set) var embeddingScale: Float = 1
  /// Whether the unembedding is the embedding.
  public package(set) var tiesUnembedding: Bool
  /// The cap c of the logits, which become c · tanh(logit / c); nil if they have none.
  public package(set) var logitSoftCap: Float?

  /// The token that begins a sequence; nil if the model was trained without one.
  public package(set) var bos: Int?
  /// The tokens that end one: those of `generation_config.json`, or of `config.json` where that file names none.
  public package(set) var eos: [Int] = []
  /// The token that fills up a batch, never part of a text; nil if there is none.
  public package(set) var pad: Int?

  /// Query heads that share one key and value head.
  public var headsPerKeyValueHead: Int { heads / keyValueHeads }
}

/// The kind of a model's norms.
public enum NormForm: Hashable, Sendable {
  /// Each row over its root mean square, times `offset + weight` (Zhang and Sennrich 2019, arXiv:1910.07467). Gemma's checkpoints hold by
  /// how much a factor differs from the offset 1; those of other families hold the factor itself, with the offset 0.
  case rootMeanSquare(offset: Float)
  /// Each row less its mean, over its standard deviation, times a weight, plus a bias (Ba et al. 2016, arXiv:1607.06450).
  case layer

  /// What is added to a norm's weight to make the factor.
  var offset: Float {
    switch self {
    case .rootMeanSquare(let offset): offset
    case .layer: 0
    }
  }
}

/// How attention and MLP stand to each other in a block.
public enum BlockForm: Hashable, Sendable {
  /// The MLP reads what the attention has written.
  case sequential
  /// Both read the residual stream before the block (GPT-J, GPT-NeoX): there is no `hook_resid_mid`.
  case parallel
}

/// What the attention of a model computes.
public struct AttentionForm: Hashable, Sendable {
  /// What the products of queries and keys are multiplied by: 1/√c, or what the configuration says.
  public package(set) var scale: Float
  /// Whether queries, keys and values have biases.
  public package(set) var hasInputBias = false
  /// Whether the output has a bias.
  public package(set) var hasOutputBias = false
  /// Whether each head's queries and keys are normed, before they are turned: `attn.q_norm`, `attn.k_norm`.
  public package(set) var normsQueriesAndKeys = false
  /// The cap c of the scores, which become c · tanh(score / c) before they are masked; nil if they have none.
  public package(set) var softCap: Float?
}

/// How a model knows positions.
public enum PositionForm: Hashable, Sendable {
  /// Queries and keys are turned by angles that grow with the position, in each layer by its own.
  case rotary([Rotation])
  /// Each position has a row of its own, which is added to the token's: `hook_pos_embed`.
  case learned
}

/// What the MLP of a model computes.
public struct MLPForm: Hashable, Sendable {
  /// Whether it is `down(f(gate(x)) ⊙ up(x))`; else it is `down(f(up(x)))`.
  public package(set) var isGated: Bool
  /// The function f.
  public package(set) var activation: Activation
  /// Whether its products have biases.
  public package(set) var hasBias = false
}
