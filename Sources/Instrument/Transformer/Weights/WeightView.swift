import Checkpoints
import Tensors

/// A matrix of a model's weights, or a part of one, where it lies: in the mapped file, in bf16 if that is what it is, or on a card. Nothing is copied until
/// `tensor` is asked for.
///
/// Its axes are in TransformerLens's order, so that what reads comes first: `W_Q[layer, head]` is `[d_model, d_head]`, and a row of the residual stream is
/// multiplied by it from the left, `stream.multiplied(by: model.W_Q[3, 5])`. Numbers are the checkpoint's: no norm is folded into them.
public struct WeightView: Sendable, CustomStringConvertible {
  /// What it is, `W_Q[3, 5]`.
  public let label: String
  let model: LanguageModel
  private let name: WeightName
  // Which part of the stored matrix `[out, in]` it is, and whether it is seen transposed.
  private let rows: Range<Int>
  private let columns: Range<Int>
  private let isTransposed: Bool

  init(
    _ label: String, _ model: LanguageModel, _ name: WeightName, rows: Range<Int>? = nil, columns: Range<Int>? = nil,
    transposed: Bool
  ) {
    let shape = name.shape(model.config)
    (self.label, self.model, self.name, isTransposed) = (label, model, name, transposed)
    (self.rows, self.columns) = (rows ?? 0..<shape[0], columns ?? 0..<shape[1])
  }

  /// Rows and columns.
  public var shape: [Int] { isTransposed ? [columns.count, rows.count] : [rows.count, columns.count] }

  /// The same numbers with rows and columns exchanged. Nothing is copied.
  public var transposed: WeightView {
    WeightView(label + "ᵀ", model, name, rows: rows, columns: columns, transposed: !isTransposed)
  }

  /// All numbers in fp32, `[rows, columns]`. It takes four bytes a number.
  public var tensor: Tensor { matrix.tensor }

  /// One row in fp32, `[columns]`: `model.W_E.row(token)`.
  public func row(_ index: Int) -> Tensor { rows([index]).select(0) }

  /// One column in fp32, `[rows]`: `model.W_U.column(token)`.
  public func column(_ index: Int) -> Tensor { transposed.row(index) }

  /// Some rows in fp32, in the given order, `[indices, columns]`.
  public func rows(_ indices: some Collection<Int>) -> Tensor {
    for index in indices { require(index >= 0 && index < shape[0], "\(label) of shape \(shape) has no row \(index).") }
    return matrix.gathered(indices)
  }

  /// Some columns in fp32, in the given order, `[rows, indices]`.
  public func columns(_ indices: some Collection<Int>) -> Tensor { transposed.rows(indices).transposed() }

  /// The product with a vector `[columns]`, or with a matrix `[columns, count]`: `[rows]`, or `[rows, count]`.
  public func multiplied(by right: Tensor) -> Tensor {
    require(
      (right.rank == 1 || right.rank == 2) && right.shape[0] == shape[1],
      "\(label) of shape \(shape) times \(right.shape) is no matrix product.")
    return right.rank == 1 ? right.multiplied(by: transposed) : right.transposed().multiplied(by: transposed).transposed()
  }

  /// The root of the sum of the squares of all numbers.
  public var frobeniusNorm: Float { tensor.norm() }

  /// The singular value decomposition; see `Tensor.svd()`. It copies the numbers.
  /// - Throws: `TensorError`.
  public func svd() throws(TensorError) -> (u: Tensor, s: Tensor, vt: Tensor) { try tensor.svd() }

  /// Its name and shape: `W_Q[3, 5] [2048, 256]`.
  public var description: String { "\(label) \(shape)" }

  /// Where the numbers lie, in the order of this view's axes.
  package var matrix: WeightMatrix {
    let part = stored.rows(rows).columns(columns)
    return isTransposed ? part.transposed : part
  }

  private var stored: WeightMatrix {
    guard let matrix = model.weights.matrix(name) else {
      fatalError("\(label) was made of a weight that the model does not have.")
    }
    return matrix
  }

  /// `x · self`, at the speed of the arithmetic.
  fileprivate func product(_ rows: Tensor) -> Tensor {
    isTransposed ? rows.projected(by: matrix.transposed) : rows.projectedBack(by: matrix)
  }
}

extension Tensor {
  /// The product with a matrix of weights, used where it lies: `[…, rows]` times `[rows, columns]` make `[…, columns]`.
  public func multiplied(by weight: WeightView) -> Tensor {
    require(
      rank > 0 && shape[rank - 1] == weight.shape[0],
      "\(shape) times \(weight.label) of shape \(weight.shape) is no matrix product.")
    return weight.product(reshaped([-1, weight.shape[0]])).reshaped(shape.dropLast() + [weight.shape[1]])
  }
}

extension Weights {
  /// A matrix `[out, in]`, where it lies; nil if the model does not have it, or it is a vector.
  func matrix(_ name: WeightName) -> WeightMatrix? {
    switch name {
    case .embedding: embedding
    case .positionEmbedding: positionEmbedding
    case .unembedding: unembedding
    case .layer(let layer, let weight): layers[layer].matrix(weight)
    case .finalNorm, .finalNormBias: nil
    }
  }
}

extension LayerWeights {
  fileprivate func matrix(_ name: LayerWeight) -> WeightMatrix? {
    switch name {
    case .query: query.weight
    case .key: key.weight
    case .value: value.weight
    case .output: output.weight
    case .gate: gate?.weight
    case .up: up.weight
    case .down: down.weight
    default: nil
    }
  }
}
