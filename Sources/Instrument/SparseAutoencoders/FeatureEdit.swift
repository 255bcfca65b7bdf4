/// What becomes of a feature where a dictionary is spliced into a model: its activation is multiplied, and something is added.
///
/// ```swift
/// sae.splice([.ablate(1204), .scale(77, by: 2), .add(9, 4.5)])
/// ```
public struct FeatureEdit: Hashable, Sendable {
  /// The feature.
  public let feature: Int
  /// What its activation is multiplied by.
  public let factor: Float
  /// What is added then, in the units of its activations.
  public let amount: Float

  /// The feature is never active.
  public static func ablate(_ feature: Int) -> FeatureEdit { FeatureEdit(feature: feature, factor: 0, amount: 0) }
  /// The feature has this activation, whatever it was.
  public static func set(_ feature: Int, to value: Float) -> FeatureEdit {
    FeatureEdit(feature: feature, factor: 0, amount: value)
  }
  /// The feature's activation is multiplied by a number.
  public static func scale(_ feature: Int, by factor: Float) -> FeatureEdit {
    FeatureEdit(feature: feature, factor: factor, amount: 0)
  }
  /// The feature's activation is raised by a number, also where it was not active.
  public static func add(_ feature: Int, _ amount: Float) -> FeatureEdit {
    FeatureEdit(feature: feature, factor: 1, amount: amount)
  }
}

/// What becomes of the part of an activation that a dictionary does not reconstruct.
public enum ErrorTerm: String, Sendable {
  /// It is left out: the model goes on with the reconstruction.
  case dropped
  /// It is added to the reconstruction, and counts as a number of its own: gradients pass through the features only (SAELens's `use_error_term`;
  /// Marks et al. 2024, arXiv:2403.19647). Without an edit the model computes what it would compute without the dictionary.
  case constant
  /// It is added to the reconstruction, and gradients pass through it: the derivative of exactly what is computed.
  case passing
}

/// The edits of a splice, checked: at most one of each feature.
struct FeatureEdits: Sendable {
  let features: [Int]
  let factors: [Float]
  let amounts: [Float]

  init(_ edits: [FeatureEdit], _ sae: SparseAutoencoder) throws(SparseAutoencoderError) {
    for edit in edits {
      try sae.check(edit.feature)
      guard edit.factor.isFinite, edit.amount.isFinite else {
        throw .badRequest(
          "The edit of feature \(edit.feature) multiplies by \(edit.factor) and adds \(edit.amount); both must be finite numbers."
        )
      }
    }
    let sorted = edits.sorted { $0.feature < $1.feature }
    if let twice = zip(sorted, sorted.dropFirst()).first(where: { $0.feature == $1.feature }) {
      throw .badRequest("Feature \(twice.0.feature) is edited twice. Make one edit of both: which one comes first would matter.")
    }
    (features, factors, amounts) = (sorted.map(\.feature), sorted.map(\.factor), sorted.map(\.amount))
  }

  var isEmpty: Bool { features.isEmpty }
  /// Whether the edits do not depend on what the features are.
  var isConstant: Bool { factors.allSatisfy { $0 == 1 } }
}
