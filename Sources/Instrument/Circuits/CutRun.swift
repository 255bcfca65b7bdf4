import Tensors
import Transformer

/// A run in which some edges are cut: every receiver reads its own residual stream, with what ablated senders write in place of what the senders of
/// cut edges write in this very run.
///
/// Senders are looked at as the run computes them; before an attention, one matrix product with the cut edges gives what each of its readers
/// reads less.
final class CutRun {
  private let run: AblatedRun
  private let graph: CircuitGraph
  /// Whether an edge is cut, `[receiver, sender]`: 1 or 0.
  private let cut: Tensor
  /// What each sender has written in this run so far, less what it writes ablated, `[sender, position · width]`.
  private var difference: Tensor
  /// What a layer's heads have given, until the divisors of the norm behind them are known.
  private var results: Tensor?
  /// What the readers of an attention read less, `[reader, position, width]`, once a layer.
  private var changes: (layer: Int, rows: Tensor)?

  /// - Parameter cut: by the places of `EdgeScores.values`.
  init(_ run: AblatedRun, cut: [Bool]) {
    (self.run, graph) = (run, run.graph)
    let (senders, receivers) = (run.graph.senderCount, run.graph.receiverCount)
    self.cut = Tensor(cut.map { $0 ? 1 : 0 }, shape: [senders, receivers]).transposed()
    difference = Tensor(repeating: 0, shape: run.clean.shape)
    // Nothing writes into the embedding.
    difference.setSender(0, to: run.clean.select(0) - run.ablated.select(0))
  }

  /// How many numbers it holds while it runs.
  static func size(_ run: AblatedRun) -> Int { run.clean.count }

  /// What it does while it runs, from the first layer on.
  func patch(_ model: LanguageModel) -> Patch {
    var (replacements, observations): ([Replacement], [Observation]) = ([], [])
    for layer in 0..<graph.layers {
      replacements += attentionReplacements(layer)
      replacements += replacement(of: .mlp(layer: layer))
      observations += self.observations(layer, model)
    }
    replacements += replacement(of: .logits)
    return Patch(replacements, observing: observations, start: run.base.start)
  }

  // MARK: - Reading

  /// Those of a layer's readers of whose edges any is cut.
  private func attentionReplacements(_ layer: Int) -> [Replacement] {
    let heads = (0..<graph.heads).map { CircuitReceiver.query(layer: layer, head: $0) }
    let groups = (0..<graph.keyValueHeads).map { $0 }
    let all = heads + groups.map { .key(layer: layer, head: $0) } + groups.map { .value(layer: layer, head: $0) }
    return all.enumerated().filter { isCut($0.element) }.map { index, receiver in
      let (point, head, _) = receiver.place(graph)
      return Replacement(point, head: head) { [self] in $0 - attentionChanges(layer).select(index).lastRows($0.shape[0]) }
    }
  }

  private func replacement(of receiver: CircuitReceiver) -> [Replacement] {
    guard isCut(receiver) else { return [] }
    let point = receiver.place(graph).point
    let column = graph.column(of: receiver)
    return [
      Replacement(point) { [self] in
        $0 - change(of: column..<column + 1, senders: graph.senderCount(before: receiver)).select(0).lastRows($0.shape[0])
      }
    ]
  }

  private func isCut(_ receiver: CircuitReceiver) -> Bool { cut.select(graph.column(of: receiver)).max() > 0 }

  private func attentionChanges(_ layer: Int) -> Tensor {
    if let changes, changes.layer == layer { return changes.rows }
    let first = CircuitReceiver.query(layer: layer, head: 0)
    let column = graph.column(of: first)
    let rows = change(
      of: column..<column + graph.heads + 2 * graph.keyValueHeads, senders: graph.senderCount(before: first))
    changes = (layer, rows)
    return rows
  }

  /// What some receivers read less, `[receiver, position, width]`: sums over their cut edges.
  private func change(of receivers: Range<Int>, senders: Int) -> Tensor {
    let edges = cut.part(TensorPart(first: .range(receivers), second: .range(0..<senders)))
    return edges.multiplied(by: difference[..<senders].reshaped([senders, -1]))
      .reshaped([receivers.count, run.positionCount, run.width])
  }

  // MARK: - Writing

  private func observations(_ layer: Int, _ model: LanguageModel) -> [Observation] {
    let mlp = graph.row(of: .mlp(layer: layer))
    var observations = [Observation(.mlpOutput(layer: layer)) { [self] in write(mlp, $0) }]
    if model.config.normsOutputs {
      observations.append(Observation(.result(layer: layer)) { [self] in results = $0 })
      observations.append(
        Observation(.attentionPostNormScale(layer: layer)) { [self] scale in
          guard let results else { return }
          for head in 0..<graph.heads {
            write(
              graph.row(of: .head(layer: layer, head: head)),
              model.written(results.select(head, axis: 1), through: .attentionOutput(layer: layer), dividedBy: scale))
          }
        })
    } else {
      observations.append(
        Observation(.result(layer: layer)) { [self] results in
          for head in 0..<graph.heads { write(graph.row(of: .head(layer: layer, head: head)), results.select(head, axis: 1)) }
        })
    }
    return observations
  }

  /// Keeps what a sender writes at the last positions of the run.
  private func write(_ row: Int, _ output: Tensor) {
    difference.setSender(row, to: output - run.ablated.select(row).lastRows(output.shape[0]))
  }
}

extension LanguageModel {
  /// The metric of an example with the edges outside of each circuit cut.
  func values(of run: AblatedRun, cutting masks: [[Bool]]) throws -> [Float] {
    let count = run.runsAtOnce(holding: CutRun.size(run))
    return try stride(from: 0, to: masks.count, by: count).flatMap { start in
      let runs = masks[start..<min(start + count, masks.count)].map { CutRun(run, cut: $0) }
      return try withExtendedLifetime(runs) { try resume(run.base, at: 0, runs.map { $0.patch(self) }) }
    }
  }
}
