// What stands on a page, or in a terminal, in the place of examples and results.

extension Results: CustomStringConvertible {
  /// How many there are, and how many are right: `38 results: 30 answers right, 26 with the right chain`
  public var description: String {
    "\(rows.count) \(rows.count == 1 ? "result" : "results"): \(rows.count(where: \.isPredictionCorrect)) answers right, "
      + "\(correct.count) with the right chain"
  }
}

extension ResultRow: CustomStringConvertible {
  /// What was answered, what is right, and whether the chain of thought is: `True, rightly; the chain is another`
  public var description: String {
    let answer = prediction.map { $0 ? "True" : "False" } ?? "no answer"
    return "\(answer), \(isPredictionCorrect ? "rightly" : "wrongly"); the chain is \(isChainCorrect ? "right" : "another")"
  }
}

extension Example: CustomStringConvertible {
  /// What is asked, and of how many facts: `Is Fae sunny? (18 facts)`
  public var description: String { "Is \(entity) \(property)? (\(facts.count) facts)" }
}

extension Answer: CustomStringConvertible {
  /// The steps and the verdict, on one line.
  public var description: String {
    let words = steps.enumerated().map { "(\($0.offset + 1)) \($0.element)" }
    return (words + ["Answer: " + (verdict.map { $0 ? "True" : "False" } ?? "none")]).joined(separator: " ")
  }
}

extension Question: CustomStringConvertible {
  /// How many facts it has, and what is true.
  public var description: String { "Question of \(facts.count) facts, whose answer is \(label ? "True" : "False")" }
}

extension Contrast: CustomStringConvertible {
  /// The decision, and its two answers: `S1: ' grimpus' against ' zumpus'`
  public var description: String { "\(subtask): '\(cleanAnswer)' against '\(corruptedAnswer)'" }
}

extension Decision: CustomStringConvertible {
  /// The decision, the right word, and the others: `S1: ' grimpus' against ' zumpus', ' wumpus'`
  public var description: String {
    "\(subtask): '\(clean)' against \(corrupted.map { "'\($0)'" }.joined(separator: ", "))"
  }
}
