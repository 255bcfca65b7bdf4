import ArgumentParser
import Foundation
import Checkpoints
import Transformer
import Session
import Tensors
import Text

/// The model's speed and memory, each beside a limit or a peer that is measured in the same run.
struct ModelBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Measure the model: prefill, backward, decoding, kernels, memory, and the original notebook's operations.",
    discussion: """
      Random weights of gemma-2b's shape are made in --folder (5 GB with 18 layers) and kept there. With --peer, the same operations are \
      run by another program, which gets the operation's name as its last argument and prints processor seconds as "cpu": [..] and \
      gigabytes as "peak_gb": ..
      """)

  @Option(help: ArgumentHelp("How many of gemma-2b's 18 layers the weights have.", valueName: "n"))
  var layers = 4

  @Option(help: ArgumentHelp("A model to measure instead of random weights.", valueName: "folder"))
  var model: String?

  @Option(help: ArgumentHelp("Where the random weights are kept.", valueName: "folder"))
  var folder = FileManager.default.temporaryDirectory.path + "/folio-bench-models"

  @Option(help: ArgumentHelp("How many tokens the prompt has.", valueName: "n"))
  var tokens = 1100

  @Option(help: ArgumentHelp("Clean and corrupted tokens to use, as JSON.", valueName: "file"))
  var prompt: String?

  @Option(help: ArgumentHelp("A program that runs an operation of the original notebook.", valueName: "command"))
  var peer: String?

  @Option(help: ArgumentHelp("Where to draw how the time grows with tokens and prompts, as a page.", valueName: "file"))
  var plot: String?

  @Option(help: ArgumentHelp("How often each operation is run; the fastest counts.", valueName: "n"))
  var repetitions = 1

  @Option(help: ArgumentHelp("What to measure: kernels, passes, decoding, operations, scaling.", valueName: "names"))
  var parts = "kernels,passes,decoding,operations"

  @Option(help: ArgumentHelp("A tokenizer.model for the random weights.", valueName: "file"))
  var tokenizer = "Notebooks/models/prontoqa-tiny/tokenizer.model"

  func run() throws {
    // The numeric library reads its kernels' name when it loads: this process starts anew with the right one.
    let environment = WorkerEnvironment.make()
    if ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] != environment["OPENBLAS_CORETYPE"] {
      for (key, value) in environment { setenv(key, value, 1) }
      let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
      execv("/proc/self/exe", arguments)
    }
    print("\(BLAS.kernel) kernels, \(Parallel.threads) threads")
    let path = try checkpoint(layers: layers, isWide: false)
    for part in parts.split(separator: ",") {
      switch part {
      case "kernels": KernelBenchmark.run(tokens: tokens)
      case "passes": try measurePasses(path)
      case "decoding": try measureDecoding(path)
      case "operations": try measureOperations(path)
      case "scaling": try ScalingBenchmark(model: LanguageModel.load(path)).run(plot: plot)
      default: throw ValidationError("There is no part “\(part)”; choose among kernels, passes, decoding, operations, scaling.")
      }
    }
  }

  private func checkpoint(layers: Int, isWide: Bool) throws -> String {
    if let model, !isWide { return model }
    let path = "\(folder)/gemma-2b-\(layers)layers\(isWide ? "-fp32" : "")"
    try RandomCheckpoint(layers: layers, isWide: isWide).write(to: path, tokenizer: tokenizer)
    return path
  }

  // MARK: - Forward and back

  private func measurePasses(_ path: String) throws {
    let model = try LanguageModel.load(path)
    let pair = try BenchmarkPrompt(file: prompt, tokens: tokens)
    let n = pair.clean.count
    model.prefixes.byteBudget = 0
    let forward = try (0..<3).map { _ in try seconds { _ = try model.run(pair.clean) } }.min() ?? 0
    let products = MachineLimits.forward(model.config, tokens: n)
    let limit = MachineLimits.sgemmSeconds(products)
    let rate = products.reduce(0) { $0 + $1.operations } / 1e9
    report("prefill of \(n) tokens, last-token logits", text(forward), percent(limit / forward, "of sgemm alone", rate / limit))
    let points = Capture.components([.residualPre, .residualMid, .query, .key, .value, .z, .mlpOutput, .attentionOutput])
    let answer = LogProbability(of: pair.answers.clean[0])
    let there = try seconds { _ = try model.run(pair.clean, capturing: points) }
    let both = try (0..<2).map { _ in
      try seconds { _ = try model.gradients(pair.clean, of: answer, at: points, tapeBudget: 8 << 30) }
    }
    let back = (both.min() ?? 0) - there
    let backProducts = MachineLimits.backward(model.config, tokens: n)
    let backLimit = MachineLimits.sgemmSeconds(backProducts)
    report(
      "backward to all activations", text(back),
      percent(backLimit / back, "of sgemm alone", backProducts.reduce(0) { $0 + $1.operations } / 1e9 / backLimit))
    let bounded = try seconds { _ = try model.gradients(pair.clean, of: answer, at: points, tapeBudget: 0) }
    report(
      "  the same with the MLPs computed twice", text(bounded - there), percent(backLimit / (bounded - there), "of sgemm alone"))
  }

  private func percent(_ ratio: Double, _ what: String, _ rate: Double? = nil) -> String {
    String(format: "%.0f %% %@", ratio * 100, what) + (rate.map { String(format: " (%.0f GFLOP/s)", $0) } ?? "")
  }

  // MARK: - Decoding

  private func measureDecoding(_ path: String) throws {
    let bandwidth = MachineLimits.readBandwidth()
    report("memory read by all cores", String(format: "%.1f GB/s", bandwidth / 1e9))
    for (name, path) in [("bf16", path), ("fp32", model == nil ? try checkpoint(layers: min(layers, 4), isWide: true) : nil)] {
      guard let path else { continue }
      let model = try LanguageModel.load(path)
      let prompt = try BenchmarkPrompt(file: nil, tokens: 64).clean
      let times = try [4, 36].map { count in
        try (0..<3).map { _ in try seconds { _ = try model.generate(prompt, until: [Int](), maxNewTokens: count) } }.min() ?? 0
      }
      let token = (times[1] - times[0]) / 32
      let bytes = Double(model.weights.byteCount)
      report(
        "a token decoded with \(name) weights (\(ByteCount.text(model.weights.byteCount)))", text(token),
        percent(bytes / token / bandwidth, "of the read bandwidth"))
    }
  }

  // MARK: - The original's operations

  private func measureOperations(_ path: String) throws {
    print("\noperation            wall      CPU     peak      peer's CPU    peak     ratio")
    let dla = ["dla_resid_pre", "dla_result", "dla_result"]
    let atp = ["atp_q", "atp_k", "atp_k"]
    let peers: [ModelOperation.Name: [String]] = [
      .cache: ["tl_cache"], .cacheAndLogits: ["tl_cache"], .forward: ["tl_fwd", "hf_fwd"], .generate: ["gen_seed", "gen_hf"],
      .dla: dla, .atp: atp, .igOfQuery: ["ig_q"], .dlaInSession: dla, .atpInSession: atp,
    ]
    var measured: [String: (cpu: Double, peak: Double)] = [:]
    for operation in ModelOperation.Name.allCases {
      let own = try operate(operation, path)
      var line = operation.rawValue.padding(toLength: 16, withPad: " ", startingAt: 0)
      line += String(format: "%8.2f s %7.2f s %5.2f GB", own.wall, own.cpu, own.peak)
      print(line)
      if operation == .load || peer == nil { continue }
      var sum = 0.0
      for name in peers[operation] ?? [] {
        guard let other = try measured[name] ?? measurePeer(name) else { continue }
        measured[name] = other
        sum += other.cpu
        print(
          String(
            format: "  %@ %38.2f s %7.2f GB   %.1f times", name.padding(toLength: 14, withPad: " ", startingAt: 0), other.cpu,
            other.peak,
            other.cpu / own.cpu))
      }
      if peers[operation]?.count == 3 { print(String(format: "  all three %40.2f s %21.1f times", sum, sum / own.cpu)) }
    }
  }

  private func operate(_ operation: ModelOperation.Name, _ path: String) throws -> (wall: Double, cpu: Double, peak: Double) {
    var arguments = ["model-operation", operation.rawValue, "--model", path, "--tokens", "\(tokens)"]
    arguments += ["--repetitions", "\(repetitions)"]
    if let prompt { arguments += ["--prompt", prompt] }
    let end = try launch("/proc/self/exe", arguments, in: FileManager.default.currentDirectoryPath)
    let fields = end.output.split(separator: "\n").last { $0.hasPrefix("RESULT ") }?.split(separator: " ").compactMap {
      Double($0)
    }
    guard let fields, fields.count == 4 else { throw ValidationError("\(operation) failed:\n\(end.output)") }
    if operation == .load { return (fields[2], fields[2], fields[3] / 1e9) }
    return (fields[0], fields[1], fields[3] / 1e9)
  }

  private func measurePeer(_ name: String) throws -> (cpu: Double, peak: Double)? {
    let end = try launch("/bin/sh", ["-c", "\(peer!) \(name)"], in: FileManager.default.currentDirectoryPath)
    guard let cpu = end.output.firstMatch(of: #/"cpu": \[([0-9.]+)/#).flatMap({ Double($0.1) }),
      let peak = end.output.firstMatch(of: #/"peak_gb": ([0-9.]+)/#).flatMap({ Double($0.1) })
    else {
      print("  \(name): no figure\n\(end.output.suffix(300))")
      return nil
    }
    return (cpu, peak)
  }
}

extension Weights {
  /// How many bytes a token reads: every weight once.
  fileprivate var byteCount: Int {
    layers.reduce(embedding.byteCount) { sum, layer in
      let products = [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down].compactMap(\.self)
      return products.reduce(sum) { $0 + $1.weight.byteCount }
    }
  }
}
