import Checkpoints
import Tensors

/// One pass of prompts through the model, from the embedding to the final norm, as its `ModelConfiguration` says, all of it in fp32. Going on
/// with texts token by token is the same pass, with one row of each text.
///
/// What a lane's hooks look at or record changes no number. Each row of an activation is the same, bit for bit, whichever rows are
/// computed with it: a prompt's beginning taken from a cache, other lanes beside it, or a last layer of which only the last row is
/// needed, make no difference.
struct ForwardPass {
  let weights: Weights
  let rotary: RotaryTables
  private(set) var batch: LaneBatch

  init(_ model: LanguageModel, lanes: [Lane], _ kind: ProductKind = .prompt) {
    (weights, rotary) = (model.weights, model.rotary)
    batch = LaneBatch(lanes, model.config, kind)
  }

  /// The normed residual stream behind the last layer, of the rows from each lane's `outputStart` on: what the unembedding reads.
  /// - Parameters:
  ///   - tokens: the tokens of each lane's rows.
  /// - Throws: `interrupted`, before any layer, if the work is asked to end; what a hook throws.
  mutating func callAsFunction(_ tokens: [[Int]]) throws -> Tensor { try run(embed(tokens), from: 0) }

  /// The normed residual stream behind the last layer, given that before layer `first`, `[row, width]`.
  mutating func run(_ residual: Tensor, from first: Int) throws -> Tensor { try layers(residual, from: first).normed }

  /// Runs the pass from its tokens on. The result is the normed residual stream, and the tape that a backward pass needs.
  mutating func taped(_ tokens: [[Int]], _ plan: TapePlan) throws -> (final: Tensor, tape: Tape) {
    try taped(embed(tokens), from: 0, plan)
  }

  /// Runs the pass from layer `first` on. The result is the normed residual stream, and the tape that a backward pass needs.
  mutating func taped(_ residual: Tensor, from first: Int, _ plan: TapePlan) throws -> (final: Tensor, tape: Tape) {
    batch.tape = TapeRecorder(plan)
    defer { batch.tape = .off }
    let (normed, final) = try layers(residual, from: first)
    return (normed, batch.tape.tape(from: first, final: final))
  }

  /// The residual stream before the first layer: the tokens' rows of the embedding, scaled, and the positions' rows where there are any.
  private mutating func embed(_ tokens: [[Int]]) throws -> Tensor {
    var x = weights.embedding.gathered(tokens.flatMap(\.self))
    if batch.configuration.embeddingScale != 1 { x.scale(by: batch.configuration.embeddingScale) }
    try batch.visit(.embedding, &x, batch.layout)
    if let positions = weights.positionEmbedding {
      var rows = positions.gathered(batch.lanes.flatMap { Array($0.positions) })
      try batch.visit(.positionEmbedding, &rows, batch.layout)
      x.add(rows)
    }
    return x
  }

  private mutating func layers(_ residual: Tensor, from first: Int) throws -> (normed: Tensor, tape: Norm.Tape) {
    let backend = weights.backend
    backend.forgetFailures()
    let angles = rotary.angles(batch, on: backend)
    var x = residual
    for layer in first..<batch.configuration.layers {
      if Interruption.isRequested() { throw ModelError.interrupted }
      try backend.checked()
      try batch.visit(.residualPre(layer: layer), &x, batch.layout)
      let attention = try AttentionBlock(weights, layer: layer, angles[layer]).forward(x, in: &batch)
      let mlp = MLPBlock(weights, layer: layer, batch.configuration)
      // In the last layer, only the rows that are needed remain.
      let rows = batch.rows(behindAttentionOf: layer)
      x = batch.layout.narrowed(x, to: rows)
      switch batch.configuration.block {
      case .sequential:
        x.add(attention)
        try batch.visit(.residualMid(layer: layer), &x, rows)
        x.add(try mlp.forward(x, in: &batch))
      case .parallel:
        let output = try mlp.forward(x, in: &batch)
        x.add(attention)
        x.add(output)
      }
      try batch.visit(.residualPost(layer: layer), &x, rows)
    }
    for lane in batch.lanes.indices { batch.lanes[lane].past.advance(by: batch.lanes[lane].count) }
    let final = try weights.finalNorm.forward(x, batch.outputLayout, in: &batch)
    // Nothing that a device could not make leaves the pass.
    try backend.checked()
    guard !final.normed.isVoid, !batch.lanes.contains(where: { $0.hooks.recorder.isVoid }) else { throw backend.noRoom }
    return final
  }
}
