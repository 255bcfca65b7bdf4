import Checkpoints
import Tensors

/// A text that a model went on with.
public struct Generation: Sendable {
  /// All tokens: the prompt's and the new ones.
  public let tokens: [Int]
  /// How many of `tokens` are the prompt's.
  public let promptCount: Int
  /// All of the text, with special tokens spelled out: it begins with `<bos>`, and reads back as `tokens`. Empty for a model without a
  /// tokenizer.
  public let text: String
  /// The text that is new. It includes the stop token, or the stop text and what its last token writes behind it.
  public let newText: String
  /// The logarithm of the probability that the model gave to each new token, in nats, whatever the temperature.
  public let logProbabilities: [Double]
  /// Why it ended.
  public let end: End
  /// The activations that were asked for, of the positions whose logits chose the new tokens: `promptCount - 1` to `tokens.count - 2`.
  public internal(set) var cache: ActivationCache?

  /// Why a generation ended.
  public enum End: Equatable, Sendable {
    /// The model wrote this stop token.
    case stopToken(Int)
    /// The new text holds this stop text.
    case stopText(String)
    /// As many tokens as allowed were written.
    case limit
    /// The model's context is full.
    case contextFull
  }

  /// The tokens that are new.
  public var newTokens: [Int] { Array(tokens[promptCount...]) }
}

extension LanguageModel {
  /// Goes on with a prompt until a stop token, a stop text or a limit.
  ///
  /// Each new token costs one position: keys and values of the others are kept, and those of a prompt's beginning that the model remembers
  /// are not computed at all. The stop token is part of the result.
  ///
  /// What is done follows from the arguments alone. The sampling that a checkpoint's `generation_config.json` recommends is
  /// `generationDefaults.sampling(seed:)`; a setting in it that would change the tokens and that Folio does not compute, as
  /// `repetition_penalty`, is an error that names it.
  ///
  /// - Parameters:
  ///   - prompt: Text or tokens.
  ///   - stops: Tokens that end the text, as texts (`[" a"]`) or ids. Texts must be single tokens. Only these stop.
  ///   - texts: Texts that end it too, over however many tokens.
  ///   - maxNewTokens: At most this many tokens are written. (The original notebook's `max_tokens = k` writes up to k + 1.)
  ///   - sampling: The likeliest token always, or drawn at random with a seed.
  ///   - capture: The activations of the positions that chose the new tokens, as `run` gives them for the whole text.
  ///   - hooks: What else happens while the prompt is read and the text is written: at every position, or at those that each hook names, as
  ///     `.add(vector, at: .residualPost(layer: 9), positions: .newTokens)`. Observations see the prompt first, then one position at a time.
  ///   - onToken: Called with each piece of new text as it comes; a character that takes several tokens comes when it is whole.
  public func generate(
    _ prompt: some Prompt, until stops: some TokenChoice, untilText texts: [String] = [], maxNewTokens: Int = 64,
    sampling: Sampling = .greedy, capturing capture: Capture? = nil, hooks: [any Hook] = [],
    onToken: (String) throws -> Void = { _ in }
  ) throws -> Generation {
    try generate(
      batch: [prompt.tokens(for: self)], until: stops, untilText: texts, maxNewTokens: maxNewTokens, sampling: sampling,
      capturing: capture, hooks: hooks
    ) { _, piece in try onToken(piece) }[0]
  }

  /// Goes on with a prompt until a token that ends a text, `config.eos`: as the checkpoint's `generation_config.json` says, else its
  /// `config.json`.
  public func generate(
    _ prompt: some Prompt, untilText texts: [String] = [], maxNewTokens: Int = 64, sampling: Sampling = .greedy,
    capturing capture: Capture? = nil, hooks: [any Hook] = [], onToken: (String) throws -> Void = { _ in }
  ) throws -> Generation {
    try generate(
      prompt, until: config.eos, untilText: texts, maxNewTokens: maxNewTokens, sampling: sampling, capturing: capture,
      hooks: hooks, onToken: onToken)
  }

  /// Goes on with several prompts side by side, which reads the weights once for all of them. Each text is, bit for bit, what its prompt
  /// alone would give; when sampling, what it would give with random numbers of its own, which follow from the seed and its place.
  ///
  /// - Parameter onToken: Called with the number of the prompt and each piece of its new text.
  public func generate(
    batch prompts: [some Prompt], until stops: some TokenChoice, untilText texts: [String] = [], maxNewTokens: Int = 64,
    sampling: Sampling = .greedy, capturing capture: Capture? = nil, hooks: [any Hook] = [],
    onToken: (Int, String) throws -> Void = { _, _ in }
  ) throws -> [Generation] {
    if let problem = generationDefaults.problem { throw problem }
    guard maxNewTokens >= 0 else { throw ModelError.badTokenLimit(maxNewTokens) }
    guard !texts.contains("") else { throw ModelError.badRequest("A stop text is empty; every text would end at once.") }
    if !texts.isEmpty { _ = try tokenizer }
    let stops = Stops(tokens: Set(try stops.choices(self)), texts: texts, limit: maxNewTokens, context: config.contextLength)
    var continuations = try prompts.enumerated().map { index, prompt in
      Continuation(try prompt.tokens(for: self), storedTokenizer, Sampler(sampling, index: index), until: stops)
    }
    for continuation in continuations {
      try check(continuation.tokens)
      _ = try hooks.planned(self, tokens: continuation.tokens.count, limit: config.contextLength)
    }
    var running = continuations.indices.filter { continuations[$0].end == nil }
    guard !running.isEmpty else { return try continuations.map { try finished($0, capture, hooks) } }
    let plans = try running.map {
      try PlannedRun(self, continuations[$0].tokens, .none, hooks: hooks, logits: .last, written: 0)
    }
    let prefilled = try runAll(plans, nil)
    var decoder = TokenDecoder(self, prefilled.map(\.past), hooks: plans.map(\.hooks))
    var logits = prefilled.map { $0.run.logits.select(0) }
    while true {
      for (lane, index) in running.enumerated() {
        let piece = try continuations[index].append(logits[lane])
        try onToken(index, piece)
      }
      let left = running.indices.filter { continuations[running[$0]].end == nil }
      guard !left.isEmpty else { break }
      if left.count < running.count { decoder.keep(left) }
      running = left.map { running[$0] }
      let next = try decoder.step(running.map { continuations[$0].last })
      logits = running.indices.map { next.select($0) }
    }
    return try continuations.map { try finished($0, capture, hooks) }
  }

  private func finished(_ continuation: Continuation, _ capture: Capture?, _ hooks: [any Hook]) throws -> Generation {
    var generation = try continuation.generation(storedTokenizer)
    if let capture {
      let positions = max(0, generation.promptCount - 1)..<generation.tokens.count - 1
      generation.cache = ActivationCache(.none, self)
      guard !positions.isEmpty else { return generation }
      // What was looked at while writing is not shown again.
      let plan = try PlannedRun(
        self, generation.tokens, capture.at(positions: positions), hooks: hooks.filter { !($0 is Observation) }, logits: .none,
        written: generation.newTokens.count)
      generation.cache = try runAll([plan], nil)[0].run.cache
    }
    return generation
  }
}

/// What ends a text.
private struct Stops {
  let tokens: Set<Int>
  let texts: [String]
  let limit: Int
  let context: Int
}

/// One prompt, and what the model has written behind it so far.
private struct Continuation {
  private(set) var tokens: [Int]
  /// The token behind which the model goes on. A prompt that was checked has one.
  var last: Int { tokens[tokens.count - 1] }
  private(set) var end: Generation.End?
  private let promptCount: Int
  private let stops: Stops
  private var newText = ""
  private var logProbabilities: [Double] = []
  /// Nil where nothing can write texts: the new tokens are all there is.
  private var stream: StreamingText?
  private var sampler: Sampler

  init(_ prompt: [Int], _ tokenizer: Tokenizer?, _ sampler: Sampler, until stops: Stops) {
    (tokens, promptCount, self.sampler, self.stops) = (prompt, prompt.count, sampler, stops)
    stream = tokenizer.map(StreamingText.init)
    end = stops.limit == 0 ? .limit : nil
  }

  /// Chooses the next token. The result is the text that it completes.
  mutating func append(_ logits: Tensor) throws -> String {
    // A prompt that fills the context has been read, but there is no place for another token.
    guard tokens.count < stops.context else {
      end = .contextFull
      return ""
    }
    let (token, logProbability) = sampler.choose(logits)
    tokens.append(token)
    logProbabilities.append(logProbability)
    let piece = try stream?.append(token) ?? ""
    newText += piece
    if stops.tokens.contains(token) {
      end = .stopToken(token)
    } else if let text = stops.texts.first(where: { newText.contains($0) }) {
      end = .stopText(text)
    } else if tokens.count - promptCount == stops.limit {
      end = .limit
    } else if tokens.count == stops.context {
      end = .contextFull
    }
    return piece
  }

  func generation(_ tokenizer: Tokenizer?) throws -> Generation {
    var stream = stream
    return Generation(
      tokens: tokens, promptCount: promptCount, text: try tokenizer?.toString(tokens) ?? "",
      newText: newText + (stream?.finish() ?? ""),
      logProbabilities: logProbabilities, end: end ?? .limit)
  }
}
