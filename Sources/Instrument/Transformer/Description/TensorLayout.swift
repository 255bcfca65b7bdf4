import Checkpoints

/// How the names of a checkpoint's tensors differ from its family's: some programs leave a prefix out or put one in front, and a part of
/// a larger model bears the name of that part.
package struct TensorLayout: Sendable {
  /// What stands in place of the beginnings of the family's names. None of them begins with another one.
  private let prefixes: [String: String]
  /// How tensors begin that belong to other parts of a larger model than the language model.
  private let others: [String]

  /// The family's own names.
  package static let plain = TensorLayout([:])

  package init(_ prefixes: [String: String], others: [String] = []) { (self.prefixes, self.others) = (prefixes, others) }

  /// The name in the checkpoint of a tensor that the family names.
  package func name(_ tensor: String) -> String {
    guard let (old, new) = prefixes.first(where: { tensor.hasPrefix($0.key) }) else { return tensor }
    return new + tensor.dropFirst(old.count)
  }

  /// Whether a tensor belongs to another part of a larger model.
  package func isOfOtherPart(_ tensor: String) -> Bool { others.contains { tensor.hasPrefix($0) } }
}

extension Checkpoint {
  /// How the checkpoint names its tensors: it is the layout in which it has an embedding.
  func layout(_ configuration: ModelConfiguration) -> TensorLayout {
    let layouts = Families.family(of: configuration.modelType)?.layouts ?? []
    let embedding = configuration.stored(.embedding).tensor
    return layouts.first { tensors[$0.name(embedding)] != nil } ?? layouts.first ?? .plain
  }
}
