import Testing

/// Files that came back as others from Jupyter, found by fuzzing.
@Suite struct ExactnessTests {
  @Test(arguments: [
    " ", "", "\n", "\n \n  ", "a\n  ", "```swift\n1\n```\n ", "---\ntitle: a\n---\n\t", "----\n", "---x\n\na\n",
    "----\n\n---x\n\n```swift\n1\n```\n",
    "---- \na\n----\n",
  ])
  func aFileComesBackByteForByte(markdown: String) throws { #expect(areSame(try imported(exported(markdown)), markdown)) }

  @Test(arguments: ["----\na", "---x\na", "--- x", "----", "---\u{301}"])
  func aCellThatBeginsAsAFrontMatterNearlyDoesStaysWhatItIs(source: String) throws {
    let markdown = try imported(notebook(cell("markdown", source), cell("code", "1")))
    #expect(markdown.hasPrefix(source))
    #expect(areSame(try imported(exported(markdown)), markdown))
  }

  @Test func ofManyThingsThatAreWrongTheFirstAreTold() {
    let cells = Array(repeating: "1", count: 20_000).joined(separator: ",")
    #expect(problems { _ = try imported(#"{"cells": [\#(cells)], "metadata": {}, "nbformat": 4}"#) }.count == 50)
  }
}
