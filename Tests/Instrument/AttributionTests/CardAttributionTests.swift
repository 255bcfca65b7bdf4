import ModelFixture
import Testing
import Transformer

/// Attribution on a graphics card: the promises of `FamilyAttributionTests` and others, kept by the kernels of cards (see `TestDevice`).
@Suite struct CardAttributionTests {
  @Test(arguments: FamilyFixture.all)
  func attributionPatchingIsTransformerssGradientTimesItsDifference(_ fixture: FamilyFixture) throws {
    try TestDevice.onCard {
      try FamilyAttributionTests().attributionPatchingIsTransformerssGradientTimesItsDifference(fixture)
    }
  }

  @Test(arguments: ["Gemma 2", "GPT-2", "Qwen 3"])
  func thePartsOfDirectLogitAttributionSumToTheDifferenceOfTheLogits(_ name: String) throws {
    let variant = try #require(ModelVariant.families.first { $0.description == name })
    try TestDevice.onCard {
      try FamilyAttributionTests().thePartsOfDirectLogitAttributionSumToTheDifferenceOfTheLogitsBeforeTheirCap(variant)
    }
  }
}
