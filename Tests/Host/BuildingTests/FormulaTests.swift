import Building
import Document
import Record
import Rendering
import TestSupport
import Testing

@Suite struct FormulaTests {
  private func notebook(_ markdown: String) throws -> Notebook { try Notebook(markdown: markdown, file: "n.md") }

  private func page(_ markdown: String) throws -> String {
    PageMaker(site: nil, store: nil).page(try notebook(markdown), record: NotebookRecord(notebook: "n", cells: [])).page.html
  }

  @Test func aFormulaStandsInThePageAsMathMLWithItsTeX() throws {
    expect(
      try page("A $x_1<2$ is.\n"), contains: "<math><semantics><mrow><msub><mi>x</mi><mn>1</mn></msub>",
      #"<annotation encoding="application/x-tex">x_1&lt;2</annotation>"#,
      #"<span class="tex" aria-hidden="true">$x_1&lt;2$</span>"#)
  }

  @Test func aLabelledFormulaHasItsNumberAndAnchor() throws {
    let html = try page("$$a$$ {#eq-a}\n\n$$b \\tag{*}$$\n\n$$c$$\n")
    expect(html, contains: #"<span class="equation" id="eq-a">"#, ##"href="#eq-a" aria-label="Equation (1)">(1)</a>"##)
    expect(html, contains: #"<span class="number">(*)</span>"#)
    #expect(html.components(separatedBy: #"class="number""#).count == 3)
  }

  @Test func aHeadingOfTheSameNameStepsAside() throws {
    expect(try page("## a\n\n$$a$$ {#a}\n"), contains: #"<h2 id="section-a">"#, #"class="equation" id="a""#)
  }

  @Test func aFormulaInAHeadingIsMathML() throws {
    expect(try page("# A\n\n## The $x$\n"), contains: #"<h2 id="the-x">The <span class="math"><math>"#)
  }

  @Test func aMistakeIsToldAtItsLineAndColumn() throws {
    let problems = PageMaker(site: nil, store: nil).problems(
      in: try notebook("é $a$\n\n> $$\n> b\n>  + \\foo\n> $$\n\n$\\baz$ $x^2^3$\n"))
    #expect(
      problems.map(\.place) == [
        Place(file: "n.md", line: 5, column: 6), Place(file: "n.md", line: 8, column: 2), Place(file: "n.md", line: 8, column: 9),
      ])
    #expect(problems.first?.excerpt == ">  + \\foo")
  }

  @Test func aNotebookWithoutFormulasHasNoProblems() throws {
    #expect(PageMaker(site: nil, store: nil).problems(in: try notebook("It costs $5.\n")).isEmpty)
  }
}
