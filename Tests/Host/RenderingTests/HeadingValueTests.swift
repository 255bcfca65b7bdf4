import Document
import Record
import Rendering
import TestSupport
import Testing

@Suite struct HeadingValueTests {
  private let markdown = "# Accuracy `{swift} 40 + 2` of 50\n\n## `{swift} 9`\n\n## `{swift} 9`\n\n##\n"

  private func page(_ values: [String], markdown: String? = nil) throws -> Page {
    let document = try Notebook(markdown: markdown ?? self.markdown, file: "Notebooks/n.md")
    let cells = document.cells.enumerated().map { place, cell in
      CellRecord(id: cell.id, outcome: .succeeded, outputs: values.indices.contains(place) ? [.value(values[place])] : [])
    }
    return Page(document, record: NotebookRecord(notebook: "n", cells: cells))
  }

  @Test func aHeadingsValueReachesTheTitleOfThePageItsOneFirstHeadingAndTheIndex() throws {
    let page = try page(["42", "9", "9"])
    #expect(page.title == "Accuracy 42 of 50")
    expect(page.html, contains: "<title>Accuracy 42 of 50</title>", "<h1>Accuracy 42 of 50</h1>")
    #expect(page.html.matches(of: /<h1/).count == 1)
    #expect(page.html.contains("\"title\":\"Accuracy 42 of 50\""))
  }

  @Test func aHeadingsValueIsTheTextOfALinkInTheContentsToAHeadingOfItsOwn() throws {
    let html = try page(["42", "9", "9"]).html
    #expect(html.contains(##"<a href="#swift-9">9</a>"##))
    #expect(html.contains(##"<a href="#swift-9-1">9</a>"##))
    expect(html, contains: #"<h2 id="swift-9">"#, #"<h2 id="swift-9-1">"#)
    #expect(html.firstMatch(of: /<a href="[^"]*"><\/a>/) == nil)
  }

  @Test func linksStayAsTheyAreWhenAHeadingsValueChanges() throws {
    let links = try [["42", "9", "9"], ["43", "<b>", ""], []].map {
      try page($0).html.matches(of: /id="(swift[^"]*)"/).map { String($0.1) }
    }
    #expect(links[0] == ["swift-9", "swift-9-1"])
    #expect(links[1] == links[0])
    #expect(links[2] == links[0])
  }

  @Test func aHeadingsValueIsTextOnOneLineAndShortenedWhereItIsLong() throws {
    let page = try page(["<script>\n\u{1B}[31m\u{202E}", String(repeating: "x", count: 5000), ""])
    #expect(page.title == "Accuracy <script>↵\\u{202E} of 50")
    expect(page.html, contains: "<h1>Accuracy &lt;script&gt;↵\\u{202E} of 50</h1>", ">\(String(repeating: "x", count: 200))…</a>")
    #expect(page.html.firstMatch(of: /<a href="[^"]*"><\/a>/) == nil)
  }

  @Test func aHeadingsValueThatIsNotKnownYetIsItsExpression() throws {
    #expect(try page([]).html.contains("<h1>Accuracy 40 + 2 of 50</h1>"))
  }
}

@Suite struct LabelLinkTests {
  @Test func aLabelOfAnyScriptIsACellsAddressAndSpelledOutInLinks() throws {
    let document = try Notebook(markdown: "```swift\n//| label: 注-é\n1\n```\n\n## Größe\n", file: "n.md")
    let error = CellError(kind: .thrown, diagnostics: [Diagnostic("oops")])
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "注-é", outcome: .failed, outputs: [.error(error)])])
    let html = Page(document, record: record).html
    #expect(html.contains(#"id="注-é""#))
    #expect(html.matches(of: /href="#%E6%B3%A8-%C3%A9"/).count == 2)
    #expect(html.contains(##"<h2 id="größe">Größe<a class="anchor" href="#gr%C3%B6%C3%9Fe""##))
  }

  @Test func theFilesOfALabelAreNamedAsEveryFileSystemCanHoldAndTellApart() {
    let labels = [
      "é", "É", "注", "a", String(repeating: "注", count: 90), String(repeating: "注", count: 91),
      String(repeating: "b", count: 300),
    ]
    let names = labels.map(RecordFiles.name)
    #expect(Set(names.map { $0.lowercased() }).count == labels.count)
    #expect(names.allSatisfy { $0.utf8.count <= 200 && $0.utf8.allSatisfy { $0 < 0x80 } })
  }
}
