import Document
import Figures
import Foundation
import Interchange
import Record
import Rendering
import Review
import TestSupport
import Text

/// A record in memory, as a side of a review.
struct MemoryRecords: RecordSource {
  var name: String
  var files: [String: Data]
  var markdown: String?

  func notebooks() -> [String] { ["n"] }
  func files(of notebook: String) -> [String: String?] { files.mapValues { _ in nil } }
  func read(_ file: String, of notebook: String) -> Data? { files[file] }
  func markdown(of notebook: String) -> String? { markdown }
}

/// Two records of a notebook, compared and reported in every form.
final class RecordKind: Kind {
  static let name = "records", share = 6
  private let seeds: Seeds

  init(folder: String) {
    let shipped = Repository.files("Site", ending: "/index.json").map { index -> Input in
      let folder = "Site/" + index.name.dropLast("/index.json".count)
      let files = Repository.files(folder, ending: "", upTo: 6000).filter { !$0.name.contains("/") }
      return Self.twice(files)
    }
    seeds = Seeds(
      inputs: shipped + (RecordSeeds.records + RecordSeeds.records).map { Self.twice($0.map { Part($0.key, $0.value) }) })
  }

  /// The files of both sides; the base's names begin with `base-`.
  private static func twice(_ files: [Part]) -> Input {
    let files = files.sorted { $0.name < $1.name }
    return files + files.map { Part("base-" + $0.name, $0.bytes) }
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    var (base, head) = (MemoryRecords(name: "base", files: [:]), MemoryRecords(name: "head", files: [:]))
    (base.markdown, head.markdown) = ("# A\n\n```swift\n1\n```\n", "# A\n\n```swift\n2\n```\n")
    for part in input {
      if part.name.hasPrefix("base-") {
        base.files[String(part.name.dropFirst(5))] = Data(part.bytes)
      } else {
        head.files[part.name] = Data(part.bytes)
      }
    }
    let review = try SiteReview(base, head)
    _ = review.terminalText(colors: true)
    _ = review.markdown
    guard (try? JSONValue(review.json.utf8)) != nil else { throw Failure("the JSON report is no JSON") }
    _ = ReviewPage(review, base: base, head: head).html
    for (name, data) in head.files where base.files[name] != data {
      _ = FileReview.text("Site/n/record/" + name, base.files[name], data)
      _ = FileReview.lines("Site/n/record/" + name, data)
    }
  }
}

/// What cells put out, as a worker may send it: on the page, on the terminal, in a record, in a notebook of Jupyter.
final class OutputKind: Kind {
  static let name = "outputs", share = 8
  private let seeds: Seeds
  private let document: Notebook
  private let markdown = "# A `{swift} 1`\n\n```swift\n//| label: a\n1\n```\n\n```swift\n2\n```\n\n`{swift} 3`\n"

  init(folder: String) throws {
    document = try Notebook(markdown: markdown, file: "n.md")
    seeds = Seeds(inputs: RecordSeeds.outputs.map { [Part("record.json", $0)] })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    let decoder = JSONDecoder()
    guard let record = try? decoder.decode(NotebookRecord.self, from: Data(input.bytes("record.json"))) else { return }
    NotebookUse.render(document.takingFragments(of: record), record)
    for output in record.cells.flatMap(\.outputs) {
      _ = (output.content.plainText, output.content.recorded, output.view.terminalText, output.view.problems(in: "a"))
    }
    try NotebookUse.interchange(markdown, document, record: record)
  }
}

/// Pages of a site, as the index is made of them.
final class SiteKind: Kind {
  static let name = "pages", share = 4
  private let seeds: Seeds
  private let site: Site
  private let files: Files

  init(folder: String) throws {
    site = Site(folder: folder)
    files = Files(folder: folder + "/n")
    try FileManager.default.createDirectory(atPath: folder + "/n", withIntermediateDirectories: true)
    let pages = try NotebookSeeds.all.prefix(3).map { markdown -> Input in
      let document = try Notebook(markdown: markdown, file: "n.md")
      return [Part("index.html", Page(document, record: NotebookUse.record(of: document)).html)]
    }
    seeds = Seeds(inputs: pages)
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    try files.write(input)
    _ = IndexPage(SiteMap(site.entries)).html
    try site.refresh(SiteDescription())
    _ = site.orphans(besides: ["m"])
  }
}
