import Attribution
import Tensors
import Transformer

/// What a head's circuit does, direction by direction, in tokens: its singular vectors (Millidge and Black 2022, “The singular value
/// decompositions of transformer weight matrices are highly interpretable”).
///
/// A circuit is a sum of terms, each of which reads one direction of the residual stream and acts along another: of OV, a direction is read and
/// another is written; of QK, one is sought by the query and another is found in the key. Which directions are meant can be told by the tokens
/// that lie along them: what is read, sought or found by the tokens' embeddings, what is written by the tokens that it makes likelier. Both
/// directions of a term may be reversed together.
public struct HeadSingularVectors: Sendable {
  /// Whose circuit it is.
  public let head: HeadReference
  /// Which circuit.
  public let circuit: HeadCircuitKind
  /// All singular values, from the largest down, `[c]`.
  public let singularValues: Tensor
  /// The terms that were asked for, from the largest singular value down.
  public let terms: [Term]

  /// One term of the circuit.
  public struct Term: Sendable {
    /// Its singular value.
    public let value: Double
    /// Its part of the sum of the squares of all.
    public let share: Double
    /// The direction that is read by OV, or that a query has, `[width]`.
    public let reads: Side
    /// The direction that is written by OV, or that a key has, `[width]`.
    public let writes: Side
  }

  /// A direction of the residual stream, and the tokens that lie along it.
  public struct Side: Sendable {
    /// Of length 1, `[width]`.
    public let direction: Tensor
    /// The tokens that have most of it, most first.
    public let positive: [WeightedToken]
    /// The tokens that have most of its opposite, most first.
    public let negative: [WeightedToken]
  }

  /// A token, and what it has of a direction: of its embedding, or, of what is written, of its logit.
  public struct WeightedToken: Sendable, Equatable {
    /// The token.
    public let token: Int
    /// Its text.
    public let text: String
    /// The product with the direction.
    public let weight: Double
  }
}

extension HeadSingularVectors: CustomStringConvertible {
  /// Whose they are, and how many.
  public var description: String { "\(terms.count) singular vectors of \(circuit) of \(head)" }
}

extension LanguageModel {
  /// The singular vectors of a head's circuit, and the tokens along them: `try model.singularVectors(of: "L5H1", .valueOutput)`.
  /// - Parameters:
  ///   - head: whose circuit.
  ///   - circuit: values and output, or queries and keys. Of the latter it knows neither biases nor positions.
  ///   - count: how many terms, from the largest singular value down.
  ///   - top: how many tokens each direction is shown with.
  ///   - foldingNorms: whether the norms' factors and means are in the weights, as TransformerLens's default loading puts them there; else the
  ///     checkpoint's numbers are taken as they are.
  /// - Throws: `AttributionError` for a head that the model does not have; `LensError.badCount`; `TensorError` if a weight is not finite.
  public func singularVectors(
    of head: some HeadName, _ circuit: HeadCircuitKind, count: Int = 5, top: Int = 8, foldingNorms: Bool = true
  ) throws -> HeadSingularVectors {
    let head = try head.reference()
    try head.check(config)
    let most = min(config.headWidth, config.width)
    guard (1...most).contains(count) else { throw LensError.badCount(what: "singular vectors", count: count, range: 1...most) }
    guard (1...config.vocabulary).contains(top) else {
      throw LensError.badCount(what: "tokens of each direction", count: top, range: 1...config.vocabulary)
    }
    let weights = StreamWeights(model: self, foldsNorms: foldingNorms)
    let (u, s, vt) = try weights.circuit(circuit, head).svd()
    let (left, right) = (u.transposed()[..<count], vt[..<count])
    let read = sides(left, weights.embedded(left), top)
    let written = sides(right, circuit == .valueOutput ? weights.said(right) : weights.embedded(right), top)
    let values = s.elements.map(Double.init)
    let squares = values.reduce(0) { $0 + $1 * $1 }
    return HeadSingularVectors(
      head: head, circuit: circuit, singularValues: s,
      terms: (0..<count).map { index in
        HeadSingularVectors.Term(
          value: values[index], share: squares > 0 ? values[index] * values[index] / squares : 0, reads: read[index],
          writes: written[index])
      })
  }

  /// Directions `[direction, width]` with the tokens that have most of them, by their scores `[direction, vocabulary]`.
  private func sides(_ directions: Tensor, _ scores: Tensor, _ top: Int) -> [HeadSingularVectors.Side] {
    let (most, least) = (scores.topK(top), scores.topK(top, largest: false))
    func tokens(_ found: (values: Tensor, indices: IndexTensor), _ row: Int) -> [HeadSingularVectors.WeightedToken] {
      let ids = found.indices.rows[row]
      return zip(zip(ids, shown(ids)), found.values.select(row).elements).map { token, weight in
        HeadSingularVectors.WeightedToken(token: token.0, text: token.1, weight: Double(weight))
      }
    }
    return (0..<directions.shape[0]).map { row in
      HeadSingularVectors.Side(
        direction: directions.select(row).compacted(), positive: tokens(most, row), negative: tokens(least, row))
    }
  }
}
