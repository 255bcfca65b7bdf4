import Building
import Document
import Foundation
import Record
import Rendering
import TestSupport
import Testing

/// Citations on a page, and what the page says of how it is cited itself.
@Suite struct CitationTests {
  private func page(_ front: String, _ markdown: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cites-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try "@misc{k, author = {Doe, J}, title = {T}, year = {2001}}".write(
      to: folder.appendingPathComponent("refs.bib"), atomically: true, encoding: .utf8)
    let notebook = try Notebook(markdown: "---\n\(front)\n---\n\(markdown)\n", file: folder.path + "/n.md")
    return PageMaker(site: nil, store: nil).page(notebook, record: NotebookRecord(notebook: "n", cells: [])).page.html
  }

  @Test func aReferenceLeadsBackToEachOfItsPlaces() throws {
    let html = try page("bibliography: refs.bib", "As [@k] and @k say.")
    expect(
      html, contains: #"id="cite.1""#, #"id="cite.2""#, #"<li id="ref.k">"#, ##"href="#ref.k""##, ##"href="#cite.1""##,
      ##"href="#cite.2""##, "<sup>2</sup>")
  }

  @Test func noHeadingTakesTheAddressOfACitation() throws {
    let html = try page("bibliography: refs.bib", "# T\n\n## Cite.1\n\n## Ref.k\n\n## Cite 1\n\n[@k]")
    for id in ["cite.1", "ref.k"] { #expect(html.components(separatedBy: "id=\"\(id)\"").count == 2, "\(id)") }
  }

  @Test func theEntryOfThePageIsBibTeXThatCanBeRead() throws {
    let html = try page("authors: [Zoë Müller]\ndate: 2026-11-26\ntitle: 'A_b \\ c~d^e'", "Words.")
    expect(
      html, contains: "@misc{muller2026n,", "title = {{A\\_b \\textbackslash{} c\\textasciitilde{}d\\textasciicircum{}e}}",
      "year = {2026}")
  }
}
