import PrOntoQADataset
import Randomness
import Tensors
import Testing

@Suite struct SubtaskTests {
  static let solved = """
    Each impus is shy. Fae is an impus. Fae is a wumpus.
    Question: Is Fae shy?
    Think step-by-step.

    (1) Fae is an impus.
    (2) Each impus is shy.
    (3) Fae is shy.
    Answer: True

    """

  /// An example whose facts are in all forms, behind a solved one that speaks of the same.
  static func row(_ fact: String = "Grimpuses are sunny.", members: String = "Fae is a zumpus. Fae is a grimpus.") -> ResultRow {
    let isNegated = fact.contains(" not ")
    let facts = "Sterpuses are not discordant. Each yumpus is feisty. \(fact) Every grimpus is an impus. \(members)"
    let question = "\(facts)\nQuestion: Is Fae sunny?\nThink step-by-step.\n\n"
    return ResultRow(
      prompt: "\(PrOntoQA.instruction)\n\n\(solved)\n\(question)", label: !isNegated, prediction: nil,
      goldChain: ["Fae is a grimpus.", fact, isNegated ? "Fae is not sunny." : "Fae is sunny."], predictedChain: [])
  }

  @Test func aDecisionEndsBeforeItsWord() throws {
    let row = Self.row()
    let expected: [(Subtask, String, String, [String])] = [
      (.species, "(1) Fae is a", " grimpus", [" zumpus"]),
      (.attribute, "(1) Fae is a grimpus.\n(2) Grimpuses are", " sunny", [" not"]),
      (.connection, "(1) Fae is a grimpus.\n(2) Grimpuses are sunny.\n(3) Fae is", " sunny", [" not"]),
      (.answer, "(1) Fae is a grimpus.\n(2) Grimpuses are sunny.\n(3) Fae is sunny.\nAnswer:", " True", [" False"]),
    ]
    for (subtask, text, clean, corrupted) in expected {
      let decision = try row.decision(subtask)
      #expect(decision.text == row.prompt + text && decision.clean == clean && decision.corrupted == corrupted, "\(subtask)")
    }
  }

  @Test func aNegatedFactTurnsTheWordsRound() throws {
    let row = Self.row("Every grimpus is not sunny.")
    let attribute = try row.decision(.attribute)
    #expect(attribute.text.hasSuffix("(2) Every grimpus is") && attribute.clean == " not" && attribute.corrupted == [" sunny"])
    let connection = try row.decision(.connection)
    #expect(connection.text.hasSuffix("(3) Fae is") && connection.clean == " not" && connection.corrupted == [" sunny"])
    let answer = try row.decision(.answer)
    #expect(answer.clean == " False" && answer.corrupted == [" True"] && answer.text.hasSuffix("Fae is not sunny.\nAnswer:"))
  }

  @Test func theTextOfEachDecisionGoesOnToTheNext() throws {
    var random = SeededGenerator(seed: 3)
    for row in try PrOntoQA.prompts(count: 200, shots: 1, seed: 11) {
      let whole = row.prompt + row.goldChain.enumerated().map { "(\($0.offset + 1)) \($0.element)\n" }.joined() + "Answer:"
      for subtask in Subtask.allCases {
        let decision = try row.decision(subtask)
        #expect((whole + (row.label ? " True" : " False")).hasPrefix(decision.text + decision.clean), "\(subtask)")
        #expect(!decision.corrupted.isEmpty && !decision.corrupted.contains(decision.clean))
        guard let contrast = try? row.contrast(subtask, using: &random) else { continue }
        #expect(contrast.clean != contrast.corrupted && contrast.cleanAnswer != contrast.corruptedAnswer)
        let words = [contrast.clean, contrast.corrupted].map { $0.split { $0 == " " || $0 == "\n" }.count }
        #expect(words[0] == words[1], "\(subtask)")
        // What each prompt's own facts and question say is right is what is said to be right.
        for (text, answer) in [(contrast.clean, contrast.cleanAnswer), (contrast.corrupted, contrast.corruptedAnswer)] {
          #expect(try proven(text, subtask) == answer, "\(subtask)\n\(text)")
        }
      }
    }
  }

  /// The word that a prompt's facts and question make right.
  private func proven(_ text: String, _ subtask: Subtask) throws -> String? {
    let example = try Example(prompt: text)
    guard subtask == .species else { return " " + example.property }
    let subjects = example.facts.compactMap { fact -> String? in
      if case .has(let concept, example.property, _) = fact { concept } else { nil }
    }
    return subjects.count == 1 && example.species.contains(subjects[0]) ? " " + subjects[0] : nil
  }

  @Test func speciesAreExchangedInTheFactOfTheLastQuestionOnly() throws {
    var random = SeededGenerator(seed: 1)
    let row = Self.row()
    let contrast = try row.contrast(.species, using: &random)
    #expect(contrast.clean == row.prompt + "(1) Fae is a")
    #expect(contrast.corrupted == contrast.clean.replacing("Grimpuses are sunny.", with: "Zumpuses are sunny."))
    #expect(contrast.cleanAnswer == " grimpus" && contrast.corruptedAnswer == " zumpus")
  }

  @Test func anotherFactIsMadeToSpeakOfTheSpeciesAndAskedFor() throws {
    var random = SeededGenerator(seed: 1)
    let row = Self.row()
    let contrast = try row.contrast(.attribute, using: &random)
    #expect(contrast.clean.hasPrefix("\(PrOntoQA.instruction)\n\n\(Self.solved)"))
    #expect(contrast.clean.contains("discordant. Grimpuses are feisty. Grimpuses are sunny."))
    #expect(contrast.clean.hasSuffix("Is Fae sunny?\nThink step-by-step.\n\n(1) Fae is a grimpus.\n(2) Grimpuses are"))
    #expect(contrast.corrupted == contrast.clean.replacing("Is Fae sunny?", with: "Is Fae feisty?"))
    #expect(contrast.cleanAnswer == " sunny" && contrast.corruptedAnswer == " feisty")
    let connection = try row.contrast(.connection, using: &random)
    #expect(connection.clean.hasSuffix("(2) Grimpuses are sunny.\n(3) Fae is"))
    #expect(connection.corrupted.hasSuffix("(2) Grimpuses are feisty.\n(3) Fae is"))
  }

  @Test func whatHasNoContrastSaysWhy() throws {
    var random = SeededGenerator(seed: 1)
    func reason(_ row: ResultRow, _ subtask: Subtask, where isUsable: (String) -> Bool = { _ in true }) -> String {
      do { return "\(try row.contrast(subtask, using: &random, where: isUsable))" } catch { return "\(error)" }
    }
    #expect(reason(Self.row(), .answer).contains("differ in length"))
    #expect(reason(Self.row("Each grimpus is not sunny."), .attribute).contains("the fact has a 'not'"))
    #expect(reason(Self.row(), .attribute, where: { $0 != "feisty" }).contains("no other species has a property"))
    #expect(reason(Self.row(members: "Fae is an impus. Fae is a grimpus."), .species).contains("different articles"))
    #expect(reason(Self.row(members: "Fae is a grimpus."), .species).contains("belongs to 1 species"))
    var other = Self.row()
    other.goldChain[1] = "Every grimpus is sunny."
    #expect(reason(other, .species).contains("'Every grimpus is sunny.' of the chain of thought is not among the facts"))
    other.goldChain = ["Fae is a grimpus."]
    #expect(reason(other, .species).contains("chain of thought"))
    #expect(throws: PrOntoQAError.self) { try other.decision(.answer) }
  }
}
