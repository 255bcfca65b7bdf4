import Checkpoints
import Foundation

extension ModelConfiguration {
  /// Reads and checks a `config.json`, which must describe a model of a family that Folio knows.
  ///
  /// Every key is used, or has the value with which it changes no number, or is known to change none whatever its value. Every other
  /// key is an error that names it, its value and its line.
  public init(contentsOf file: URL) throws(ModelError) { try self.init(SettingsReader(contentsOf: file)) }

  package init(json: Data, file: String, hasLines: Bool = true) throws(ModelError) {
    try self.init(SettingsReader(json: json, file: file, hasLines: hasLines))
  }

  package init(_ keys: SettingsReader) throws(ModelError) {
    let known = Families.all.map { $0.modelType }.sorted().joined(separator: ", ")
    let advice = "Folio runs the families \(known)."
    guard let modelType = try keys.string("model_type") else { throw keys.error("model_type", "is missing", advice) }
    guard let family = Families.family(of: modelType) else { throw keys.error("model_type", "is “\(modelType)”", advice) }
    try keys.require(
      "architectures", toBe: [.array([JSONNode(.string(family.architecture))]), .null],
      else: "Folio runs models of this family that go on with a text: “\(family.architecture)”.")
    self = try family.configuration(keys)
    try keys.finishModel(family)
  }

  /// A `config.json` from which the same configuration is read, here and by Hugging Face's transformers.
  package var json: Data {
    guard let family = Families.family(of: modelType) else { return Data() }
    var settings = family.settings(self)
    settings["model_type"] = .text(family.modelType)
    settings["architectures"] = .list([.text(family.architecture)])
    return Setting.json(settings)
  }

  /// Where a weight lies in a checkpoint of the model's family, in its first layout.
  package func stored(_ weight: WeightName) -> StoredWeight {
    Families.family(of: modelType)?.stored(weight, self) ?? StoredWeight("")
  }
}

// MARK: - What families' config.json files have in common

extension SettingsReader {
  /// Keys that change no number of a run, whatever their value: where the checkpoint came from, what training and other programs want
  /// to know, labels of classifiers, whose weights would be refused. `dtype` says how the weights are stored, which their own file says
  /// too; Folio computes in fp32.
  fileprivate static let harmless: Set<String> = [
    "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal", "_commit_hash",
    "_model_name_or_path", "_name_or_path",
    "attn_implementation", "chunk_size_feed_forward", "dtype", "finetuning_task", "gradient_checkpointing", "id2label",
    "initializer_range", "is_decoder", "label2id", "name_or_path", "num_labels", "output_attentions", "output_hidden_states",
    "problem_type", "return_dict", "sep_token_id", "task_specific_params", "tf_legacy_loss", "torch_dtype",
    "torchscript", "transformers_version", "unk_token_id", "unsloth_fixed", "unsloth_version", "transformers.js_config",
    "use_bfloat16", "use_cache", "weight_decay",
  ]

  /// Keys that would change what is computed, with the values with which they do not; any family may have them. All of them may be
  /// missing, or null, which sets nothing.
  private static let neutral: [NeutralKey] = [
    ("add_cross_attention", [.bool(false)]), ("attention_dropout", [.number("0")]), ("auto_map", [.null]),
    ("cross_attention_hidden_size", [.null]), ("is_causal", [.bool(true)]), ("is_encoder_decoder", [.bool(false)]),
    ("prefix", [.string("")]), ("pretraining_tp", [.number("1")]), ("pruned_heads", [.object([])]),
    ("quantization_config", [.null]),
    ("tokenizer_class", TokenizerSettings.classes + TokenizerSettings.byteLevelClasses), ("tie_encoder_decoder", [.bool(false)]),
    ("use_bidirectional_attention", [.bool(false)]),
  ]

  /// Refuses what a family has not used of its settings and would change what is computed, and every key that nobody knows.
  func finishModel(_ family: any Family.Type) throws(ModelError) {
    for (key, values) in Self.neutral + family.neutral {
      let usual = text(JSONNode(values.first ?? .null))
      let advice = "Folio computes \(family.title) as it was published, where that is \(usual), or missing."
      try require(key, toBe: values + [.null], else: advice)
    }
    try finish(
      ignoring: Self.harmless.union(family.harmless).union(GenerationDefaults.keys),
      else: "Folio does not know this key, and so not what would be computed with it. If it changes no number, remove it.")
  }
}
