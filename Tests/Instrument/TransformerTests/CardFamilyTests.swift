import ModelFixture
import Testing
import Transformer

/// Models of every family on a graphics card: the promises of `FamilyForwardTests`, kept by the kernels of cards, which here run on the processor
/// (see `TestDevice`).
@Suite struct CardFamilyTests {
  private let tests = FamilyForwardTests()

  @Test(arguments: FamilyFixture.all)
  func theModelIsOnTheCard(_ fixture: FamilyFixture) throws {
    let model = try TestDevice.onCard { try fixture.model() }
    #expect(model.device == .cuda(0))
    #expect(try model.run([1, 2], capturing: [.residualPost(layer: 0)]).cache[.residualPost(layer: 0)].device == .cuda(0))
  }

  @Test(arguments: TestDevice.Generation.allCases, FamilyFixture.all)
  func logitsAreTransformerss(_ generation: TestDevice.Generation, _ fixture: FamilyFixture) throws {
    try TestDevice.onCard(generation) { try tests.logitsAreTransformerssOnBothPrompts(fixture) }
  }

  @Test(arguments: FamilyFixture.all)
  func everyActivationIsTransformerss(_ fixture: FamilyFixture) throws {
    try TestDevice.onCard { try tests.everyActivationIsTransformerss(fixture) }
  }

  @Test(arguments: FamilyFixture.all)
  func gradientsAreTransformerssAtEveryPoint(_ fixture: FamilyFixture) throws {
    try TestDevice.onCard { try tests.gradientsOfALogitDifferenceAreTransformerssAtEveryPoint(fixture) }
  }

  @Test(arguments: FamilyFixture.all)
  func aTextGoesOnGreedilyAsWithTransformers(_ fixture: FamilyFixture) throws {
    try TestDevice.onCard { try tests.aTextGoesOnGreedilyAsWithTransformers(fixture) }
  }

  @Test(arguments: ["Gemma 2", "Mistral", "GPT-2"])
  func aRowsBitsDoNotDependOnTheRowsBesideIt(_ name: String) throws {
    let variant = try #require(ModelVariant.families.first { $0.description == name })
    try TestDevice.onCard {
      try FamilyInvarianceTests().aRowsLogitsAreTheSameComputedAloneAtTheEndOfItsPromptOrAmongOthers(variant)
    }
  }

  @Test(arguments: ["Gemma 1", "GPT-NeoX"])
  func whereAPartIsReplacedTheGradientIsThatOfTheNewNumbersAndEndsThere(_ name: String) throws {
    let variant = try #require(ModelVariant.families.first { $0.description == name })
    try TestDevice.onCard {
      try FamilyGradientTests().whereAPartIsReplacedTheGradientIsThatOfTheNewNumbersAndEndsThere(variant)
    }
  }
}
