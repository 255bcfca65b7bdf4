import Checkpoints

/// One family of models: what the keys of its `config.json` mean, and what its tensors are called. `Families.all` registers it.
///
/// A family describes; it computes nothing. What it cannot describe with a `ModelConfiguration` is an error that names the key.
package protocol Family: Sendable {
  /// What messages call it: `Gemma 2`.
  static var title: String { get }

  /// The `model_type` of its `config.json`.
  static var modelType: String { get }

  /// What its checkpoints name in `architectures`: `GemmaForCausalLM`.
  static var architecture: String { get }

  /// Reads the settings. Every key that changes the arithmetic is used or refused. Whoever calls it refuses those that it did not ask for.
  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration

  /// The keys of a `config.json` from which `configuration` reads the same description.
  static func settings(_ configuration: ModelConfiguration) -> [String: Setting]

  /// Where a weight lies in its checkpoints.
  static func stored(_ weight: WeightName, _ configuration: ModelConfiguration) -> StoredWeight

  /// Keys that would change what is computed, with the values with which they do not. All of them may be missing, or null.
  static var neutral: [NeutralKey] { get }

  /// Keys that change no number of a run, besides those of every family.
  static var harmless: Set<String> { get }

  /// How its checkpoints name their tensors; the first layout is the one in which `stored` names them, and a model is saved.
  static var layouts: [TensorLayout] { get }

  /// Tensors that its checkpoints may hold, and that say again what is computed anyway.
  static var spares: [SpareTensor] { get }
}

/// A key, and the values with which it changes nothing.
package typealias NeutralKey = (key: String, values: [JSONNode.Value])

extension Family {
  package static var neutral: [NeutralKey] { [] }
  package static var harmless: Set<String> { [] }
  package static var layouts: [TensorLayout] { [.plain] }
  package static var spares: [SpareTensor] { LlamaNames.spares }

  package static func stored(_ weight: WeightName, _ configuration: ModelConfiguration) -> StoredWeight {
    LlamaNames.stored(weight, configuration)
  }
}

/// The families that are known.
package enum Families {
  package static let all: [any Family.Type] = [
    Gemma.self, Gemma2.self, Gemma3.self, Gemma3Multimodal.self, GPT2.self, GPTNeoX.self, Llama.self, Mistral.self, Qwen2.self,
    Qwen3.self,
  ]

  /// The family of a `model_type`.
  static func family(of modelType: String) -> (any Family.Type)? { all.first { $0.modelType == modelType } }
}
