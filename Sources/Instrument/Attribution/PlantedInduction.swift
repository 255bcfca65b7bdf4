import Checkpoints
import Randomness
import Tensors
import Transformer

/// A small model whose circuit is known, since its weights are set by hand: what a method finds in it can be compared with what is there.
///
/// It is a GPT-2 of two layers with four heads each. It has learned one thing: behind `… A B … A` it says `B` (induction; Olsson et al. 2022,
/// arXiv:2209.11895). The stream has a part for the token, one for the position, one for the previous token, and one for the answer.
/// - **L0H1**, the previous-token head: its queries ask for the position before their own, its keys tell theirs, and its values carry the
///   token there to the part for the previous token.
/// - **L1H2**, the induction head: its queries ask for the token at their position, its keys tell the previous token, and its values carry
///   the token to the answer, which the unembedding reads.
///
/// All other weights are small random numbers. Both heads attend where they should with a probability that `sharpness` brings near to 1: a gradient
/// of the softmax is then near to 0, though much depends on its scores.
public struct PlantedInduction: Sendable {
  /// The model. It has no tokenizer: prompts are tokens, 0 to 15.
  public let model: LanguageModel
  /// L0H1, which looks at the position before.
  public let previousTokenHead = HeadReference(layer: 0, head: 1)
  /// L1H2, which looks at what came behind the last token before.
  public let inductionHead = HeadReference(layer: 1, head: 2)

  private static let (tokens, positions, headWidth) = (16, 24, 24)
  private static let (token, position, previous, answer) = (0, 16, 40, 56)
  private static let (width, heads) = (96, 4)

  /// - Parameters:
  ///   - seed: Chooses the small random numbers.
  ///   - sharpness: By how much the score of what a head looks at exceeds that of the rest, in nats.
  ///   - noise: The standard deviation of the random numbers.
  public init(seed: UInt64 = 0, sharpness: Float = 30, noise: Float = 0.002) throws(ModelError) {
    let config = try ModelConfiguration(
      json: """
        {"model_type": "gpt2", "n_layer": 2, "n_embd": \(Self.width), "n_head": \(Self.heads), "n_inner": 32,
         "vocab_size": \(Self.tokens), "n_positions": \(Self.positions), "tie_word_embeddings": false, "bos_token_id": 0,
         "eos_token_id": 0}
        """)
    model = try LanguageModel(config, weights: Self.weights(seed: seed, sharpness: sharpness, noise: noise))
  }

  /// Prompts `… A B … A`, in which no other token occurs twice, and the same with another token in the place of the first `A`: then nothing says
  /// what comes behind. The metric is the logit of `B` less the mean logit of the other tokens of the prompt.
  /// - Parameter length: how many tokens a prompt has, 5 to 16.
  /// - Throws: `badRequest` for a length that cannot be had.
  public func examples(_ count: Int, length: Int = 12, seed: UInt64 = 0) throws -> [PromptExample] {
    guard (5...Self.tokens).contains(length) else {
      throw ModelError.badRequest(
        "Prompts of \(length) tokens cannot be made of \(Self.tokens) different ones. Ask for 5 to \(Self.tokens).")
    }
    var random = SeededGenerator(seed: seed)
    return try (0..<count).map { index in
      let order = Array(0..<Self.tokens).shuffled(using: &random)
      // The last place repeats the token at `first`.
      let first = Int.random(in: 1..<length - 3, using: &random)
      let clean = Array(order[..<(length - 1)]) + [order[first]]
      var corrupted = clean
      corrupted[first] = order[length - 1]
      let others = clean[..<(length - 1)].filter { $0 != clean[first] && $0 != clean[first + 1] }
      return try PromptExample(
        "example \(index)", clean: clean, corrupted: corrupted,
        metric: LogitDifference(clean: clean[first + 1], corrupted: Array(others)), model: model)
    }
  }

  // MARK: - Weights

  private static func weights(seed: UInt64, sharpness: Float, noise: Float) -> [String: Tensor] {
    var random = SeededGenerator(seed: seed)
    func small(_ shape: [Int]) -> Tensor {
      Tensor((0..<shape.reduce(1, *)).map { _ in noise * Float(random.normal()) }, shape: shape)
    }
    var weights: [String: Tensor] = [:]
    for layer in 0..<2 {
      for name in ["W_Q", "W_K", "W_V"] { weights["blocks.\(layer).attn.\(name)"] = small([heads, width, headWidth]) }
      weights["blocks.\(layer).attn.W_O"] = small([heads, headWidth, width])
      weights["blocks.\(layer).mlp.W_in"] = small([width, 32])
      weights["blocks.\(layer).mlp.W_out"] = small([32, width])
    }
    weights["embed.W_E"] = identity(rows: tokens, columns: width, from: 0, to: token, count: tokens)
    weights["pos_embed.W_pos"] = identity(rows: positions, columns: width, from: 0, to: position, count: positions)
    weights["unembed.W_U"] = identity(rows: width, columns: tokens, from: answer, to: 0, count: tokens)
    // What a one of the stream is behind a norm: of `ones` ones among the rest, which are 0.
    func size(ones: Float) -> Float {
      let mean = ones / Float(width)
      return (1 - mean) / (mean - mean * mean).squareRoot()
    }
    let root = Float(headWidth).squareRoot()
    func plant(_ name: String, head: Int, _ matrix: Tensor) {
      guard var all = weights[name] else { return }
      for row in 0..<matrix.shape[0] {
        for column in 0..<matrix.shape[1] { all[head, row, column] += matrix[row, column] }
      }
      weights[name] = all
    }
    func factor(ones: Float) -> Float { (sharpness * root).squareRoot() / size(ones: ones) }
    // L0H1: queries at position i ask for i - 1; the first has none before it, and looks at itself.
    let (read, written) = (factor(ones: 2), 1 / size(ones: 2))
    var before = identity(rows: width, columns: headWidth, from: position + 1, to: 0, count: positions - 1) * read
    before[position, 0] = read
    plant("blocks.0.attn.W_Q", head: 1, before)
    plant("blocks.0.attn.W_K", head: 1, identity(rows: width, columns: headWidth, from: position, to: 0, count: positions) * read)
    plant("blocks.0.attn.W_V", head: 1, identity(rows: width, columns: headWidth, from: token, to: 0, count: tokens))
    plant("blocks.0.attn.W_O", head: 1, identity(rows: headWidth, columns: width, from: 0, to: previous, count: tokens) * written)
    // L1H2: three ones stand in its stream.
    plant(
      "blocks.1.attn.W_Q", head: 2, identity(rows: width, columns: headWidth, from: token, to: 0, count: tokens) * factor(ones: 3)
    )
    plant(
      "blocks.1.attn.W_K", head: 2,
      identity(rows: width, columns: headWidth, from: previous, to: 0, count: tokens) * factor(ones: 3))
    plant("blocks.1.attn.W_V", head: 2, identity(rows: width, columns: headWidth, from: token, to: 0, count: tokens))
    plant(
      "blocks.1.attn.W_O", head: 2,
      identity(rows: headWidth, columns: width, from: 0, to: answer, count: tokens) * (1 / size(ones: 3)))
    return weights
  }

  /// Zeros with ones from `[from, to]` on, one a row.
  private static func identity(rows: Int, columns: Int, from: Int, to: Int, count: Int) -> Tensor {
    var matrix = Tensor(repeating: 0, shape: [rows, columns])
    for i in 0..<count { matrix[from + i, to + i] = 1 }
    return matrix
  }
}
