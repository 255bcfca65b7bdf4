import Foundation
import Tensors

/// A Gemma language model that can be taken apart.
///
/// ```swift
/// let model = try GemmaModel.load("google/gemma-2b")
/// let run = try model.run("Fae is a", capturing: [.pattern(layer: 3)])
/// run.logits                                     // [1, vocabulary]: the last position
/// try run.cache["blocks.3.attn.hook_pattern"]    // [head, query, key]
/// try model.generate("Fae is", until: ["."], maxNewTokens: 20).text
/// ```
///
/// What it promises:
/// - The numbers are the checkpoint's, computed in fp32 as Hugging Face's transformers does it; nothing is folded into the weights. Logits
///   are therefore Hugging Face's. TransformerLens's default loading subtracts their mean over the vocabulary at each position, which
///   changes no probability, no argmax and no logit difference.
/// - Hook points bear TransformerLens's names and have its shapes, without the batch axis: one prompt at a time.
/// - Observing changes nothing: logits are bit-identical, whatever is captured.
/// - Whatever is wrong with files, prompts or names is a `GemmaError` that says what to do.
///
/// A model is immutable, and may be used from several threads at once.
public final class GemmaModel: Sendable {
  /// Sizes and constants.
  public let config: GemmaConfiguration
  /// From text to tokens and back.
  public let tokenizer: Tokenizer
  /// The folder that the model was read from.
  public let folder: String
  /// Identifies the model by its content: any change to a byte of its weights, its configuration or its tokenizer changes it. It is a
  /// 64-bit hash, which notices accidents and not attacks.
  public let checksum: String
  package let weights: Weights

  /// Reads a model from a folder that holds `config.json`, `tokenizer.model` and `model.safetensors`, or shards with their index.
  public init(folder: URL) throws(GemmaError) {
    config = try GemmaConfiguration(contentsOf: folder.appending(path: "config.json"))
    let tokenizerFile = folder.appending(path: "tokenizer.model")
    tokenizer = try Tokenizer(contentsOf: tokenizerFile, bos: config.bos)
    guard tokenizer.count <= config.vocabulary else {
      throw .badTokenizer(
        file: tokenizerFile.path, problem: "has \(tokenizer.count) pieces, and the model's vocabulary has \(config.vocabulary)")
    }
    let checkpoint = try Checkpoint(folder: folder)
    weights = try Weights(checkpoint, config)
    self.folder = folder.path
    var hash: UInt64 = 0
    for name in ["config.json", "tokenizer.model"] { hash = try MappedFile(folder.appending(path: name)).checksum(seed: hash) }
    checksum = String(checkpoint.checksum(seed: hash), radix: 16)
  }

  /// Reads a model by the path of its folder, or by its name in the Hugging Face hub's cache on this machine.
  ///
  /// - Parameters:
  ///   - name: A folder as `models/tiny`, or a hub name as `google/gemma-2b`, which is looked for in `$HF_HUB_CACHE`, else in
  ///     `$HF_HOME/hub`, else in `~/.cache/huggingface/hub`. A folder comes first.
  ///   - base: The folder that a relative path starts from; the current directory if nil.
  public static func load(_ name: String, relativeTo base: String? = nil) throws(GemmaError) -> GemmaModel {
    try load(name, relativeTo: base, environment: ProcessInfo.processInfo.environment)
  }

  package static func load(
    _ name: String, relativeTo base: String?, environment: [String: String]
  ) throws(GemmaError) -> GemmaModel {
    try GemmaModel(folder: ModelFolder(name, relativeTo: base, environment: environment).url)
  }
}

// MARK: - Tokens

extension GemmaModel {
  /// The tokens of a text; see `Tokenizer.toTokens`.
  public func toTokens(_ text: String, prependBOS: Bool = true) throws(GemmaError) -> [Int] {
    try tokenizer.toTokens(text, prependBOS: prependBOS)
  }

  /// The text of tokens, with the special ones spelled out.
  public func toString(_ tokens: some Sequence<Int>) throws(GemmaError) -> String { try tokenizer.toString(tokens) }

  /// The text of each token of a prompt: `["<bos>", "Answer", " True"]`.
  public func toStrTokens(_ prompt: some Prompt) throws(GemmaError) -> [String] {
    try tokenizer.toStrTokens(prompt.tokens(tokenizer))
  }

  /// The one token of a text as " grimpus"; an error that shows the pieces, when it is not one.
  public func toSingleToken(_ text: String) throws(GemmaError) -> Int { try tokenizer.toSingleToken(text) }
}

/// What a model can read: a `String`, to which BOS is prepended unless it begins with `<bos>`, or tokens as `[Int]`, taken as they are.
public protocol Prompt {
  /// The tokens to read, BOS included.
  func tokens(_ tokenizer: Tokenizer) throws(GemmaError) -> [Int]
}

extension String: Prompt {
  public func tokens(_ tokenizer: Tokenizer) throws(GemmaError) -> [Int] { try tokenizer.toTokens(self) }
}

extension Array: Prompt where Element == Int {
  public func tokens(_ tokenizer: Tokenizer) throws(GemmaError) -> [Int] { self }
}

// MARK: - Running

/// What a run through the model gives.
public struct ModelRun: Sendable {
  /// The tokens that were read.
  public let tokens: [Int]
  /// `[position, vocabulary]` of the positions asked for: all, only the last, or none.
  public let logits: Tensor
  /// The activations that were asked for.
  public let cache: ActivationCache
}

/// At which positions logits are computed. A large vocabulary makes them the most expensive numbers of a prompt.
public enum LogitPositions: Sendable {
  /// `[position, vocabulary]`.
  case all
  /// `[1, vocabulary]`.
  case last
  /// `[0, vocabulary]`.
  case none
}

extension GemmaModel {
  /// Reads a prompt.
  ///
  /// - Parameters:
  ///   - prompt: Text or tokens.
  ///   - capture: The activations to keep: `[.query(layer: 3)]`, `.components([.mlpOutput])`, `.all`.
  ///   - logits: Where to compute logits: at the last position, at all, or not at all.
  public func run(
    _ prompt: some Prompt, capturing capture: Capture = .none, logits: LogitPositions = .last
  ) throws(GemmaError) -> ModelRun {
    var past = emptyCache
    return try run(prompt.tokens(tokenizer), continuing: &past, capturing: capture, logits: logits)
  }

  /// Reads further tokens behind those that `past` holds, and adds them to it. Activations and logits are those of the new positions.
  /// A run that is interrupted leaves `past` empty.
  public func run(
    _ tokens: [Int], continuing past: inout KeyValueCache, capturing capture: Capture = .none, logits: LogitPositions = .last
  ) throws(GemmaError) -> ModelRun {
    try check(tokens, behind: past.count)
    let recorder = try capture.resolved(layers: config.layers)
    var pass = ForwardPass(configuration: config, weights: weights, recorder: recorder, past: past)
    // The pass writes to the cache's storage: it must be its only owner, or every buffer would be copied.
    past = emptyCache
    let final = try pass(tokens)
    past = pass.past
    return ModelRun(tokens: tokens, logits: unembed(final, logits), cache: ActivationCache(pass.recorder.activations))
  }

  /// A cache of no position, to start `run(_:continuing:)` with.
  public var emptyCache: KeyValueCache { KeyValueCache(config) }

  private func unembed(_ final: Tensor, _ positions: LogitPositions) -> Tensor {
    switch positions {
    case .all: final.projected(by: weights.embedding)
    case .last: final[(final.shape[0] - 1)...].projected(by: weights.embedding)
    case .none: Tensor(repeating: 0, shape: [0, config.vocabulary])
    }
  }

  private func check(_ tokens: [Int], behind past: Int) throws(GemmaError) {
    guard !tokens.isEmpty else { throw .emptyPrompt }
    guard past + tokens.count <= config.contextLength else {
      throw .contextTooLong(tokens: past + tokens.count, limit: config.contextLength)
    }
    if let bad = tokens.first(where: { !(0..<config.vocabulary).contains($0) }) {
      throw .tokenOutOfRange(token: bad, vocabulary: config.vocabulary)
    }
  }
}
