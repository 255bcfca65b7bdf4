import Foundation

/// The question that a prompt leaves unsolved: its last one.
public struct Example: Sendable, Equatable {
  /// The text from the first fact to the end of the prompt.
  public let text: String
  /// What its sentences state, in the order of the text.
  public let facts: [Fact]
  /// The name of the entity that the question asks about: `Fae`.
  public let entity: String
  /// The concepts that the entity belongs to, in the order of the text.
  public let species: [String]
  /// The property asked for.
  public let property: String

  /// Finds the question in a prompt of solved examples and one unsolved, separated by blank lines.
  public init(prompt: String) throws {
    guard let question = prompt.range(of: "Question: ", options: .backwards) else {
      throw PrOntoQAError.prompt(problem: "it has no line that begins with 'Question: '")
    }
    let start = prompt.range(of: "\n\n", options: .backwards, range: prompt.startIndex..<question.lowerBound)?.upperBound
    text = String(prompt[(start ?? prompt.startIndex)...])
    let sentences = prompt[(start ?? prompt.startIndex)..<question.lowerBound].split(separator: ".")
      .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
    facts = try sentences.map { sentence in
      guard let fact = Fact(sentence) else { throw PrOntoQAError.prompt(problem: "'\(sentence).' states no fact") }
      return fact
    }
    let words = prompt[question.upperBound...].prefix { $0 != "?" && $0 != "\n" }.split(separator: " ").map(String.init)
    guard words.count == 3, words[0] == "Is" else {
      throw PrOntoQAError.prompt(problem: "its question is not of the form 'Is Fae sunny?'")
    }
    let entity = words[1]
    self.entity = entity
    property = words[2]
    species = facts.compactMap { fact in
      if case .member(entity, let concept, false) = fact { concept } else { nil }
    }
  }

  /// Which of `species` a chain of thought starts from.
  public func chosenSpecies(chain: [String]) throws -> Int {
    guard let first = chain.first, case .member(entity, let concept, false)? = Fact(first),
      let index = species.firstIndex(of: concept)
    else {
      throw PrOntoQAError.chain(first: chain.first, species: species)
    }
    return index
  }
}

/// What a model wrote in answer to a question, read as far as it has the form.
public struct Answer: Sendable, Equatable {
  /// The sentences of the steps `(1) …`, in order.
  public let steps: [String]
  /// The verdict; nil if there is none.
  public let verdict: Bool?

  /// Reads `(1) …`, `(2) …`, `(3) …`, `Answer: True`, each on a line of its own. Lines of another form are passed over, and so is what
  /// comes after the verdict: a model may go on to an example of its own.
  public init(parsing text: String) {
    var steps: [String] = []
    var verdict: Bool?
    for line in text.split(whereSeparator: \.isNewline).map({ $0.trimmingCharacters(in: .whitespaces) }) where verdict == nil {
      if let number = line.prefixMatch(of: /\((\d+)\)/), Int(number.1) == steps.count + 1 {
        steps.append(line[number.range.upperBound...].trimmingCharacters(in: .whitespaces))
      } else if let answer = line.prefixMatch(of: /Answer:\s*(True|False)\b/) {
        verdict = answer.1 == "True"
      }
    }
    self.steps = steps
    self.verdict = verdict
  }
}
