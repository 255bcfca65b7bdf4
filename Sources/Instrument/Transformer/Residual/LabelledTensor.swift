import Checkpoints
import Tensors

/// Numbers of the model's parts, with the part's name for each index of the first axis.
///
/// ```swift
/// let patterns = try cache.stackedActivations(.pattern)      // [layer, head, query, key]
/// try patterns["L3"]                                         // [head, query, key]
/// ```
public struct LabelledTensor: Equatable, Sendable {
  /// The name of each part, in order; no two are equal.
  public let labels: [String]
  /// The numbers of all parts, `[part, …]`.
  public let values: Tensor

  /// The part's numbers; an error that lists the labels, for an unknown one.
  public subscript(label: String) -> Tensor {
    get throws(ModelError) {
      guard let index = labels.firstIndex(of: label) else {
        let some = labels.count <= 24 ? labels : labels.prefix(24) + ["… (\(labels.count) in all)"]
        throw .badRequest("No part is labelled “\(label)”. The labels are: \(some.joined(separator: ", ")).")
      }
      return values.select(index)
    }
  }

  /// The sum of all parts, without the first axis, added up in Double.
  public func sum() -> Tensor { values.sumOfParts() }
}

extension LabelledTensor: CustomStringConvertible {
  /// The shape, and the first labels and the last.
  public var description: String { "LabelledTensor \(values.shape): \(ends)" }

  /// The first labels and the last.
  var ends: String { (labels.count <= 8 ? labels : labels.prefix(4) + ["…"] + labels.suffix(2)).joined(separator: ", ") }
}

extension Tensor {
  /// The sum along the first axis, which disappears. It is added up in Double, part after part as they lie in memory.
  func sumOfParts() -> Tensor {
    var result = Tensor(uninitialized: Array(shape.dropFirst()))
    var sums = [Double](repeating: 0, count: result.count)
    withUnsafeElements { source in
      sums.withUnsafeMutableBufferPointer { sums in
        for part in 0..<shape[0] {
          for i in sums.indices { sums[i] += Double(source[part * sums.count + i]) }
        }
      }
    }
    result.withUnsafeMutableElements { target in
      for i in target.indices { target[i] = Float(sums[i]) }
    }
    return result
  }
}
