import Foundation
import PrOntoQADataset
import Randomness
import Tensors
import Testing

@Suite struct FactTests {
  @Test(arguments: [
    ("Wumpuses are shumpuses.", Fact.isA(concept: "wumpus", other: "shumpus", negated: false)),
    ("Each sterpus is a vumpus.", .isA(concept: "sterpus", other: "vumpus", negated: false)),
    ("Every grimpus is not an impus.", .isA(concept: "grimpus", other: "impus", negated: true)),
    ("Vumpuses are not hot", .has(concept: "vumpus", property: "hot", negated: true)),
    ("Each yumpus is feisty.", .has(concept: "yumpus", property: "feisty", negated: false)),
    ("Fae is an impus.", .member(entity: "Fae", concept: "impus", negated: false)),
    ("Fae is not sunny.", .trait(entity: "Fae", property: "sunny", negated: true)),
  ])
  func aSentenceStatesItsFact(sentence: String, fact: Fact) {
    #expect(Fact(sentence) == fact)
  }

  @Test(arguments: ["", "is", "Fae", "Fae is", "Is Fae sunny?", "All wumpuses are hot and cold.", "Each is a.", "a b c d e f"])
  func otherSentencesStateNone(sentence: String) {
    #expect(Fact(sentence) == nil)
  }

  @Test(arguments: Fact.Form.allCases)
  func everySentenceParsesBack(form: Fact.Form) {
    for concept in PrOntoQA.concepts {
      for negated in [false, true] {
        let facts: [Fact] =
          [.member(entity: "Fae", concept: concept, negated: negated)]
          + PrOntoQA.concepts.map { .isA(concept: concept, other: $0, negated: negated) }
          + PrOntoQA.properties.map { .has(concept: concept, property: $0, negated: negated) }
        for fact in facts { #expect(Fact(fact.sentence(form)) == fact) }
      }
    }
  }
}

@Suite struct GeneratorTests {
  @Test func questionsAreSoundForThousandsOfSeeds() throws {
    var labels = 0
    for seed in 0..<3000 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let question = try PrOntoQA.question(facts: 4 + Int(seed % 15), using: &random)
      // Every sentence states a fact: two more than were asked for, about the entity.
      try #require(question.facts.count == 4 + Int(seed % 15) + 2)
      let example = try Example(prompt: question.text)
      #expect(example.facts == question.facts && example.species.count == 2)
      let chain = question.goldChain.compactMap { Fact($0) }
      guard chain.count == 3, case .member(let entity, let concept, false) = chain[0],
        case .has(concept, let property, let negated) = chain[1], case .trait(entity, property, negated) = chain[2]
      else { return #expect(Bool(false), "\(question.goldChain)") }
      #expect(question.facts.contains(chain[0]) && question.facts.contains(chain[1]))
      #expect(property == example.property && entity == example.entity && question.label == !negated)
      // Only one of the two species leads to the property.
      let leading = question.facts.filter { if case .has(_, property, _) = $0 { true } else { false } }
      #expect(leading == [chain[1]])
      #expect(example.species[try example.chosenSpecies(chain: question.goldChain)] == concept)
      labels += question.label ? 1 : 0
    }
    #expect((1350...1650).contains(labels))
  }

  @Test func aRivalGivesTheDecidingSpeciesASecondProperty() throws {
    for seed in 0..<50 {
      var (plain, rival) = (SeededGenerator(seed: UInt64(seed)), SeededGenerator(seed: UInt64(seed)))
      let a = try PrOntoQA.question(facts: 6 + seed % 13, using: &plain)
      let b = try PrOntoQA.question(facts: 6 + seed % 13, hasRival: true, using: &rival)
      #expect(a.goldChain == b.goldChain && a.label == b.label && plain.next() == rival.next())
      let species = try #require(Fact(b.goldChain[1])?.subject)
      #expect(b.facts.filter { $0.isProperty(of: species) }.count == 2)
      #expect(a.facts.filter { $0.isProperty(of: species) }.count == 1)
      #expect(zip(a.facts, b.facts).filter { $0 != $1 }.count == 1)
    }
  }

  @Test func equalSeedsGiveEqualPrompts() throws {
    let prompts = try PrOntoQA.prompts(count: 3, shots: 2, seed: 7)
    #expect(try PrOntoQA.prompts(count: 3, shots: 2, seed: 7) == prompts)
    #expect(try PrOntoQA.prompts(count: 3, shots: 2, seed: 8) != prompts)
    #expect(prompts[0].prompt.hasPrefix(PrOntoQA.instruction + "\n\n"))
    #expect(prompts[0].prompt.components(separatedBy: "Answer: ").count == 3)
    #expect(prompts[0].prompt.hasSuffix("?\nThink step-by-step.\n\n"))
  }

  @Test(arguments: [(-1, 0), (1, -1)])
  func aNegativeNumberOfPromptsIsAnError(count: Int, shots: Int) {
    #expect(throws: PrOntoQAError.self) { try PrOntoQA.prompts(count: count, shots: shots, seed: 1) }
  }

  @Test(arguments: [3, 19, -1])
  func aNumberOfFactsThatTheWordsDoNotAllowIsAnError(facts: Int) {
    var random = SeededGenerator(seed: 1)
    #expect(throws: PrOntoQAError.self) { try PrOntoQA.question(facts: facts, using: &random) }
  }
}

@Suite struct ExampleTests {
  @Test func conceptsAreComparedAsWholeWords() throws {
    let example = try Example(
      prompt: "I\n\nGrimpuses are sunny. Fae is a grimpus. Fae is an impus.\nQuestion: Is Fae sunny?\nThink step-by-step.\n\n")
    #expect(example.species == ["grimpus", "impus"] && example.property == "sunny" && example.entity == "Fae")
    #expect(try example.chosenSpecies(chain: ["Fae is an impus."]) == 1)
    #expect(throws: PrOntoQAError.self) { try example.chosenSpecies(chain: ["Fae is a wumpus."]) }
    #expect(throws: PrOntoQAError.self) { try example.chosenSpecies(chain: ["Max is an impus."]) }
    #expect(throws: PrOntoQAError.self) { try example.chosenSpecies(chain: ["Fae is not an impus."]) }
    #expect(throws: PrOntoQAError.self) { try example.chosenSpecies(chain: []) }
  }

  @Test(arguments: [
    "", "no question", "a\n\nThis is no fact at all. \nQuestion: Is Fae sunny?", "Fae is a impus.\nQuestion: Whether?",
    "Fae is a impus.\nQuestion: Is Fae not sunny?", "Fae is a impus.\nQuestion: Is Fae a grimpus?",
  ])
  func otherPromptsAreErrors(prompt: String) {
    #expect(throws: PrOntoQAError.self) { try Example(prompt: prompt) }
  }

  @Test func anAnswerIsReadAsFarAsItHasTheForm() {
    let whole = Answer(parsing: "(1) Fae is a grimpus.\n(2) Grimpuses are sunny.\n(3) Fae is sunny.\nAnswer: True")
    #expect(whole.steps == ["Fae is a grimpus.", "Grimpuses are sunny.", "Fae is sunny."] && whole.verdict == true)
    let rubbish = Answer(parsing: "(2) early\n(1) one\n\u{0}(\nAnswer: Maybe\nAnswer: False\nAnswer: True")
    #expect(rubbish.steps == ["one"] && rubbish.verdict == false)
    #expect(Answer(parsing: "").verdict == nil)
    let onward = Answer(parsing: "(1) one\nAnswer: True\n\n(2) of another example\nAnswer: False")
    #expect(onward.steps == ["one"] && onward.verdict == true)
  }
}

@Suite struct ResultsTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    .path

  @Test(arguments: ["results_1shots.csv", "results_7shots.csv"])
  func theOriginalsFilesAreWrittenByteForByte(name: String) throws {
    let path = Self.fixtures + "/" + name
    let results = try Results(contentsOf: path)
    #expect(results.rows.count == 12 && results.correct.count == 12)
    #expect(results.csv == String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self))
    for row in results.rows { #expect(try Example(prompt: row.prompt).species.count == 2) }
  }

  @Test func whatPythonWouldQuoteIsQuoted() throws {
    let row = ResultRow(
      prompt: "a \"b\", c\r\nd", label: true, prediction: nil, goldChain: ["it's", "say \"x\"", "both ' and \"", "\\n\n"],
      predictedChain: [])
    let csv = Results(rows: [row]).csv
    #expect(
      csv
        == "prompt,label,pred,cot_gold,cot_pred\r\n\"a \"\"b\"\", c\r\nd\",True,,\"[\"\"it's\"\", 'say \"\"x\"\"', 'both \\' and \"\"', '\\\\n\\n']\",[]\r\n"
    )
    #expect(try Results(csv: csv, file: "x").rows == [row])
  }

  /// Python 3.11: `str(['\x1b', …])`.
  @Test(arguments: [
    ("\u{1B}\u{7F}\u{A0}\u{AD}", #"['\x1b\x7f\xa0\xad']"#),
    ("\u{200B}\u{2028}\u{FEFF}\u{E000}", #"['\u200b\u2028\ufeff\ue000']"#),
    ("é日🌍", "['é日🌍']"), ("\u{E0001}", #"['\U000e0001']"#), ("'\u{301}", "[\"'\u{301}\"]"), ("\u{301}", "['\u{301}']"),
    ("'\"\u{301}", #"['\'""# + "\u{301}']"),
  ])
  func aStringIsEscapedAsPythonDoes(string: String, literal: String) throws {
    let row = ResultRow(prompt: "\"\u{301}", label: true, prediction: true, goldChain: [string], predictedChain: [])
    let csv = Results(rows: [row]).csv
    #expect(csv.contains(literal.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined()), "\(csv)")
    #expect(try Results(csv: csv, file: "x").rows == [row])
  }

  @Test(
    arguments: [
      (#"['\x41\u00e9\U0001F30D']"#, ["Aé🌍"]), (#"['\0\101\q\a']"#, ["\u{0}A\\q\u{7}"]), (#" [ 'a' , ] "#, ["a"]), ("[]", []),
      (#"['\N{BULLET}']"#, nil), (#"['\ud800']"#, nil), (#"['\x4']"#, nil), (#"['\"#, nil), ("['a' 'b']", nil), ("[,]", nil),
      ("['a'] x", nil), ("['a'", nil), ("a", nil),
    ] as [(String, [String]?)])
  func aListLiteralIsReadAsPythonDoes(literal: String, strings: [String]?) {
    let field = "\"" + literal.replacing("\"", with: "\"\"") + "\""
    let results = try? Results(csv: "prompt,label,pred,cot_gold,cot_pred\r\nx,True,True,[],\(field)\r\n", file: "f.csv")
    #expect(results?.rows.first?.predictedChain == strings)
  }

  @Test func aWrongChainOrAnswerIsNotCorrect() {
    let right = ResultRow(prompt: "", label: false, prediction: false, goldChain: ["a", "b"], predictedChain: ["a", "b"])
    var (short, other, none) = (right, right, right)
    short.predictedChain = ["a"]
    other.prediction = true
    none.prediction = nil
    #expect(Results(rows: [right, short, other, none]).correct == [right])
    #expect(!short.isChainCorrect && other.isChainCorrect && !none.isPredictionCorrect)
  }

  @Test(arguments: [
    ("", "it is empty"), ("prompt,label,pred,cot_gold\r\n", "the column 'cot_pred' is missing"),
    (
      "prompt,label,pred,cot_gold,cot_pred\r\n\"a\nb\",True,True,[],[]\r\nx,yes,True,[],[]\r\n",
      "f.csv:4: row 2: its label is 'yes'"
    ),
    ("prompt,label,pred,cot_gold,cot_pred\r\nx,True,Maybe,[],[]\r\n", "f.csv:2: row 1: its pred is 'Maybe'"),
    ("prompt,label,pred,cot_gold,cot_pred\r\nx,True,True,[],[\r\n", "cot_pred is no list"),
    ("prompt,label,pred,cot_gold,cot_pred\r\nx,True,True,[a],[]\r\n", "cot_gold is no list"),
    ("prompt,label,pred,cot_gold,cot_pred\r\nx,True\r\n", "it has 2 fields, and the header 5"),
    ("prompt,label,pred,cot_gold,cot_pred\r\n\"x,True,True,[],[]\r\n", "f.csv:2: row 1: a quoted field is not closed"),
  ])
  func aBadFileIsReportedAtItsRecord(csv: String, message: String) {
    let error = #expect(throws: PrOntoQAError.self) { try Results(csv: csv, file: "f.csv") }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test func aMissingFileIsNamed() {
    let error = #expect(throws: PrOntoQAError.self) { try Results(contentsOf: "no/such.csv") }
    #expect(error?.description.contains("no/such.csv") == true)
  }

  @Test func aFileThatIsNotUTF8IsReportedAtItsLine() throws {
    let path = NSTemporaryDirectory() + "latin-\(UUID()).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(Array("prompt,label\r\na,b\r\n".utf8) + [0xFC]).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: PrOntoQAError.self) { try Results(contentsOf: path) }
    #expect(error == .file("\(path):3", problem: "this line is not UTF-8"))
  }

  @Test func mutationsOfAFileNeverCrash() throws {
    let good = Array(try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/results_1shots.csv")).prefix(3000))
    var random = SeededGenerator(seed: 1)
    let rubbish = Array("\"',[]\\\r\n\u{0}".utf8)
    for _ in 0..<500 {
      var mutant = good
      for _ in 0..<5 {
        mutant[Int.random(in: 0..<mutant.count, using: &random)] = rubbish[Int.random(in: 0..<rubbish.count, using: &random)]
      }
      do {
        _ = try Results(csv: String(decoding: mutant, as: UTF8.self), file: "f.csv")
      } catch {
        #expect(error is PrOntoQAError)
      }
    }
  }
}

extension Fact {
  fileprivate var subject: String? { if case .has(let concept, _, _) = self { concept } else { nil } }
  fileprivate func isProperty(of species: String) -> Bool { subject == species }
}
