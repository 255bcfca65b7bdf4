import Document
import Record
import TestSupport
import Testing

@Suite struct InlineExpressionTests {
  private func parse(_ markdown: String) throws -> Notebook { try Notebook(markdown: markdown, file: "n.md") }

  @Test func expressionsOfAProseBlockAreACellBeforeIt() throws {
    let document = try parse(
      "```swift\nlet n = 1\n```\n\nThere are `{swift} n` heads\nand `{swift} n + 1` *`{swift} n * 2`*.\n\n```swift\nn\n```\n")
    #expect(document.cells.map(\.id) == ["cell-1", "inline-1", "cell-2"])
    #expect(document.cells.map(\.number) == [1, 2, 3])
    let cell = document.cells[1]
    #expect(cell.isInline)
    #expect(cell.line == 5)
    #expect(!cell.options.echo)
    // Each stands at its line and column in the file.
    let lines = cell.source.split(separator: "\n").map(String.init)
    try #require(lines.count == 2)
    #expect(lines[0].hasPrefix("  "))
    #expect(lines[0].hasSuffix("try _fv(n)"))
    let markdown = "and `{swift} n + 1` *`{swift} n * 2`*."
    for expression in ["n + 1", "n * 2"] {
      let places = [lines[1], markdown].map { $0.distance(from: $0.startIndex, to: $0.range(of: expression)!.lowerBound) }
      #expect(places[0] == places[1])
    }
  }

  @Test func anExpressionIsFoundBehindItsMark() throws {
    let cell = try #require(try parse("é best {swift} `best` `{swift} best` `{swift}  best`\n").cells.first)
    #expect(cell.expressions.map(\.column) == [32, 48])
  }

  @Test func headingsListsAndQuotesHaveThem() throws {
    let document = try parse("## Heads: `{swift} n`\n\n- a `{swift} n`\n\n> b `{swift} n`\n")
    #expect(document.cells.map(\.id) == ["inline-1", "inline-2", "inline-3"])
    guard case .heading(let heading) = document.blocks[1] else { throw Diagnostic("no heading") }
    #expect(heading.anchor == "heads-swift-n")
    #expect(heading.html.contains("cell=\"inline-1\" index=\"0\""))
  }

  @Test(arguments: ["{Swift} n", "{swift}n", "{swift, norun} n", "{ swift } n", "{swift norunn} n"])
  func whatLooksLikeAnExpressionIsTold(_ code: String) throws {
    let document = try parse("a\n`\(code)` b\n")
    #expect(document.cells.isEmpty)
    #expect(document.warnings.map { $0.place?.line } == [2])
    #expect(document.warnings.first?.severity == .warning)
    #expect(document.warnings.first?.message.contains("`\(code)` looks like an inline expression") == true)
  }

  @Test(arguments: ["{swiftly} n", "swift build", "{swift norun} n", "{swift-format} n", "swift {n}"])
  func otherCodeIsNotTold(_ code: String) throws {
    let document = try parse("`\(code)`\n")
    #expect(document.cells.isEmpty)
    #expect(document.warnings.isEmpty)
  }

  @Test func valuesAreFilledIn() throws {
    let document = try parse("x `{swift} a < b` y `{swift} c`\n")
    guard case .prose(let html, _) = document.blocks[1] else { throw Diagnostic("no prose") }
    #expect(InlineExpressions.fill(html) { "\($0)/\($1)" } == "<p>x inline-1/0 y inline-1/1</p>\n")
    #expect(InlineExpressions.fill(html) { _, index in index == 0 ? "1" : nil } == "<p>x 1 y <code>c</code></p>\n")
  }

  @Test func whatIsOnlyShownIsShown() throws {
    let document = try parse(
      "`{swift norun} x` and `{swiftly} x` and `swift x`\n\n    `{swift} x`\n\n```text\n`{swift} y`\n```\n")
    #expect(document.cells.isEmpty)
    guard case .prose(let html, _) = document.blocks[0] else { throw Diagnostic("no prose") }
    expect(html, contains: "<code>{swift} x</code>", "<code>{swiftly} x</code>")
  }

  @Test func anEmptyExpressionAndATakenNameAreErrors() {
    for (markdown, line, message) in [
      ("a\nb `{swift}` c\n", 2, "has no expression"), ("```swift\n//| label: inline-1\n1\n```\n", 2, "label"),
    ] {
      let error = #expect(throws: Diagnostics.self) { try parse(markdown) }
      #expect(error?.all.first?.place?.line == line)
      #expect(error?.all.first?.message.contains(message) == true)
    }
  }
}
