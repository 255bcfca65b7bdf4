import Bibliography
import Document
import Foundation
import Testing

/// What the fields of a bibliography mean, where their authors write what is no plain text.
@Suite struct WorkFieldTests {
  private func work(_ text: String, ending: String = "bib") throws -> Work {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("field-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try text.write(to: folder.appendingPathComponent("refs.\(ending)"), atomically: true, encoding: .utf8)
    let notebook = try Notebook(markdown: "---\nbibliography: refs.\(ending)\n---\n", file: folder.path + "/n.md")
    return try #require(Bibliography(of: notebook).works["k"])
  }

  @Test func anAddressThatIsAFieldsWholeTextIsNoWord() throws {
    for field in ["howpublished", "note"] {
      let work = try work(#"@misc{k, \#(field) = {\url{https://example.org/a\_b--c}}}"#)
      #expect(work.url == "https://example.org/a_b--c", "\(field)")
      #expect(work.container + work.note == "", "\(field)")
    }
    #expect(try work("@misc{k, howpublished = {A leaflet}}").container == "A leaflet")
  }

  @Test func aDOIIsKeptAsItIsAndItsAddressHoldsNoSignThatNoneMayHold() throws {
    let work = try work("@article{k, doi = {https://doi.org/10.1002/(SICI)1097<1::AID>3.0.CO;2--2}}")
    #expect(work.doi == "10.1002/(SICI)1097<1::AID>3.0.CO;2--2")
    #expect(work.address == "https://doi.org/10.1002/(SICI)1097%3C1::AID%3E3.0.CO;2--2")
  }

  @Test func theBookOfACrossReferenceIsItsBooktitleAboveItsTitle() throws {
    let text = "@inproceedings{k, title = {T}, crossref = {p}}\n@proceedings{p, title = {Short}, booktitle = {Long}}"
    for _ in 0..<20 { #expect(try work(text).container == "Long") }
  }

  @Test func numbersOfJSONAreTextsWhateverTheirSize() throws {
    let work = try work(
      #"[{"id": "k", "volume": 1e300, "issue": 2.5, "page": 7, "issued": {"date-parts": [[1e30]]}}]"#, ending: "json")
    #expect([work.volume, work.number, work.pages, work.year] == ["1e+300", "2.5", "7", "1e+30"])
  }

  @Test func wordsAroundAWorkAreThoseThatTheirEscapesStandFor() throws {
    let notebook = try Notebook(markdown: "[see \\: @k, p. 3 \\~4]\n", file: "n.md")
    let item = try #require(notebook.citations.first?.items.first)
    #expect([item.prefix, item.suffix] == ["see :", "p. 3 ~4"])
  }

  @Test func aHeadingIsCalledByItsCitationsToo() throws {
    let notebook = try Notebook(markdown: "## What [@k] found\n", file: "n.md")
    guard case .heading(let heading)? = notebook.blocks.first else {
      Issue.record("The text begins with no heading.")
      return
    }
    #expect(heading.text == "What [@k] found")
  }
}
