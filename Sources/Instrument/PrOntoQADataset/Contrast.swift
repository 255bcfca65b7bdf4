import Randomness
import Tensors

/// A clean and a corrupted prompt for attribution patching. They differ in the fact that decides, so that another word is right after the
/// corrupted one.
public struct Contrast: Equatable, Sendable {
  /// The decision that both prompts lead to.
  public let subtask: Subtask
  /// The prompt with which the gold chain is right. It ends before the word to be chosen, and has as many words as `corrupted`; whether
  /// both have as many tokens depends on the tokenizer.
  public let clean: String
  /// The prompt with which the other word is right.
  public let corrupted: String
  /// What is right after the clean prompt, with its space.
  public let cleanAnswer: String
  /// What is right after the corrupted prompt.
  public let corruptedAnswer: String
}

extension ResultRow {
  /// A clean and a corrupted prompt for one of the four decisions.
  ///
  /// - `species`: the fact that answers the question speaks of the entity's other species.
  /// - `attribute`: another fact is made to speak of the same species, and the corrupted prompt asks for its property.
  /// - `connection`: as for `attribute`, and the corrupted chain of thought cites that fact.
  /// - `answer`: there is no such pair. The answer turns on a "not", and with it the prompt is longer.
  ///
  /// - Parameters:
  ///   - random: draws the other fact.
  ///   - isUsable: which other properties may be asked for; a model wants those that are single tokens.
  /// - Throws: `PrOntoQAError.contrast` with the reason, if the example has none.
  public func contrast(
    _ subtask: Subtask, using random: inout SeededGenerator, where isUsable: (String) -> Bool = { _ in true }
  ) throws -> Contrast {
    let example = try Example(prompt: prompt)
    let chain = try GoldChain(goldChain, example)
    switch subtask {
    case .species: return try speciesContrast(example, chain)
    case .attribute, .connection:
      return try attributeContrast(subtask, example, chain, using: &random, where: isUsable)
    case .answer:
      throw PrOntoQAError.contrast(
        "the verdict turns on a 'not' in the fact, and prompts with it and without it differ in length")
    }
  }

  private func speciesContrast(_ example: Example, _ chain: GoldChain) throws -> Contrast {
    let others = example.species.filter { $0 != chain.species }
    guard others.count == 1 else {
      throw PrOntoQAError.contrast("its entity belongs to \(example.species.count) species, and must to two")
    }
    guard Fact.article(others[0]) == Fact.article(chain.species) else {
      throw PrOntoQAError.contrast(
        "its two species take different articles, so that the choice falls earlier")
    }
    let fact = Fact.has(concept: others[0], property: chain.property, negated: chain.isNegated)
    let text = try example.text(replacing: chain.steps[1], with: fact.sentence(chain.form))
    return Contrast(
      subtask: .species, clean: prompt + chain.beforeSpecies, corrupted: prefix(of: example) + text + chain.beforeSpecies,
      cleanAnswer: " " + chain.species, corruptedAnswer: " " + others[0])
  }

  private func attributeContrast(
    _ subtask: Subtask, _ example: Example, _ chain: GoldChain, using random: inout SeededGenerator,
    where isUsable: (String) -> Bool
  ) throws -> Contrast {
    // The second steps must have as many words, and not both go on with "not".
    guard !chain.isNegated else {
      throw PrOntoQAError.contrast("the fact has a 'not', with which every other fact that has one would go on too")
    }
    let others = example.facts.compactMap { fact -> (concept: String, property: String)? in
      guard case .has(let concept, let property, false) = fact, concept != chain.species, property != chain.property,
        isUsable(property)
      else { return nil }
      return (concept, property)
    }
    guard let other = others.randomElement(using: &random) else {
      throw PrOntoQAError.contrast("no other species has a property that could be asked for instead")
    }
    let old = Fact.has(concept: other.concept, property: other.property, negated: false)
    let new = Fact.has(concept: chain.species, property: other.property, negated: false).sentence(chain.form)
    let clean = try example.text(replacing: old, with: new)
    let question = "Is \(example.entity) "
    let corrupted = clean.replacing("\(question)\(chain.property)?", with: "\(question)\(other.property)?")
    let ends = subtask == .attribute ? chain.beforeAttribute : chain.beforeConnection
    return Contrast(
      subtask: subtask, clean: prefix(of: example) + clean + ends,
      corrupted: prefix(of: example) + corrupted + ends.replacing(chain.steps[1], with: new),
      cleanAnswer: " " + chain.property, corruptedAnswer: " " + other.property)
  }

  /// The prompt before the unsolved example.
  private func prefix(of example: Example) -> String { String(prompt.dropLast(example.text.count)) }
}

extension Example {
  /// The example with one sentence instead of another.
  func text(replacing sentence: String, with other: String) throws -> String {
    guard text.contains(sentence) else {
      throw PrOntoQAError.contrast("the sentence '\(sentence)' of the chain of thought is not among the facts")
    }
    return text.replacing(sentence, with: other, maxReplacements: 1)
  }

  /// The example with one sentence instead of that which states a fact, in whatever form.
  func text(replacing fact: Fact, with other: String) throws -> String {
    let sentences = Fact.Form.allCases.map { fact.sentence($0) }
    guard let sentence = sentences.first(where: { text.contains($0) }) else {
      throw PrOntoQAError.contrast("no sentence states that '\(sentences[0])'")
    }
    return try text(replacing: sentence, with: other)
  }
}
