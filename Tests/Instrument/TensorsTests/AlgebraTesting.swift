import ModelFixture
import Tensors
import TestSupport
import Testing

/// Numbers for tests of the algebra, and the same operations written out index by index, in Double.
enum Algebra {
  static func random(_ shape: [Int], seed: UInt64 = 1) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor.normal(shape, using: &generator)
  }

  /// A tensor of what a function makes of each index.
  static func each(_ shape: [Int], _ number: ([Int]) -> Double) -> Tensor {
    Tensor(indices(shape).map { Float(number($0)) }, shape: shape)
  }

  static func indices(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { indices, length in indices.flatMap { index in (0..<length).map { index + [$0] } } }
  }

  /// The number at an index of a shape to which the tensor broadcasts.
  static func number(_ tensor: Tensor, _ index: [Int]) -> Double {
    let own = zip(index.suffix(tensor.rank), tensor.shape).map { $1 == 1 ? 0 : $0 }
    return Double(tensor.elements[zip(own, tensor.shape).reduce(0) { $0 * $1.1 + $1.0 }])
  }

  /// The index without an axis.
  static func without(_ axis: Int, _ index: [Int]) -> [Int] {
    var rest = index
    rest.remove(at: axis)
    return rest
  }

  static func with(_ axis: Int, _ place: Int, _ index: [Int]) -> [Int] {
    var whole = index
    whole.insert(place, at: axis)
    return whole
  }

  /// The numbers along an axis.
  static func line(_ tensor: Tensor, _ axis: Int, _ index: [Int]) -> [Double] {
    (0..<tensor.shape[axis]).map { number(tensor, with(axis, $0, index)) }
  }

  /// Along an axis, what a function makes of the numbers.
  static func reduced(_ tensor: Tensor, _ axis: Int, _ reduce: ([Double]) -> Double) -> Tensor {
    each(without(axis, tensor.shape)) { reduce(line(tensor, axis, $0)) }
  }

  /// The same tensor on a card that stands in for a true one.
  static func onCard(_ tensor: Tensor) throws -> Tensor { tensor.moved(to: try TestDevice.backend(.ampere)) }
}

/// Expects numbers that differ by rounding only.
func expectClose(
  _ result: Tensor, _ expected: Tensor, _ tolerance: Float = 1e-5, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.shape == expected.shape, sourceLocation: sourceLocation)
  guard result.shape == expected.shape, result.count > 0 else { return }
  let error = zip(result.elements, expected.elements).map { $0 == $1 ? 0 : abs($0 - $1) }
  let largest = expected.elements.map(abs).max() ?? 0
  #expect(error.allSatisfy { $0 <= tolerance * max(largest, 1) }, "\(result)\n\(expected)", sourceLocation: sourceLocation)
}

/// Expects that a program has stopped with words.
func expectStop(_ words: String, _ end: ExitTest.Result?, sourceLocation: SourceLocation = #_sourceLocation) {
  let said = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
  if !said.contains(words) { Issue.record("“\(words)” is missing in: \(said)", sourceLocation: sourceLocation) }
}
