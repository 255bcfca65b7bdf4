import Synchronization
import Tensors
import Transformer

extension SparseAutoencoder {
  /// Puts the dictionary into a model: hooks for a run, a gradient or a generation, by which the model goes on with what the features stand for.
  ///
  /// ```swift
  /// try model.run(prompt, hooks: sae.splice(error: .dropped))                 // what the reconstruction is worth
  /// try model.run(prompt, hooks: sae.splice([.ablate(1204)]))                 // what a feature does
  /// try model.generate(prompt, hooks: sae.splice([.set(77, to: 12)], positions: .newTokens))
  /// ```
  /// Gradients pass through the features of an autoencoder, as `error` says. Through those of a transcoder, which writes elsewhere than it reads, none
  /// pass: what it replaces, the gradient ends at. Make a new splice for each run that may be going on at the same time.
  ///
  /// - Parameters:
  ///   - edits: What becomes of some features; the others stay as they are.
  ///   - error: What becomes of what the dictionary does not reconstruct.
  ///   - positions: Where: `5..<8`, `.last(1)`, `.newTokens`; everywhere if not given.
  /// - Throws: `featureOutOfRange`, and `badRequest` for edits that are not finite or contradict each other.
  public func splice(
    _ edits: [FeatureEdit] = [], error: ErrorTerm = .constant, positions: any PositionChoice = .all
  ) throws(SparseAutoencoderError) -> [any Hook] {
    let splice = Splice(sae: self, edits: try FeatureEdits(edits, self), error: error)
    guard let target = configuration.target else {
      return [
        Replacement(configuration.point, positions: positions, head: configuration.head) {
          try splice.value(of: $0)
        } pullback: {
          splice.gradient($0, of: $1)
        }
      ]
    }
    let handover = Handover()
    return [
      // What is read is looked at where, and only where, it is written: so this stands in the place of an observation.
      Replacement(configuration.point, positions: positions, head: configuration.head) {
        handover.give($0)
        return $0
      } pullback: { gradient, _ in
        gradient
      },
      Replacement(target, positions: positions) { try splice.value(of: $0, reading: handover.take(shape: $0.shape)) },
    ]
  }

  /// Takes features away, and leaves all else as it is, what the dictionary does not reconstruct included.
  public func ablate(
    _ features: [Int], positions: any PositionChoice = .all
  ) throws(SparseAutoencoderError) -> [any Hook] {
    guard !features.isEmpty else {
      throw .badRequest("No feature is named to ablate. Name some, from 0 to \(featureCount - 1).")
    }
    return try splice(features.map { .ablate($0) }, positions: positions)
  }

  /// Adds what a feature writes, times a number, to the activation: steering by a feature.
  /// - Parameter amount: in the units of the feature's activations; its largest over some texts is `FeatureExamples.largest`.
  public func steer(
    _ feature: Int, by amount: Float, positions: any PositionChoice = .all
  ) throws(SparseAutoencoderError) -> [any Hook] {
    try splice([.add(feature, amount)], error: .passing, positions: positions)
  }
}

/// What a splice computes at the dictionary's place.
private struct Splice: Sendable {
  let sae: SparseAutoencoder
  let edits: FeatureEdits
  let error: ErrorTerm

  /// What stands in an activation's place.
  func value(of activation: Tensor) throws -> Tensor {
    let x = try sae.flat(activation)
    if error == .dropped {
      let scaling = RowScaling(x, sae.configuration)
      return sae.finished(sae.decoded(edited(sae.encoded(x, scaling, on: activation.backend))), x, scaling)
        .reshaped(activation.shape)
    }
    return edits.isEmpty ? activation : (x + change(x, on: activation.backend)).reshaped(activation.shape)
  }

  /// What stands in the place of what a transcoder writes.
  func value(of output: Tensor, reading activation: Tensor) throws -> Tensor {
    let x = try sae.flat(activation)
    guard output.rank == 2, output.shape[1] == sae.configuration.outputWidth else {
      throw SparseAutoencoderError.wrongWidth(
        what: "The activations that the transcoder writes", expected: sae.configuration.outputWidth, found: output.shape)
    }
    if error == .dropped {
      let scaling = RowScaling(x, sae.configuration)
      return sae.finished(sae.decoded(edited(sae.encoded(x, scaling, on: activation.backend))), x, scaling)
    }
    return edits.isEmpty ? output : output.home() + change(x, on: activation.backend)
  }

  /// By how much the edits change what is written: only the edited features are computed.
  private func change(_ x: Tensor, on backend: any Backend) -> Tensor {
    let scaling = RowScaling(x, sae.configuration)
    let amounts = Tensor(edits.amounts)
    var change = Tensor(repeating: 0, shape: [x.shape[0], edits.features.count])
    if !edits.isConstant {
      change = sae.encoded(x, scaling, only: edits.features, on: backend).scaledColumns(by: Tensor(edits.factors.map { $0 - 1 }))
    }
    change.addToRows(amounts)
    if let factors = sae.weights.writingFactors {
      change = change.scaledColumns(by: Tensor(edits.features.map { factors[$0] }))
    }
    return scaling.undoneDifference(change.multiplied(by: sae.weights.decoder.gathered(edits.features)))
  }

  /// Features of which some are multiplied, and something added.
  private func edited(_ features: Tensor) -> Tensor {
    guard !edits.isEmpty else { return features }
    var result = features
    let (rows, width) = (features.shape[0], features.shape[1])
    result.withUnsafeMutableElements { numbers in
      for row in 0..<rows {
        for (index, feature) in edits.features.enumerated() {
          numbers[row * width + feature] = numbers[row * width + feature] * edits.factors[index] + edits.amounts[index]
        }
      }
    }
    return result
  }

  /// The gradient of an activation, given that of what stands in its place.
  func gradient(_ output: Tensor, of activation: Tensor) -> Tensor {
    let shape = activation.shape
    let (x, output) = (activation.home().reshaped([shape[0], -1]), output.home().reshaped([shape[0], -1]))
    guard error == .passing else {
      let factors = factors(others: 1) { $0 }
      return sae.gradient(output, through: x, edited: edited, factors: factors, on: activation.backend).reshaped(shape)
    }
    // What is edited is added to the activation itself, so that all of the gradient passes, and besides what passes through the edits.
    let scaling = RowScaling(x, sae.configuration)
    guard !edits.isEmpty, !(edits.isConstant && scaling.isIdentity) else { return output.reshaped(shape) }
    let factors = factors(others: 0) { $0 - 1 }
    let backend = activation.backend
    let through = sae.gradient(output, through: x, factors: factors, change: change(x, on: backend), on: backend)
    return (output + through).reshaped(shape)
  }

  /// A number for each feature: that of the edited ones follows from their factor.
  private func factors(others: Float, _ function: (Float) -> Float) -> Tensor {
    var factors = [Float](repeating: others, count: sae.featureCount)
    for (feature, factor) in zip(edits.features, edits.factors) { factors[feature] = function(factor) }
    return Tensor(factors)
  }
}

/// What a transcoder reads, on its way to where it writes: prompts that are computed side by side pass both places in the same order.
private final class Handover: Sendable {
  private let waiting = Mutex<(activations: [Tensor], isTaking: Bool)>(([], false))

  func give(_ activation: Tensor) {
    waiting.withLock { waiting in
      // What was left by a run that did not come to its end is nobody's.
      if waiting.isTaking { waiting = ([], false) }
      waiting.activations.append(activation)
    }
  }

  func take(shape: [Int]) throws -> Tensor {
    try waiting.withLock { waiting in
      waiting.isTaking = true
      guard let first = waiting.activations.first else {
        throw SparseAutoencoderError.badRequest(
          "What the transcoder writes comes before what it reads. Look at its hook points; the one that it reads must come first."
        )
      }
      waiting.activations.removeFirst()
      // Of the last layer, only the rows are computed that a logit depends on.
      guard first.shape[0] >= shape[0] else {
        throw SparseAutoencoderError.badRequest("The transcoder's two places have \(first.shape[0]) and \(shape[0]) positions.")
      }
      return first[(first.shape[0] - shape[0])...]
    }
  }
}
