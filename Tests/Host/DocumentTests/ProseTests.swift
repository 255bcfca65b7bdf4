import Document
import Record
import Testing

@Suite struct ProseTests {
  private func html(_ markdown: String) throws -> String {
    try Notebook(markdown: markdown, file: "n.md").blocks.compactMap { if case .prose(let html, _) = $0 { html } else { nil } }
      .joined()
  }

  @Test func aTableHasItsAlignmentsAndInlines() throws {
    let html = try html("| a | b |\n|:--|--:|\n| *x* | `1\\|2` |\n| [l] |\n\n[l]: https://e.org")
    #expect(html.contains(#"<th scope="col" style="text-align: left">"#))
    #expect(html.contains("<em>x</em>"))
    #expect(html.contains("<code>1|2</code>"))
    #expect(html.contains(#"<a href="https://e.org">l</a>"#))
    #expect(html.components(of: "<td") == 4)
  }

  @Test func aCaptionedTableIsListedWithItsLabel() throws {
    let notebook = try Notebook(markdown: "| a |\n|---|\n| 1 |\n\n: What it *shows*. {#tbl-a}", file: "n.md")
    #expect(notebook.proseTables.map(\.label) == ["tbl-a"])
    #expect(notebook.proseTables.map(\.caption) == ["What it shows."])
    #expect(notebook.proseTables.map(\.line) == [1])
    #expect(try html("| a |\n|---|\n| 1 |\n: Below.").contains("</folio-table>Below.</figcaption>"))
  }

  @Test func aTableWithoutRowsHasACaptionToo() throws {
    let notebook = try Notebook(markdown: "| a |\n|---|\nTable: Below. {#tbl-a}", file: "n.md")
    #expect(notebook.proseTables.map(\.label) == ["tbl-a"])
  }

  @Test func aLabelThatIsNoneIsToldAtItsLine() throws {
    let error = try #require(throws: Diagnostics.self) {
      try Notebook(markdown: "| a |\n|---|\n| 1 |\n: Below. {#a/b}", file: "n.md")
    }
    #expect(error.all.map { $0.place?.line } == [4])
  }

  @Test func anExpressionInATableIsFoundAtItsPlace() throws {
    let notebook = try Notebook(markdown: "\n| a | b |\n|---|---|\n| 1 | `{swift} count` |", file: "n.md")
    let expression = try #require(notebook.cells.first?.expressions.first)
    #expect(expression.line == 4)
    #expect(expression.column == 15)
  }

  @Test func aTextWithBarsIsNoTable() throws {
    #expect(try html("a | b\nc | d") == "<p>a | b\nc | d</p>\n")
  }

  @Test func aFootnoteStandsBehindTheBlockThatNamesIt() throws {
    let html = try html("One[^a] and `[^a]`.\n\nTwo.\n\n[^a]: Note *x*.\n\n    More.\n")
    #expect(html.contains(##"One<sup class="footnote-ref" id="fnref-a"><a href="#fn-a" role="doc-noteref""##))
    #expect(html.contains("<code>[^a]</code>"))
    #expect(html.contains("<p>Note <em>x</em>.</p>\n<p>More. <a class=\"footnote-back\" href=\"#fnref-a\""))
    #expect(html.hasSuffix("</div>\n</div>\n</div>\n<p>Two.</p>\n"))
  }

  @Test func aFootnoteInATableIsALink() throws {
    let html = try html("| a[^x] |\n|---|\n| b |\n\n[^x]: Note")
    #expect(html.contains("<th scope=\"col\">a<sup class=\"footnote-ref\""))
  }

  @Test(arguments: ["b", "| b |\n    |---|\n    | c |", "- b", "> b", "    b"])
  func aNoteLeadsBackWhateverItEndsWith(note: String) throws {
    #expect(try html("a[^a]\n\n[^a]: x\n\n    \(note)").components(of: "class=\"footnote-back\"") == 1)
  }

  @Test func theMarksOfNotesHaveAddressesOfTheirOwn() throws {
    let html = try html("a[^a] b[^a] c[^a-2]\n\n[^a]: x\n[^a-2]: y")
    #expect(html.components(of: "id=\"fnref-a-2\"") == 1)
  }

  @Test func whatIsWrongInANoteIsToldAtItsLine() throws {
    let notebook = try Notebook(markdown: "a[^x]\n\n[^x]: b\n\n    c[^y]", file: "n.md")
    #expect(notebook.warnings.map { $0.place?.line } == [5])
  }

  @Test func aFootnoteOfOneWordIsNoLinkDefinition() throws {
    #expect(try html("One[^1].\n\n[^1]: Word\n").contains("<p>Word <a class=\"footnote-back\""))
  }

  @Test func footnotesThatAreUnknownUnusedOrDefinedTwiceAreTold() throws {
    let notebook = try Notebook(markdown: "a[^x]\n\n[^y]: z", file: "n.md")
    #expect(notebook.warnings.map { $0.place?.line } == [1, 3])
    #expect(try html("a[^x]").contains("a[^x]"))
    #expect(throws: Diagnostics.self) { try Notebook(markdown: "a[^y]\n\n[^y]: z\n\n[^y]: w", file: "n.md") }
  }

  @Test func aQuoteThatBeginsWithAKindIsACallout() throws {
    let html = try html("> [!WARNING]\n> Text.\n\n> [!tip] My *own*\n> - b\n\n> [!OTHER]\n> q")
    #expect(html.contains("<p class=\"callout-title\">Warning</p>\n<p>Text.</p>\n</div>"))
    #expect(html.contains("<p class=\"callout-title\">My <em>own</em></p>\n<ul>"))
    #expect(html.contains("<blockquote>\n<p>[!OTHER]"))
  }

  @Test func aWordBehindTheKindOfACalloutIsItsTitleOnlyBehindASpace() throws {
    #expect(try html("> [!NOTE]x\n> q").contains("<blockquote>\n<p>[!NOTE]x"))
  }

  @Test func tasksHaveBoxes() throws {
    let html = try html("- [ ] a\n- [x] b\n- [y] c")
    #expect(html.components(of: "<input type=\"checkbox\" disabled") == 2)
    #expect(html.components(of: " checked=\"\"") == 1)
  }

  @Test func struckWordsAreDeleted() throws {
    #expect(
      try html("~~a *b*~~ ~c~ ~5 and ~6 \\~~d~~ `~~e~~`")
        == "<p><del>a <em>b</em></del> <del>c</del> ~5 and ~6 ~~d~~ <code>~~e~~</code></p>\n")
  }

  @Test func bareAddressesAreLinks() throws {
    let html = try html("See https://e.org/a_b_(c), (www.e.org). [x](https://f.org) a@b.org `https://g.org`")
    #expect(html.contains(#"<a href="https://e.org/a_b_(c)">https://e.org/a_b_(c)</a>,"#))
    #expect(html.contains(#"(<a href="http://www.e.org">www.e.org</a>)."#))
    #expect(html.contains(#"<a href="mailto:a@b.org">"#))
    #expect(html.components(of: "<a ") == 4)
  }

  @Test func anAddressIsNoEmphasis() throws {
    let url = "https://e.org/__init__/a*b*c?d=~~e~~f"
    #expect(try html("*\(url)* `\(url)` [x](\(url))*y*").components(of: url) == 4)
  }

  @Test func markupBehindAnAddressIsMarkup() throws {
    #expect(try html("[x](https://e.org/a)*b* `https://e.org/a`*c*").components(of: "<em>") == 2)
  }

  @Test func anEscapeIsNoneInAnAddressInBrackets() throws {
    #expect(try html(#"<https://e.org/\[a\]>"#).contains(#">https://e.org/\[a\]</a>"#))
  }

  @Test func aTermWithItsDefinitionsIsADefinitionList() throws {
    #expect(
      try html("DLA\n: direct *logit*\n: second\n\nIG\n: integrated").contains(
        "<dt>DLA</dt>\n<dd>direct <em>logit</em></dd>\n<dd>second</dd>\n<dt>IG</dt>"))
  }

  @Test func quotesAreCurledOnlyWhereTheAuthorAsks() throws {
    #expect(try html("---\nsmart: true\n---\n\"a\" `\"b\"`").contains("“a” <code>&quot;b&quot;</code>"))
    #expect(try html("\"a\"").contains("&quot;a&quot;"))
  }

  @Test func anElementOfFoliosOwnIsRefusedAtItsLine() throws {
    let error = try #require(throws: Diagnostics.self) {
      try Notebook(markdown: "a\n\n<div>\n<folio-math n=\"0\">\n</div>", file: "n.md")
    }
    #expect(error.all.map { $0.place?.line } == [4])
  }
}

extension String {
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
