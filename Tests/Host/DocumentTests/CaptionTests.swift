import Document
import Record
import Testing

/// Captions of cells are prose, and labels of tables are addresses.
@Suite struct CaptionTests {
  private func notebook(caption: String, before: String = "") throws -> Notebook {
    try Notebook(
      markdown: "---\nbibliography: refs.bib\n---\n\n\(before)```swift\n//| label: a\n//| caption: \"\(caption)\"\n1\n```\n",
      file: "n.md")
  }

  @Test func aCaptionHasFormulasCitationsAndReferencesOfThePage() throws {
    let caption = "One $x^2$, [@key] and [](#b) in *it*"
    let notebook = try notebook(caption: caption, before: "First $z$ and [@other].\n\n")
    #expect(notebook.formulas.map(\.tex) == ["z", "x^2"])
    #expect(notebook.citations.map { $0.items.map(\.key) } == [["other"], ["key"]])
    #expect(notebook.references.map(\.url) == ["#b"])
    let html = try #require(notebook.captionHTML[caption])
    #expect(html.contains("<folio-math n=\"1\">"))
    #expect(html.contains("<folio-cite n=\"1\">"))
    #expect(html.contains("<em>it</em>"))
  }

  @Test func whatACaptionNamesStandsAtItsCell() throws {
    let notebook = try notebook(caption: "[@key] $x$")
    #expect(notebook.citations.flatMap(\.items).map(\.line) == [8])
    #expect(notebook.formulas.map(\.line) == [8])
  }

  @Test func aSignForLessIsNoMarkup() throws {
    let notebook = try notebook(caption: "p < 0.05 for $x$")
    #expect(notebook.formulas.map(\.tex) == ["x"])
    #expect(notebook.captionHTML["p < 0.05 for $x$"]?.hasPrefix("p &lt; 0.05 for <folio-math") == true)
  }

  @Test func rawHTMLInACaptionAndWhatIsNoParagraphAreShownAsTheyAreWritten() throws {
    #expect(try notebook(caption: "a <b>b</b>").captionHTML.isEmpty)
    #expect(try notebook(caption: "- a list").captionHTML.isEmpty)
  }

  @Test(arguments: [
    "| a |\n|---|\n\n: One {#t}\n\n| b |\n|---|\n\n: Two {#t}\n",
    "| a |\n|---|\n\n: One {#t}\n\n```swift\n//| label: t\n1\n```\n",
    "$$\nx\n\\label{t}\n$$\n\n| a |\n|---|\n\n: One {#t}\n",
  ])
  func theLabelOfATableIsGivenOnce(markdown: String) throws {
    let error = try #require(throws: Diagnostics.self) { try Notebook(markdown: markdown, file: "n.md") }
    #expect(error.all.map(\.message) == ["the label 't' of this table is given twice"])
  }
}
