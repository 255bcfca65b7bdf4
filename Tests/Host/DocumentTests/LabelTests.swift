import Document
import Record
import Testing

@Suite struct LabelTests {
  private func label(_ text: String) throws -> String? {
    try Notebook(markdown: "```swift\n//| label: \(text)\n1\n```\n", file: "n.md").cells.first?.options.label
  }

  @Test(arguments: ["注意", "é", "Größe-2", "हिन्दी", "ελληνικά_1", "שלום", "ไทย", "a٣", "ẞ", "𝔘x", "no", "x²", "cell-a", "cell-1-x"])
  func aLabelMayHoldLettersOfAnyScriptMarksAndDigits(_ text: String) throws { #expect(try label(text) == text) }

  @Test func aLabelHasOneFormWhicheverWayItsAccentsAreTyped() throws {
    let decomposed = try #require(try label("e\u{301}x"))
    #expect(Array(decomposed.unicodeScalars) == ["\u{E9}", "x"])
    let error = #expect(throws: Diagnostics.self) {
      try Notebook(markdown: "```swift\n//| label: \u{E9}\n```\n```swift\n//| label: e\u{301}\n```\n", file: "n.md")
    }
    #expect(error?.all.first?.message.contains("given twice") == true)
  }

  @Test(arguments: [
    "\"a b\"", "a.b", "a/b", "\"#a\"", "a\u{202E}b", "a\u{200B}b", "a\u{200D}b", "\"a\\x07\"", "-a", "_a", "1a", "\u{301}a",
    "a😀", "a\u{FEFF}b", "\"\"", "a~b", "\"a\\nb\"",
    "cell-1", "Cell-2", "INLINE-3", "a\u{FE0F}", "\u{3164}", "a\u{115F}",
  ])
  func aLabelHoldsNoSpaceSignControlCharacterOrWhatNobodySees(_ text: String) {
    let error = #expect(throws: Diagnostics.self) { try label(text) }
    #expect(error?.all.first?.place?.line == 2)
    #expect(error?.all.first?.message.contains("'label'") == true)
  }

  @Test(arguments: [("A", "a"), ("É-1", "é-1"), ("Σ", "σ")])
  func labelsDifferByMoreThanUpperAndLowerCase(_ first: String, _ second: String) {
    let error = #expect(throws: Diagnostics.self) {
      try Notebook(markdown: "```swift\n//| label: \(first)\n```\n```swift\n//| label: \(second)\n```\n", file: "n.md")
    }
    #expect(error?.all.first?.place?.line == 5)
    #expect(error?.all.first?.message.contains("upper and lower case") == true)
    #expect(error?.all.first?.notes.first?.place?.line == 2)
  }
}
