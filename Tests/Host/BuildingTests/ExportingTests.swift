import Building
import Document
import Figures
import Foundation
import Record
import TestSupport
import Testing

/// A notebook outside of a site: as one file, and as Markdown for GitHub.
@Suite struct ExportingTests {
  private static let figure = Output.figure(FigureOutput(plotly: Figure(Heatmap([[1.0]], title: "T")).plotlyJSON))
  private static let table = Output.table(Table(columns: [Table.Column("a|b", isNumeric: true)], rows: [["1.5"]]))
  private static let pixel = Data(
    base64Encoded: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

  private struct Project {
    let folder: TestFolder
    var maker: PageMaker { PageMaker(site: folder.path + "/Site", store: nil) }

    init() throws { folder = try TestFolder() }

    func notebook(_ markdown: String, _ name: String = "n") throws -> Notebook {
      try folder.write(markdown, to: "Notebooks/\(name).md")
      return try Notebook(contentsOf: "\(folder.path)/Notebooks/\(name).md")
    }

    func writePicture(_ data: Data) throws {
      let file = URL(fileURLWithPath: folder.path + "/Notebooks/fig/a b.png")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file)
    }

    func record(_ notebook: Notebook, _ outputs: [String: [Output]]) -> NotebookRecord {
      NotebookRecord(
        notebook: notebook.name,
        cells: notebook.cells.map { CellRecord(id: $0.id, outcome: .succeeded, outputs: outputs[$0.id] ?? []) })
    }

    func html(_ markdown: String, _ outputs: [String: [Output]] = [:]) throws -> String {
      let notebook = try notebook(markdown)
      return maker.file(notebook, record: record(notebook, outputs)).html
    }

    /// The Markdown without what says whose it is, and the names of its files.
    func markdown(
      _ markdown: String, _ outputs: [String: [Output]] = [:], path: String = "Exports/n.md"
    ) throws -> (text: String, files: [String: Data]) {
      let notebook = try notebook(markdown)
      let made = try maker.markdown(notebook, record: record(notebook, outputs), path: "\(folder.path)/\(path)")
      let lines = made.text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("<!-- ") }
      return (
        lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines),
        Dictionary(uniqueKeysWithValues: made.files.all.map { ($0.name, $0.data) })
      )
    }
  }

  private static func cell(_ label: String, _ options: String = "") -> String {
    "\n```swift\n//| label: \(label)\n\(options.isEmpty ? "" : "//| \(options)\n")1\n```\n"
  }

  // MARK: - One file

  @Test func aFileNeedsNoOther() throws {
    let project = try Project()
    try project.writePicture(#require(Self.pixel))
    let html = try project.html("![A](<fig/a b.png>)\n" + Self.cell("a", "caption: A."), ["a": [Self.figure]])
    #expect(html.contains("<style>\n"))
    #expect(html.contains("<script>\n"))
    #expect(!html.contains("<link rel=\"stylesheet\""))
    #expect(!html.contains("<script src"))
    #expect(html.contains("<img src=\"data:image/png;base64,"))
    #expect(html.contains("<svg "))
    #expect(!html.contains("href=\"../"))
    #expect(!html.contains("index.html"))
  }

  @Test func wholeOutputsAndFilesAreInTheLinksOfAFile() throws {
    let project = try Project()
    try project.folder.write("x,y\n", to: "Notebooks/d.csv")
    let long = String(repeating: "line\n", count: 2000)
    let html = try project.html("[data](d.csv)\n" + Self.cell("a"), ["a": [.text(.standardOutput, long)]])
    #expect(html.contains("<a href=\"data:text/csv;charset=utf-8;base64,eCx5Cg==\" download=\"d.csv\">data</a>"))
    #expect(html.contains("base64,\(Data(long.utf8).base64EncodedString())\" download=\"a-1.txt\""))
  }

  @Test func linksOfAFileToOtherNotebooksAreWordsWhereTheSiteIsReadNowhere() throws {
    let project = try Project()
    _ = try project.notebook("# Other\n\n## Place\n", "other")
    let html = try project.html("[*see* it](other.md#place), [this](#n)\n\n## N\n")
    #expect(html.contains("<p><span><em>see</em> it</span>, <a href=\"#n\">this</a></p>"))
  }

  @Test func linksOfAFileToOtherNotebooksLeadToTheSite() throws {
    let project = try Project()
    try project.folder.write("url: https://example.org/book\ntitle: Book\n", to: "Notebooks/site.yml")
    _ = try project.notebook("# Other\n\n## Place\n", "part/other")
    let html = try project.html("[it](part/other.md#place)\n")
    #expect(html.contains("<a href=\"https://example.org/book/part/other/index.html#place\">it</a>"))
    #expect(html.contains("<a class=\"home\" href=\"https://example.org/book/\">Book</a>"))
  }

  // MARK: - Markdown

  @Test func referencesAreWordsInMarkdown() throws {
    let project = try Project()
    _ = try project.notebook("# Other\n\n## Place\n", "other")
    let (text, _) = try project.markdown(
      "[](#a), [own](#a), [](#two-words), [](other.md), `[](#a)`\n\n## Two words\n" + Self.cell("a", "caption: The *first*."),
      ["a": [Self.figure]])
    #expect(
      text.hasPrefix("[Figure 1](#a), [own](#a), [Two words](#two-words), [Other](../Notebooks/other.md), `[](#a)`\n"), "\(text)")
    #expect(text.contains("<a id=\"a\"></a>"))
    #expect(text.hasSuffix("\n\n**Figure 1.** The *first*."), "\(text)")
  }

  @Test func linksToNotebooksAreWordsInMarkdownThatLiesOutsideOfTheProject() throws {
    let (project, elsewhere) = (try Project(), try TestFolder())
    _ = try project.notebook("# Other\n", "other")
    let notebook = try project.notebook("[The *other*](other.md) and [](other.md).\n")
    let path = elsewhere.path + "/n.md"
    #expect(try project.maker.markdown(notebook, record: nil, path: path).text.contains("\n\nThe *other* and Other.\n"))
    try project.folder.write("url: https://example.org/\n", to: "Notebooks/site.yml")
    let text = try project.maker.markdown(notebook, record: nil, path: path).text
    #expect(text.contains("[The *other*](https://example.org/other/) and [Other](https://example.org/other/)."), "\(text)")
  }

  @Test func formulasStayAndHaveTheirNumbersAsTags() throws {
    let (text, _) = try Project().markdown(
      "Inline $a_b$, [](#eq-a).\n\n$$\na = b \\label{eq-a}\n$$\n\n> Quoted\n> $$ c $$ {#eq-c}\n\n$$ d $$\n")
    #expect(
      text == """
        Inline $a_b$, [Equation (1)](#eq-a).

        <a id="eq-a"></a>

        $$
        a = b \\tag{1}
        $$

        > Quoted
        > <a id="eq-c"></a>
        >
        > $$ c \\tag{2} $$

        $$ d $$
        """)
  }

  @Test func valuesStandInThePlacesOfTheirExpressions() throws {
    let (text, _) = try Project().markdown(
      "Är `{swift} x`, ``{swift} \"a`b\"`` and `{swift norun} y`.\n\n| a |\n|---|\n| `{swift} z` |\n",
      ["inline-1": [.value("-1.5"), .value("*star*")], "inline-2": [.value("p|q")]])
    #expect(text == "Är -1.5, \\*star\\* and `{swift} y`.\n\n| a |\n|---|\n| p\\|q |")
  }

  @Test func captionsOfTablesOfTheProseHaveTheirNumbers() throws {
    let (text, _) = try Project().markdown(
      "See [](#tbl-a).\n\n| a |\n|---|\n| 1 |\n\nTable: What *it* shows. {#tbl-a}\n\nMore.\n")
    #expect(
      text
        == "See [Table 1](#tbl-a).\n\n| a |\n|---|\n| 1 |\n\n<a id=\"tbl-a\"></a>**Table 1.** What *it* shows.\n\nMore.",
      "\(text)")
  }

  @Test func figuresPicturesAndFilesLieBesideTheMarkdown() throws {
    let project = try Project()
    let pixel = try #require(Self.pixel)
    try project.writePicture(pixel)
    try project.folder.write("x,y\n", to: "Notebooks/d.csv")
    let picture = try #require(PictureOutput(pixel, alt: "A [pixel]"))
    let (text, files) = try project.markdown(
      "![A](<fig/a b.png>) ![B][b] <img src=\"fig/a%20b.png\" alt=\"C\"> [data](d.csv)\n\n[b]: fig/a%20b.png \"T\"\n"
        + Self.cell("a", "alt: Words"), ["a": [Self.figure, .picture(picture)]])
    #expect(files.keys.sorted() == ["a b.png", "a-1.svg", "a-2.png", "d.csv"])
    #expect(files["a b.png"] == pixel)
    #expect(
      text.hasPrefix(
        "![A](n-files/a%20b.png) ![B][b] <img src=\"n-files/a%20b.png\" alt=\"C\"> [data](n-files/d.csv)\n\n"
          + "[b]: n-files/a%20b.png \"T\"\n"), "\(text)")
    #expect(text.hasSuffix("](n-files/a-1.svg)\n\n![A \\[pixel\\]](n-files/a-2.png)"), "\(text)")
    let svg = String(decoding: files["a-1.svg"] ?? Data(), as: UTF8.self)
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    // A picture has no colours of its page.
    #expect(svg.contains("background: #fff"))
  }

  @Test func outputsAreMarkdown() throws {
    let long = (1...3000).map { "line \($0)\n" }.joined()
    let outputs: [Output] = [
      .text(.standardOutput, "a ``` b\n"), .value("v"), Self.table, .markdown(MarkdownOutput("## Own\n\n- item")),
      .html(HTMLOutput("<b>x</b>\n\n<i>y</i>")), .text(.standardOutput, long),
    ]
    let (text, files) = try Project().markdown(Self.cell("a", "echo: false"), ["a": outputs])
    #expect(
      text.hasPrefix(
        """
        <a id="a"></a>

        ````text
        a ``` b
        ````

        ```text
        v
        ```

        | a\\|b |
        |---:|
        | 1.5 |

        ## Own

        - item

        <div>
        <b>x</b>
        <i>y</i>
        </div>

        ```text
        line 1

        """), "\(text)")
    #expect(text.contains("](n-files/a-6.txt)\n"))
    #expect(files["a-6.txt"] == Data(long.utf8))
    #expect(!text.contains("line 1500\n"))
  }

  @Test func foldedCodeIsFoldedAndHiddenCodeIsNotThere() throws {
    let (text, _) = try Project().markdown("```swift\n//| fold: true\n1\n```\n\n```swift\n//| echo: false\n2\n```\n")
    #expect(text == "<details>\n<summary>Code</summary>\n\n```swift\n1\n```\n\n</details>")
  }

  @Test func theHeadStandsBelowTheTitle() throws {
    let (text, _) = try Project().markdown("---\ntitle: T\ndescription: About.\nparams: {n: 1}\n---\n# T\nText.\n")
    #expect(text == "# T\n\nAbout.\n\nParameters: `n = 1`\n\nText.")
    #expect(try Project().markdown("---\ntitle: T\n---\nText.\n").text == "# T\n\nText.")
  }
}
