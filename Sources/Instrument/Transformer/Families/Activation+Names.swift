import Checkpoints
import Tensors

extension Activation {
  /// What transformers calls it: several names mean one formula.
  var names: [String] {
    switch self {
    case .gelu: ["gelu", "gelu_python"]
    case .geluTanh: ["gelu_pytorch_tanh", "gelu_new", "gelu_fast", "gelu_python_tanh", "gelu_accurate"]
    case .silu: ["silu", "swish"]
    }
  }

  /// What is written to a `config.json`.
  var setting: Setting { .text(names[0]) }
}

extension SettingsReader {
  /// The function of the MLP.
  func activation(_ key: String, missing: Activation) throws(ModelError) -> Activation {
    guard let name = try string(key) else {
      guard node(key) == nil else { throw error(key, "is null", "It must name the function of the MLP.") }
      return missing
    }
    guard let activation = Activation.allCases.first(where: { $0.names.contains(name) }) else {
      let known = Activation.allCases.flatMap(\.names).joined(separator: ", ")
      throw error(key, "is “\(name)”", "Folio computes MLPs with \(known).")
    }
    return activation
  }
}
