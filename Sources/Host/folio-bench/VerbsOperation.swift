import ArgumentParser
import Attribution
import Circuits
import Foundation
import Randomness
import SparseAutoencoders
import Tensors
import Transformer

/// One of the field's verbs, in a process of its own, so that its peak memory is its own.
struct VerbsOperation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verbs-operation", abstract: "One verb, measured in this process; 'verbs' calls it.", shouldDisplay: false)

  enum Name: String, CaseIterable, ExpressibleByArgument {
    case patching, ablation, path, edges, features
  }

  @Argument var operation: Name
  @Option var model: String
  @Option var prompts: String

  func run() throws {
    let model = try LanguageModel.load(self.model)
    let prompts = try JSONDecoder().decode(VerbsPrompts.self, from: Data(contentsOf: URL(filePath: self.prompts)))
    let sae = operation == .features ? try dictionary(prompts, width: model.config.width) : nil
    // Weights are mapped, and read for the first time here.
    _ = try model.run(prompts.clean[0])
    if let sae { _ = try model.features(prompts.text, in: sae) }
    model.prefixes.removeAll()
    var sum = 0.0
    let measured = try Measured { sum = try perform(model, prompts, sae) }
    print(
      String(
        format: #"{"wall": %.4f, "cpu": [%.4f], "peak_gb": %.3f, "sum": %.8g}"#, measured.wall, measured.cpu,
        Double(Measured.peakMemory) / 1e9, sum))
  }

  /// The sum of what the verb finds, for the comparison with the peer.
  private func perform(_ model: LanguageModel, _ prompts: VerbsPrompts, _ sae: SparseAutoencoder?) throws -> Double {
    let answer = LogitDifference(clean: prompts.answers[0], corrupted: prompts.answers[1])
    switch operation {
    case .patching:
      return try zip(prompts.clean, prompts.corrupted).reduce(0) { sum, pair in
        let example = try PromptExample("", clean: pair.0, metric: answer, model: model)
        let other = try model.run(pair.1, capturing: .components([.z]), logits: .none).cache
        return sum + Double(try model.ablationEffects(of: .z, on: [example], by: .resample(other)).values.sum())
      }
    case .ablation:
      let examples = try prompts.clean.map { try PromptExample("", clean: $0, metric: answer, model: model) }
      return Double(try model.ablationEffects(of: .z, on: examples, by: .zero).values.sum())
    case .path:
      let (layer, head) = (prompts.receiver[0], prompts.receiver[1])
      let senders = (0..<layer).flatMap { layer in
        (0..<model.config.heads).map { CircuitNode.head(layer: layer, head: $0) }
      }
      let effects = try model.pathPatching(
        on: examples(prompts, answer, model), from: senders, to: [.query(layer: layer, head: head)], route: .throughMLPs)
      return effects.examples.joined().reduce(0) { $0 + Double($1) }
    case .edges:
      return Double(
        try model.edgeAttribution(
          on: examples(prompts, answer, model), method: .integratedGradients(steps: 5), rule: .leftEnds(5)
        ).values.sum())
    case .features:
      guard let sae else { return 0 }
      return Double(try model.features(prompts.text, in: sae).values.sum())
    }
  }

  private func examples(_ prompts: VerbsPrompts, _ answer: LogitDifference, _ model: LanguageModel) throws -> [PromptExample] {
    try zip(prompts.clean, prompts.corrupted).map {
      try PromptExample("", clean: $0, corrupted: $1, metric: answer, model: model)
    }
  }

  private func dictionary(_ prompts: VerbsPrompts, width: Int) throws -> SparseAutoencoder {
    var random = SeededGenerator(seed: 21)
    let decoder = Tensor.normal([prompts.features, width], using: &random).normalized()
    return try SparseAutoencoder(
      W_enc: decoder.transposed(), W_dec: decoder, at: .residualPre(layer: prompts.layer))
  }
}
