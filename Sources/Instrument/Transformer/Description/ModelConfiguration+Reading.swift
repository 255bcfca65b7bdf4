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
    let known = RegisteredFamily.all.flatMap(\.modelTypes).sorted().joined(separator: ", ")
    let advice = "Folio runs the families \(known)."
    guard let modelType = try keys.string("model_type") else { throw keys.error("model_type", "is missing", advice) }
    guard let family = RegisteredFamily.of(modelType) else { throw keys.error("model_type", "is “\(modelType)”", advice) }
    let named = family.architectures.map { JSONNode.Value.array([JSONNode(.string($0))]) }
    try keys.require(
      "architectures", toBe: named + [.null],
      else: "Folio runs models of this family that go on with a text: \(family.architectures.joined(separator: ", ")).")
    self = try family.configuration(keys)
    try keys.finish(
      ignoring: SettingsReader.harmless.union(GenerationDefaults.keys),
      else: "Folio does not know this key, and so not what would be computed with it. If it changes no number, remove it.")
    try check(keys)
  }

  /// A `config.json` from which the same configuration is read, here and by Hugging Face's transformers.
  package var json: Data {
    guard let family = RegisteredFamily.of(modelType) else { return Data() }
    var settings = family.settings(self)
    settings["model_type"] = .text(modelType)
    settings["architectures"] = .list([.text(family.architectures[0])])
    return Setting.json(settings)
  }

  /// Where a weight lies in a checkpoint of the model's family.
  package func stored(_ weight: WeightName) -> StoredWeight {
    RegisteredFamily.of(modelType)?.stored(weight, self) ?? StoredWeight("")
  }

  /// What must hold of the sizes of every model.
  private func check(_ keys: SettingsReader) throws(ModelError) {
    if case .rotary(let rotations) = positions, let odd = rotations.first(where: { !$0.width.isMultiple(of: 2) }) {
      throw keys.error(
        "head_dim", "makes rotary embedding turn \(odd.width) numbers of a head, an odd number",
        "Rotary embedding turns pairs: the head width, or the part of it that is turned, must be even.")
    }
    guard heads.isMultiple(of: keyValueHeads) else {
      throw keys.error(
        "num_key_value_heads", "is \(keyValueHeads), which does not divide the \(heads) query heads",
        "Each key and value head serves the same number of query heads.")
    }
  }
}

// MARK: - What families' config.json files have in common

extension SettingsReader {
  /// Keys that change no number of a run, whatever their value: where the checkpoint came from, what training and other programs want
  /// to know, labels of classifiers, whose weights would be refused. `dtype` says how the weights are stored, which their own file says
  /// too; Folio computes in fp32.
  fileprivate static let harmless: Set<String> = [
    "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal", "_commit_hash", "_name_or_path",
    "attn_implementation", "chunk_size_feed_forward", "dtype", "finetuning_task", "gradient_checkpointing", "id2label",
    "initializer_range", "is_decoder", "label2id", "name_or_path", "num_labels", "output_attentions", "output_hidden_states",
    "problem_type", "return_dict", "sep_token_id", "task_specific_params", "tf_legacy_loss", "torch_dtype",
    "torchscript", "transformers_version", "unsloth_fixed", "unsloth_version", "use_bfloat16", "use_cache",
  ]

  /// Keys that change what is computed, with the values with which they do not; any family may have them. All of them may be null,
  /// which sets nothing.
  private static let neutral: [(key: String, values: [JSONNode.Value])] = [
    ("add_cross_attention", [.bool(false)]), ("attention_dropout", [.number("0")]), ("auto_map", [.null]),
    ("cross_attention_hidden_size", [.null]), ("is_causal", [.bool(true)]), ("is_encoder_decoder", [.bool(false)]),
    ("prefix", [.null, .string("")]), ("pretraining_tp", [.number("1")]), ("pruned_heads", [.object([])]),
    ("quantization_config", [.null]), ("tokenizer_class", TokenizerSettings.classes), ("tie_encoder_decoder", [.bool(false)]),
    ("use_bidirectional_attention", [.bool(false)]),
  ]

  /// Refuses the values that would change what is computed, of the keys of `neutral`, and of `more` that a family does not have.
  func requireNeutral(_ more: [(key: String, values: [JSONNode.Value])]) throws(ModelError) {
    for (key, values) in Self.neutral + more {
      let advice = "Folio computes this family as it was published, where that is \(text(JSONNode(values[0]))), or missing."
      try require(key, toBe: values + [.null], else: advice)
    }
  }

  /// A token's id; nil if the key is missing or null.
  func token(_ key: String, vocabulary: Int) throws(ModelError) -> Int? {
    has(key) ? try integer(key, in: 0...(vocabulary - 1)) : nil
  }
}
