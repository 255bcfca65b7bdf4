import Checkpoints
import Tensors

/// Parts of the residual stream: each is what one component wrote into it, or what it held at one place, at the captured
/// positions.
///
/// ```swift
/// let cache = try model.run(prompt, capturing: .decomposedResidual.atLast(1)).cache
/// let parts = try cache.decomposedResidual()
/// parts.labels                                               // embed, 0_attn_out, 0_mlp_out, …
/// try parts["0_mlp_out"]                                     // [position, width]
/// try cache.logitAttributions(of: parts, tokens: " is", against: " are")
/// ```
/// Labels and order are those of TransformerLens's `ActivationCache`.
public struct ResidualStack: Equatable, Sendable {
  private let parts: LabelledTensor
  /// The norm that was applied; nil if the parts are as they stand in the residual stream.
  public let norm: NormPoint?

  /// The name of each part, in order.
  public var labels: [String] { parts.labels }
  /// The numbers of all parts, `[component, position, width]`, at the positions that the run captured.
  public var values: Tensor { parts.values }
  /// How many parts there are.
  public var count: Int { values.shape[0] }
  /// How many positions there are.
  public var positionCount: Int { values.shape[1] }
  /// The memory that the values need, in bytes.
  public var byteCount: Int { values.count * MemoryLayout<Float>.stride }

  init(_ labels: [String], _ values: Tensor, norm: NormPoint?) {
    (parts, self.norm) = (LabelledTensor(labels: labels, values: values), norm)
  }

  /// A stack of parts of one's own, to which no norm was applied.
  /// - Throws: `badRequest` if the values are not `[labels.count, position, width]`, or two labels are equal.
  public init(labels: [String], values: Tensor) throws(ModelError) {
    guard values.rank == 3, values.shape[0] == labels.count else {
      throw .badRequest(
        "A stack of \(labels.count) labels needs values of the shape [\(labels.count), position, width]; these have \(values.shape)."
      )
    }
    guard Set(labels).count == labels.count else { throw .badRequest("Two parts of a stack bear the same label: \(labels).") }
    self.init(labels, values, norm: nil)
  }

  /// One part, `[position, width]`; an error that lists the labels, for an unknown one.
  public subscript(label: String) -> Tensor {
    get throws(ModelError) { try parts[label] }
  }

  /// The sum of all parts, `[position, width]`, added up in Double.
  public func sum() -> Tensor { parts.sum() }

  /// What the parts have along a direction, `[component, position]`; along several, `[width, k]`, it is `[component, position,
  /// k]`.
  public func projected(on direction: Tensor) throws(ModelError) -> Tensor {
    let rows = try Directions(direction, width: values.shape[2])
    return rows.shaped(values.reshaped([-1, values.shape[2]]).along(rows), leading: [count, positionCount])
  }
}

extension ResidualStack: CustomStringConvertible {
  /// The shape, the norm that was applied, and the first labels and the last.
  public var description: String {
    "ResidualStack \(values.shape)\(norm.map { ", normalized by \($0)" } ?? ""): \(parts.ends)"
  }
}

/// Directions of the residual stream, as rows: `[k, width]`.
struct Directions {
  var rows: Tensor
  private let isOne: Bool

  /// From `[width]` or `[width, k]`.
  init(_ direction: Tensor, width: Int) throws(ModelError) {
    guard (1...2).contains(direction.rank), direction.shape[0] == width else {
      throw .badRequest(
        "A direction of the residual stream has the shape [\(width)], several have [\(width), k]; this one has \(direction.shape)."
      )
    }
    isOne = direction.rank == 1
    rows = isOne ? direction.reshaped([1, width]) : direction.transposed()
  }

  var count: Int { rows.shape[0] }

  /// `[…, k]`, or without the last axis if it was a single direction.
  func shaped(_ values: Tensor, leading shape: [Int]) -> Tensor { values.reshaped(isOne ? shape : shape + [count]) }
}

extension Tensor {
  /// What each row has along each direction: `[row, k]`.
  func along(_ directions: Directions) -> Tensor {
    guard shape[0] > 0 else { return Tensor(uninitialized: [0, directions.count]) }
    // The rows stay where they lie: there are many of them.
    let directions = directions.rows.moved(to: backend)
    // One direction against many rows is a matrix-vector product, which reads the rows where they lie.
    return directions.shape[0] == 1
      ? directions.multipliedByTransposed(self).reshaped([shape[0], 1]) : multipliedByTransposed(directions)
  }
}
