import Randomness
import Tensors

/// A question that was made, with all that is known about it.
public struct Question: Sendable, Equatable {
  /// The facts, the entity's species, the question and the request to think: what stands before the chain of thought.
  public var text: String
  /// The sentences before the question, in their order.
  public var facts: [Fact]
  /// The three steps that prove what is true.
  public var goldChain: [String]
  /// Whether what the question asks is true.
  public var label: Bool

  /// The solution, as it stands in a solved example, without a line end.
  public var solution: String {
    goldChain.enumerated().map { "(\($0.offset + 1)) \($0.element)\n" }.joined() + "Answer: \(label ? "True" : "False")"
  }
}

extension PrOntoQA {
  /// Makes a question: an entity that belongs to two concepts, of which one has the property asked for, negated by a fair coin; the
  /// facts about others are distractors.
  /// - Parameters:
  ///   - count: how many sentences stand before those about the entity, 4 to 18.
  ///   - hasRival: whether another fact gives the species that decides a second property, so that the second step of the chain of
  ///     thought, too, depends on what is asked. There is none with fewer than 6 sentences.
  public static func question(
    facts count: Int = 18, hasRival: Bool = false, using random: inout SeededGenerator
  ) throws -> Question {
    guard (4...18).contains(count) else {
      throw PrOntoQAError.generator("A question has 4 to 18 facts, not \(count): there are words for no more.")
    }
    let species = Array(concepts.shuffled(using: &random).prefix(12))
    let adjectives = properties.shuffled(using: &random)
    let entity = entities[Int.random(in: 0..<entities.count, using: &random)]
    let negated = Bool.random(using: &random)
    let gold = sentence(.has(concept: species[0], property: adjectives[0], negated: negated), &random)
    var sentences = [gold]
    // The other species of the entity, and half of the others, have properties of their own.
    for (index, concept) in species[1..<(count / 2)].enumerated() {
      let isNegated = Int.random(in: 0..<5, using: &random) < 2
      let subject = hasRival && index == 1 ? species[0] : concept
      sentences.append(sentence(.has(concept: subject, property: adjectives[index + 1], negated: isNegated), &random))
    }
    var pairs: Set<Set<String>> = []
    while sentences.count < count {
      let pair = species.shuffled(using: &random).prefix(2)
      guard pairs.insert(Set(pair)).inserted else { continue }
      sentences.append(sentence(.isA(concept: pair[0], other: pair[1], negated: false), &random))
    }
    sentences.shuffle(using: &random)
    let members = species.prefix(2).map { Fact.member(entity: entity, concept: $0, negated: false).sentence() }
    sentences += members.shuffled(using: &random)
    let conclusion = Fact.trait(entity: entity, property: adjectives[0], negated: negated).sentence()
    return Question(
      text: sentences.joined(separator: " ") + "\nQuestion: Is \(entity) \(adjectives[0])?\nThink step-by-step.\n\n",
      facts: sentences.compactMap { Fact($0) }, goldChain: [members[0], gold, conclusion], label: !negated)
  }

  private static func sentence(_ fact: Fact, _ random: inout SeededGenerator) -> String {
    fact.sentence(Fact.Form.allCases[Int.random(in: 0..<3, using: &random)])
  }

  /// Makes prompts of solved examples and one unsolved question each, as rows without predictions.
  /// - Parameters:
  ///   - shots: how many solved examples stand in each prompt.
  ///   - seed: equal seeds give equal prompts.
  /// - Throws: `PrOntoQAError` for numbers of which none can be made.
  public static func prompts(count: Int, shots: Int, facts: Int = 18, seed: UInt64) throws -> [ResultRow] {
    guard count >= 0, shots >= 0 else {
      throw PrOntoQAError.generator("There cannot be \(count) prompts of \(shots) solved examples: neither may be negative.")
    }
    var random = SeededGenerator(seed: seed)
    return try (0..<count).map { _ in
      let solved = try (0..<shots).map { _ in try question(facts: facts, using: &random) }
      let unsolved = try question(facts: facts, using: &random)
      let prompt = "\(instruction)\n\n" + solved.map { "\($0.text)\($0.solution)\n\n" }.joined() + unsolved.text
      return ResultRow(
        prompt: prompt, label: unsolved.label, prediction: nil, goldChain: unsolved.goldChain, predictedChain: [])
    }
  }
}
