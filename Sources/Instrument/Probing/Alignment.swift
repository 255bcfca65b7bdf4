import Randomness
import Statistics
import Tensors
import Transformer

/// How well an exchange carries a variable over, on pairs that it was not searched on.
public struct InterchangeScore: Sendable {
  /// The share of pairs that lead to their answer, with Wilson's interval.
  public let accuracy: Estimate
  /// How much of the change that exchanging everything makes is made: 0 none, 1 all. The sums over pairs are compared, by bootstrap over
  /// pairs; `nil` where exchanging everything changes nothing.
  public let recovery: Estimate?
  /// For each pair, by how much the answer's logit is above the best other, without and with the exchange.
  public let margins: Evidence
}

extension InterchangeScore: CustomStringConvertible {
  /// Accuracy and recovery.
  public var description: String {
    "interchange accuracy \(accuracy)" + (recovery.map { ", recovery \($0.short)" } ?? "")
  }
}

/// A part of an activation that was searched for, measured on held-out pairs beside its controls.
public struct Alignment: Sendable {
  /// Where it lies.
  public let point: HookPoint
  /// The head, if it lies within one.
  public let head: Int?
  /// What kind of part was searched for.
  public let search: AlignmentSearch
  /// What is exchanged.
  public let exchange: Exchange
  /// The heads that are exchanged, where heads were searched for.
  public let heads: [Int]?
  /// The loss of each step, in nats.
  public let losses: [Double]
  /// On the pairs that it was not searched on.
  public let heldOut: InterchangeScore
  /// The same for exchanging the whole activation.
  public let everything: InterchangeScore
  /// Its accuracy beside that of parts of equal size, drawn at random.
  public let randomAccuracy: Comparison
  /// Its recovery beside theirs; `nil` where exchanging everything changes nothing.
  public let randomRecovery: Comparison?
  /// Its accuracy beside that with the sources of other pairs; `nil` for fewer than two pairs of as many positions.
  public let shuffledSources: Comparison?
  /// By how much any margin changes if each base is exchanged with itself, in logits: 0.
  public let selfSwap: Double
  /// How many pairs it was searched on.
  public let trainingPairs: Int
  /// How many different pairs of two prompts, whichever is the base, it was searched and measured on.
  public let distinctPairs: (training: Int, heldOut: Int)
}

extension Alignment: CustomStringConvertible {
  /// What is exchanged, and where: `2 directions of 64 at blocks.5.hook_resid_post`.
  public var part: String {
    let what = heads.map { "\($0.count == 1 ? "head" : "heads") \($0.map(String.init).joined(separator: ", "))" } ?? "\(exchange)"
    return "\(what) at \(point)\(head.map { ", head \($0)" } ?? "")"
  }

  /// What was found, and its controls as a note.
  public var description: String {
    let whole = "everything there: \(everything.accuracy.short)"
    let controls = [randomAccuracy, randomRecovery, shuffledSources].compactMap { $0.map { "\($0)." } }
    return """
      \(part): \(heldOut); \(whole). \(controls.joined(separator: " ")) \
      Self-swap changes \(selfSwap == 0 ? "no margin" : "a margin by up to \(selfSwap)"). Searched on \(trainingPairs) other pairs; \
      \(distinctPairs.training) there and \(distinctPairs.heldOut) here are of different prompts.
      """
  }
}

extension LanguageModel {
  /// Searches a part of an activation that carries a variable: directions, coordinates or heads whose exchange between two prompts makes the
  /// model answer as if that variable alone were the source's. The model stays as it is; the part is trained through it, on some of the
  /// pairs, and measured on the others.
  ///
  /// ```swift
  /// let found = try model.align(pairs, at: .residualPost(layer: 5), search: .rotation(dimensions: 1))
  /// print(found)  // held-out accuracy and recovery beside 20 random rotations, shuffled sources and a self-swap
  /// ```
  /// - Parameters:
  ///   - pairs: some held out by `split`; those of the same two prompts, in either direction, are never on both sides.
  ///   - point: in a layer, and no square of queries and keys.
  ///   - head: within one head of it; over all if nil.
  ///   - controls: how many random parts of equal size, and orders of sources, stand beside it.
  /// - Throws: `ProbingError` for too few pairs, for dimensions and heads that there are not; what the runs throw.
  public func align(
    _ pairs: [InterchangePair], at point: HookPoint, head: Int? = nil, search: AlignmentSearch = .rotation(dimensions: 1),
    split: ProbeSplit = .heldOut(0.5), training: AlignmentTraining = AlignmentTraining(), controls: Int = 20
  ) throws -> Alignment {
    try checkExchanged(pairs, point, head)
    try training.check()
    guard controls > 0 else { throw ProbingError.badRequest("\(controls) controls are none. Take 1 or more; 20 are usual.") }
    let prompts = pairs.map(\.prompts)
    let parts = try split.parts(
      count: pairs.count, classes: [], groups: Set(prompts).count == pairs.count ? nil : prompts,
      units: "pairs of different prompts")
    guard parts.count == 1 else {
      throw ProbingError.badRequest(
        "An alignment is searched once, and not in folds. Split by `.heldOut(share)` or `.given(test:)`.")
    }
    let learned = parts[0].train.map { pairs[$0] }
    let runs = try InterchangeRuns(self, learned, at: point, head: head) { $0.loss }
    let heads = head == nil ? point.headCount(config) : nil
    var part = try SearchedPart(search, width: runs.width, heads: heads, seed: training.seed)
    let losses = try part.trained(on: runs, training)
    let measured = try MeasuredPairs(self, parts[0].test.map { pairs[$0] }, at: point, head: head)
    return try measured.alignment(
      part.result, search, losses, controls: controls, units: search.isOfHeads ? heads : nil, seed: training.seed,
      training: learned)
  }

  /// Measures an exchange that is known already, on all pairs: a direction of a probe, some neurons, everything.
  /// - Throws: `ProbingError` for an exchange that is not as wide as the activation; what the runs throw.
  public func interchange(
    _ pairs: [InterchangePair], at point: HookPoint, head: Int? = nil, _ exchange: Exchange
  ) throws -> InterchangeScore {
    try checkExchanged(pairs, point, head)
    return try MeasuredPairs(self, pairs, at: point, head: head).score(exchange, title: "\(exchange)")
  }

  private func checkExchanged(_ pairs: [InterchangePair], _ point: HookPoint, _ head: Int?) throws {
    guard !pairs.isEmpty else { throw ProbingError.noExamples(of: "pairs") }
    guard point.layer != nil else {
      throw ProbingError.badRequest("\(point) lies in no layer. Exchange residualPre(layer: 0) for what the layers read first.")
    }
    try checkProbed(point, head: head)
  }
}

extension AlignmentSearch {
  fileprivate var isOfHeads: Bool { if case .headMask = self { true } else { false } }
}

extension SearchedPart {
  /// Searches on pairs. The result is the loss of each step.
  mutating func trained(on runs: InterchangeRuns, _ training: AlignmentTraining) throws -> [Double] {
    var random = SeededGenerator(seed: training.seed &+ 1)
    var waiting: [Int] = []
    return try (0..<training.steps).map { step in
      let count = min(training.batch, runs.pairs.count)
      if waiting.count < count { waiting += runs.pairs.indices.shuffled(using: &random) }
      let chosen = Array(waiting.prefix(count))
      waiting.removeFirst(count)
      let temperature = training.temperature(step)
      let (mean, gradient, difference) = try runs.gradients(exchange(temperature), of: chosen)
      let loss = mean + cost(temperature)
      self.step(gradient, difference, rate: training.rate(step), temperature: temperature)
      return loss
    }
  }
}

/// Pairs on which exchanges are measured.
private struct MeasuredPairs {
  let runs: InterchangeRuns
  private let everything: [Double]

  init(_ model: LanguageModel, _ pairs: [InterchangePair], at point: HookPoint, head: Int?) throws {
    runs = try InterchangeRuns(model, pairs, at: point, head: head) { $0.margin }
    everything = try runs.values(.everything(width: runs.width))
  }

  /// What margins are, without exchange, with one, and with everything exchanged: their sums' ratio.
  private func recovery(_ after: [Double]) -> Double? {
    let parts = zip(runs.untouched, zip(after, everything)).map { ($1.0 - $0, $1.1 - $0) }
    return Self.ratio(parts)
  }

  private static func ratio(_ parts: [(own: Double, whole: Double)]) -> Double? {
    let (own, whole) = parts.reduce((0.0, 0.0)) { ($0.0 + $1.own, $0.1 + $1.whole) }
    let size = parts.reduce(0.0) { $0 + abs($1.whole) }
    // A change of a hundred-thousandth of a logit is rounding.
    return abs(whole) > 1e-6 * size && size > 1e-5 * Double(parts.count) ? own / whole : nil
  }

  func score(_ exchange: Exchange, title: String) throws -> InterchangeScore {
    if exchange.width != runs.width {
      throw ProbingError.badRequest(
        "The exchange is of \(exchange.width) numbers, and \(runs.point)\(runs.head.map { ", head \($0)," } ?? "") has \(runs.width)."
      )
    }
    return try score(runs.values(exchange), title: title)
  }

  private func score(_ after: [Double], title: String) throws -> InterchangeScore {
    let parts = zip(runs.untouched, zip(after, everything)).map { (own: $1.0 - $0, whole: $1.1 - $0) }
    // A resample may hold only pairs on which nothing changes: it says nothing of a share.
    let fallback = Self.ratio(parts)
    return InterchangeScore(
      accuracy: try .proportion(after.count { $0 > 0 }, of: after.count),
      recovery: try fallback.map { whole in try .bootstrap(of: parts, resamples: 2000) { Self.ratio($0) ?? whole } },
      margins: try Evidence(title, before: runs.untouched, after: after, names: runs.pairs.names, resamples: 2000))
  }

  private static func accuracy(_ margins: [Double]) -> Double { Double(margins.count { $0 > 0 }) / Double(margins.count) }

  func alignment(
    _ exchange: Exchange, _ search: AlignmentSearch, _ losses: [Double], controls: Int, units: Int?, seed: UInt64,
    training: [InterchangePair]
  ) throws -> Alignment {
    let after = try runs.values(exchange)
    let random = try (0..<controls).map { draw in
      try runs.values(exchange.drawnAtRandom(width: runs.width, units: units, seed: seed &+ 1000 &+ UInt64(draw)))
    }
    let recoveries = random.compactMap(recovery)
    let name = exchange.basis == nil ? "random masks of equal size" : "random rotations of equal dimension"
    let whole = try score(everything, title: "Everything at \(runs.point)")
    let unchanged = try runs.selfSwapped.values(exchange)
    return Alignment(
      point: runs.point, head: runs.head, search: search, exchange: exchange, heads: units.map { exchange.heads(of: $0) },
      losses: losses,
      heldOut: try score(after, title: "\(exchange) at \(runs.point)"), everything: whole,
      randomAccuracy: try Comparison("Accuracy", value: Self.accuracy(after), controls: random.map(Self.accuracy), of: name),
      randomRecovery: try recovery(after).flatMap { value in
        recoveries.isEmpty ? nil : try Comparison("Recovery", value: value, controls: recoveries, of: name)
      },
      shuffledSources: try shuffled(exchange, accuracy: Self.accuracy(after), controls, seed),
      selfSwap: zip(unchanged, runs.untouched).map { abs($0 - $1) }.max() ?? 0, trainingPairs: training.count,
      distinctPairs: (Set(training.map(\.prompts)).count, Set(runs.pairs.map(\.prompts)).count))
  }

  /// The accuracy with the sources of other pairs.
  private func shuffled(_ exchange: Exchange, accuracy: Double, _ controls: Int, _ seed: UInt64) throws -> Comparison? {
    guard runs.pairs.count > 1, Set(runs.pairs.map(\.positions.count)).count == 1 else { return nil }
    let others = try (0..<controls).map { draw in
      let order = try Array(runs.pairs.indices).deranged(seed: seed &+ 2000 &+ UInt64(draw))
      return Self.accuracy(try runs.withSources(order).values(exchange))
    }
    return try Comparison("Accuracy", value: accuracy, controls: others, of: "orders of shuffled sources")
  }
}

extension Exchange {
  fileprivate var width: Int { basis?.shape[1] ?? weights.count }

  /// Of so many heads, those that are exchanged.
  fileprivate func heads(of count: Int) -> [Int] { (0..<count).filter { weights[$0 * weights.count / count] > 0.5 } }

  /// A part of equal size, drawn at random: a space of as many dimensions, or as many coordinates, or as many heads.
  fileprivate func drawnAtRandom(width: Int, units: Int?, seed: UInt64) throws -> Exchange {
    if basis != nil { return try .randomSubspace(dimensions: weights.count, width: width, seed: seed) }
    var random = SeededGenerator(seed: seed)
    let size = width / (units ?? width)
    let chosen = (0..<width / size).shuffled(using: &random).prefix(dimensions / size)
    return try .coordinates(chosen.flatMap { $0 * size..<($0 + 1) * size }, width: width)
  }
}
