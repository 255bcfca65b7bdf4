import Attribution
import Circuits
import ModelFixture
import Tensors
import Transformer

/// The prompts and the answer of tests on random models.
enum CircuitPrompts {
  static let clean = [2, 5, 9, 31, 17, 8, 5, 22, 39, 11]
  static let corrupted = [2, 5, 9, 30, 17, 8, 5, 22, 14, 11]
  static let others = [
    [2, 5, 9, 30, 11, 8, 6, 21, 14, 12], [2, 15, 7, 33, 19, 8, 9, 22, 3, 11], [2, 39, 9, 1, 17, 18, 5, 29, 14, 16],
  ]
  static let answer = LogitDifference(clean: 7, corrupted: [3, 21])

  static func answer(_ logits: [[Double]]) -> Double {
    let last = logits[logits.count - 1]
    return last[7] - (last[3] + last[21]) / 2
  }

  static func example(_ model: LanguageModel) throws -> PromptExample {
    try PromptExample("the pair", clean: clean, corrupted: corrupted, metric: answer, model: model)
  }
}

/// A pass of the twin in which edges are cut, edge by edge as it is defined.
final class TwinCuts {
  typealias Outputs = [CircuitNode: [Double]]

  private let twin: DoubleTwin
  private let graph: CircuitGraph
  private let ablated: Outputs
  /// How much of an edge is cut: 1 for all of it.
  private let cut: (CircuitEdge) -> Double
  /// What stands in place of the embedding: so much of the way from the second to the first.
  typealias Embedding = (clean: Outputs, ablated: Outputs, part: Double)
  private let embedding: Embedding?
  private var written: Outputs = [:]
  private var results: [Double] = []

  private init(_ twin: DoubleTwin, ablated: Outputs, _ embedding: Embedding?, cut: @escaping (CircuitEdge) -> Double) {
    (self.twin, self.ablated, self.embedding, self.cut) = (twin, ablated, embedding, cut)
    graph = CircuitGraph(twin.config)
  }

  /// The metric with edges cut.
  static func value(
    _ twin: DoubleTwin, ablated: Outputs, embedding: Embedding? = nil, cut: @escaping (CircuitEdge) -> Double
  ) -> Double {
    let pass = TwinCuts(twin, ablated: ablated, embedding, cut: cut)
    return CircuitPrompts.answer(twin.run(CircuitPrompts.clean, replacing: pass.replacements).logits)
  }

  /// What each sender writes in a plain pass.
  static func outputs(_ twin: DoubleTwin, _ tokens: [Int], embedding: Embedding? = nil) -> Outputs {
    let pass = TwinCuts(twin, ablated: [:], embedding) { _ in 0 }
    _ = twin.run(tokens, replacing: pass.writing)
    return pass.written
  }

  // MARK: - Hooks

  private var replacements: DoubleTwin.Replacements { writing.merging(reading) { $1 } }

  private var writing: DoubleTwin.Replacements {
    var hooks: DoubleTwin.Replacements = [
      .embedding: { [self] computed in
        let x = embedding.map { way in
          zip(way.clean[.embedding] ?? [], way.ablated[.embedding] ?? []).map { $1 + way.part * ($0 - $1) }
        }
        written[.embedding] = x ?? computed
        return x ?? computed
      }
    ]
    for layer in 0..<graph.layers {
      hooks[.mlpOutput(layer: layer)] = { [self] in
        written[.mlp(layer: layer)] = $0
        return $0
      }
      hooks[.result(layer: layer)] = { [self] in
        results = $0
        if !twin.config.normsOutputs { writeHeads(layer) { _, _ in 1 } }
        return $0
      }
      guard twin.config.normsOutputs else { continue }
      hooks[.attentionPostNormScale(layer: layer)] = { [self] scale in
        var offset = 0.0
        if case .rootMeanSquare(let added) = twin.config.norm { offset = Double(added) }
        let weight = twin.vector(.layer(layer, .attentionPostNorm))
        writeHeads(layer) { (offset + weight[$1]) / scale[$0] }
        return scale
      }
    }
    return hooks
  }

  private func writeHeads(_ layer: Int, factor: (_ position: Int, _ index: Int) -> Double) {
    let (heads, width) = (graph.heads, twin.config.width)
    for head in 0..<heads {
      written[.head(layer: layer, head: head)] = (0..<results.count / heads / width).flatMap { position in
        (0..<width).map { results[(position * heads + head) * width + $0] * factor(position, $0) }
      }
    }
  }

  private var reading: DoubleTwin.Replacements {
    var hooks: DoubleTwin.Replacements = [:]
    for layer in 0..<graph.layers {
      hooks[.queryInput(layer: layer)] = heads(graph.heads) { .query(layer: layer, head: $0) }
      hooks[.keyInput(layer: layer)] = heads(graph.keyValueHeads) { .key(layer: layer, head: $0) }
      hooks[.valueInput(layer: layer)] = heads(graph.keyValueHeads) { .value(layer: layer, head: $0) }
      hooks[.mlpInput(layer: layer)] = heads(1) { _ in .mlp(layer: layer) }
    }
    hooks[.residualPost(layer: graph.layers - 1)] = heads(1) { _ in .logits }
    return hooks
  }

  /// What the heads of a point read, `[position, head, width]`.
  private func heads(_ count: Int, _ receiver: @escaping (Int) -> CircuitReceiver) -> ([Double]) -> [Double] {
    { [self] x in
      var x = x
      let width = twin.config.width
      for head in 0..<count {
        for sender in graph.senders {
          let edge = CircuitEdge(from: sender, to: receiver(head))
          guard graph.contains(edge), case let part = cut(edge), part != 0, let now = written[sender],
            let instead = ablated[sender]
          else {
            continue
          }
          for index in now.indices {
            x[(index / width * count + head) * width + index % width] += part * (instead[index] - now[index])
          }
        }
      }
      return x
    }
  }
}
