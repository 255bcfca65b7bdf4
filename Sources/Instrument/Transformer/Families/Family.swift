import Checkpoints

/// One family of models: what the keys of its `config.json` mean, and what its tensors are called. `RegisteredFamily.all` lists it.
///
/// A family describes; it computes nothing. What it cannot describe with a `ModelConfiguration` is an error that names the key.
package protocol Family: Sendable {
  /// The `model_type`s of its `config.json`.
  static var modelTypes: [String] { get }

  /// The `architectures` that its checkpoints name: `GemmaForCausalLM`.
  static var architectures: [String] { get }

  /// Reads and checks the settings. Every key that changes the arithmetic is used or refused.
  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration

  /// The keys of a `config.json` from which `configuration` reads the same description.
  static func settings(_ configuration: ModelConfiguration) -> [String: Setting]

  /// Where a weight lies in its checkpoints.
  static func stored(_ weight: WeightName, _ configuration: ModelConfiguration) -> StoredWeight
}

/// The families that are known, and what each of them says.
struct RegisteredFamily: Sendable {
  let modelTypes: [String]
  let architectures: [String]
  let configuration: @Sendable (SettingsReader) throws(ModelError) -> ModelConfiguration
  let settings: @Sendable (ModelConfiguration) -> [String: Setting]
  let stored: @Sendable (WeightName, ModelConfiguration) -> StoredWeight

  init(_ family: (some Family).Type) {
    (modelTypes, architectures) = (family.modelTypes, family.architectures)
    configuration = { (keys) throws(ModelError) in try family.configuration(keys) }
    settings = { family.settings($0) }
    stored = { family.stored($0, $1) }
  }

  /// One line for each family.
  static let all = [
    RegisteredFamily(Gemma.self)
  ]

  /// The family of a `model_type`.
  static func of(_ modelType: String) -> RegisteredFamily? { all.first { $0.modelTypes.contains(modelType) } }
}
