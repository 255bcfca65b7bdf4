import Attribution
import Checkpoints
import Randomness
import Tensors
import Transformer

/// How much of their attention heads spend as a behaviour says: the mean, over the positions where there is something to look at, of the
/// attention that goes there. 1 is all of it.
public struct HeadScores: Sendable {
  /// What was looked for.
  public let behaviour: AttentionBehaviour
  /// The scores on each prompt in which there was something to look at, `[layer, head]`.
  public let examples: [Tensor]
  /// What a head would have that attends evenly to all that it may see.
  public let chance: Double

  /// The mean over the prompts, `[layer, head]`.
  public var values: Tensor { examples.mean() }

  /// The scores of one head on each prompt.
  public func values(of head: some HeadName) throws(AttributionError) -> [Double] {
    let (head, shape) = (try head.reference(), examples[0].shape)
    guard head.layer < shape[0], head.head < shape[1] else {
      throw .headOutOfRange(head: head.description, layers: shape[0], heads: shape[1])
    }
    return examples.map { Double($0[head.layer, head.head]) }
  }

  /// The heads with the highest scores, highest first; of equal ones the earlier.
  public func strongest(_ count: Int) -> [(head: HeadReference, value: Float)] { values.strongestHeads(count) }
}

extension HeadScores: CustomStringConvertible {
  /// The strongest of them: `induction head, 10 prompts: L5H1 0.93, L6H9 0.91, …`
  public var description: String {
    "\(behaviour), \(examples.count) prompts: " + strongest(5).map { "\($0.head) \($0.value)" }.joined(separator: ", ")
  }
}

/// Random tokens that are said twice, and how a model reads them: which heads look back, and what it gains by that.
public struct RepeatedTokenScores: Sendable {
  /// What was read: the token that begins a text, if the model has one, and the same random tokens twice.
  public let prompts: [[Int]]
  /// How many tokens are said twice.
  public let length: Int
  /// The attention to the token before.
  public let previousToken: HeadScores
  /// The attention to the same token of the first time.
  public let duplicateToken: HeadScores
  /// The attention to the token behind the same token of the first time.
  public let induction: HeadScores
  /// The mean loss of each prompt's first half, from its second token on, in nats.
  public let firstLosses: [Double]
  /// The mean loss of each prompt's second half, from its second token on, in nats: what a memory of the first half makes of it.
  public let secondLosses: [Double]

  /// All three.
  public var all: [HeadScores] { [previousToken, duplicateToken, induction] }
}

extension LanguageModel {
  /// How much of its attention each head spends as a behaviour says, on prompts of one's own.
  /// - Throws: `LensError.nothingToAttend` if no prompt has a token that such a head would look at.
  public func headScores(_ behaviour: AttentionBehaviour, on prompts: [some Prompt]) throws -> HeadScores {
    let prompts = try prompts.map { try $0.tokens(for: self) }
    var reader = AttentionReader([behaviour])
    try forEachRun(of: prompts, logits: .none) { try reader.add($0) }
    return try reader.scores[0].scores()
  }

  /// Scores heads on random tokens that are said twice, as Olsson et al. (2022, arXiv:2209.11895) find induction heads.
  ///
  /// Nothing but memory can predict the second half. The tokens of a sequence are all different and ordinary ones, so that each has one
  /// earlier occurrence. Induction is measured at every position of the second half; TransformerLens's tutorials take the mean of a diagonal
  /// of the pattern, to which two queries of the first half belong.
  ///
  /// - Parameters:
  ///   - length: how many tokens are said twice.
  ///   - sequences: how many such prompts are read.
  ///   - seed: draws the tokens.
  /// - Throws: `LensError` if the vocabulary has too few ordinary tokens, or the sequence is longer than the context.
  public func repeatedTokenScores(length: Int = 50, sequences: Int = 10, seed: UInt64 = 0) throws -> RepeatedTokenScores {
    guard sequences > 0 else {
      throw LensError.badCount(what: "sequences", count: sequences, range: 1...(.max))
    }
    let prompts = try repeatedTokens(length: length, sequences: sequences, seed: seed)
    var reader = AttentionReader(AttentionBehaviour.allCases)
    var (first, second): ([Double], [Double]) = ([], [])
    let start = (prompts.first?.count ?? 0) - 2 * length
    try forEachRun(of: prompts, logits: .all) { run in
      try reader.add(run)
      let losses = run.losses
      // losses[i] is that of token i + 1.
      first.append(mean(losses[start..<start + length - 1]))
      second.append(mean(losses[start + length..<start + 2 * length - 1]))
    }
    let scores = try reader.scores.map { try $0.scores() }
    return RepeatedTokenScores(
      prompts: prompts, length: length, previousToken: scores[0], duplicateToken: scores[1], induction: scores[2],
      firstLosses: first, secondLosses: second)
  }

  /// Prompts of random tokens that are said twice, behind the token that begins a text, if the model has one.
  /// - Throws: `LensError` if the vocabulary has too few ordinary tokens, or the sequence is longer than the context.
  public func repeatedTokens(length: Int, sequences: Int, seed: UInt64 = 0) throws -> [[Int]] {
    let special = Set([config.bos, config.pad].compactMap(\.self) + config.eos)
    let ordinary = ((try? tokenizer.ordinaryTokens) ?? Array(0..<config.vocabulary)).filter {
      $0 < config.vocabulary && !special.contains($0)
    }
    guard length >= 2 else {
      throw LensError.badCount(what: "tokens to be said twice", count: length, range: 2...max(2, ordinary.count))
    }
    guard length <= ordinary.count else { throw LensError.tooFewTokens(wanted: length, available: ordinary.count) }
    let start = config.bos.map { [$0] } ?? []
    guard start.count + 2 * length <= config.contextLength else {
      throw LensError.tooLong(tokens: start.count + 2 * length, context: config.contextLength)
    }
    var random = SeededGenerator(seed: seed)
    return (0..<sequences).map { _ in
      let block = ordinary.sample(length, using: &random)
      return start + block + block
    }
  }

  /// Reads prompts with the attention patterns of all layers, so many at once as their numbers fit into a few hundred megabytes.
  private func forEachRun(of prompts: [[Int]], logits: LogitPositions, _ body: (ModelRun) throws -> Void) throws {
    let longest = prompts.map(\.count).max() ?? 1
    let numbers = config.layers * config.heads * longest * longest + (logits == .all ? longest * config.vocabulary : 0)
    let group = max(1, (1 << 26) / max(numbers, 1))
    for first in stride(from: 0, to: prompts.count, by: group) {
      let part = Array(prompts[first..<min(first + group, prompts.count)])
      for run in try run(batch: part, capturing: .components([.pattern]), logits: logits) { try body(run) }
    }
  }

  private func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
}

extension Array where Element == Int {
  /// So many elements, each at most once, in an order of chance.
  fileprivate func sample(_ count: Int, using random: inout SeededGenerator) -> [Int] {
    var (pool, chosen) = (self, [Int]())
    for _ in 0..<count {
      let index = Int.random(in: 0..<pool.count, using: &random)
      chosen.append(pool[index])
      pool.swapAt(index, pool.count - 1)
      pool.removeLast()
    }
    return chosen
  }
}

extension ModelRun {
  /// The loss of each token but the first, in nats, of a run with all logits.
  var losses: [Double] {
    zip(logits.home().logSumExp(), tokens.indices.dropFirst()).map { $0 - Double(logits[$1 - 1, tokens[$1]]) }
  }
}

/// Reads attention patterns for several behaviours at once.
private struct AttentionReader {
  var scores: [Sum]

  init(_ behaviours: [AttentionBehaviour]) { scores = behaviours.map { Sum(behaviour: $0) } }

  mutating func add(_ run: ModelRun) throws {
    let places = scores.map { $0.behaviour.sources(in: run.tokens) }
    let patterns = try (0..<run.cache.model.config.layers).map { try run.cache[.pattern(layer: $0)].home() }
    for index in scores.indices { scores[index].add(patterns, places[index]) }
  }

  struct Sum {
    let behaviour: AttentionBehaviour
    private var examples: [Tensor] = []
    private var chances: [Double] = []
    private var prompts = 0

    init(behaviour: AttentionBehaviour) { self.behaviour = behaviour }

    /// Patterns `[head, query, key]` of all layers, and the keys that are looked for, by query.
    mutating func add(_ patterns: [Tensor], _ sources: [[Int]]) {
      prompts += 1
      let queries = sources.indices.filter { !sources[$0].isEmpty }
      guard !queries.isEmpty else { return }
      let (length, count) = (sources.count, Double(queries.count))
      let rows = patterns.map { pattern in
        pattern.withUnsafeElements { x in
          (0..<pattern.shape[0]).map { head in
            let sum = queries.reduce(0.0) { sum, query in
              sources[query].reduce(sum) { $0 + Double(x[(head * length + query) * length + $1]) }
            }
            return Float(sum / count)
          }
        }
      }
      examples.append(Tensor(rows: rows))
      chances.append(queries.reduce(0.0) { $0 + Double(sources[$1].count) / Double($1 + 1) } / count)
    }

    func scores() throws(LensError) -> HeadScores {
      guard !examples.isEmpty else { throw .nothingToAttend(behaviour: behaviour.rawValue, prompts: prompts) }
      return HeadScores(
        behaviour: behaviour, examples: examples, chance: chances.reduce(0, +) / Double(chances.count))
    }
  }
}
