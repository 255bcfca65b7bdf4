import Document
import Record
import TestSupport
import Testing

@Suite struct MathematicsTests {
  private func read(_ markdown: String) throws -> Notebook { try Notebook(markdown: markdown, file: "n.md") }

  private func problems(_ markdown: String) -> [Diagnostic] {
    do {
      return try read(markdown).warnings
    } catch {
      return (error as? Diagnostics)?.all ?? []
    }
  }

  private func html(_ notebook: Notebook) -> String {
    notebook.blocks.map { block in
      switch block {
      case .prose(let html, _): html
      case .heading(let heading): heading.html
      case .listing(let listing): listing.source
      case .cell(let cell): cell.source
      }
    }.joined()
  }

  // MARK: - What is a formula

  @Test(arguments: [
    ("a $x_1 * y_2 * z$ b", ["x_1 * y_2 * z"]), ("$a$, $b$ and ($c$)", ["a", "b", "c"]), (#"$a \$ b$"#, [#"a \$ b"#]),
    ("*$x$* and **$y$**", ["x", "y"]), ("$a\nb$", ["a\nb"]), ("[$x$](u) and ![$y$](z.png)", ["x"]),
    ("$`a_1 b`$ and $``c`d``$", ["a_1 b", "c`d"]), ("the $x_i$s", ["x_i"]), ("# The $x$ of `$y$`", ["x"]),
    ("- $x$\n- $y$\n\n> $z$\n> $v$", ["x", "y", "z", "v"]), ("| $a|b$ |", ["a|b"]), ("é$x$ und–$y$", ["x", "y"]),
    (#"$\{a\}\\b$"#, [#"\{a\}\\b"#]),
  ])
  func aFormulaStandsBetweenDollarSigns(_ markdown: String, _ formulas: [String]) throws {
    #expect(try read(markdown).formulas.map(\.tex) == formulas)
  }

  @Test(arguments: [
    "It costs $5 and $6.", "from $ 5 to 6$", #"\$x$ and \$y\$"#, "US$5 to CA$6", "`$x$` and ``a`$y$``", "$x\n\ny$",
    "```\n$x$\n```",
    "    $x$", "<b title=\"$x$\">", "<!-- $x$ -->", "<div>\n$x$\n</div>", "[a](b$c$d)", "[a](b \"$c$\")", "<http://a.b/$c$>",
    "http://a.b/$c$", "[a]: b$c$ '$d$'\n\n[a]", "a $$ b", "$$$a$$$", "5$-6$", "$x `a$b`", "`{swift} $x + $y`",
  ])
  func whatIsNoneStaysAsItIs(_ markdown: String) throws {
    let notebook = try read(markdown)
    #expect(notebook.formulas == [])
    expect(html(notebook), lacks: "folio-math", "\u{1}")
    #expect(html(notebook).unicodeScalars.allSatisfy { $0.properties.generalCategory != .privateUse })
  }

  @Test func aPictureIsDescribedInTeX() throws {
    expect(html(try read("![a $x_1$ b](u.png)")), contains: #"alt="a $x_1$ b""#)
  }

  @Test func codeAndAddressesGetWhatWasWritten() throws {
    let text = html(try read("$x$ `a $y$`\n\n[b](<c$d$>) $z$\n\n```text\nq $r$\n```\n"))
    expect(text, contains: "<code>a $y$</code>", "href=\"c$d$\"", "q $r$")
  }

  // MARK: - Blocks

  @Test(arguments: [
    ("$$\na\n$$", "a"), ("$$a$$", "a"), ("text\n$$\na\n$$\nmore", "a"),
    ("$$\na\n\n- b\n=\n> c\n# d\n$$", "a\n\n- b\n=\n> c\n# d"),
    ("- item\n\n  $$\n  a\n\n  b\n  $$", "a\n\n  b"), ("> $$\n> a\n>\n> b\n> $$", "a\n\n b"), ("$$ a\nb $$ behind", "a\nb"),
    ("```math\na_1\nb\n```", "a_1\nb"), ("$$\n    a\n        b\n$$", "a\n        b"), ("1. $$\n   x\n   $$\n2. b", "x"),
    ("> - $$\n>   a\n>   $$", "a"),
  ])
  func aBlockHoldsWhatLooksLikeMarkdown(_ markdown: String, _ tex: String) throws {
    let notebook = try read(markdown)
    #expect(notebook.formulas.map(\.tex) == [tex])
    #expect(notebook.formulas.map(\.isDisplay) == [true])
    expect(html(notebook), contains: "<folio-math n=\"0\">")
    expect(html(notebook), lacks: "<li>b</li>\n<li>", "<h1>", "\u{1}")
  }

  @Test func whatFollowsABlockIsReadAsIfItWereNotThere() throws {
    #expect(problems("$$\n```\n$$\n").first?.place?.line == 1)
    let text = "$$\n<div>\n- a\n$$\n\n```swift\n1\n```\n\n$$\nb\n$$\n\n    $c$\n"
    let second = try read(text)
    #expect(second.formulas.map(\.tex) == ["<div>\n- a", "b"])
    #expect(second.cells.map(\.line) == [7])
  }

  @Test(arguments: [("a\n\n$$\nb\n\nc", 3, 1), ("> $$\n> a\n\n$$b$$", 1, 3), ("x\n\n- $$\n  a", 3, 3), ("$$\n\n$$", 1, 1)])
  func anUnclosedOrEmptyBlockIsAnErrorAtItsPlace(_ markdown: String, _ line: Int, _ column: Int) throws {
    let first = try #require(problems(markdown).first)
    #expect(first.severity == .error)
    #expect(problems(markdown + "\n\n```text\n```\n\n$$\n- q\n$$\n").count == 1)
    #expect(first.place == Place(file: "n.md", line: line, column: column))
  }

  // MARK: - Places

  @Test func everyFormulaAndAllElseKeepsItsPlace() throws {
    let notebook = try read("é $x$ `{swift} a` $yy$\n\n> $$\n>   b\n>  c\n> $$\n\n`{swift} d`\n")
    #expect(notebook.formulas.map(\.line) == [1, 1, 4])
    #expect(notebook.formulas.map(\.column) == [5, 21, 5])
    #expect(notebook.formulas[2].place(ofByte: 4) == (5, 4))
    #expect(notebook.cells.map { $0.expressions.map(\.line) } == [[1], [8]])
    #expect(notebook.cells[0].expressions[0].column == 16)
  }

  @Test func aHeadingSaysItsFormulaInTeX() throws {
    let notebook = try read("# The $x_1$ of $a<b$\n")
    #expect(notebook.title == "The x_1 of a<b")
    guard case .heading(let heading)? = notebook.blocks.first else { return }
    #expect(heading.anchor == "the-x_1-of-ab")
  }

  // MARK: - Labels

  @Test func labelsGiveNumbersInTheOrderOfTheDocument() throws {
    let notebook = try read(
      #"""
      $$a \label{eq-a}$$

      $$b$$

      $$
      c
      $$ {#eq-c}

      $$d \tag{*} \label{eq-d}$$

      $$e \tag{5b}$$

      ```math
      f \label{eq-f}
      ```
      """#)
    #expect(notebook.formulas.map(\.tex) == ["a", "b", "c", "d", "e", "f"])
    #expect(notebook.formulas.map(\.label) == ["eq-a", nil, "eq-c", "eq-d", nil, "eq-f"])
    #expect(notebook.formulas.map(\.number) == ["1", nil, "2", "*", "5b", "3"])
    expect(html(notebook), lacks: "{#eq-c}")
  }

  @Test(arguments: [
    ("$$a \\label{eq:a}$$", "'eq:a' is no label", 1, 5), ("$$a$$ {#x}\n\n$$b \\label{X}$$", "the label 'X' is given twice", 3, 5),
    ("$$a \\label{x} \\label{y}$$", "the formula has two labels: 'x' and 'y'", 1, 15),
    ("$$a \\tag{1}\\tag{2}$$", "the formula has two tags", 1, 12),
    ("$$a$$ {#s1}\n\n```swift\n//| label: s1\n1\n```", "the label 's1' of this formula is that of a cell", 1, 3),
  ])
  func aLabelIsOne(_ markdown: String, _ message: String, _ line: Int, _ column: Int) throws {
    let found = problems(markdown)
    #expect(found.map(\.message) == [message])
    #expect(found.first?.place == Place(file: "n.md", line: line, column: column))
  }

  // MARK: - Taking apart

  @Test func theLayoutAndDefinitionsSeeTheSame() {
    let layout = MarkdownLayout("a\n\n$$\n# b\n\n    c\n- d\n$$\n\n```text\n$e$\n```\n")
    #expect(layout.blockLines == [1, 3, 10])
    #expect(layout.code.map(\.content) == ["$e$\n"])
    #expect(LinkDefinition.of("a", in: "[a]: b$c$ \"$d$\"")?.url == "b$c$")
    #expect(LinkDefinition.of("a", in: "[a]: b$c$ \"$d$\"")?.title == "$d$")
    #expect(LinkDefinition.of("a", in: "$$\n[a]: b\n$$") == nil)
  }

  @Test func aTextOfManyFormulasIsReadAtOnce() throws {
    let text = (0..<3000).map { "Formula $x_{\($0)}$ and\n\n$$\n- y\n$$\n\n" }.joined()
    #expect(try read(text).formulas.count == 6000)
  }

  /// Texts of pieces that meet each other in every way.
  @Test func noTextLosesOrGainsAnything() throws {
    var random = SeededGenerator(seed: 19)
    let pieces = [
      "$", "$$", "$x$", "a", " ", "\n", "\n\n", "> ", "- ", "`", "```\n", "<b>", "</b>", "<!--", "-->", "[a](", ")", "\\", "{#l}",
      "    ", "é", "*",
      "_", "|", "$`", "`$", "![", "](u)", "# ", "\t", "&", "1. ", "~~~\n", "\\label{b}", "<http://$", ">", "[r]: $u$ '$t$'\n",
      "[r]",
    ]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...24, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      guard let notebook = try? read(text) else {
        // An error has a place in the file.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for problem in problems(text) {
          let line = try #require(problem.place?.line)
          let isWithin = lines.indices.contains(line - 1) && (problem.place?.column ?? 1) <= lines[line - 1].utf8.count + 1
          if !isWithin { Issue.record("\(problem.description) lies outside of \(String(reflecting: text))") }
        }
        continue
      }
      let html = self.html(notebook)
      let isClean = !html.unicodeScalars.contains { $0.value == 1 || $0.properties.generalCategory == .privateUse }
      if !isClean { Issue.record("A mark is left of \(String(reflecting: text))") }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      for formula in notebook.formulas {
        // Spaces stand for a label.
        let spaces = String(repeating: " ", count: 9)
        let first =
          formula.tex.replacing("\\label{b}", with: spaces).split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
        let line = lines[formula.line - 1].replacing("\\label{b}", with: spaces)
        let isThere = line.utf8.dropFirst(formula.column - 1).starts(with: first.utf8)
        if !isThere { Issue.record("'\(formula.tex)' does not stand at its place in \(String(reflecting: text))") }
      }
    }
  }

  @Test func charactersOfPrivateUseAreTheAuthors() throws {
    let notebook = try read("\u{E000} $x$ \u{F0000}\u{1} $yy$")
    #expect(notebook.formulas.map(\.tex) == ["x", "yy"])
    expect(html(notebook), contains: "\u{E000} ", "\u{F0000}\u{1}")
  }
}
