import Attribution
import Circuits
import Foundation
import ModelFixture
import Tensors
import Transformer

/// What the EAP-IG package computes on a tiny GPT-2 (`Fixtures/README.md`).
struct EAPFixture: Decodable {
  let pairs: [[[Int]]]
  let answers: [Int]
  let meanPrompts: [[Int]]
  let senders: [String]
  let receivers: [String]
  let edges: [String]
  let scores: [String: [[Float]]]
  let circuits: [String: Selected]
  let clean: [Float]
  let corrupted: [Float]

  /// A circuit by its edges' names, and the metric of each pair with all other edges ablated.
  struct Selected: Decodable {
    let edges: [String]
    let pruned: [String]
    let values: [String: [Float]]
  }

  static func load() throws -> EAPFixture {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/eap.gpt2.json")
    return try JSONDecoder().decode(EAPFixture.self, from: Data(contentsOf: file))
  }

  func model() throws -> LanguageModel {
    try LanguageModel(folder: ModelFixture.folder.appending(path: "families/gpt2")).onTestDevice()
  }

  func examples(_ model: LanguageModel) throws -> [PromptExample] {
    try pairs.enumerated().map { index, pair in
      try PromptExample(
        "pair \(index)", clean: pair[0], corrupted: pair[1], metric: LogitDifference(clean: answers[0], corrupted: answers[1]),
        model: model)
    }
  }

  /// Scores as they lie in `EdgeScores.values`.
  func expected(_ method: String, _ graph: CircuitGraph) throws -> Tensor {
    let rows = scores[method] ?? []
    var result = Tensor(repeating: 0, shape: [graph.senderCount, graph.receiverCount])
    let places = try receivers.map { try CircuitReceiver($0) }.map { receiver in graph.receivers.firstIndex(of: receiver) ?? -1 }
    for (row, scores) in rows.enumerated() { for (place, score) in zip(places, scores) { result[row, place] = score } }
    return result
  }
}

/// The largest difference relative to the largest expected number.
func relativeDifference(_ actual: Tensor, _ expected: Tensor) -> Float {
  largestDifference(actual, expected) / expected.magnitude().max()
}
