import Attribution
import Randomness
import Tensors
import Transformer

/// Through what a head reads what an earlier one has written.
public enum CompositionMode: String, CaseIterable, Hashable, Sendable {
  /// Its queries.
  case query = "Q"
  /// Its keys.
  case key = "K"
  /// Its values.
  case value = "V"
}

extension CompositionMode: CustomStringConvertible {
  /// `Q`, `K`, `V`
  public var description: String { rawValue }
}

/// How much of what each head writes lies where each later head reads (Elhage et al. 2021, transformer-circuits.pub/2021/framework):
/// `‖W_OV R‖ / (‖W_OV‖ ‖R‖)` with Frobenius norms, where R is the later head's `W_QK`, its transposed, or its `W_OV`. It lies between 0 and 1;
/// TransformerLens's `all_composition_scores`. It is a property of the weights alone, and knows no input.
public struct CompositionScores: Sendable {
  /// Through what the later head reads.
  public let mode: CompositionMode
  /// `[layer, head, layer, head]` of the head that writes and of the one that reads; 0 unless the latter stands in a later layer.
  public let values: Tensor
  /// The scores of pairs of heads of the same shapes with independent normal numbers: what no composition looks like.
  public let random: [Double]

  /// The mean of the scores of random heads.
  public var baseline: Double { random.reduce(0, +) / Double(random.count) }

  /// The score of two heads: `scores["L0H7", "L5H1"]`.
  /// - Throws: `AttributionError` for heads that the model does not have.
  public subscript(sender: some HeadName, receiver: some HeadName) -> Double {
    get throws {
      let (sender, receiver) = (try sender.reference(), try receiver.reference())
      for head in [sender, receiver] where head.layer >= values.shape[0] || head.head >= values.shape[1] {
        throw AttributionError.headOutOfRange(head: head.description, layers: values.shape[0], heads: values.shape[1])
      }
      return Double(values[sender.layer, sender.head, receiver.layer, receiver.head])
    }
  }

  /// The pairs with the highest scores, highest first; of equal ones the earlier.
  public func strongest(_ count: Int) -> [(sender: HeadReference, receiver: HeadReference, value: Double)] {
    let (layers, heads) = (values.shape[0], values.shape[1])
    let pairs = values.reshaped([-1]).topK(min(max(count, 0), heads * heads * layers * (layers - 1) / 2))
    return zip(pairs.indices, pairs.values.elements).map { index, value in
      let (sender, receiver) = (index / (layers * heads), index % (layers * heads))
      return (
        HeadReference(layer: sender / heads, head: sender % heads),
        HeadReference(layer: receiver / heads, head: receiver % heads), Double(value)
      )
    }
  }
}

extension CompositionScores: CustomStringConvertible {
  /// The strongest of them: `K-composition: L0H7 → L5H1 0.21, … (random heads 0.05)`
  public var description: String {
    "\(mode)-composition: "
      + strongest(4).map { "\($0.sender) → \($0.receiver) \($0.value)" }.joined(separator: ", ") + " (random heads \(baseline))"
  }
}

extension LanguageModel {
  /// The composition scores of all pairs of heads.
  /// - Parameters:
  ///   - mode: through what the later head reads.
  ///   - foldingNorms: whether the norms' factors and means are in the weights, as TransformerLens's default loading puts them there; else the
  ///     checkpoint's numbers are taken as they are.
  ///   - draws: how many pairs of random heads are scored beside them.
  ///   - seed: draws their numbers.
  /// - Throws: `TensorError` if a weight is not finite.
  public func compositionScores(
    _ mode: CompositionMode, foldingNorms: Bool = true, draws: Int = 20, seed: UInt64 = 0
  ) throws -> CompositionScores {
    guard draws > 0 else { throw LensError.badCount(what: "random heads", count: draws, range: 1...(.max)) }
    let weights = StreamWeights(model: self, foldsNorms: foldingNorms)
    let (layers, heads) = (config.layers, config.heads)
    let writers = try (0..<layers).map { layer in
      try (0..<heads).map { try ReducedWriter(weights.value(layer, $0), weights.output(layer, $0)) }
    }
    let readers = try (0..<layers).map { layer in
      try (0..<heads).map { head in
        switch mode {
        case .query: try ReducedReader(weights.query(layer, head), weights.key(layer, head).transposed())
        case .key: try ReducedReader(weights.key(layer, head), weights.query(layer, head).transposed())
        case .value: try ReducedReader(weights.value(layer, head), weights.output(layer, head))
        }
      }
    }
    var values = Tensor(repeating: 0, shape: [layers * heads, layers * heads])
    for sender in 0..<layers {
      for receiver in sender + 1..<max(layers, sender + 1) {
        let scores = composition(writers[sender], readers[receiver])
        let columns = receiver * heads..<(receiver + 1) * heads
        values.replace(
          TensorPart(first: .range(sender * heads..<(sender + 1) * heads), second: .range(columns)), with: scores)
      }
    }
    return CompositionScores(
      mode: mode, values: values.reshaped([layers, heads, layers, heads]), random: try random(draws, seed: seed))
  }

  /// The scores of random pairs of the heads' shapes.
  private func random(_ draws: Int, seed: UInt64) throws -> [Double] {
    var random = SeededGenerator(seed: seed)
    func matrix(_ rows: Int, _ columns: Int) -> Tensor {
      Tensor((0..<rows * columns).map { _ in Float(random.normal()) }, shape: [rows, columns])
    }
    let (width, inner) = (config.width, config.headWidth)
    return try (0..<draws).map { _ in
      let writer = try ReducedWriter(matrix(width, inner), matrix(inner, width))
      let reader = try ReducedReader(matrix(width, inner), matrix(inner, width))
      return Double(composition([writer], [reader]).scalar)
    }
  }
}

/// The scores of heads that write and heads that read, `[writer, reader]`.
private func composition(_ writers: [ReducedWriter], _ readers: [ReducedReader]) -> Tensor {
  let product = Tensor.joined(writers.map(\.rows)).multipliedByTransposed(Tensor.joined(readers.map(\.rows)))
  let (inner, outer) = (writers[0].rows.shape[0], readers[0].rows.shape[0])
  let squares = (product * product).reshaped([writers.count, inner, readers.count, outer]).sum(axis: 3).sum(axis: 1)
  return Tensor(
    zip(squares.elements, writers.flatMap { writer in readers.map { writer.norm * $0.norm } }).map { square, norms in
      norms > 0 ? Float(Double(square).squareRoot() / norms) : 0
    }, shape: squares.shape)
}

/// `W_V W_O` of a head, but for a rotation of what it reads, which changes no norm of a product from the right: `[k, width]`.
private struct ReducedWriter {
  let rows: Tensor
  let norm: Double

  init(_ left: Tensor, _ right: Tensor) throws {
    rows = try left.qr().r.multiplied(by: right)
    norm = rows.length
  }
}

/// The transposed of what a later head makes of what it reads, but for a rotation of what comes out: `[k, width]`.
private struct ReducedReader {
  let rows: Tensor
  let norm: Double

  init(_ left: Tensor, _ right: Tensor) throws {
    rows = try right.transposed().qr().r.multipliedByTransposed(left)
    norm = rows.length
  }
}

extension Tensor {
  /// The root of the sum of squares.
  fileprivate var length: Double { (self * self).reshaped([-1]).elements.reduce(0.0) { $0 + Double($1) }.squareRoot() }
}
