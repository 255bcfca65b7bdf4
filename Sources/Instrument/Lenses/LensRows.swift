import Checkpoints
import Tensors
import Transformer

/// The residual stream of some texts, row under row: before each layer, and at its end.
struct LensRows {
  /// By layer, `[row, width]`.
  let layers: [Tensor]
  /// `[row, width]`.
  let end: Tensor
  /// The rows of each text.
  let texts: [Range<Int>]

  /// One run of the model for all of its layers.
  init(_ model: LanguageModel, _ texts: [[Int]]) throws {
    let last = HookPoint.residualPost(layer: model.config.layers - 1)
    let runs = try model.run(
      batch: texts, capturing: .matching { $0.component == .residualPre || $0 == last }, logits: .none)
    layers = try (0..<model.config.layers).map { layer in
      Tensor.joined(try runs.map { try $0.cache[.residualPre(layer: layer)] })
    }
    end = Tensor.joined(try runs.map { try $0.cache[last] })
    var (ranges, next): ([Range<Int>], Int) = ([], 0)
    for text in texts {
      ranges.append(next..<next + text.count)
      next += text.count
    }
    self.texts = ranges
  }

  var count: Int { end.shape[0] }

  /// Goes through the rows in blocks whose logits fit into memory, and through the layers of each. The model's own distributions are made
  /// once for a block.
  func forEachBlock(
    _ model: LanguageModel, _ body: (_ layer: Int, _ rows: Range<Int>, _ end: Distributions) throws -> Void
  ) throws {
    let block = max(16, (1 << 22) / model.config.vocabulary)
    for first in stride(from: 0, to: count, by: block) {
      let rows = first..<min(first + block, count)
      let own = Distributions(try model.logits(ofResidual: end[rows]).home())
      for layer in layers.indices {
        if Interruption.isRequested() { throw ModelError.interrupted }
        try body(layer, rows, own)
      }
    }
  }
}

extension TunedLens {
  /// KL(model ‖ lens) of each layer on each text, the mean over the text's positions, in nats: `[layer][text]`.
  func divergences(_ model: LanguageModel, _ texts: [[Int]]) throws -> [[Double]] {
    var result = [[Double]](repeating: [], count: translators.count)
    for text in texts {
      let rows = try LensRows(model, [text])
      var sums = [Double](repeating: 0, count: translators.count)
      try rows.forEachBlock(model) { layer, part, end in
        let seen = Distributions(try model.logits(ofResidual: translators[layer].forward(rows.layers[layer][part])).home())
        sums[layer] += end.divergences(to: seen).reduce(0, +)
      }
      for layer in sums.indices { result[layer].append(sums[layer] / Double(text.count)) }
    }
    return result
  }
}
