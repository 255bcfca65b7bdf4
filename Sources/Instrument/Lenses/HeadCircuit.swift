import Attribution
import Checkpoints
import Tensors
import Transformer

/// Which weights of a head act together (Elhage et al. 2021, transformer-circuits.pub/2021/framework).
public enum HeadCircuitKind: String, CaseIterable, Hashable, Sendable {
  /// Values and output: what the head writes for what it looks at, `W_V W_O`.
  case valueOutput = "OV"
  /// Queries and keys: what it looks at, `W_Q W_Kᵀ`.
  case queryKey = "QK"
}

extension HeadCircuitKind: CustomStringConvertible {
  /// `OV`, `QK`
  public var description: String { rawValue }
}

/// The weights of heads as the residual stream meets them: with its rows from the left, `[width, …]` reads and `[…, width]` writes.
///
/// With norms folded, the factors of the norm before the attention stand in what reads, those of a norm behind it in what writes, and those of
/// the final norm in the unembedding. Layer norms take means, so what they read is centred and what is written to them is too; the unembedding is
/// centred over the vocabulary, which changes no probability. That is TransformerLens's default loading. Divisors, which depend on what is
/// read, and positions are in none of it.
struct StreamWeights {
  let model: LanguageModel
  let foldsNorms: Bool

  private func layer(_ layer: Int) -> LayerWeights { model.weights.layers[layer] }

  /// Rows `[c, width]` that each read a direction of the stream, through a norm.
  private func reading(_ rows: Tensor, through norm: Norm) -> Tensor { foldsNorms ? norm.read(rows) : rows }

  /// The rows of a product that belong to a head, `[c, width]`.
  private func rows(_ linear: Linear, _ head: Int) -> Tensor {
    let width = model.config.headWidth
    return linear.weight.rows(head * width..<(head + 1) * width).tensor.home()
  }

  private func shared(_ head: Int) -> Int { head / model.config.headsPerKeyValueHead }

  /// What the head reads for its values, `[width, c]`.
  func value(_ layer: Int, _ head: Int) -> Tensor {
    reading(rows(self.layer(layer).value, shared(head)), through: self.layer(layer).attentionNorm).home().transposed()
  }

  /// What it reads for its queries, `[width, c]`; with the factors of their norm, where they have one.
  func query(_ layer: Int, _ head: Int) -> Tensor {
    scaled(
      reading(rows(self.layer(layer).query, head), through: self.layer(layer).attentionNorm).home().transposed(),
      by: self.layer(layer).queryNorm)
  }

  /// What it reads for its keys, `[width, c]`; with the factors of their norm, where they have one.
  func key(_ layer: Int, _ head: Int) -> Tensor {
    scaled(
      reading(rows(self.layer(layer).key, shared(head)), through: self.layer(layer).attentionNorm).home().transposed(),
      by: self.layer(layer).keyNorm)
  }

  private func scaled(_ reading: Tensor, by norm: Norm?) -> Tensor {
    guard foldsNorms, let norm else { return reading }
    return reading.scaledColumns(by: norm.factors.home())
  }

  /// What the head writes, `[c, width]`.
  func output(_ layer: Int, _ head: Int) -> Tensor {
    let width = model.config.headWidth
    let part = self.layer(layer).output.weight.columns(head * width..<(head + 1) * width).tensor.home().transposed()
    guard foldsNorms else { return part }
    let behind = self.layer(layer).attentionPostNorm
    let centred = model.weights.finalNorm.centers || behind?.centers == true ? part.centeredRows() : part
    return behind.map { centred.scaledColumns(by: $0.factors.home()) } ?? centred
  }

  /// A circuit of a head, `[width, width]` in two factors.
  func circuit(_ kind: HeadCircuitKind, _ head: HeadReference) -> FactoredMatrix {
    switch kind {
    case .valueOutput: FactoredMatrix(value(head.layer, head.head), output(head.layer, head.head))
    case .queryKey: FactoredMatrix(query(head.layer, head.head), key(head.layer, head.head).transposed())
    }
  }

  /// What each token would gain by directions of the stream at its end, `[direction, vocabulary]`.
  func said(_ directions: Tensor) -> Tensor {
    let norm = model.weights.finalNorm
    let read = foldsNorms ? norm.written(directions.moved(to: norm.factors.backend)) : directions
    let scores = read.projected(by: model.weights.unembedding).home()
    return foldsNorms ? scores.centeredRows() : scores
  }

  /// What each token's embedding, as the stream begins with it, has along directions, `[direction, vocabulary]`.
  func embedded(_ directions: Tensor) -> Tensor {
    directions.projected(by: model.weights.embedding).home() * model.config.embeddingScale
  }
}

extension Norm {
  /// What becomes of directions that are written to the norm, but for its divisor, `[direction, width]`.
  func written(_ directions: Tensor) -> Tensor {
    (centers ? directions.centeredRows() : directions).scaledColumns(by: factors)
  }
}
