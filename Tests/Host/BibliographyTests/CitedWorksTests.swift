import Bibliography
import Document
import Foundation
import Testing

/// What citations and the list of references say.
@Suite struct CitedWorksTests {
  private func cited(_ bib: String, _ markdown: String) throws -> (works: CitedWorks, notebook: Notebook) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cited-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try bib.write(to: folder.appendingPathComponent("refs.bib"), atomically: true, encoding: .utf8)
    let notebook = try Notebook(markdown: "---\nbibliography: refs.bib\n---\n" + markdown, file: folder.path + "/n.md")
    return (CitedWorks(notebook.citations, in: Bibliography(of: notebook)), notebook)
  }

  private func text(_ works: CitedWorks, _ key: String) throws -> String {
    works.reference(try #require(works.work(key))).map { piece in
      switch piece {
      case .text(let text), .title(let text), .address(let text): text
      }
    }.joined()
  }

  @Test func aReferenceReadsAsTheAPAWritesIt() throws {
    let (works, _) = try cited(
      """
      @article{a, author = {Curie, Marie and Curie, Pierre}, title = {On Rays}, journal = {Nature}, volume = {3}, number = {2},
        pages = {1--9}, year = {1898}, doi = {10.1/x}}
      @inproceedings{b, author = {Doe, Jane Ann and Roe, Jean-Luc and others}, title = {What?}, booktitle = {Proc.}, pages = {5}, year = {2001}}
      @book{c, editor = {Poe, Edgar}, title = {All}, publisher = {House}}
      """, "[@a; @b; @c]")
    #expect(
      try text(works, "a") == "Curie, M., & Curie, P. (1898). On Rays. Nature, 3(2), 1–9. https://doi.org/10.1/x")
    #expect(try text(works, "b") == "Doe, J. A., Roe, J.-L., et al. (2001). What? In Proc. (p. 5).")
    #expect(try text(works, "c") == "Poe, E. (Ed.). (n.d.). All. House.")
  }

  @Test func worksOfTheSameAuthorsAndYearGetLetters() throws {
    let (works, _) = try cited(
      "@misc{x, author={A, B}, title={Zeta}, year={2000}}\n@misc{y, author={A, C}, title={Alpha}, year={2000}}", "[@x; @y]")
    #expect(try works.year(of: #require(works.work("x"))) == "2000a")
    #expect(try works.year(of: #require(works.work("y"))) == "2000b")
  }

  @Test func theListIsInTheOrderOfNamesWhateverTheirAccents() throws {
    let (works, _) = try cited(
      "@misc{z, author={Zhang, A}}\n@misc{o, author={{\\\"O}nder, A}}\n@misc{p, author={Peters, A}}", "[@z; @o; @p]")
    #expect(works.works.map(\.key) == ["o", "p", "z"])
  }

  @Test func citationsAreFoundWhereTheyStand() throws {
    let (_, notebook) = try cited(
      "", "See [e.g. @a, p. 3; -@b] and @c [ch. 2].\n\n`@d` <x@e.org> f@g.org \\@h [@i\nand @j](x.md) [@k;\n@l]\n")
    #expect(notebook.citations.map { $0.items.map(\.key) } == [["a", "b"], ["c"], ["k", "l"]])
    let items = notebook.citations.flatMap(\.items)
    #expect(items.map(\.prefix) == ["e.g.", "", "", "", ""])
    #expect(items.map(\.suffix) == ["p. 3", "", "ch. 2", "", ""])
    #expect(items.map(\.isWithoutAuthor) == [false, true, false, false, false])
    #expect(notebook.citations.map(\.isNarrative) == [false, true, false])
    #expect(items.map(\.line) == [4, 4, 4, 7, 8])
    #expect(items.map(\.column) == [11, 22, 30, 16, 1])
  }

  @Test func anUnknownKeyIsAnErrorAtItsPlaceWithTheNearestOne() throws {
    let (_, notebook) = try cited("@misc{saparov2023, title={T}}", "\nAs [@saparow2023] says.")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cited-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try "@misc{saparov2023, title={T}}".write(
      to: folder.appendingPathComponent("refs.bib"), atomically: true, encoding: .utf8)
    var moved = notebook
    moved.file = folder.path + "/n.md"
    let problem = try #require(Bibliography(of: moved).problems(in: moved).first)
    #expect(problem.place?.line == 5)
    #expect(problem.place?.column == 5)
    #expect(problem.advice?.contains("Did you mean '@saparov2023'?") == true)
  }

  @Test func withoutABibliographyAnAtSignIsAWordAndACitationIsAnError() throws {
    let notebook = try Notebook(markdown: "As @someone says, and [@key].", file: "n.md")
    #expect(notebook.citations.flatMap(\.items).map(\.key) == ["key"])
    let problems = Bibliography(of: notebook).problems(in: notebook)
    #expect(problems.map { $0.message.contains("no bibliography") } == [true])
  }
}
