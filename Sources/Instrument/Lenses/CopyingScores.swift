import Attribution
import Tensors
import Transformer

/// Whether heads copy what they look at (Elhage et al. 2021, transformer-circuits.pub/2021/framework): of the eigenvalues λ of the circuit from
/// tokens to tokens, `W_E W_OV W_U`, the sum over the sum of sizes, `Σ λ / Σ |λ|`. A head that raises the logit of what it looks at has positive
/// eigenvalues, and a score near 1; one that lowers it has a score near -1.
public struct CopyingScores: Sendable {
  /// `[layer, head]`, from -1 to 1; 0 for a head that writes nothing.
  public let values: Tensor
  /// The eigenvalues of each head that may differ from 0, `[layer, head, c]`, from the largest size down: their real parts.
  public let real: Tensor
  /// Their imaginary parts.
  public let imaginary: Tensor

  /// The heads with the highest scores, highest first; of equal ones the earlier.
  public func strongest(_ count: Int) -> [(head: HeadReference, value: Float)] { values.strongestHeads(count) }
}

extension CopyingScores: CustomStringConvertible {
  /// The strongest of them.
  public var description: String {
    "copying scores: " + strongest(5).map { "\($0.head) \($0.value)" }.joined(separator: ", ")
  }
}

extension LanguageModel {
  /// The copying scores of all heads. It costs one product of the unembedding with the embedding.
  /// - Parameter foldingNorms: whether the norms' factors and means are in the weights, as TransformerLens's default loading puts them there; else
  ///   the checkpoint's numbers are taken as they are.
  /// - Throws: `TensorError` if a weight is not finite.
  public func copyingScores(foldingNorms: Bool = true) throws -> CopyingScores {
    let weights = StreamWeights(model: self, foldsNorms: foldingNorms)
    let through = weights.unembeddingTimesEmbedding()
    var (scores, real, imaginary): ([Float], [Tensor], [Tensor]) = ([], [], [])
    for layer in 0..<config.layers {
      for head in 0..<config.heads {
        // The eigenvalues of W_E W_V W_O W_U are those of W_O W_U W_E W_V, and zeros.
        let small = weights.output(layer, head).multiplied(by: through).multiplied(by: weights.value(layer, head))
        let values = try small.eigenvalues()
        let parts = zip(values.real.elements, values.imaginary.elements).map { (Double($0), Double($1)) }
        let sizes = parts.reduce(0) { $0 + ($1.0 * $1.0 + $1.1 * $1.1).squareRoot() }
        scores.append(sizes > 0 ? Float(parts.reduce(0) { $0 + $1.0 } / sizes) : 0)
        real.append(values.real)
        imaginary.append(values.imaginary)
      }
    }
    let shape = [config.layers, config.heads, -1]
    return CopyingScores(
      values: Tensor(scores, shape: [config.layers, config.heads]), real: Tensor.stack(real).reshaped(shape),
      imaginary: Tensor.stack(imaginary).reshaped(shape))
  }
}

extension StreamWeights {
  /// `W_U W_E`, `[width, width]`, as the stream's end says tokens and its beginning reads them.
  func unembeddingTimesEmbedding() -> Tensor {
    let (width, vocabulary) = (model.config.width, model.config.vocabulary)
    let (said, read) = (model.weights.unembedding, model.weights.embedding)
    var sum = Tensor(repeating: 0, shape: [width, width])
    var (saidSum, readSum) = (Tensor(repeating: 0, shape: [width]), Tensor(repeating: 0, shape: [width]))
    let block = max(1, (1 << 23) / width)
    for first in stride(from: 0, to: vocabulary, by: block) {
      let tokens = first..<min(first + block, vocabulary)
      let rows = said.gathered(tokens)
      let (left, right) = ((foldsNorms ? model.weights.finalNorm.read(rows) : rows).home(), read.gathered(tokens).home())
      sum.addProduct(ofTransposed: left, right, at: 0)
      (saidSum, readSum) = (saidSum + left.sum(axis: 0), readSum + right.sum(axis: 0))
    }
    // The unembedding less its mean over the vocabulary.
    return foldsNorms ? sum - saidSum.outer(readSum) / Float(vocabulary) : sum
  }
}
