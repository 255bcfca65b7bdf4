import Document
import Foundation
import Record
import TestSupport
import Testing

@Suite struct SiteDescriptionTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// What `site.yml` says beside notebooks of these names.
  private func read(_ yaml: String, notebooks: [String] = []) throws -> (SiteDescription, [Diagnostic]) {
    for name in notebooks { try folder.write("# N\n", to: "Notebooks/\(name).md") }
    try folder.write(yaml, to: "Notebooks/site.yml")
    return SiteDescription.read(in: folder.path + "/Notebooks")
  }

  @Test func withoutTheFileAllIsAsByDefault() {
    let (description, problems) = SiteDescription.read(in: folder.path)
    #expect(problems.isEmpty)
    #expect(description.title == nil)
    #expect(description.contents.isEmpty)
    #expect(description.downloads == [.md, .ipynb])
  }

  @Test func everyKeyIsReadAndAddressesGetTheirSlashes() throws {
    try folder.write("<svg/>", to: "Notebooks/icon.svg")
    let (site, problems) = try read(
      """
      title: 2024
      description: About.
      authors: [A. Author, {name: B. Author, orcid: x}]
      repository: https://example.org/a/b/
      branch: trunk
      url: https://example.org/site
      footer: Under *CC*.
      language: de-CH
      favicon: icon.svg
      downloads: [md]
      contents:
        - first
        - part: Experiments
          notebooks: [part/a, b.md]
        - last
      """, notebooks: ["first", "part/a", "b", "last"])
    #expect(problems.isEmpty, "\(problems)")
    #expect(site.title == "2024")
    #expect(site.authors == ["A. Author", "B. Author"])
    #expect(site.repository == "https://example.org/a/b")
    #expect(site.branch == "trunk")
    #expect(site.url == "https://example.org/site/")
    #expect(site.footer == "<p>Under <em>CC</em>.</p>\n")
    #expect(site.language == "de-CH")
    #expect(site.favicon == folder.path + "/Notebooks/icon.svg")
    #expect(site.downloads == [.md])
    #expect(
      site.contents == [
        .init(notebooks: ["first"]), .init(title: "Experiments", notebooks: ["part/a", "b"]), .init(notebooks: ["last"]),
      ])
  }

  @Test func theFolderInTheRepositoryIsFoundByGitsOwn() throws {
    try folder.write("", to: ".git/HEAD")
    #expect(try read("title: T").0.folderInRepository == "Notebooks/")
    try folder.write("title: T", to: "deep/er/Notebooks/site.yml")
    #expect(SiteDescription.read(in: folder.path + "/deep/er/Notebooks").description.folderInRepository == "deep/er/Notebooks/")
  }

  @Test(arguments: [
    ("titel: x", 1, "a site's description has no key 'titel'", "Did you mean 'title'?"),
    ("title: x\nurl: example.org", 2, "'url' is 'example.org', and must be an address", nil),
    ("url: \"https://x/\\\"><script>\"", 1, "'url' is 'https://x/\"><script>', and must be an address", nil),
    ("language: Deutsch!", 1, "'language' is 'Deutsch!', and must be a language's tag", nil),
    ("\nfavicon: none.svg", 2, "there is no file 'none.svg' for 'favicon'", nil),
    ("favicon: site.yml", 1, "'favicon' is 'site.yml', which is no picture that browsers take for it", nil),
    ("downloads: [pdf]", 1, "a notebook cannot be downloaded as 'pdf'", nil),
    ("edit: https://x/edit", 1, "'edit' is 'https://x/edit', and must be an address with {path} in it", nil),
    ("footer: <img src=\"//x.org/i.png\">", 1, "the footer shows '//x.org/i.png', and cannot load anything", nil),
    ("\nfooter: See [a](a.md), [b](b.md)", 2, "the footer links to 'b.md', which is no address and no notebook", nil),
    ("footer: \"![](i.png)\"", 1, "the footer shows 'i.png', and cannot load anything", nil),
    ("authors: {a: b}", 1, "'authors' is a mapping, and must be a name, or a list of names", nil),
    ("contents: a", 1, "'contents' is the text 'a', and must be a list of notebooks and parts", nil),
    ("contents:\n  - a\n  - aa", 3, "the contents name 'aa', and there is no such notebook", "Did you mean 'a'?"),
    ("contents:\n  - a\n  - part: P\n    notebooks:\n      - a", 5, "'a' stands in the contents twice", nil),
    ("contents:\n  - parts: P\n    notebooks: [a]", 2, "a part has no key 'parts'", "Did you mean 'part'?"),
    ("contents:\n  - [a]", 2, "this is a list, and must be a notebook's name or a part", nil),
    ("- a", 1, "the description of the site is not a mapping", nil),
  ])
  func whatIsWrongIsToldAtItsLine(_ yaml: String, line: Int, message: String, advice: String?) throws {
    let problems = try read(yaml, notebooks: ["a"]).1
    #expect(problems.first?.message == message)
    #expect(problems.first?.place?.line == line)
    #expect(problems.first?.place?.file.hasSuffix("Notebooks/site.yml") == true)
    if let advice { #expect(problems.first?.advice == advice) }
  }
}

@Suite struct NotebookNameTests {
  @Test(arguments: [
    ("Notebooks/a.md", "a"), ("Notebooks/part/a.md", "part/a"), ("/x/Notebooks/p/q/a.md", "p/q/a"), ("/x/other/a.md", "a"),
    ("/x/Notebooks/old/Notebooks/a.md", "a"), ("/x/../Notebooks/p/../a.md", "a"), ("./a", "a"), ("/x/Notebooks/a.b.md", "a.b"),
  ])
  func aNotebookIsCalledByItsPathInTheFolderOfNotebooks(_ file: String, _ name: String) {
    #expect(Notebook.name(ofFile: file) == name)
  }

  @Test func itsSiteIsDescribedInThatFolder() {
    func root(_ file: String) -> String { Notebook(file: file, frontMatter: FrontMatter(), blocks: []).root }
    #expect(root("/x/Notebooks/p/a.md") == "/x/Notebooks")
    #expect(root("/x/other/a.md") == "/x/other")
  }
}
