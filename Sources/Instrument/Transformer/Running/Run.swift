import Checkpoints
import Tensors

/// What a run through the model gives.
public struct ModelRun: Sendable {
  /// The tokens that were read.
  public let tokens: [Int]
  /// The logits of the positions and tokens that were asked for: `[position, vocabulary]`, or fewer columns.
  public let logits: Tensor
  /// The activations that were asked for.
  public let cache: ActivationCache
}

extension ModelRun: CustomStringConvertible {
  /// The number of tokens, the shape of the logits, and the hook points with their shapes.
  public var description: String { "A run of \(tokens.count) tokens, logits \(logits.shape)\n\(cache)" }
}

/// At which positions logits are computed. A large vocabulary makes them the most expensive numbers of a prompt.
public enum LogitPositions: Equatable, Sendable {
  /// At every position: `[position, vocabulary]`.
  case all
  /// At the last position: `[1, vocabulary]`.
  case last
  /// Nowhere: `[0, vocabulary]`.
  case none
  /// At the given positions, in their order: `[positions.count, vocabulary]`.
  case at([Int])

  /// The positions in a prompt; an error for one that it does not have.
  package func resolved(tokens: Int) throws(ModelError) -> [Int] {
    switch self {
    case .all: return Array(0..<tokens)
    case .last: return [tokens - 1]
    case .none: return []
    case .at(let positions):
      if let bad = positions.first(where: { !(0..<tokens).contains($0) }) {
        throw .positionsOutOfRange(positions: bad..<bad + 1, tokens: tokens)
      }
      return positions
    }
  }
}

extension LanguageModel {
  /// Reads a prompt.
  ///
  /// What the model remembers of the prompt's beginning is not computed again, as far as no activation of it is asked for.
  ///
  /// - Parameters:
  ///   - prompt: Text or tokens.
  ///   - capture: The activations to keep: `[.query(layer: 3)]`, `.components([.mlpOutput])`, `.all`. Refused if they would not fit into
  ///     memory; `byteCount(of:tokens:)` says how large they are.
  ///   - hooks: What else happens on the way: `Observation`s and `Replacement`s.
  ///   - logits: Where to compute logits: at the last position, at all, at some, or not at all.
  ///   - vocabulary: The tokens whose logits are computed, in this order; all if nil.
  public func run(
    _ prompt: some Prompt, capturing capture: Capture = .none, hooks: [any Hook] = [], logits: LogitPositions = .last,
    of vocabulary: (any TokenChoice)? = nil
  ) throws -> ModelRun {
    try run(batch: [prompt.tokens(for: self)], capturing: capture, hooks: hooks, logits: logits, of: vocabulary)[0]
  }

  /// Reads several prompts side by side, which is faster than one by one if they are short. Capture, hooks and logits are those of each
  /// prompt; the results are the same, bit for bit.
  public func run(
    batch prompts: [some Prompt], capturing capture: Capture = .none, hooks: [any Hook] = [], logits: LogitPositions = .last,
    of vocabulary: (any TokenChoice)? = nil
  ) throws -> [ModelRun] {
    let plans = try prompts.map { try PlannedRun(self, $0.tokens(for: self), capture, hooks: hooks, logits: logits) }
    return try runAll(plans, vocabulary?.choices(self)).map(\.run)
  }

  /// Runs prompts in groups, and gives the keys and values that each ends with besides.
  func runAll(_ plans: [PlannedRun], _ columns: [Int]?) throws -> [(run: ModelRun, past: KeyValueCache)] {
    try checkMemory(plans)
    var (runs, remaining): ([(run: ModelRun, past: KeyValueCache)], ArraySlice<PlannedRun>) = ([], plans[...])
    while !remaining.isEmpty {
      // So many rows that the products run at speed; the prompts after them find what these have in common with them.
      var rows = 0
      let group = remaining.prefix { plan in
        defer { rows += plan.tokens.count }
        return rows == 0 || rows + plan.tokens.count <= backend.rowsAtOnce
      }
      runs += try runTogether(Array(group), columns)
      remaining = remaining.dropFirst(group.count)
    }
    return runs
  }

  private func runTogether(_ plans: [PlannedRun], _ columns: [Int]?) throws -> [(run: ModelRun, past: KeyValueCache)] {
    let lanes = plans.map { $0.lane(prefixes) }
    var pass = ForwardPass(self, lanes: lanes)
    let final = try pass(zip(plans, lanes).map { plan, lane in Array(plan.tokens[lane.start...]) })
    return try zip(plans.indices, plans).map { index, plan in
      let lane = pass.batch.lanes[index]
      if !lane.hooks.replaces { prefixes.insert(plan.tokens, lane.past) }
      let rows = final[pass.batch.outputLayout.rows[index]]
      let logits = try logits(rows, at: plan.logits.map { $0 - lane.outputStart }, columns)
      let cache = ActivationCache(lane.hooks.recorder, self)
      return (ModelRun(tokens: plan.tokens, logits: logits, cache: cache), lane.past)
    }
  }

  /// The logits of some rows of the normed residual stream, `[rows.count, vocabulary]` or of some columns; with their cap, if they have one.
  func logits(_ final: Tensor, at rows: [Int], _ columns: [Int]?) throws -> Tensor {
    let isAll = rows == Array(0..<final.shape[0])
    let chosen = isAll ? final : Tensor.joined(rows.map { final[$0..<$0 + 1] }).reshaped([rows.count, config.width])
    return try finished(
      chosen.projected(by: columns.map { WeightMatrix(weights.unembedding.gathered($0)) } ?? weights.unembedding))
  }

  /// The logits that products with the unembedding make.
  package func finished(_ products: Tensor) throws(ModelError) -> Tensor {
    var logits = products
    let isFinite = logits.isFinite
    try backend.checked()
    guard !logits.isVoid else { throw backend.noRoom }
    guard isFinite else { throw .notFinite(where: "The logits") }
    if let cap = config.logitSoftCap { logits.softCap(at: cap) }
    return logits
  }

  /// How many bytes of memory the captured activations of a prompt of so many tokens take.
  public func byteCount(of capture: Capture, tokens: Int) throws(ModelError) -> Int {
    try capture.resolved(config, tokens: tokens).byteCount(config, tokens: tokens)
  }

  func checkMemory(_ plans: [PlannedRun]) throws(ModelError) {
    let bytes = plans.reduce(0) { $0 + $1.recorder.byteCount(config, tokens: $1.tokens.count) }
    // Small captures are not worth asking the system.
    guard bytes > 64 << 20 else { return }
    let available = backend.availableBytes
    guard bytes <= available else {
      let largest = plans[0].largest(config)
      throw .captureTooLarge(bytes: bytes, available: available, tokens: plans[0].tokens.count, largest: largest)
    }
  }

  /// Reads further tokens behind those that `past` holds, and adds them to it. Activations and logits are those of the new positions.
  /// The positions of hooks are counted from the beginning of all that was read. A run that is interrupted leaves `past` empty.
  public func run(
    _ tokens: [Int], continuing past: inout KeyValueCache, capturing capture: Capture = .none, hooks: [any Hook] = [],
    logits: LogitPositions = .last
  ) throws -> ModelRun {
    try check(tokens, behind: past.count)
    let total = past.count + tokens.count
    var recorder = try capture.resolved(config, tokens: total)
    recorder = ActivationRecorder(points: recorder.points, kept: recorder.kept.clamped(to: past.count..<total))
    let planned = try hooks.planned(self, tokens: total, limit: config.contextLength)
    let lane = Lane(
      start: past.count, count: tokens.count, past: past, hooks: HookSet(recorder, planned))
    // The pass writes to the cache's storage: it must be its only owner, or every buffer would be copied.
    past = emptyCache
    var pass = ForwardPass(self, lanes: [lane])
    let final = try pass([tokens])
    past = pass.batch.lanes[0].past
    return ModelRun(
      tokens: tokens, logits: try self.logits(final, at: logits.resolved(tokens: tokens.count), nil),
      cache: ActivationCache(pass.batch.lanes[0].hooks.recorder, self))
  }

  /// A cache of no position, to start `run(_:continuing:)` with.
  public var emptyCache: KeyValueCache { KeyValueCache(config) }

  func check(_ tokens: [Int], behind past: Int = 0) throws(ModelError) {
    guard !tokens.isEmpty else { throw .emptyPrompt }
    guard past + tokens.count <= config.contextLength else {
      throw .contextTooLong(tokens: past + tokens.count, limit: config.contextLength)
    }
    if let bad = tokens.first(where: { !(0..<config.vocabulary).contains($0) }) {
      throw .tokenOutOfRange(token: bad, vocabulary: config.vocabulary)
    }
  }
}

/// A run that was checked, and what it needs to compute.
struct PlannedRun {
  let tokens: [Int]
  let recorder: ActivationRecorder
  let logits: [Int]
  private let planned: [PlannedHook]
  /// The first position of which anything must be computed, and the first whose way through the last layer's MLP is needed.
  private let start: Int
  private let outputStart: Int

  /// - Parameters:
  ///   - fillsUnread: whether rows of the last layer that no logit depends on are recorded as 0, instead of being computed.
  ///   - written: how many of the tokens a model has written already behind a prompt, or nil if none will be.
  init(
    _ model: LanguageModel, _ tokens: [Int], _ capture: Capture, hooks: [any Hook] = [], logits: LogitPositions,
    fillsUnread: Bool = false, written: Int? = nil
  ) throws(ModelError) {
    try model.check(tokens)
    let config = model.config
    var recorder = try capture.resolved(config, tokens: tokens.count)
    recorder.fillsMissing = fillsUnread
    let positions = try logits.resolved(tokens: tokens.count)
    var (start, outputStart) = (tokens.count - 1, tokens.count - 1)
    if let first = positions.min() { (start, outputStart) = (min(start, first), min(outputStart, first)) }
    func needs(_ point: HookPoint, _ first: Int, output: Bool = true) {
      start = min(start, first)
      if output && point.needsOutput(config) { outputStart = min(outputStart, first) }
    }
    for point in recorder.points { needs(point, recorder.kept.lowerBound, output: !fillsUnread) }
    planned = try hooks.planned(
      model, tokens: tokens.count - (written ?? 0), limit: written == nil ? tokens.count : config.contextLength)
    for hook in planned { needs(hook.point, hook.replacement?.positions?.lowerBound ?? 0) }
    (self.tokens, self.recorder, self.logits) = (tokens, recorder, positions)
    (self.start, self.outputStart) = (start, outputStart)
  }

  /// What happens at its hook points.
  var hooks: HookSet { HookSet(recorder, planned) }

  /// The lane that computes it, behind what is known of its beginning.
  func lane(_ prefixes: PrefixCache) -> Lane {
    let past = prefixes.longest(of: tokens, limit: start)
    return Lane(
      start: past.count, count: tokens.count - past.count, outputStart: outputStart, past: past, hooks: hooks)
  }

  /// The name of the hook point that takes the most memory.
  func largest(_ config: ModelConfiguration) -> String {
    let size = { (point: HookPoint) in point.component.shape(config, rows: recorder.kept.count, keys: tokens.count).reduce(1, *) }
    return recorder.points.max { (size($0), $1.name) < (size($1), $0.name) }?.name ?? ""
  }
}

extension HookPoint {
  /// Whether it lies behind the last layer's keys and values, where only the rows that are needed are computed.
  func needsOutput(_ config: ModelConfiguration) -> Bool {
    guard let layer else { return ![.embedding, .positionEmbedding].contains(component) }
    let before: Set<Component> = [
      .residualPre, .keyInput, .valueInput, .attentionNormScale, .attentionNormalized, .key, .keyNormScale, .keyNormalized,
      .rotatedKey, .value,
    ]
    return layer == config.layers - 1 && !before.contains(component)
  }
}
