/// The four decisions of a chain of thought.
public enum Subtask: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// After "(1) Fae is a": which of its species leads to the property asked for.
  case species = 1
  /// After "(2) Grimpuses are": what is known of that species.
  case attribute
  /// After "(3) Fae is": what follows for the entity.
  case connection
  /// After "Answer:".
  case answer

  /// `S1` to `S4`.
  public var description: String { "S\(rawValue)" }
}

/// A decision of one example as a model meets it: the text before it, the word that is right, and those that it is compared with.
public struct Decision: Equatable, Sendable {
  /// Which of the four decisions it is.
  public let subtask: Subtask
  /// The prompt, and the chain of thought up to the word to be chosen, without the space before it.
  public let text: String
  /// The right word with its space: ` grimpus`, ` sunny` or ` not`, ` True`.
  public let clean: String
  /// The words that it is compared with: the entity's other species; ` not` or the property; the other verdict.
  public let corrupted: [String]
}

extension ResultRow {
  /// One of the example's decisions, after the gold chain of thought (which is what the model wrote, if its chain is right).
  /// - Throws: `PrOntoQAError.prompt` or `.chain` for a prompt or a chain of thought of another form.
  public func decision(_ subtask: Subtask) throws -> Decision {
    let example = try Example(prompt: prompt)
    let chain = try GoldChain(goldChain, example)
    func decision(_ text: String, _ clean: String, _ corrupted: [String]) -> Decision {
      Decision(subtask: subtask, text: prompt + text, clean: " " + clean, corrupted: corrupted.map { " " + $0 })
    }
    switch subtask {
    case .species:
      return decision(chain.beforeSpecies, chain.species, example.species.filter { $0 != chain.species })
    case .attribute:
      return decision(chain.beforeAttribute, chain.firstWord, [chain.isNegated ? chain.property : "not"])
    case .connection:
      return decision(chain.beforeConnection, chain.firstWord, [chain.isNegated ? chain.property : "not"])
    case .answer:
      return decision(chain.whole + "Answer:", label ? "True" : "False", [label ? "False" : "True"])
    }
  }
}

/// The gold chain of thought, taken to pieces.
struct GoldChain {
  let steps: [String]
  let species: String
  let property: String
  let isNegated: Bool
  let form: Fact.Form

  /// - Throws: `PrOntoQAError.chain` if it is not a species of the entity, its property, and the conclusion.
  init(_ steps: [String], _ example: Example) throws {
    guard steps.count == 3, case .member(example.entity, let species, false)? = Fact(steps[0]), example.species.contains(species),
      case .has(species, let property, let negated)? = Fact(steps[1]),
      Fact(steps[2]) == .trait(entity: example.entity, property: property, negated: negated)
    else { throw PrOntoQAError.chain(first: steps.first, species: example.species) }
    (self.steps, self.species, self.property, isNegated) = (steps, species, property, negated)
    form = Fact.Form(steps[1])
  }

  /// What follows on "is" and "are" in the second step and in the third.
  var firstWord: String { isNegated ? "not" : property }

  var beforeSpecies: String { "(1) " + droppingWords(steps[0], 1) }
  var beforeAttribute: String { "(1) \(steps[0])\n(2) " + droppingWords(steps[1], isNegated ? 2 : 1) }
  var beforeConnection: String { "(1) \(steps[0])\n(2) \(steps[1])\n(3) " + droppingWords(steps[2], isNegated ? 2 : 1) }
  var whole: String { steps.enumerated().map { "(\($0.offset + 1)) \($0.element)\n" }.joined() }

  private func droppingWords(_ sentence: String, _ count: Int) -> String {
    sentence.split(separator: " ").dropLast(count).joined(separator: " ")
  }
}

extension Fact.Form {
  /// The form of a sentence that speaks of all of a concept.
  init(_ sentence: String) {
    self = sentence.hasPrefix("Each ") ? .each : sentence.hasPrefix("Every ") ? .every : .plural
  }
}
