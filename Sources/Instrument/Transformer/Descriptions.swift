// What stands on a page, or in a terminal, in the place of values that hold much: a line that tells one from another.

extension LanguageModel: CustomStringConvertible {
  /// Its family and its sizes: `LanguageModel gemma: 18 layers, 8 heads, width 2048, vocabulary 256000, context 8192`
  public var description: String { "LanguageModel \(config)" }
}

extension ModelConfiguration: CustomStringConvertible {
  /// The family and the sizes: `gemma: 18 layers, 8 heads, width 2048, vocabulary 256000, context 8192`
  public var description: String {
    "\(modelType): \(layers) layers, \(heads) heads, width \(width), vocabulary \(vocabulary), context \(contextLength)"
  }
}

extension Generation: CustomStringConvertible {
  /// The new text, how many tokens it has, and why it ended: `" wumpus." (3 new tokens behind 21, it ended with the token 235265)`
  public var description: String {
    let count = tokens.count - promptCount
    let words = "\(count) new \(count == 1 ? "token" : "tokens") behind \(promptCount), \(end)"
    return newText.isEmpty ? "\(newTokens) (\(words))" : "\(newText.debugDescription) (\(words))"
  }
}

extension Generation.End: CustomStringConvertible {
  /// As a part of a sentence: `it has as many tokens as allowed`
  public var description: String {
    switch self {
    case .stopToken(let token): "it ended with the token \(token)"
    case .stopText(let text): "it ended with \(text.debugDescription)"
    case .limit: "it has as many tokens as allowed"
    case .contextFull: "the context is full"
    }
  }
}

extension Sampling: CustomStringConvertible {
  /// `greedy`, or how tokens are drawn: `temperature 0.8, top 40, top p 0.95, seed 3`
  public var description: String {
    guard let temperature else { return "greedy" }
    let parts = [
      "temperature \(temperature)", topK.map { "top \($0)" }, topP < 1 ? "top p \(topP)" : nil, "seed \(seed)",
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }
}

extension GenerationDefaults: CustomStringConvertible {
  /// What the checkpoint recommends: `samples: temperature 0.8, top 40, top p 0.95`, or `greedy`
  public var description: String {
    guard samples else { return "greedy" }
    let parts = ["temperature \(temperature)", topK.map { "top \($0)" }, topP < 1 ? "top p \(topP)" : nil]
    return "samples: " + parts.compactMap(\.self).joined(separator: ", ")
  }
}

extension KeyValueCache: CustomStringConvertible {
  /// How many positions it holds.
  public var description: String { "KeyValueCache of \(count) positions" }
}

extension PrefixCache: CustomStringConvertible {
  /// How many tokens it remembers, and in how many bytes.
  public var description: String { "PrefixCache of \(count) tokens, \(byteCount) bytes" }
}

extension Trainer: CustomStringConvertible {
  /// What it trains, and how many steps it has made.
  public var description: String { "Trainer after \(steps) \(steps == 1 ? "step" : "steps"): \(model.config)" }
}

extension Trainer.Step: CustomStringConvertible {
  /// `step 3: loss 2.25, gradient norm 0.5, learning rate 0.001`
  public var description: String {
    "step \(number): loss \(loss), gradient norm \(gradientNorm), learning rate \(learningRate)"
  }
}

extension TrainingExample: CustomStringConvertible {
  /// How long it is, and how many of its tokens are learnt.
  public var description: String {
    "TrainingExample of \(tokens.count) tokens, \(targets.count) of them targets" + (weight == 1 ? "" : ", weight \(weight)")
  }
}
