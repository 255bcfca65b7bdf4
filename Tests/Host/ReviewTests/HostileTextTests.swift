import CCmark
import Figures
import Foundation
import Record
import Rendering
import Review
import TestSupport
import Testing

/// Names and texts that want to be more than text.
private let hostile = [
  "\u{1B}]0;title\u{7}\u{1B}[2J", "\u{9B}31m\u{90}", "\u{202E}evil\u{2066}", "zero\u{200B}width\u{FEFF}", "a\rb",
  "a\n\n# heading\n",
  "| a | b |\n|---|---|", "`code` ``two`` ```", "` `", "\\| \\` \\", "![x](http://e.vil/x.png)", "<img src=x onerror=alert(1)>",
  "@everyone #1 GH-2", "https://e.vil www.e.vil m@e.vil", "$x$ $$y$$ :smile:", "- [ ] task\n1. item", "</details><h1>",
  "&lt;b&gt; &#64;",
  "  lead and trail  ", "", "*a* _b_ ~c~", "```\nfence\n```", "~~~\r# heading\r~~~", "\0\u{FFFE}", "[ref]: http://e.vil", "<!-- ",
  "]]> --> ",
]

@Suite struct HostileTextTests {
  private let review: SiteReview
  private let base: MemoryRecords
  private let head: MemoryRecords

  init() throws {
    func side(_ name: String, _ mark: String) -> MemoryRecords {
      let cells = hostile.enumerated().map { index, text in
        cell(
          "\(index) " + text, .value(text + mark), .text(.standardOutput, text + "\n" + mark + text),
          table([text, "v"], [[text + mark, "1"], ["r", text + mark]]), figure([[mark == "1" ? 1 : 2]]))
      }
      let parameters = Dictionary(uniqueKeysWithValues: hostile.map { ($0, $0 + mark) })
      return MemoryRecords(name, cells, details: [:], parameters: parameters)
    }
    (base, head) = (side("v1 " + hostile[0], "1"), side("v2 " + hostile[5], "2"))
    review = try SiteReview(base, head)
  }

  /// Whether a text holds what steers a terminal, or what nobody sees; line feeds aside.
  private func steers(_ text: String) -> Bool {
    text.unicodeScalars.contains { scalar in
      scalar != "\n" && scalar != "\t"
        && (scalar.properties.generalCategory == .control || scalar.properties.isBidiControl || scalar == "\u{200B}"
          || scalar == "\u{FEFF}")
    }
  }

  @Test func theTerminalIsNotSteered() {
    let text = review.terminalText(colors: false)
    #expect(!steers(text))
    #expect(text.contains("␛]0;title␇␛[2J"))
  }

  @Test func noTextMakesALineOfItsOwnOnTheTerminal() {
    let lines = review.terminalText(colors: false).split(separator: "\n")
    #expect(
      lines.dropFirst().allSatisfy {
        $0.hasPrefix("  ") || $0.hasPrefix("n  ") || $0.contains("cells changed") || $0.contains("compared")
      })
  }

  @Test func jsonIsTheSameWithoutThem() throws {
    #expect(!steers(review.json))
    struct Report: Decodable { var notebooks: [NotebookReview] }
    #expect(try JSONDecoder().decode(Report.self, from: Data(review.json.utf8)).notebooks == review.notebooks)
  }

  @Test func gitSeesLines() {
    for text in hostile {
      let said = FileReview.text(text, Data((text + "1").utf8), Data((text + "2").utf8))
      #expect(!steers(said))
      #expect(said.split(separator: "\n").dropFirst().allSatisfy { $0.hasPrefix("  ") })
    }
  }

  @Test func markdownHasNoElementsButItsOwn() {
    let markdown = review.markdown
    #expect(!steers(markdown))
    let html = String(cString: cmark_markdown_to_html(markdown, markdown.utf8.count, CMARK_OPT_UNSAFE))
    let elements = Set(html.matches(of: /<([a-z0-9]+)/).map { String($0.1) })
    #expect(elements.isSubset(of: ["h3", "h4", "p", "code", "br", "em", "details", "summary", "pre"]), "\(elements)")
    #expect(html.matches(of: /<h[1-6]/).count == 2)
  }

  @Test func textsOutsideCodeAreOurs() {
    // All that the report says besides code: words that no host makes a link, a mention or a picture of.
    let html = String(cString: cmark_markdown_to_html(review.markdown, review.markdown.utf8.count, CMARK_OPT_UNSAFE))
    let rest = html.replacing(/<code[^>]*>[^<]*<\/code>/, with: "")
    #expect(!rest.contains(/[@#$]|:\/\/|www|:smile|GH-/))
  }

  @Test func codeIsTheTextAsItIs() {
    let text = "` a``b|c\\|d `"
    let sides = [text + "1", text + "2"].map { MemoryRecords("s", [cell("c", .value($0))]) }
    let markdown = (try? SiteReview(sides[0], sides[1]))?.markdown ?? ""
    let html = String(cString: cmark_markdown_to_html(markdown, markdown.utf8.count, CMARK_OPT_UNSAFE))
    let plain = html.replacing(/<\/?code>/, with: "")
    expect(plain, contains: "− ` a``b|c\\|d `1", "+ ` a``b|c\\|d `2")
  }

  @Test func thePageHoldsThemAsText() {
    let html = ReviewPage(review, base: base, head: head).html
    // What nobody sees may stand in a page's tables; what steers may not.
    #expect(!steers(html.replacing(/[\u{200B}\u{FEFF}]/, with: "")))
    for element in ["<img", "<h1>heading", "</details><h1>"] { #expect(!html.contains(element)) }
  }
}
