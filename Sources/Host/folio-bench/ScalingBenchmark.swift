import Figures
import Foundation
import Transformer

/// How the time of a prompt grows with its tokens, and that of a batch with its prompts.
struct ScalingBenchmark {
  let model: LanguageModel

  /// Prints both tables, and draws them into a page of its own if a path is given.
  func run(plot path: String?) throws {
    model.prefixes.byteBudget = 0
    let prompt = try prompts()
    let batch = try batches()
    if let path { try figure(prompt, batch).writeHTML(path) }
  }

  private struct Curve {
    var sizes: [Int]
    var times: [Double]
  }

  private func prompts() throws -> Curve {
    let sizes = [128, 256, 512, 1024, 2048, 4096]
    let times = try sizes.map { count in
      let prompt = try BenchmarkPrompt(file: nil, tokens: count).clean
      return try (0..<3).map { _ in try seconds { _ = try model.run(prompt) } }.min() ?? 0
    }
    print("\ntokens   prefill    a token   of which attention, by its operations")
    for (size, time) in zip(sizes, times) {
      let products = MachineLimits.forward(model.config, tokens: size)
      let all = products.reduce(0) { $0 + $1.operations }
      let attention = MachineLimits.attention(model.config, size).reduce(0) { $0 + $1.operations }
      print(String(format: "%6d %8.2f s %7.2f ms %10.1f %%", size, time, time / Double(size) * 1000, attention / all * 100))
    }
    return Curve(sizes: sizes, times: times)
  }

  private func batches() throws -> Curve {
    let sizes = [1, 2, 4, 8, 16, 32, 64]
    let one = try BenchmarkPrompt(file: nil, tokens: 128).clean
    let times = try sizes.map { count in
      let prompts = (0..<count).map { number in one.map { ($0 + number) % 1000 } }
      return try (0..<2).map { _ in try seconds { _ = try model.run(batch: prompts) } }.min() ?? 0
    }
    print("\nprompts of 128 tokens   together   a prompt")
    for (size, time) in zip(sizes, times) {
      print(String(format: "%6d %23.2f s %8.2f ms", size, time, time / Double(size) * 1000))
    }
    return Curve(sizes: sizes, times: times)
  }

  private func figure(_ prompt: Curve, _ batch: Curve) -> Figure {
    Figure.row(title: "gemma-2b's shape, \(model.config.layers) layers: time to the logits") {
      chart(prompt, "One prompt", "tokens", of: 3)
      chart(batch, "Prompts of 128 tokens, together", "prompts", of: 0)
    }
  }

  /// What was measured, beside what it would be in proportion to one of the sizes.
  private func chart(_ curve: Curve, _ title: String, _ x: String, of index: Int) -> LineChart {
    let proportion = curve.times[index] / Double(curve.sizes[index])
    return LineChart(title: title, x: x, y: "seconds", xScale: .log, yScale: .log) {
      Series("measured", x: curve.sizes, y: curve.times, markers: true)
      Series("in proportion", x: curve.sizes, y: curve.sizes.map { proportion * Double($0) })
    }
  }
}
