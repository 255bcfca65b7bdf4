import Foundation
import ModelFixture
import Randomness
import Tensors
import Transformer

/// A lens written out in Double: a place's rows take the stream's place at its end.
struct LensTwin {
  let twin: DoubleTwin
  let tokens: [Int]
  private let activations: [HookPoint: [Double]]

  init(_ twin: DoubleTwin, _ tokens: [Int]) {
    (self.twin, self.tokens) = (twin, tokens)
    activations = twin.run(tokens).activations
  }

  /// The rows of a place, `5_pre`, `5_mid` or `final_post`.
  func stream(_ place: String) -> [Double] {
    let parts = place.split(separator: "_")
    let layer = Int(parts[0]) ?? twin.config.layers - 1
    let point: HookPoint =
      switch parts[1] {
      case "pre": .residualPre(layer: layer)
      case "mid": .residualMid(layer: layer)
      default: .residualPost(layer: layer)
      }
    return activations[point] ?? []
  }

  /// The log-probabilities of each position, if the stream ended with these rows.
  func logProbabilities(_ rows: [Double]) -> [[Double]] {
    let logits = twin.run(tokens, replacing: [.residualPost(layer: twin.config.layers - 1): { _ in rows }]).logits
    return logits.map { row in
      let largest = row.max() ?? 0
      let normalizer = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
      return row.map { $0 - normalizer }
    }
  }

  /// h + A h + b of each row.
  func translated(_ rows: [Double], weight: [Double], bias: [Double]) -> [Double] {
    let width = bias.count
    return stride(from: 0, to: rows.count, by: width).flatMap { first in
      (0..<width).map { out in
        (0..<width).reduce(rows[first + out] + bias[out]) { $0 + weight[out * width + $1] * rows[first + $1] }
      }
    }
  }

  /// The mean over the positions of KL(model ‖ the distribution at these rows), in nats.
  func divergence(_ rows: [Double]) -> Double {
    let (own, seen) = (logProbabilities(stream("final_post")), logProbabilities(rows))
    let sums = zip(own, seen).map { own, seen in zip(own, seen).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) } }
    return sums.reduce(0, +) / Double(sums.count)
  }
}

/// Texts of tokens of chance, of several lengths.
func randomTexts(_ count: Int, vocabulary: Int, seed: UInt64) -> [[Int]] {
  var random = SeededGenerator(seed: seed)
  return (0..<count).map { index in (0..<8 + index % 5).map { _ in Int.random(in: 0..<vocabulary, using: &random) } }
}
