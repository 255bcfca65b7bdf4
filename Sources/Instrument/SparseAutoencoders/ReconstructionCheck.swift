import Checkpoints
import Statistics
import Tensors
import Transformer

/// How well a dictionary stands for the activations of some prompts: the check before anything is concluded from its features.
///
/// A dictionary of another model, another layer, other weights, or without the scale that its activations were trained with, shows here: explained
/// variance far below 1, a loss far above the model's. The numbers are those of SAELens's `evals` (sae_lens 6).
public struct ReconstructionCheck: Sendable {
  /// What the dictionary is.
  public let dictionary: String
  /// How many prompts were read.
  public let promptCount: Int
  /// At how many positions.
  public let positionCount: Int
  /// 1 - Σ ‖x - x̂‖² / Σ ‖x - mean(x)‖², over all positions: 1 for a perfect reconstruction, 0 for one as good as the mean. The interval is
  /// that of other prompts.
  public let explainedVariance: Estimate
  /// The mean over positions of ‖x - x̂‖².
  public let squaredError: Double
  /// The mean cosine of activation and reconstruction.
  public let cosine: Double
  /// The mean of ‖x̂‖ / ‖x‖: below 1, the reconstruction shrinks.
  public let lengthRatio: Double
  /// The mean number of active features at a position. The interval is that of other prompts.
  public let l0: Estimate
  /// The mean sum of activations at a position.
  public let l1: Double
  /// At which part of the positions each feature is active, `[d_sae]`.
  public let density: Tensor
  /// What the model predicts with the reconstruction; nil if that was not asked for.
  public let loss: SplicedLoss?

  /// How many features were never active.
  public var neverActive: Int { density.elements.count { $0 == 0 } }

  /// The mean cross entropy of the next token, in nats, of the model as it is, with the reconstruction in the activation's place, and with zeros there.
  public struct SplicedLoss: Sendable {
    /// The model's own.
    public let model: Double
    /// With the reconstruction.
    public let spliced: Double
    /// With zeros.
    public let zero: Double
    /// The mean Kullback-Leibler divergence of the next token's distribution with the reconstruction from the model's own, in nats.
    public let divergence: Double
    /// Which part of the loss that zeros cost is saved by the reconstruction: 1 if the model predicts as well as without it. The interval is that
    /// of other prompts.
    public let recovered: Estimate
  }
}

extension ReconstructionCheck: CustomStringConvertible {
  /// The numbers that matter, in one line: `explained variance 0.87 [0.85, 0.89], n = 4; L0 62.4 …; loss recovered 0.98 …; 512 positions`.
  public var description: String {
    let recovered = loss.map { "; loss recovered \($0.recovered)" } ?? ""
    return "explained variance \(explainedVariance); L0 \(l0)\(recovered); \(positionCount) positions"
  }
}

extension LanguageModel {
  /// Checks a dictionary on some prompts: explained variance and L0, and what the model loses when it goes on with the reconstruction.
  ///
  /// - Parameters:
  ///   - sae: The dictionary.
  ///   - prompts: Texts or tokens as the dictionary was trained on; some hundred positions are enough to notice a mistake.
  ///   - excludingBOS: Whether a first token that is the beginning-of-sequence token is left out of the means; its activation is unlike all others.
  ///     In the splice it is left as it is then.
  ///   - withLoss: Whether the losses are computed, in three runs of each prompt. They take `12 · positions · vocabulary` bytes.
  /// - Throws: `badRequest` for no prompts; `wrongModel`.
  public func checkReconstruction(
    of sae: SparseAutoencoder, over prompts: [some Prompt], excludingBOS: Bool = true, withLoss: Bool = true
  ) throws -> ReconstructionCheck {
    guard !prompts.isEmpty else {
      throw SparseAutoencoderError.badRequest("A dictionary cannot be checked on no prompts. Give some texts.")
    }
    try check(sae)
    var (sums, losses) = (ReconstructionSums(sae), [PromptLoss]())
    for prompt in prompts {
      let tokens = try prompt.tokens(for: self)
      let first = excludingBOS ? firstPosition(tokens) : 0
      let run = try dictionaryRun(tokens, sae, logits: withLoss ? .all : .none)
      try sums.add(run, from: first)
      if withLoss { losses.append(try splicedLoss(sae, run, from: first)) }
    }
    guard sums.count > 0 else {
      throw SparseAutoencoderError.badRequest(
        "The prompts have no position besides the beginning-of-sequence token. Give longer texts.")
    }
    return try sums.result(losses, prompts: prompts.count)
  }

  /// The first position that counts: 1 behind a beginning-of-sequence token.
  func firstPosition(_ tokens: [Int]) -> Int {
    guard let bos = (try? tokenizer)?.bos, tokens.first == bos else { return 0 }
    return 1
  }

  private func splicedLoss(_ sae: SparseAutoencoder, _ run: DictionaryRun, from first: Int) throws -> PromptLoss {
    let tokens = run.tokens
    guard first < tokens.count - 1 else { return PromptLoss() }
    let point = sae.configuration.target ?? sae.configuration.point
    let head = sae.configuration.target == nil ? sae.configuration.head : nil
    let zeros = Replacement(point, positions: first..<tokens.count, head: head) { $0 * 0 }
    let spliced = try self.run(tokens, hooks: sae.splice(error: .dropped, positions: first..<tokens.count), logits: .all).logits
    let ablated = try self.run(tokens, hooks: [zeros], logits: .all).logits
    let targets = Array(tokens[(first + 1)...])
    func loss(_ logits: Tensor) -> Double { crossEntropy(logits[first..<tokens.count - 1], targets) }
    return PromptLoss(
      count: targets.count, model: loss(run.logits), spliced: loss(spliced), zero: loss(ablated),
      divergence: divergence(of: spliced[first..<tokens.count - 1], from: run.logits[first..<tokens.count - 1]))
  }
}

/// Sums over the positions of a prompt, in nats.
private struct PromptLoss {
  var count = 0
  var (model, spliced, zero, divergence) = (0.0, 0.0, 0.0, 0.0)
}

/// The sum of the cross entropies of targets.
private func crossEntropy(_ logits: Tensor, _ targets: [Int]) -> Double {
  zip(logits.logSumExp(), targets.indices).reduce(0.0) { sum, row in sum + row.0 - Double(logits[row.1, targets[row.1]]) }
}

/// The sum of the divergences KL(p of the second ‖ p of the first) of rows.
private func divergence(of logits: Tensor, from reference: Tensor) -> Double {
  let (sums, ownSums) = (logits.logSumExp(), reference.logSumExp())
  var pattern = reference
  pattern.applySoftmax()
  let means = (pattern * (reference - logits)).sum(axis: 1).elements
  return means.indices.reduce(0.0) { $0 + Double(means[$1]) - ownSums[$1] + sums[$1] }
}

/// What is added up over positions.
private struct ReconstructionSums {
  private let sae: SparseAutoencoder
  private var prompts: [Prompt] = []
  private var (cosine, ratio, l1) = (0.0, 0.0, 0.0)
  private var density: [Double]

  /// Of one prompt: what is drawn anew for the intervals.
  private struct Prompt {
    var count = 0
    var active = 0
    var square = 0.0
    var residual = 0.0
    var sum: [Double]
  }

  init(_ sae: SparseAutoencoder) {
    self.sae = sae
    density = Array(repeating: 0, count: sae.featureCount)
  }

  var count: Int { prompts.reduce(0) { $0 + $1.count } }

  mutating func add(_ run: DictionaryRun, from first: Int) throws {
    let (read, written) = (run.read[first...], run.written[first...])
    var prompt = Prompt(sum: Array(repeating: 0, count: sae.configuration.outputWidth))
    // The features of all positions at once need not fit into memory.
    let step = max(1, (1 << 25) / sae.featureCount)
    for start in stride(from: 0, to: written.shape[0], by: step) {
      let rows = start..<min(start + step, written.shape[0])
      let x = try sae.flat(read[rows])
      let scaling = RowScaling(x, sae.configuration)
      let features = sae.encoded(x, scaling, on: run.read.backend)
      let active = SparseRows(features)
      prompt.active += active.values.count
      for (column, value) in zip(active.columns, active.values) {
        density[Int(column)] += 1
        l1 += Double(abs(value))
      }
      add(written[rows], sae.finished(sae.decoded(features), x, scaling), to: &prompt)
    }
    if prompt.count > 0 { prompts.append(prompt) }
  }

  private mutating func add(_ x: Tensor, _ reconstruction: Tensor, to prompt: inout Prompt) {
    let width = prompt.sum.count
    prompt.count += x.shape[0]
    x.withUnsafeElements { x in
      reconstruction.withUnsafeElements { y in
        for row in 0..<x.count / width {
          var (xx, yy, xy) = (0.0, 0.0, 0.0)
          for i in 0..<width {
            let (a, b) = (Double(x[row * width + i]), Double(y[row * width + i]))
            (xx, yy, xy) = (xx + a * a, yy + b * b, xy + a * b)
            prompt.residual += (a - b) * (a - b)
            prompt.sum[i] += a
          }
          prompt.square += xx
          cosine += xx * yy == 0 ? 0 : xy / (xx * yy).squareRoot()
          ratio += xx == 0 ? 1 : (yy / xx).squareRoot()
        }
      }
    }
  }

  func result(_ losses: [PromptLoss], prompts promptCount: Int) throws -> ReconstructionCheck {
    let n = Double(count)
    // Of any choice of prompts, the squared length of the sum of all activations is a sum over pairs.
    let sums = Tensor(rows: prompts.map { $0.sum.map { Float($0) } })
    let pairs = sums.multipliedByTransposed(sums).elements
    return ReconstructionCheck(
      dictionary: "\(sae)", promptCount: promptCount, positionCount: count,
      explainedVariance: try Estimate.bootstrap(of: Array(prompts.indices), resamples: resamples) { chosen in
        let count = chosen.reduce(0.0) { $0 + Double(prompts[$1].count) }
        let square = chosen.reduce(0.0) { $0 + prompts[$1].square }
        let length = chosen.reduce(0.0) { sum, a in chosen.reduce(sum) { $0 + Double(pairs[a * prompts.count + $1]) } }
        return 1 - chosen.reduce(0.0) { $0 + prompts[$1].residual } / (square - length / count)
      },
      squaredError: prompts.reduce(0.0) { $0 + $1.residual } / n, cosine: cosine / n, lengthRatio: ratio / n,
      l0: try Estimate.bootstrap(of: prompts, resamples: resamples) { chosen in
        Double(chosen.reduce(0) { $0 + $1.active }) / Double(chosen.reduce(0) { $0 + $1.count })
      },
      l1: l1 / n, density: Tensor(density.map { Float($0 / n) }), loss: try loss(losses))
  }

  private let resamples = 1000

  private func loss(_ losses: [PromptLoss]) throws -> ReconstructionCheck.SplicedLoss? {
    let counted = losses.filter { $0.count > 0 }
    let count = Double(counted.reduce(0) { $0 + $1.count })
    guard count > 0 else { return nil }
    func mean(_ number: (PromptLoss) -> Double) -> Double { counted.reduce(0) { $0 + number($1) } / count }
    return .init(
      model: mean(\.model), spliced: mean(\.spliced), zero: mean(\.zero), divergence: mean(\.divergence),
      recovered: try Estimate.bootstrap(of: counted, resamples: resamples) { chosen in
        let (zero, spliced, model) = chosen.reduce((0.0, 0.0, 0.0)) { ($0.0 + $1.zero, $0.1 + $1.spliced, $0.2 + $1.model) }
        return (zero - spliced) / (zero - model)
      })
  }
}

extension SparseAutoencoder {
  /// The number by which activations have to be multiplied so that their mean length is √d_in: what SAELens calls the norm scaling factor, and
  /// `load(activationScale:)` wants of a dictionary that was trained on activations so scaled (Anthropic, April 2024 update).
  /// - Throws: `badRequest` for no prompts, or activations that are 0.
  public static func activationScale(
    of model: LanguageModel, at point: HookPoint, over prompts: [some Prompt], excludingBOS: Bool = true
  ) throws -> Float {
    var (sum, count, width) = (0.0, 0, 0)
    for prompt in prompts {
      let run = try model.run(prompt, capturing: .points([point]), logits: .none)
      let activation = try run.cache[point].home()
      let rows = activation.reshaped([activation.shape[0], -1])[(excludingBOS ? model.firstPosition(run.tokens) : 0)...]
      (width, count) = (rows.shape[1], count + rows.shape[0])
      for row in rows.rows { sum += row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    }
    guard sum > 0, sum.isFinite else {
      throw SparseAutoencoderError.badRequest(
        count == 0
          ? "No position is left to measure lengths at. Give longer texts." : "The activations at \(point.name) have no length.")
    }
    return Float(Double(width).squareRoot() * Double(count) / sum)
  }
}
