import Document
import Record
import Testing

@Suite struct HeadingTests {
  private func parse(_ markdown: String) throws -> Notebook { try Notebook(markdown: markdown, file: "n.md") }

  private func headings(_ document: Notebook) -> [Heading] {
    document.blocks.compactMap { if case .heading(let heading) = $0 { heading } else { nil } }
  }

  @Test func aHeadingIsTheTitleWithTheValuesThatAreKnown() throws {
    let document = try parse("# Accuracy `{swift} 40 + 2` of `{swift} n`\n")
    #expect(document.title == "Accuracy 40 + 2 of n")
    #expect(document.beginsWithTitle)
    #expect(document.titleHeading == 1)
    let filled = document.fillingHeadings { cell, index in cell == "inline-1" && index == 0 ? "42" : nil }
    #expect(filled.title == "Accuracy 42 of n")
    #expect(filled.beginsWithTitle)
    #expect(document.fillingHeadings { _, index in "\(index)" }.title == "Accuracy 0 of 1")
  }

  @Test func aHeadingSaysTheTitleOnlyIfItDoesSoWithItsValues() throws {
    let document = try parse("---\ntitle: All 42\n---\n# All `{swift} n`\n")
    #expect(!document.beginsWithTitle)
    #expect(document.fillingHeadings { _, _ in "42" }.beginsWithTitle)
    #expect(try !parse("text `{swift} n`\n\n# T\n").beginsWithTitle)
    #expect(try parse("```swift\n```\n# T\n").titleHeading == nil)
  }

  @Test func aHeadingHasTheAnchorOfTheMarkdownFileOnGitHubWhateverTheValueIs() throws {
    let document = try parse("# A `{swift} n` b\n## `{swift} 9`\n## `{swift} 9`\n## `{swift} ((n))`\n## !\n")
    let anchors = headings(document).map(\.anchor)
    #expect(anchors == ["a-swift-n-b", "swift-9", "swift-9-1", "swift-n", "section"])
    #expect(headings(document.fillingHeadings { _, _ in "7" }).map(\.anchor) == anchors)
  }

  @Test func aHeadingKeepsItsOtherWordsInOnePiece() throws {
    let heading = try #require(headings(try parse("# a *b `c`* `{swift} n` ![d](e.png)\nf\n===\n")).first)
    #expect(heading.parts == [.text("a b c "), .value(cell: "inline-1", index: 0, expression: "n"), .text(" d")])
  }
}
