import Document
import Foundation
import Machine
import Record
import Testing

@Suite struct DocumentTests {
  private func parse(_ markdown: String) throws -> Notebook { try Notebook(markdown: markdown, file: "n.md") }

  @Test func aWholeNotebookIsRead() throws {
    let document = try parse(
      """
      ---
      title: "Grüße: a study"
      description: What it is about
      order: 3
      params:
        idx: 2
        rate: 1.5
        on: true
        model: models/tiny
        names: [a, b]
        numbers: [1, 2.5]
      ---
      # First *heading*

      Some prose.

      - a list

      ```swift
      //| label: s1-dla
      //| caption: "Direct: logit"
      //| inputs:
      //|   - a.csv
      //|   - b.csv
      let x = 1

      x
      ```

      ```python
      print(1)
      ```

      ```swift norun
      shown()
      ```
      # First heading
      """)
    #expect(document.title == "Grüße: a study")
    #expect(document.name == "n")
    #expect(document.frontMatter.order == 3)
    #expect(document.frontMatter.description == "What it is about")
    #expect(
      document.frontMatter.parameters == [
        Parameter(name: "idx", value: .int(2), line: 6), Parameter(name: "rate", value: .double(1.5), line: 7),
        Parameter(name: "on", value: .bool(true), line: 8), Parameter(name: "model", value: .string("models/tiny"), line: 9),
        Parameter(name: "names", value: .array([.string("a"), .string("b")]), line: 10),
        Parameter(name: "numbers", value: .array([.double(1), .double(2.5)]), line: 11),
      ])
    var options = CellOptions()
    options.label = "s1-dla"
    options.caption = "Direct: logit"
    options.inputs = ["a.csv", "b.csv"]
    #expect(
      document.blocks == [
        .heading(Heading(level: 1, html: "First <em>heading</em>", text: "First heading", anchor: "first-heading", line: 13)),
        .prose(html: "<p>Some prose.</p>\n<ul>\n<li>a list</li>\n</ul>\n", line: 15),
        .cell(Cell(number: 1, source: "let x = 1\n\nx", line: 25, options: options)),
        .listing(Listing(language: "python", source: "print(1)\n", line: 31)),
        .listing(Listing(language: "swift", source: "shown()\n", line: 35)),
        .heading(Heading(level: 1, html: "First heading", text: "First heading", anchor: "first-heading-1", line: 37)),
      ])
  }

  @Test(arguments: [
    ("```swift\na\nb\n```", "a\nb", 2, 0), ("~~~swift\na\n~~~", "a", 2, 0), ("````swift\n```\n````", "```", 2, 0),
    ("\u{FEFF}```swift\r\na\r\nb\r\n```\r\n", "a\nb", 2, 0), ("x\n\n   ```swift\n   a\n     b\n   ```", "a\n  b", 4, 3),
    ("```swift\nunclosed", "unclosed", 2, 0), ("```swift\n```", "", 2, 0), ("```swift\n\n\ta\n\n```", "\n\ta\n", 2, 0),
    ("é\n\n```swift\nlet é = \"🌍\"\n```", "let é = \"🌍\"", 4, 0), ("```swift\n//| label: a\n```", "", 3, 0),
    ("---\n---\n```swift\na\n```", "a", 4, 0),
  ])
  func aCellKeepsItsSourceAndLine(markdown: String, source: String, line: Int, indentation: Int) throws {
    let cell = try #require(try parse(markdown).cells.first)
    #expect(cell.source == source)
    #expect(cell.line == line)
    #expect(cell.indentation == indentation)
  }

  @Test func optionsAreTyped() throws {
    let cell = try #require(
      try parse(
        "```swift\n//| echo: false\n//| fold: true\n//| output: false\n//| timeout: 2.5\n//| expect: error\n//| cache: false\n//| inputs: a\n//| tolerance: 1e-4\n//| alt: An alt\n1\n```"
      ).cells.first)
    let options = cell.options
    #expect(!options.echo)
    #expect(options.fold)
    #expect(!options.output)
    #expect(options.timeout == 2.5)
    #expect(options.expectsError)
    #expect(!options.cache)
    #expect(options.inputs == ["a"])
    #expect(options.tolerance == 1e-4)
    #expect(options.alt == "An alt")
    #expect(cell.id == "cell-1")
  }

  @Test func remoteImagesBecomeLinksAndOthersStay() throws {
    let document = try parse("![a *b*](https://example.com/x.png \"t\") ![](//host/y.png) ![c](fig/local.png)\n\n<b>raw</b>")
    guard case .prose(let html, 1)? = document.blocks.first else { return #expect(Bool(false)) }
    #expect(
      html == """
        <p><a href="https://example.com/x.png" title="t">a <em>b</em></a> <a href="//host/y.png">//host/y.png</a> \
        <img src="fig/local.png" alt="c" /></p>
        <p><b>raw</b></p>

        """)
  }

  @Test func anImageWithinALinkBecomesItsText() throws {
    let document = try parse("[![build](https://example.com/b.png)](https://example.com) [![](https://example.com/c.png)](u)")
    guard case .prose(let html, 1)? = document.blocks.first else { return #expect(Bool(false)) }
    #expect(
      html
        == "<p><a href=\"https://example.com\"><em>build</em></a> <a href=\"u\"><em>https://example.com/c.png</em></a></p>\n")
  }

  @Test(arguments: [
    "<!--\n```swift\n1\n```\n-->", "<pre>\n```swift\n1\n```\n</pre>", "````markdown\n```swift\n1\n```\n````",
    "- item\n\n  ```swift norun\n  1\n  ```",
  ])
  func aFenceThatIsShownOrCommentedOutIsNoCell(markdown: String) throws {
    #expect(try parse(markdown).cells.isEmpty)
  }

  @Test func aFenceAfterABlankLineWithinHTMLIsACell() throws {
    #expect(try parse("<details>\n\n```swift\n1\n```\n\n</details>").cells.map(\.line) == [4])
  }

  @Test func theTitleFallsBackToTheFirstHeadingAndTheName() throws {
    #expect(try parse("text\n\n## A `title`").title == "A title")
    #expect(try Notebook(markdown: "text", file: "dir/my-notes.md").title == "my-notes")
  }

  @Test func overridesTakeTheTypeOfTheDefault() throws {
    let document = try parse("---\nparams: {idx: 2, rate: 1.5, on: false, s: a, names: [a], n: [1]}\n---\n")
    let values = try document.applying(overrides: [
      ("idx", "-3"), ("rate", "2"), ("on", "true"), ("s", "12"), ("names", "[x, 1]"), ("n", "4,5"),
    ]).frontMatter.parameters.map(\.value)
    #expect(
      values == [
        .int(-3), .double(2), .bool(true), .string("12"), .array([.string("x"), .string("1")]), .array([.int(4), .int(5)]),
      ])
    for (name, text, message) in [
      ("idx", "two", "'idx' is of type Int, and 'two' is not"), ("on", "yes", "'on' is of type Bool, and 'yes' is not"),
      ("n", "[1, x]", "'n' is of type [Int], and '[1, x]' is not"), ("idxx", "1", "n.md has no parameter 'idxx'"),
    ] {
      let error = #expect(throws: Diagnostic.self) { try document.applying(overrides: [(name, text)]) }
      #expect(error?.message == message)
      #expect(error?.advice != nil)
    }
  }

  @Test(arguments: [
    ("auto", Device.auto), ("cpu", .cpu), ("cuda", .cuda(0)), ("cuda:1", .cuda(1)), ("'cuda:1'", .cuda(1)),
  ])
  func theFrontMatterNamesADeviceAndItsLineIsKnown(text: String, device: Device) throws {
    #expect(try parse("---\ntitle: a\ndevice: \(text)\n---\n").frontMatter.device == DeviceRequest(device: device, line: 3))
    #expect(try parse("---\ntitle: a\n---\n").frontMatter.device == nil)
  }

  @Test func everyKindOfLineEndEndsALine() throws {
    let document = try parse("a\r\r\n```swift\r\n1\r```\n\r# b")
    #expect(document.cells.map(\.source) == ["1"])
    #expect(document.cells.first?.line == 4)
    #expect(document.title == "b")
  }
}
