import CCmark
import Document
import Foundation
import TestSupport
import Testing

/// The examples of CommonMark's specification give what cmark makes of them: what Folio adds to Markdown changes no text that does not use it.
@Suite struct CommonMarkTests {
  struct Example: Decodable, CustomTestStringConvertible {
    var example: Int
    var section: String
    var markdown: String
    var html: String
    var testDescription: String { "\(section) \(example)" }
  }

  static let examples: [Example] = {
    let file = "\(Repository.top)/Tests/Host/DocumentTests/Fixtures/CommonMark/spec-0.30.json"
    let data = FileManager.default.contents(atPath: file) ?? Data()
    return (try? JSONDecoder().decode([Example].self, from: data)) ?? []
  }()

  /// Examples that use an extension, by their numbers, with the reason.
  static let extended = [
    601: "an address without marks is a link: the brackets of this one hold a space, and are none",
    605: "an e-mail address without marks is a link: the backslash makes the brackets none",
    607: "an address without marks is a link: these brackets are none",
    610: "an address without marks is a link",
    611: "an e-mail address without marks is a link",
  ]

  private func cmark(_ markdown: String) -> String {
    guard let html = cmark_markdown_to_html(markdown, markdown.utf8.count, CMARK_OPT_UNSAFE) else { return "" }
    defer { free(html) }
    return String(cString: html)
  }

  @Test func theSpecificationIsThere() { #expect(Self.examples.count == 652) }

  @Test(arguments: examples.filter { extended[$0.example] == nil })
  func anExampleGivesWhatCmarkMakesOfIt(example: Example) {
    #expect(Notebook.html(ofProse: example.markdown).html == cmark(example.markdown))
  }

  @Test(arguments: examples.filter { extended[$0.example] != nil })
  func anExampleThatUsesAnExtensionIsReadAsTheExtension(example: Example) {
    #expect(Notebook.html(ofProse: example.markdown).html != cmark(example.markdown))
  }

  @Test func anExampleHasNoErrorButWhereAnExtensionIsUsed() {
    let wrong = Self.examples.filter { example in
      Self.extended[example.example] == nil
        && Notebook.html(ofProse: example.markdown).problems.contains { $0.severity == .error }
    }
    #expect(wrong.map(\.example).isEmpty)
  }
}
