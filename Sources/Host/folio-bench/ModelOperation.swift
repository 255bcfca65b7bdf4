import ArgumentParser
import Attribution
import Foundation
import Transformer
import Tensors

/// One operation of the original notebook, in a process of its own, so that its peak memory is its own.
struct ModelOperation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model-operation", abstract: "One operation, measured in this process; 'model' calls it.", shouldDisplay: false)

  enum Name: String, CaseIterable, ExpressibleByArgument {
    case load, forward, cache
    case cacheAndLogits = "cache-logits"
    case generate, dla, atp
    case igOfQuery = "ig-q"
    case ig, layer
    // As they follow in the notebook: on the text that was generated, and is remembered.
    case dlaInSession = "dla-next"
    case atpInSession = "atp-next"

    var isInSession: Bool { self == .dlaInSession || self == .atpInSession }
  }

  @Argument var operation: Name
  @Option var model: String
  @Option var prompt: String?
  @Option var tokens = 1100
  @Option var repetitions = 1

  func run() throws {
    let start = ContinuousClock.now
    let model = try LanguageModel.load(self.model)
    let load = (ContinuousClock.now - start) / .seconds(1)
    let pair = try BenchmarkPrompt(file: prompt, tokens: tokens)
    var best: Measured?
    for _ in 0..<max(1, repetitions) {
      model.prefixes.removeAll()
      if operation.isInSession { _ = try model.run(pair.clean) }
      let measured = try Measured { try perform(model, pair) }
      best = best.map { $0.cpu < measured.cpu ? $0 : measured } ?? measured
    }
    let measured = best!
    print(String(format: "RESULT %.4f %.4f %.4f %ld", measured.wall, measured.cpu, load, Measured.peakMemory))
  }

  private func perform(_ model: LanguageModel, _ pair: BenchmarkPrompt) throws {
    let answer = LogitDifference(clean: pair.answers.clean, corrupted: pair.answers.corrupted)
    switch operation {
    case .load: break
    case .forward: _ = try model.run(pair.clean)
    case .cache: _ = try model.run(pair.clean, capturing: .all)
    case .cacheAndLogits: _ = try model.run(pair.clean, capturing: .all, logits: .all)
    case .layer:
      _ = try model.run(pair.clean, capturing: .matching { $0.layer == 1 })
    case .generate: _ = try model.generate(pair.clean, until: [Int](), maxNewTokens: 16)
    case .dla, .dlaInSession: _ = try model.directLogitAttribution(pair.clean, toward: answer)
    case .atp, .atpInSession:
      _ = try model.attributionPatching(
        clean: pair.clean, corrupted: pair.corrupted, toward: answer, components: [.query, .key, .value])
    case .ig, .igOfQuery:
      _ = try model.integratedGradients(
        clean: pair.clean, corrupted: pair.corrupted, toward: answer,
        components: operation == .ig ? [.query, .key, .value] : [.query], steps: 5)
    }
  }
}

/// Wall and processor seconds of some work.
struct Measured {
  let wall: Double
  let cpu: Double

  init(_ work: () throws -> Void) rethrows {
    let before = Self.processorSeconds
    wall = try seconds(work)
    cpu = Self.processorSeconds - before
  }

  private static var usage: rusage {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage
  }

  private static var processorSeconds: Double {
    let usage = usage
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }

  /// The most memory that this process has had, mapped weights included, in bytes.
  static var peakMemory: Int { Int(usage.ru_maxrss) * 1024 }
}

/// A clean and a corrupted prompt: from a file with `tokens_clean`, `tokens_corr`, `a_clean` and `a_corr`, of which the last tokens are
/// taken, or made up: they differ in one token, some way before the end (45 tokens, as a question
/// with 7 solved examples before it does).
struct BenchmarkPrompt {
  let clean: [Int]
  let corrupted: [Int]
  let answers: (clean: [Int], corrupted: [Int])

  private struct File: Decodable {
    let tokensClean: [Int]
    let tokensCorr: [Int]
    let aClean: [Int]
    let aCorr: [Int]
  }

  init(file: String?, tokens: Int, differingFromEnd distance: Int = 45) throws {
    if let file {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      let file = try decoder.decode(File.self, from: Data(contentsOf: URL(filePath: file)))
      clean = [2] + file.tokensClean.suffix(tokens - 1)
      corrupted = [2] + file.tokensCorr.suffix(tokens - 1)
      answers = (file.aClean, file.aCorr)
      return
    }
    clean = (0..<tokens).map { $0 == 0 ? 2 : 4 + $0 * 7919 % 990 }
    var other = clean
    other[max(1, tokens - distance)] = 3 + 400
    (corrupted, answers) = (other, ([354], [350]))
  }
}
