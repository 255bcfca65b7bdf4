/// What can be wrong with a sparse autoencoder's weights, or with what is asked of it. What is wrong with a file, a prompt or a hook point is a
/// `ModelError`.
public enum SparseAutoencoderError: Error, Equatable, Sendable {
  /// Weights of another shape than the others ask for, or that are no numbers.
  case badWeights(name: String, problem: String)
  /// A feature that the dictionary does not have.
  case featureOutOfRange(feature: Int, features: Int)
  /// An activation of another width than the dictionary reads.
  case wrongWidth(what: String, expected: Int, found: [Int])
  /// A model whose activations are not as wide as the dictionary's.
  case wrongModel(point: String, expected: Int, found: Int, trainedOn: String?)
  /// A reconstruction that needs the activation itself, which was not given.
  case needsActivation(reason: String)
  /// A question that makes no sense; it says what to change.
  case badRequest(String)
}

extension SparseAutoencoderError: CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .badWeights(let name, let problem): "“\(name)” \(problem). The weights must be those of one sparse autoencoder."
    case .featureOutOfRange(let feature, let features):
      "There is no feature \(feature): the dictionary has \(features), numbered from 0 to \(features - 1)."
    case .wrongWidth(let what, let expected, let found):
      "\(what) of shape \(found) \(found.isEmpty ? "is" : "are") not \(expected) wide at each position, as the dictionary needs. Give "
        + "[position, \(expected)], captured where the dictionary belongs."
    case .wrongModel(let point, let expected, let found, let trainedOn):
      "The dictionary reads \(expected) numbers at “\(point)”, and this model has \(found) there. Load the model that it was trained on"
        + (trainedOn.map { ", “\($0)”." } ?? ".")
    case .needsActivation(let reason): "\(reason) Give the activation that was encoded: `decode(features, of: activation)`."
    case .badRequest(let problem): problem
    }
  }
}
