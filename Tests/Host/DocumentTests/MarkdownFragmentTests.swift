import Document
import Record
import Testing

@Suite struct MarkdownFragmentTests {
  private func taking(_ texts: [String]) throws -> Notebook {
    let notebook = try Notebook(markdown: "# N\n\n```swift\n//| label: a\nx\n```\n\n![p](own.png)\n", file: "n.md")
    let outputs = texts.map { Output.markdown(MarkdownOutput($0)) }
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: outputs)])
    return notebook.takingFragments(of: record)
  }

  private func html(_ text: String) throws -> String {
    (try taking([text]).fragments["a"]?[0]?.blocks ?? []).map { block in
      if case .prose(let html, _) = block { html } else { "\(block)" }
    }.joined()
  }

  @Test func aFragmentIsProse() throws {
    #expect(try html("*a*\n\n- b\n") == "<p><em>a</em></p>\n<ul>\n<li>b</li>\n</ul>\n")
  }

  @Test func codeOfAFragmentIsOnlyShown() throws {
    let notebook = try taking(["```swift\nf()\n```\n\nIt is `{swift} 1 + 1`.\n"])
    #expect(notebook.cells.count == 1)
    let blocks = notebook.fragments["a"]?[0]?.blocks ?? []
    #expect(blocks.first == .listing(Listing(language: "swift", source: "f()", line: 2)))
    #expect(blocks.count == 2)
    #expect(try html("It is `{swift} 1 + 1`.").contains("<code>1 + 1</code>"))
    #expect(try !html("It is `{swift} 1 + 1`.").contains("folio-value"))
  }

  @Test func anchorsOfAFragmentAreItsOwn() throws {
    #expect(
      try html("# Top\n\nSee [it](#top), [the](#x) <i id=\"x\"></i> and [out](#s1).\n")
        == "<h2 id=\"a-1-top\">Top</h2>\n<p>See <a href=\"#a-1-top\">it</a>, <a href=\"#a-1-x\">the</a> <i id=\"a-1-x\"></i> and "
        + "<a href=\"#s1\">out</a>.</p>\n")
  }

  @Test func twoFragmentsOfOneTextHaveDifferentAnchors() throws {
    let notebook = try taking(["# Top\n", "# Top\n"])
    #expect(notebook.fragments["a"]?[0] != notebook.fragments["a"]?[1])
  }

  @Test func whatAFragmentNamesStandsBehindWhatTheNotebookNames() throws {
    let notebook = try taking(["![q](other.png)\n"])
    #expect(notebook.pictures.map(\.url) == ["own.png", "other.png"])
    #expect(notebook.pictures.map(\.line) == [8, 5])
  }

  @Test func aFragmentBeginsNoFrontMatter() throws {
    #expect(try html("---\n\na\n") == "<hr />\n<p>a</p>\n")
  }

  @Test func aFragmentThatCannotBeReadIsNotTakenAndItsProblemIsTold() throws {
    let text = "a\n\n> ```swift\n> x\n> ```\n"
    #expect(try taking([text]).fragments["a"]?[0] == nil)
    #expect(MarkdownFragment.problems(text).first?.place?.line == 3)
  }
}
