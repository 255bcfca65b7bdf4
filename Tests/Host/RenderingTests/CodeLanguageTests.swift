import Document
import Record
import Rendering
import TestSupport
import Testing

@Suite struct CodeLanguageTests {
  /// The styles of the words that have one.
  private func styles(_ source: String, _ language: String) -> [String] {
    Highlighter.html(source, language: language).matches(of: /<span class="(\w)">(.*?)<\/span>/.dotMatchesNewlines()).map {
      "\($0.1) \($0.2)"
    }
  }

  @Test func wordsTextsNumbersAndCommentsHaveTheirColours() {
    #expect(
      styles("@d\ndef f(x=1.5): # no\n  return '''a\nb'''", "python") == [
        "a @d", "k def", "n 1.5", "c # no", "k return", "s &#39;&#39;&#39;a\nb&#39;&#39;&#39;",
      ])
    #expect(styles("for x in \"$A\" $B; do # c\n", "bash") == ["k for", "k in", "s &quot;$A&quot;", "a $B", "k do", "c # c"])
    #expect(styles("{\"a\": [1, true, \"b\"]}", "json") == ["t &quot;a&quot;", "n 1", "k true", "s &quot;b&quot;"])
    #expect(styles("a: 1 # c\nb-c: \"d\"\nurl: http://x", "yaml") == ["t a", "n 1", "c # c", "t -c", "s &quot;d&quot;", "t url"])
    #expect(styles("int x = 'a'; /* c */ #define Y", "c") == ["k int", "s &#39;a&#39;", "c /* c */", "a #define"])
    #expect(styles("const s = `a ${b}`; // c", "js") == ["k const", "s `a ${b}`", "c // c"])
    #expect(styles("SELECT a FROM t -- c", "sql") == ["k SELECT", "k FROM", "c -- c"])
  }

  @Test func whatIsNotClosedIsNoText() {
    #expect(styles("it's\nreturn", "python") == ["k return"])
    #expect(styles("/* a", "c") == ["c /* a"])
    #expect(styles("x # no comment? echo a#b", "sh") == ["c # no comment? echo a#b"])
  }

  @Test func codeInListsAndQuotesHasItsColoursToo() throws {
    let markdown = "- a\n\n  ```python\n  x = \"<&\"\n  ```\n\n> ```unknown\n> def\n> ```\n"
    let notebook = try Notebook(markdown: markdown, file: "n.md")
    let html = Page(notebook, record: NotebookRecord(notebook: "n", cells: [])).html
    expect(html, contains: "language-python\">x = <span class=\"s\">&quot;&lt;&amp;&quot;</span>\n</code>")
    expect(html, contains: "language-unknown\">def\n")
  }

  @Test func aLanguageThatIsNotKnownHasNoColours() {
    #expect(Highlighter.html("def <b>", language: "brainfuck") == "def &lt;b&gt;")
    #expect(Highlighter.html("def", language: nil) == "def")
  }

  @Test(arguments: [
    "python", "bash", "json", "yaml", "toml", "c", "cpp", "js", "rust", "r", "julia", "sql", "java", "go", "swift",
  ])
  func theTextIsTheSourceWhateverItIs(language: String) {
    let sources = [
      "", "\"", "'''", "\\", "\"\\", "é'ü\"\n\t`", "a\r\nb", "0x1F.e-3 1..2", "/*/", "/* */ */ // \n#", "$", "-",
      "\u{1F600}: \"\u{1F600}\"", "\"a\":1",
    ]
    for source in sources + [sources.joined(separator: "\n")] {
      let text = Highlighter.html(source, language: language).replacing(/<\/?span[^>]*>/, with: "")
        .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
        .replacing("&amp;", with: "&")
      #expect(text == source)
    }
  }

  @Test func manyMarksThatNothingClosesTakeNoTime() {
    let source = String(repeating: "` ", count: 1) + String(repeating: "\"\\\"", count: 100_000)
    #expect(!Highlighter.html(source, language: "rust").isEmpty)
  }
}
