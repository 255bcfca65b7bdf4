import Document
import Foundation
import TestSupport
import Testing

/// Texts on what Folio adds to CommonMark, and where that meets CommonMark, give the HTML that was compared with cmark-gfm's and markdown-it's.
@Suite struct ExtensionTests {
  struct Text: Decodable, CustomTestStringConvertible {
    var kind: String
    var markdown: String
    var html: String
    /// Why another reader of Markdown gives something else.
    var note: String?
    var testDescription: String { "\(kind): \(markdown.debugDescription)" }
  }

  static let texts: [Text] = {
    let file = "\(Repository.top)/Tests/Host/DocumentTests/Fixtures/Extensions/extensions.json"
    let data = FileManager.default.contents(atPath: file) ?? Data()
    return (try? JSONDecoder().decode([Text].self, from: data)) ?? []
  }()

  @Test func theTextsAreThere() { #expect(Self.texts.count >= 300) }

  @Test(arguments: texts)
  func aTextGivesTheHTMLThatWasCompared(text: Text) { #expect(Notebook.html(ofProse: text.markdown).html == text.html) }
}
