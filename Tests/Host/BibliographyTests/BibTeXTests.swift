import Bibliography
import Document
import Foundation
import Testing

/// Works are read from BibTeX and CSL JSON as their authors write them.
@Suite struct BibTeXTests {
  private func bibliography(_ text: String, ending: String = "bib") throws -> Bibliography {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bib-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try text.write(to: folder.appendingPathComponent("refs.\(ending)"), atomically: true, encoding: .utf8)
    return Bibliography(of: try Notebook(markdown: "---\nbibliography: refs.\(ending)\n---\n", file: folder.path + "/n.md"))
  }

  @Test func namesAreReadInAllTheirForms() throws {
    let works = try bibliography(
      """
      @article{a, author = {Ludwig van Beethoven and de la Vall{\\'e}e Poussin, Charles and King, Jr, Martin Luther and {The Gemma Team}}}
      """)
    let names = try #require(works.works["a"]).authors
    #expect(names.map(\.family) == ["van Beethoven", "de la Vallée Poussin", "King", "The Gemma Team"])
    #expect(names.map(\.given) == ["Ludwig", "Charles", "Martin Luther", ""])
    #expect(names.map(\.suffix) == ["", "", "Jr", ""])
  }

  @Test func accentsAndSignsBecomeLetters() throws {
    let works = try bibliography(
      #"@misc{a, title = {{\"O}nder \'{e}t\'e, \v{C}e\v{s}ka \& \o{} Stra{\ss}e --- a--b ``q'' \alpha}}"#)
    let title = works.works["a"]?.title
    #expect(title == "Önder été, Češka & ø Straße — a–b “q” α")
  }

  @Test func stringsAreJoinedAndMonthsKnown() throws {
    let works = try bibliography(
      "@string{icml = \"ICML\"}\n@inproceedings{a, booktitle = \"Proc. \" # icml # { of } # jan, year = 2017}")
    #expect(try #require(works.works["a"]).container == "Proc. ICML of January")
    #expect(works.works["a"]?.year == "2017")
  }

  @Test func aCrossReferenceGivesWhatIsMissing() throws {
    let works = try bibliography(
      "@inproceedings{a, title = {T}, crossref = {p}}\n@proceedings{p, title = {The Proceedings}, year = {1999}}")
    #expect(works.works["a"]?.container == "The Proceedings")
    #expect(works.works["a"]?.year == "1999")
    #expect(works.works["a"]?.title == "T")
  }

  @Test func commentsAndWordsBetweenEntriesAreNoEntries() throws {
    let works = try bibliography("Written by me@home.org\n@comment{x{y}}\n% @article no\n@preamble{\"z\"}\n@misc(k, title = {T})")
    #expect(works.works.keys.sorted() == ["k"])
    #expect(works.problems.isEmpty)
  }

  @Test func faultsAreToldAtTheirLines() throws {
    for (text, line, words) in [
      ("\n@misc{k, title {T}}", 2, "'name = value'"), ("@misc{a}\n@misc{a}", 2, "given twice"),
      ("\n\n@misc{k,\n title = {T", 4, "no value"), ("@misc{, title = {T}}", 1, "no key"),
      ("@misc{k,\n title = \"a } b\"}", 2, "brace"), ("@misc{k, crossref = {x}}", 1, "'crossref' names 'x'"),
    ] {
      let problem = try #require(try bibliography(text).problems.first, "\(text)")
      #expect(problem.place?.line == line, "\(text)")
      #expect(problem.message.contains(words), "\(text): \(problem.message)")
    }
  }

  @Test func aMissingFileIsToldAtTheLineThatNamesIt() throws {
    let notebook = try Notebook(markdown: "---\ntitle: T\nbibliography: none.bib\n---\n", file: "/tmp/n.md")
    #expect(Bibliography(of: notebook).problems.map { $0.place?.line } == [3])
  }

  @Test func cslJSONIsReadToo() throws {
    let works = try bibliography(
      """
      [{"id": "k", "type": "article-journal", "title": "T", "author": [{"family": "Gogh", "given": "Vincent", "non-dropping-particle": "van"},
        {"literal": "A Team"}], "issued": {"date-parts": [[2020, 1]]}, "container-title": "J", "volume": 3, "DOI": "10.1/x"}]
      """, ending: "json")
    let work = try #require(works.works["k"])
    #expect(work.authors.map(\.family) == ["van Gogh", "A Team"])
    #expect([work.year, work.container, work.volume, work.doi] == ["2020", "J", "3", "10.1/x"])
    #expect(try bibliography("{", ending: "json").problems.count == 1)
  }
}
