import Document
import Foundation
import Rendering

/// What describes a site: read, and shown on its first page and on another.
final class SiteDescriptionKind: Kind {
  static let name = "site.yml", share = 2
  private let files: Files
  private let seeds: Seeds

  init(folder: String) throws {
    files = Files(folder: folder)
    for name in ["a.md", "b.md"] { try Data("# N\n".utf8).write(to: URL(fileURLWithPath: files.path(name))) }
    let texts = [
      """
      title: A site
      description: "One: sentence"
      authors: [A. Author, {name: B}]
      repository: https://example.org/a/b
      branch: main
      url: https://example.org/s/
      language: de-CH
      downloads: [md, ipynb]
      footer: |
        Under [CC](https://example.org/) and [a](a.md).
      contents:
        - a
        - part: P
          notebooks: [b.md]
      """, "edit: https://example.org/{path}?at={branch}\nsource: https://example.org/{path}\nfavicon: a.svg\ncontents: []\n", "",
    ]
    seeds = Seeds(inputs: texts.map { [Part("site.yml", $0)] })
  }

  func input(_ chance: inout Chance) -> Input {
    var input = seeds.mutated(&chance)
    // A mutation by the form of YAML, as of all text.
    TextMutation.mutate(&input[0].bytes, other: chance.pick(seeds.inputs)[0].bytes, &chance)
    return input
  }

  func attempt(_ input: Input) throws {
    try files.write(input)
    let (description, problems) = SiteDescription.read(in: files.folder)
    let lines = input.text("site.yml").split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
    for place in problems.compactMap(\.place) where !(1...max(1, lines)).contains(place.line) {
      throw Failure("a problem is told at line \(place.line) of \(lines)")
    }
    let entries = ["a", "b"].map { IndexPage.Entry(name: $0, title: $0, status: .complete(cells: 1)) }
    let map = SiteMap(entries, description: description)
    guard Set(map.entries.map(\.name)) == ["a", "b"], map.entries.count == 2 else {
      throw Failure("the site has the pages \(map.entries.map(\.name))")
    }
    _ = IndexPage(map).html
  }
}
