import Attribution
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite struct AnswersAndHeadsTests {
  @Test
  func aLogitDifferenceIsPrintedAsATitleNeedsIt() {
    #expect("\(LogitDifference(clean: " grimpus", corrupted: " zumpus"))" == "' grimpus' - ' zumpus'")
    #expect("\(LogitDifference(clean: " a", corrupted: [" b", " c"]))" == "' a' - mean(' b', ' c')")
    #expect("\(LogitDifference(clean: 341, corrupted: [360]))" == "341 - 360")
    let species = [" lorpus", " yumpus"]
    #expect("\(LogitDifference(clean: species[1], corrupted: species.removing(at: 1)))" == "' yumpus' - ' lorpus'")
  }

  @Test
  func anElementIsRemovedAndTheOthersStayInOrder() {
    #expect([1, 2, 3].removing(at: 1) == [1, 3])
    #expect([1].removing(at: 0) == [])
  }

  @Test
  func aHeadIsReadFromItsNameAndWrittenAsItWasRead() throws {
    #expect(try HeadReference("L14H0+") == HeadReference(layer: 14, head: 0, sign: .positive))
    #expect(try HeadReference("L11H6-") == HeadReference(layer: 11, head: 6, sign: .negative))
    #expect(try HeadReference("l3h12") == HeadReference(layer: 3, head: 12))
    #expect(try HeadReference("L11H6−").description == "L11H6-")
    for name in ["L14H0+", "L11H6-", "L0H0"] { #expect(try HeadReference(name).description == name) }
  }

  @Test(arguments: [
    "", "L1", "H1", "L-1H0", "L1H0++", "L1 H0", "L1H0 ", "L99999999999999999999H0", "L11H6-L14H0+", "Ⅼ1H0", "L١H0",
  ])
  func whatNamesNoHeadIsAnError(name: String) {
    #expect(throws: AttributionError.badHeadName(name)) { try HeadReference(name) }
  }

  @Test
  func patternsAreThoseOfTheHeadsAskedForInTheirOrderWithTheTokensTexts() throws {
    let fixture = try ModelFixture.named("tiny-gemma")
    let tokens = fixture.expectations.tokensClean
    let result = try fixture.model.attentionPatterns(tokens, heads: ["L1H0+", "L0H3-", "L1H2"])
    #expect(result.heads.map(\.description) == ["L1H0+", "L0H3-", "L1H2"])
    #expect(result.patterns.map(\.shape) == Array(repeating: [294, 294], count: 3))
    #expect(largestDifference(result.patterns[0], try fixture.tensor("pattern_L1H0")) <= 1e-4)
    let cache = try fixture.model.run(tokens, capturing: .components([.pattern])).cache
    #expect(try result.patterns[1] == cache[.pattern(layer: 0)].select(3))
    #expect(try result.patterns[2] == cache[.pattern(layer: 1)].select(2))
    #expect(result.labels.joined() == fixture.expectations.cleanOut)
    let part = result.from(query: 290, key: 280)
    #expect(part.patterns[0].shape == [4, 14])
    #expect(part.patterns[0][3, 13] == result.patterns[0][293, 293])
    let places = result.labels.enumerated().map { "\($0.element) (\($0.offset))" }
    #expect(part.queryLabels == Array(places[290...]) && part.keyLabels == Array(places[280...]))
    #expect(result.from(query: 1000, key: 1000).patterns[0].shape == [0, 0])
  }

  @Test
  func eachRowOfAPatternSumsToOneAndLooksAtNothingThatComesLater() throws {
    let model = try ModelFixture.named("tiny-gemma-gqa").model
    let pattern = try model.attentionPatterns("Fae is a grimpus.", heads: [HeadReference(layer: 2, head: 3)]).patterns[0]
    for (query, row) in pattern.rows.enumerated() {
      #expect(abs(row.reduce(0, +) - 1) <= 1e-6)
      #expect(row[(query + 1)...].allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: ["L4H0+", "L0H4"])
  func aHeadThatTheModelDoesNotHaveIsAnError(name: String) throws {
    let model = try ModelFixture.named("tiny-gemma").model
    #expect(throws: AttributionError.headOutOfRange(head: name, layers: 4, heads: 4)) {
      try model.attentionPatterns("Fae", heads: ["L0H0", name])
    }
  }
}
