import Checkpoints
import CKernels
import Foundation
import Machine
import Synchronization
import Tensors

/// A language model that can be taken apart.
///
/// ```swift
/// let model = try LanguageModel.load("google/gemma-2b")
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
/// - Keys and values of what was read are remembered, and used when another prompt begins with the same tokens. This changes no bit
///   either: a run gives what it would give in a fresh session.
/// - Loading is strict: what the files say and Folio does not compute is an error, and never left out.
/// - Whatever is wrong with files, prompts or names is a `ModelError` that says what to do.
///
/// A model's weights are used where they lie in the mapped files, as bf16 if that is what they are. A model is immutable, and may be used from several threads at once.
public final class LanguageModel: Sendable {
  /// Sizes and constants.
  public let config: ModelConfiguration
  /// Turns text into tokens and back.
  /// - Throws: `noTokenizer` if the model's folder has none. It reads tokens then, and no texts.
  public var tokenizer: Tokenizer {
    get throws(ModelError) {
      guard let storedTokenizer else { throw .noTokenizer(folder: folder) }
      return storedTokenizer
    }
  }
  /// What the checkpoint recommends for going on with a text. Nothing of it is applied without being asked for.
  public let generationDefaults: GenerationDefaults
  /// The folder that the model was read from, or what says that it was made in memory.
  public let folder: String
  /// The tensors of the checkpoint that belong to other parts of a larger model, as to the one that reads images, and are not used.
  public let otherTensors: [String]
  /// Identifies the model by its content: any change to a byte of its weights, its configuration or its tokenizer changes it. It is a
  /// 64-bit hash, which notices accidents and not attacks.
  public var checksum: String { contents.checksum }
  /// Whether it is the same model, wherever either computes.
  package func isSame(as other: LanguageModel) -> Bool { contents === other.contents || checksum == other.checksum }

  /// What the model remembers of the prompts that it has read.
  public let prefixes: PrefixCache
  package let weights: Weights
  let rotary: RotaryTables
  let storedTokenizer: Tokenizer?
  /// The model of which this is a copy on a device.
  private let original: LanguageModel?
  private let contents: ModelContents

  /// Reads a model from a folder that holds `config.json`, `model.safetensors` or shards with their index, and a tokenizer; or one GGUF file.
  /// Without a tokenizer, it reads tokens only.
  ///
  /// All of it is used or refused: a key of `config.json` that would change the numbers and is not computed, a tensor of the weights that
  /// the model has no place for, a weight file that belongs to neither, are errors that name it.
  public convenience init(folder: URL) throws(ModelError) { try self.init(ModelFiles.of(folder)) }

  /// Reads a model of one GGUF file, with its configuration and its tokenizer. What it does not understand of the file is an error.
  public convenience init(gguf file: URL) throws(ModelError) { try self.init(ModelFiles(gguf: file)) }

  private init(_ files: ModelFiles) throws(ModelError) {
    (config, generationDefaults, storedTokenizer) = (files.config, files.generationDefaults, files.tokenizer)
    weights = try Weights(StoredWeights(files.checkpoint, files.config), files.config)
    otherTensors = try files.checkpoint.refuseUnused(files.config)
    (folder, original) = (files.path, nil)
    rotary = RotaryTables(files.config)
    prefixes = PrefixCache(files.config, available: CPUBackend.shared.availableBytes)
    let (checkpoint, small) = (files.checkpoint, files.checksum)
    contents = ModelContents { checkpoint.checksum(seed: small) }
  }

  /// A model of weights in memory. Its checksum is that of their numbers, and not that of a folder to which it is saved.
  /// - Parameter origin: what stands for the folder.
  package init(_ config: ModelConfiguration, _ tokenizer: Tokenizer?, _ source: some WeightSource, origin: String)
    throws(ModelError)
  {
    let weights = try Weights(source, config)
    (self.config, storedTokenizer, self.weights, folder) = (config, tokenizer, weights, origin)
    (generationDefaults, otherTensors, original) = (.none, [], nil)
    rotary = RotaryTables(config)
    prefixes = PrefixCache(config, available: CPUBackend.shared.availableBytes)
    contents = ModelContents {
      let texts = [config.json] + (tokenizer?.files ?? []).map(\.content)
      let hash = texts.reduce(UInt64(0)) { hash, data in data.withUnsafeBytes { ck_hash($0.baseAddress, $0.count, hash) } }
      return WeightName.all(config).reduce(hash) { hash, name in
        weights.tensor(name).withUnsafeElements { ck_hash($0.baseAddress, 4 * $0.count, hash) }
      }
    }
  }

  /// A model with another's weights where a backend computes. They go there now, and once.
  package init(_ other: LanguageModel, on backend: any Backend) throws(ModelError) {
    (config, generationDefaults, storedTokenizer) = (other.config, other.generationDefaults, other.storedTokenizer)
    (otherTensors, folder, rotary, contents) = (other.otherTensors, other.folder, other.rotary, other.contents)
    original = other.atHome
    weights = other.atHome.weights.moved(to: backend)
    prefixes = PrefixCache(config, available: backend.availableBytes)
    try backend.checked()
    guard !weights.isVoid else { throw backend.noRoom }
  }

  /// The model with its weights as they were read, in the computer's memory: what is saved, and trained.
  var atHome: LanguageModel { original ?? self }

  /// Who computes.
  package var backend: any Backend { weights.backend }

  /// Where the model's weights lie, and its runs are computed.
  public var device: Device { backend.device }

  /// Reads a model by the path of its folder or of its GGUF file, or by its name in the Hugging Face hub's cache on this machine.
  ///
  /// - Parameters:
  ///   - name: A folder as `models/tiny`, a file as `models/tiny.gguf`, or a hub name as `google/gemma-2b`, which is looked for in `$HF_HUB_CACHE`, else in
  ///     `$HF_HOME/hub`, else in `$XDG_CACHE_HOME/huggingface/hub` or `~/.cache/huggingface/hub`. A folder comes first.
  ///   - base: The folder that a relative path starts from; the current directory if nil.
  ///   - device: Where the weights lie, and runs are computed: `.cpu`, `.cuda(0)`, or `.auto`, which takes a graphics card that has room. Nil is
  ///     the session's own, as `--device` or the front matter say, or else `.auto`.
  public static func load(
    _ name: String, relativeTo base: String? = nil, device: Device? = nil
  ) throws(ModelError) -> LanguageModel {
    try load(name, relativeTo: base, device: device, environment: ProcessInfo.processInfo.environment)
  }

  package static func load(
    _ name: String, relativeTo base: String?, device: Device? = nil, environment: [String: String]
  ) throws(ModelError) -> LanguageModel {
    let folder = try ModelFolder(name, relativeTo: base, environment: environment)
    let device = if let device { device } else { try Device.preset(environment) }
    let model: LanguageModel
    do {
      model = folder.isFile ? try LanguageModel(gguf: folder.url) : try LanguageModel(folder: folder.url)
    } catch { throw folder.explained(error) }
    return try model.moved(to: device)
  }
}

extension Backend {
  /// Throws what has gone wrong on a device.
  func checked() throws(ModelError) {
    do { try check() } catch { throw .deviceFailed("\(error)") }
  }

  /// Forgets that something had no room before, of which nobody asked: what is computed from now on is another matter.
  func forgetFailures() { try? check() }

  /// Why there are no numbers where another thread was told the reason.
  var noRoom: ModelError {
    .deviceFailed(
      "The memory of \(device) was too small for what was computed. Free some of it, capture less at once, or use the device “cpu”."
    )
  }
}

// MARK: - Tokens

extension LanguageModel {
  /// The tokens of a text; see `Tokenizer.toTokens`.
  public func toTokens(_ text: String, prependBOS: Bool? = nil) throws(ModelError) -> [Int] {
    try tokenizer.toTokens(text, prependBOS: prependBOS)
  }

  /// The text of tokens, with the special ones spelled out.
  public func toString(_ tokens: some Sequence<Int>) throws(ModelError) -> String { try tokenizer.toString(tokens) }

  /// What to call each token where it is shown: its text, or its number in a model without a tokenizer.
  package func labels(_ tokens: [Int]) throws(ModelError) -> [String] {
    try storedTokenizer?.toStrTokens(tokens) ?? tokens.map(String.init)
  }

  /// The text of each token of a prompt: `["<bos>", "Answer", " True"]`.
  public func toStrTokens(_ prompt: some Prompt) throws(ModelError) -> [String] {
    try tokenizer.toStrTokens(prompt.tokens(for: self))
  }

  /// The one token of a text as " grimpus"; an error that shows the pieces, when it is not one.
  public func toSingleToken(_ text: String) throws(ModelError) -> Int { try tokenizer.toSingleToken(text) }
}

/// What a model can read: a `String`, to which BOS is prepended unless it begins with `<bos>`, or tokens as `[Int]`, taken as they are.
public protocol Prompt {
  /// The tokens to read, BOS included.
  func tokens(for model: LanguageModel) throws(ModelError) -> [Int]
}

extension String: Prompt {
  /// The tokens of the text, with BOS in front as the tokenizer says.
  public func tokens(for model: LanguageModel) throws(ModelError) -> [Int] { try model.toTokens(self) }
}

extension Array: Prompt where Element == Int {
  /// The tokens themselves, as they are.
  public func tokens(for model: LanguageModel) throws(ModelError) -> [Int] { self }
}

/// A model's checksum, computed when somebody asks: it reads all of the weights.
private final class ModelContents: Sendable {
  private let compute: @Sendable () -> UInt64
  private let known = Mutex<String?>(nil)

  init(_ compute: @escaping @Sendable () -> UInt64) { self.compute = compute }

  var checksum: String {
    known.withLock { known in
      let checksum = known ?? String(compute(), radix: 16)
      known = checksum
      return checksum
    }
  }
}
