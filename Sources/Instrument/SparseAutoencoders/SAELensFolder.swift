import Checkpoints
import Foundation
import Tensors
import Transformer

/// A folder as SAELens saves a sparse autoencoder: `cfg.json` and `sae_weights.safetensors`.
///
/// Reading it is strict: a key that changes what is computed is used, or it is an error. Folders of SAELens 6 say little, and every key of them
/// is known here. Earlier ones hold the settings of their training besides, with keys that changed from version to version; of these, those are
/// read that SAELens 6 reads.
struct SAELensFolder {
  let configuration: SparseAutoencoderConfiguration
  let weights: SparseAutoencoderWeights

  /// What the caller says besides, or in place of the file.
  struct Options {
    var point: HookPoint?
    var target: HookPoint?
    var activationScale: Float?
    var centersInput = false
  }

  init(_ folder: URL, _ options: Options) throws {
    let keys = try SettingsReader(contentsOf: folder.appending(path: "cfg.json"))
    let reader = try SAELensSettings(keys, options)
    configuration = try reader.configuration()
    let file = try SafetensorsFile(folder.appending(path: "sae_weights.safetensors"))
    let source = SAELensWeights(file)
    try source.checkScaling(keys, isUsed: reader.scalesFeatures)
    do { weights = try SparseAutoencoderWeights(source, configuration, hasSkip: reader.hasSkip) } catch {
      guard case .badWeights(let name, let problem) = error else { throw error }
      throw ModelError.badWeights(file: file.path, tensor: source.stored(name), problem: problem)
    }
  }
}

/// The settings of `cfg.json`.
private struct SAELensSettings {
  private let keys: SettingsReader
  /// Where SAELens 6 says of which model the activations are; the settings themselves before.
  private let metadata: SettingsReader
  private let options: SAELensFolder.Options
  private let architecture: String
  /// Whether the folder was written by a version before 6.
  private let isOld: Bool

  var hasSkip: Bool { architecture.hasSuffix("skip_transcoder") }
  private var isTranscoder: Bool { architecture.hasSuffix("transcoder") }
  let scalesFeatures: Bool

  private static let architectures = [
    "standard", "gated", "jumprelu", "topk", "transcoder", "skip_transcoder", "jumprelu_transcoder", "jumprelu_skip_transcoder",
  ]

  init(_ keys: SettingsReader, _ options: SAELensFolder.Options) throws {
    (self.keys, self.options) = (keys, options)
    let inner = try keys.object("metadata")
    isOld = inner == nil
    metadata = inner ?? keys
    architecture = try Self.architecture(keys, isOld: isOld)
    scalesFeatures = try keys.flag("finetuning_scaling_factor") ?? false
  }

  private static func architecture(_ keys: SettingsReader, isOld: Bool) throws -> String {
    let name = try keys.string("architecture") ?? (isOld ? "standard" : "")
    guard architectures.contains(name) else {
      throw keys.error(
        "architecture", name.isEmpty ? "is missing" : "is “\(name)”",
        "Folio computes \(architectures.joined(separator: ", ")); batch top-k and matryoshka autoencoders are saved by SAELens as jumprelu."
      )
    }
    guard isOld else { return name }
    // Before 6.0, top-k was an activation function of the standard architecture.
    let key = keys.has("activation_fn_str") ? "activation_fn_str" : "activation_fn"
    switch try keys.string(key) ?? "relu" {
    case "relu": return name
    case "topk" where ["standard", "topk"].contains(name): return "topk"
    case let function:
      throw keys.error(key, "is “\(function)”", "Folio computes relu, and topk of the standard architecture.")
    }
  }

  func configuration() throws -> SparseAutoencoderConfiguration {
    let sizes = 1...(1 << 24)
    let (width, features) = (try keys.integer("d_in", in: sizes), try keys.integer("d_sae", in: sizes))
    let (point, target) = try places()
    var result = SparseAutoencoderConfiguration(
      inputWidth: width, featureCount: features, outputWidth: isTranscoder ? try keys.integer("d_out", in: sizes) : width,
      activation: try activation(features), subtractsDecoderBias: try subtractsDecoderBias(), point: point, target: target)
    result.head = try head()
    try normalize(&result)
    result.joinsHeads = try joinsHeads(point)
    result.rescalesByDecoderNorm = architecture == "topk" ? try keys.flag("rescale_acts_by_decoder_norm") ?? false : false
    result.centersInput = try centersInput()
    result.modelName = try metadata.string("model_name")
    result.prependsBOS = try metadata.has("prepend_bos") ? metadata.flag("prepend_bos") : nil
    try result.check()
    try finish()
    return result
  }

  private func activation(_ features: Int) throws -> SparseAutoencoderConfiguration.Activation {
    if architecture.hasPrefix("jumprelu") { return .jumpReLU }
    switch architecture {
    case "gated": return .gated
    case "topk":
      let inner = try keys.object("activation_fn_kwargs")
      let holder = inner.flatMap { $0.has("k") ? $0 : nil } ?? keys
      return .topK(try holder.integer("k", in: 1...features))
    default: return .relu
    }
  }

  private func subtractsDecoderBias() throws -> Bool {
    let flag = try keys.flag("apply_b_dec_to_input")
    guard isTranscoder else { return flag ?? true }
    guard flag != true else {
      throw keys.error(
        "apply_b_dec_to_input", "is true",
        "The decoder's bias of a transcoder belongs to what it writes; SAELens has no such transcoders.")
    }
    return false
  }

  private func normalize(_ result: inout SparseAutoencoderConfiguration) throws {
    let key = "normalize_activations"
    var name = "none"
    if case .bool(let flag)? = keys.node(key)?.value {
      name = flag ? "expected_average_only_in" : "none"
    } else {
      name = try keys.string(key) ?? "none"
    }
    if name == "expected_average_only_in" {
      guard let scale = options.activationScale else {
        throw keys.error(
          key, "is “\(name)”",
          "Activations are to be multiplied by √d_in over their mean length before they are encoded, and the folder does not hold that number. "
            + "Give it as `activationScale:` (SAELens lists it as norm_scaling_factor), or measure it: `SparseAutoencoder.activationScale(of:at:over:)`. "
            + "If it was folded into the weights, it is 1.")
      }
      guard scale.isFinite, scale > 0 else {
        throw SparseAutoencoderError.badRequest("The activation scale is \(scale); it must be a number above 0.")
      }
      result.inputScale = scale
      return
    }
    guard options.activationScale == nil else {
      throw SparseAutoencoderError.badRequest(
        "An activation scale belongs to dictionaries whose “\(key)” is “expected_average_only_in”, and that of \(keys.file) is “\(name)”. Leave it out."
      )
    }
    guard let normalization = SparseAutoencoderConfiguration.Normalization(rawValue: name) else {
      throw keys.error(
        key, "is “\(name)”", "Folio computes none, expected_average_only_in, layer_norm and constant_norm_rescale.")
    }
    result.normalization = normalization
  }

  // MARK: Where it belongs

  private func places() throws -> (point: HookPoint, target: HookPoint?) {
    let name = try metadata.string("hook_name") ?? (isOld ? metadata.string("hook_point") : nil)
    let target = try metadata.string("hook_name_out")
    try refuseNormedInput()
    guard let point = try options.point ?? name.map({ try place($0, "hook_name") }) else {
      throw metadata.error("hook_name", "is missing", "Say which activation it reads, as `at: .residualPost(layer: 6)`.")
    }
    guard isTranscoder else {
      guard options.target == nil else {
        throw SparseAutoencoderError.badRequest(
          "\(keys.file) describes an autoencoder, which writes where it reads. Leave `writingTo` out.")
      }
      return (point, nil)
    }
    guard let output = try options.target ?? target.map({ try place($0, "hook_name_out") }) else {
      throw metadata.error(
        "hook_name_out", "is missing", "Say which activation the transcoder writes, as `writingTo: .mlpOutput(layer: 6)`.")
    }
    return (point, output)
  }

  /// What an MLP reads behind its norm's factors is no hook point, whatever TransformerLens's name for it says: its `hook_mlp_in` means this in some
  /// versions, and the residual stream in others.
  private func refuseNormedInput() throws {
    guard options.point == nil, let name = try metadata.string("hf_hook_name"), name.hasSuffix("pre_feedforward_layernorm.output")
    else { return }
    throw metadata.error(
      "hf_hook_name", "is “\(name)”",
      "No hook point holds the norm's output with its factors. Load it `at: .mlpNormalized(layer:)`, which is the output without them, and "
        + "fold them into the weights: `foldingNorm(of: model)`.")
  }

  private func place(_ name: String, _ key: String) throws -> HookPoint {
    do { return try HookPoint(name) } catch {
      throw metadata.error(key, "is “\(name)”", "\(error) Or say which activation is meant: `at: .residualPost(layer: 6)`.")
    }
  }

  private func head() throws -> Int? {
    let key = isOld && metadata.has("hook_point_head_index") ? "hook_point_head_index" : "hook_head_index"
    return metadata.has(key) ? try metadata.integer(key, in: 0...100_000) : nil
  }

  private func joinsHeads(_ point: HookPoint) throws -> Bool {
    let isZ = point.component == .z
    switch try keys.string("reshape_activations") ?? (isOld && isZ ? "hook_z" : "none") {
    case "hook_z": return true
    // One head of several, or heads that SAELens's user joined.
    case "none": return isZ
    case let other: throw keys.error("reshape_activations", "is “\(other)”", "Folio computes none and hook_z.")
    }
  }

  /// What TransformerLens did to the model's weights: only what changes activations matters.
  private func centersInput() throws -> Bool {
    guard let kwargs = try metadata.object("model_from_pretrained_kwargs") else { return options.centersInput }
    let centers = try kwargs.flag("center_writing_weights") ?? false
    for key in ["fold_value_biases", "refactor_factored_attn_matrices"] {
      try kwargs.require(
        key, toBe: [.bool(false)], else: "Folio folds nothing into a model's weights, whose activations differ then.")
    }
    try kwargs.finish(
      ignoring: ["fold_ln", "center_unembed", "dtype", "device", "torch_dtype", "n_devices", "default_padding_side"],
      else: "Folio does not know what this does to the model's activations.")
    return centers || options.centersInput
  }

  // MARK: The rest

  /// Refuses a setting that SAELens 6 does not write. What its `metadata` tell besides is how it was trained; nothing is computed from it.
  private func finish() throws {
    guard !isOld else { return }
    try keys.finish(
      ignoring: ["dtype", "device", "hook_head_index_out", "activation_fn"],
      else: "Folio does not know this key of SAELens, and what it would change.")
  }
}

/// The tensors of `sae_weights.safetensors`, by today's names.
private struct SAELensWeights: SparseAutoencoderSource {
  private let file: SafetensorsFile
  private let isScaled: Bool
  private let factors = "finetuning_scaling_factor"

  init(_ file: SafetensorsFile) {
    self.file = file
    // For some time a factor was saved with every autoencoder, which is 1 if it was not trained.
    let entry = file.entries["scaling_factor"] ?? file.entries["finetuning_scaling_factor"]
    isScaled = entry.map { (try? file.tensor($0))?.elements.allSatisfy { abs($0 - 1) <= 1e-5 } != true } ?? false
  }

  /// The name in the file.
  func stored(_ name: String) -> String { name == factors && file.entries[name] == nil ? "scaling_factor" : name }

  var names: Set<String> {
    let all = Set(file.entries.keys).subtracting(["scaling_factor", factors])
    return isScaled ? all.union([factors]) : all
  }

  func shape(_ name: String) -> [Int]? { file.entries[stored(name)]?.shape }
  func matrix(_ name: String) throws -> WeightMatrix { try file.matrix(entry(name)) }
  func tensor(_ name: String) throws -> Tensor { try file.tensor(entry(name)) }

  private func entry(_ name: String) throws -> WeightEntry {
    guard let entry = file.entries[stored(name)] else {
      throw ModelError.badWeights(file: file.path, tensor: name, problem: "is missing")
    }
    return entry
  }

  /// Factors that are not 1 must be asked for.
  func checkScaling(_ keys: SettingsReader, isUsed: Bool) throws {
    guard isScaled, !isUsed else { return }
    throw keys.error(
      factors, "is not true",
      "\(file.path) holds factors for the features that are not 1. Copy both files from the same place again.")
  }
}
