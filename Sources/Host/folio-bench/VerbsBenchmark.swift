import ArgumentParser
import Checkpoints
import Foundation
import Randomness
import Session
import Tensors
import Transformer

/// The field's verbs on a model of GPT-2's shape, each beside another program that does the same on the same weights.
struct VerbsBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verbs",
    abstract: "Measure patching, ablation, path patching, attribution of edges and an autoencoder's features, beside a peer.",
    discussion: """
      Random weights of GPT-2's shape (0.5 GB) are made in --folder and kept there, with prompts as JSON. With --peer, the same operations \
      are run by another program, which gets that folder, the prompts' file and the operation's name as its last arguments, and prints \
      seconds as "wall": .., processor seconds as "cpu": [..], and the sum of what it found as "sum": ..
      """)

  @Option(help: ArgumentHelp("Where the random weights are kept.", valueName: "folder"))
  var folder = FileManager.default.temporaryDirectory.path + "/folio-bench-models"

  @Option(help: ArgumentHelp("How many pairs of prompts there are.", valueName: "n"))
  var prompts = 32

  @Option(help: ArgumentHelp("How many tokens each prompt has.", valueName: "n"))
  var tokens = 16

  @Option(help: ArgumentHelp("A program that runs an operation.", valueName: "command"))
  var peer: String?

  @Option(help: ArgumentHelp("What to measure: patching, ablation, path, edges, features.", valueName: "names"))
  var parts = VerbsOperation.Name.allCases.map(\.rawValue).joined(separator: ",")

  func run() throws {
    let model = try RandomGPT2().written(to: folder + "/gpt2-shape")
    let file = "\(folder)/verbs-\(prompts)x\(tokens).json"
    try JSONEncoder().encode(VerbsPrompts(count: prompts, tokens: tokens)).write(to: URL(filePath: file))
    print("operation            wall        CPU    peak         sum")
    for part in parts.split(separator: ",") {
      guard let operation = VerbsOperation.Name(rawValue: String(part)) else {
        throw ValidationError("There is no part “\(part)”; choose among \(VerbsOperation.Name.allCases.map(\.rawValue)).")
      }
      let arguments = ["verbs-operation", operation.rawValue, "--model", model, "--prompts", file]
      let own = try figures(of: "/proc/self/exe", arguments, environment: WorkerEnvironment.make())
      print(own.row(operation.rawValue))
      fflush(nil)
      guard let peer else { continue }
      let other = try figures(of: "/bin/sh", ["-c", "\(peer) '\(model)' '\(file)' \(operation)"], environment: [:])
      print(
        other.row("  peer") + String(format: "   %.1f times the time, %.1f the CPU's", other.wall / own.wall, other.cpu / own.cpu)
      )
    }
  }

  /// What an operation took, and the sum of what it found.
  private struct Figures {
    var wall: Double
    var cpu: Double
    var peak: Double
    var sum: Double

    func row(_ name: String) -> String {
      name.padding(toLength: 14, withPad: " ", startingAt: 0)
        + String(format: "%9.2f s %8.2f s %5.2f GB %11.5g", wall, cpu, peak, sum)
    }
  }

  private func figures(of program: String, _ arguments: [String], environment: [String: String]) throws -> Figures {
    let end = try launch(program, arguments, in: FileManager.default.currentDirectoryPath, environment: environment)
    func number(_ key: String) -> Double? {
      end.output.matches(of: #/"(\w+)": \[?([-+0-9.e]+)/#).last { $0.1 == key }.flatMap { Double($0.2) }
    }
    guard let wall = number("wall"), let cpu = number("cpu"), let peak = number("peak_gb"), let sum = number("sum") else {
      throw ValidationError("\(arguments.joined(separator: " ")) gave no figures:\n\(end.output.suffix(2000))")
    }
    return Figures(wall: wall, cpu: cpu, peak: peak, sum: sum)
  }
}

/// What both programs work on: pairs of prompts that differ in one token in the middle, answers, and a text.
struct VerbsPrompts: Codable {
  var clean: [[Int]]
  var corrupted: [[Int]]
  /// The tokens whose logits' difference is measured.
  var answers = [464, 262]
  /// The head whose queries are the receivers of paths, as layer and head.
  var receiver = [9, 6]
  /// The text whose features are computed.
  var text: [Int]
  /// Before which layer, and how many there are.
  var layer = 8
  var features = 24576

  init(count: Int, tokens: Int) {
    var random = SeededGenerator(seed: 20)
    func token() -> Int { Int.random(in: 0..<50_000, using: &random) }
    clean = (0..<count).map { _ in (0..<tokens).map { $0 == 0 ? 50_256 : token() } }
    corrupted = clean.map { prompt in
      var other = prompt
      other[tokens / 2] = (prompt[tokens / 2] + 1 + token()) % 50_000
      return other
    }
    text = (0..<512).map { _ in token() }
  }
}

/// A model of GPT-2's shape with random weights, in fp32.
struct RandomGPT2 {
  /// Writes it into a folder, unless it is there.
  func written(to folder: String) throws -> String {
    guard !FileManager.default.fileExists(atPath: folder + "/model.safetensors") else { return folder }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let file = URL(filePath: folder + "/config.json")
    try Data(
      #"{"architectures":["GPT2LMHeadModel"],"model_type":"gpt2","n_layer":12,"n_head":12,"n_embd":768,"vocab_size":50257,"n_positions":1024}"#
        .utf8
    ).write(to: file)
    let config = try ModelConfiguration(contentsOf: file)
    try LanguageModel(config, nil, Parameters(config, seed: 20), origin: "random numbers").save(to: URL(filePath: folder))
    return folder
  }
}
