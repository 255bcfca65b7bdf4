import Foundation
import TestSupport
import Testing

/// `folio api` tells what a cell sees, as the compiler sees it.
@Suite struct APITests {
  @Test(arguments: [
    "display(_:)", "memo(_:keyedBy:compute:)", "Table", "ColoredTokens", "Heatmap", "LanguageModel", "LogitDifference", "Tensor",
  ])
  func everythingACellSeesIsListed(name: String) throws {
    let lines = try folio("api").output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("  \(name) ") }, "\(lines)")
  }

  @Test func whatNoCellSeesIsNotListed() throws {
    let output = try folio("api", "--markdown").output
    for name in ["Session", "SiteBuilder", "hashValue", "_code"] {
      #expect(!output.contains("### \(name)\n"), "\(name)")
      #expect(!output.contains(".\(name)\n"), "\(name)")
    }
  }

  @Test func aWordShowsDeclarationAndDocumentation() throws {
    let output = try folio("api", "LanguageModel.attributionPatching").output
    #expect(output.hasPrefix("LanguageModel.attributionPatching("))
    expect(output, contains: "    func attributionPatching(clean: ", "- Parameters:")
  }

  @Test func theReferenceIsHelpToo() throws {
    #expect(try folio("help", "api", "Table").output == folio("api", "Table").output)
  }

  @Test func aTypeIsShownWithItsMembers() throws {
    let output = try folio("api", "LogitDifference").output
    #expect(output.hasPrefix("LogitDifference "))
    #expect(output.contains("    init(clean: "), "\(output)")
  }

  @Test func aMethodIsFoundByItsTypesName() throws {
    let output = try folio("api", "LanguageModel.generate").output
    #expect(output.hasPrefix("LanguageModel.generate("), "\(output)")
  }

  @Test func whatIsMisspelledIsSuggested() throws {
    let result = try folio("api", "Heatmapp")
    #expect(result.status == 2)
    #expect(result.errors.contains("Did you mean 'Heatmap'?"), "\(result)")
  }
}
