import Document
import Foundation
import Record
import Rendering
import TestSupport
import Testing

@Suite struct SiteMapTests {
  private func entry(_ name: String, order: Int? = nil) -> IndexPage.Entry {
    .init(name: name, title: name.uppercased(), order: order, status: .complete(cells: 1))
  }

  @Test func withoutADescriptionEachFolderIsAPart() {
    let map = SiteMap([entry("z"), entry("b/y"), entry("a", order: 2), entry("b/x"), entry("first", order: 1)])
    #expect(map.groups.map(\.title) == [nil, "b"])
    #expect(map.entries.map(\.name) == ["first", "a", "z", "b/x", "b/y"])
  }

  @Test func aDescriptionGivesTheOrderAndWhatItDoesNotNameComesLast() {
    var description = SiteDescription()
    description.contents = [.init(notebooks: ["z"]), .init(title: "P", notebooks: ["a", "not built yet"])]
    let map = SiteMap([entry("a"), entry("new", order: 1), entry("z")], description: description)
    #expect(map.groups.map(\.title) == [nil, "P", "More"])
    #expect(map.entries.map(\.name) == ["z", "a", "new"])
    #expect(map.neighbours(of: "a").previous?.name == "z")
    #expect(map.neighbours(of: "a").next?.name == "new")
    #expect(map.neighbours(of: "z").previous == nil)
    #expect(map.neighbours(of: "new").next == nil)
    #expect(map.neighbours(of: "no such").next == nil)
  }

  @Test(arguments: [
    ("part/a", "summary", "../../summary/index.html"), ("a", "part/b c", "../part/b%20c/index.html"),
    ("part/a", "part/b", "../../part/b/index.html"), ("", "a", "a/index.html"), ("part/a", "", "../../index.html"),
  ])
  func linksLeadFromFolderToFolder(_ from: String, _ to: String, _ link: String) {
    #expect(SiteNames.link(from: from, to: to) == link)
  }
}

@Suite struct TableOfContentsTests {
  private func contents(_ levels: [Int], title: String? = nil) -> [String] {
    let headings = levels.enumerated().map { index, level in
      Block.heading(Heading(level: level, html: "H\(index)", text: "H\(index)", anchor: "h\(index)", line: index + 1))
    }
    let notebook = Notebook(file: "Notebooks/n.md", frontMatter: FrontMatter(title: title), blocks: headings)
    let html = Page(notebook, record: NotebookRecord(notebook: "n", cells: [])).html
    let fold = html[(html.range(of: "<details class=\"contents\">")?.upperBound ?? html.endIndex)...]
    return fold.matches(of: /<li class="depth(\d)"><a href="#h(\d)">/).map { "\($0.2)@\($0.1)" }
  }

  @Test func contentsBeginAtTheHighestLevelThatThereIs() {
    #expect(contents([1, 2, 2], title: "Other") == ["0@1", "1@2", "2@2"])
    #expect(contents([3, 4, 3], title: "Other") == ["0@1", "1@2", "2@1"])
  }

  @Test func theTitleIsNoPartOfThem() {
    #expect(contents([1, 2, 3, 4, 5]) == ["1@1", "2@2", "3@3"])
  }
}
