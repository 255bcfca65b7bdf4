import Document
import Foundation
import Interchange
import Keys
import Planning
import Record
import Rendering
import Store
import TestSupport

/// What is made of a notebook without running it.
enum NotebookUse {
  /// A record in which each cell put something out.
  static func record(of document: Notebook) -> NotebookRecord {
    NotebookRecord(
      notebook: document.name,
      cells: document.cells.map { cell in
        let outputs =
          cell.isInline ? cell.expressions.map { _ in Output.value("0.5") } : [.text(.standardOutput, "one 1.5\n"), .value("2")]
        return CellRecord(id: cell.id, outcome: .succeeded, outputs: outputs)
      })
  }

  static func render(_ document: Notebook, _ record: NotebookRecord) {
    _ = Page(document, record: record).html
    _ = IndexPage(SiteMap([IndexPage.Entry(document, record: record)])).html
  }

  static func plan(_ document: Notebook) {
    let graph = NotebookGraph(document)
    _ = CellUnit.all(graph, file: document.file, environment: KeyBuilder("fuzzing").key)
    _ = graph.olderDefinitions
    _ = ParametersSource.values(document.frontMatter.parameters)
  }

  /// A notebook that is exported and imported again is the same file.
  static func interchange(_ markdown: String, _ document: Notebook, record: NotebookRecord?) throws {
    let parts = try NotebookParts(markdown, of: document)
    _ = SwiftScript(document, parts: parts, path: "n.md").text()
    let exported = JupyterNotebook(document, parts: parts, record: record).text()
    let back = try JupyterImport(exported, file: "n.ipynb").text
    guard back.utf8.elementsEqual(markdown.utf8) else {
      throw Failure("the Markdown file is another one after export and import")
    }
  }
}

/// Whole notebooks: read, planned, rendered, exported and imported again.
final class NotebookKind: Kind {
  static let name = "notebooks", share = 2
  private let seeds: Seeds

  init(folder: String) {
    let shipped = Repository.files("Notebooks", ending: ".md").map { [Part("n.md", $0.bytes)] }
    seeds = Seeds(inputs: shipped + NotebookSeeds.all.flatMap { [[Part("n.md", $0)], [Part("n.md", $0)]] })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    let markdown = input.text("n.md")
    guard let document = try? Notebook(markdown: markdown, file: "n.md") else { return }
    let record = NotebookUse.record(of: document)
    NotebookUse.render(document, record)
    NotebookUse.plan(document)
    try NotebookUse.interchange(markdown, document, record: record)
  }
}

/// Front matters above a small notebook.
final class FrontMatterKind: Kind {
  static let name = "frontmatter", share = 10
  private let seeds: Seeds

  init(folder: String) { seeds = Seeds(inputs: NotebookSeeds.frontMatters.map { [Part("front.yaml", $0)] }) }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    let markdown = input.text("front.yaml") + "\n# Title\n\n```swift\n//| label: x\nparams\n```\n"
    guard let document = try? Notebook(markdown: markdown, file: "n.md") else { return }
    _ = ParametersSource.values(document.frontMatter.parameters)
    _ = ParametersSource.text(document.frontMatter.parameters)
    NotebookUse.render(document, NotebookUse.record(of: document))
    try NotebookUse.interchange(markdown, document, record: nil)
  }
}

/// Notebooks of Jupyter.
final class JupyterKind: Kind {
  static let name = "ipynb", share = 6
  private let seeds: Seeds

  init(folder: String) {
    let exported = NotebookSeeds.all.compactMap { markdown -> Input? in
      guard let document = try? Notebook(markdown: markdown, file: "n.md"), let parts = try? NotebookParts(markdown, of: document)
      else { return nil }
      return [Part("n.ipynb", JupyterNotebook(document, parts: parts, record: NotebookUse.record(of: document)).text())]
    }
    seeds = Seeds(inputs: exported + NotebookSeeds.jupyter.map { [Part("n.ipynb", $0)] })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    guard let imported = try? JupyterImport(input.text("n.ipynb"), file: "n.ipynb") else { return }
    _ = imported.problems(at: "n.md")
    guard let document = try? Notebook(markdown: imported.text, file: "n.md") else { return }
    try NotebookUse.interchange(imported.text, document, record: nil)
    let parts = try NotebookParts(imported.text, of: document)
    let again = JupyterNotebook(document, parts: parts, record: nil).text()
    guard let before = Self.code(input.text("n.ipynb")), let after = Self.code(again) else { return }
    guard before == after else { throw Failure("the cells are others after import and export: \(before) and \(after)") }
  }

  /// The Swift cells' sources; nil where it cannot be told which they are.
  private static func code(_ json: String) -> [String]? {
    guard let notebook = try? JSONValue(json.utf8, allowsNonFinite: true), let cells = notebook["cells"]?.array,
      notebook["metadata"]?["language_info"]?["name"]?.string == "swift"
    else { return nil }
    var sources: [String] = []
    for cell in cells where cell["cell_type"]?.string == "code" {
      // What else is said of a cell may make it another kind of cell.
      guard (cell["metadata"]?.object ?? [:]).isEmpty, let source = cell["source"] else { return nil }
      guard let text = source.string ?? source.array?.compactMap(\.string).joined() else { return nil }
      let isBlank = text.allSatisfy(\.isWhitespace)
      if !isBlank { sources.append(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")) }
    }
    return sources
  }
}
