import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

/// A notebook that changes, in a folder and with a store of its own.
final class WarmSession {
  private let home: TestFolder
  var folder: String { home.path }
  private(set) var session: NotebookSession
  private let options: NotebookSession.Options
  /// Of the last run.
  private var explanations: [NotebookSession.Explanation] = []

  init(_ change: (inout NotebookSession.Options) -> Void = { _ in }) throws {
    home = try TestFolder()
    var options = NotebookSession.Options()
    options.store = home.path + "/store"
    options.keepsGoing = true
    change(&options)
    self.options = options
    session = try NotebookSession(directory: home.path, toolchain: .find(), installation: .find(), options: options)
  }

  /// As if folio had been started again: nothing lives but the store.
  func restart() throws {
    session = try NotebookSession(directory: folder, toolchain: .find(), installation: .find(), options: options)
  }

  /// Which cells ran, by number, and the record.
  struct Run {
    var ran: [Int]
    var record: NotebookRecord
    var warnings: [Diagnostic]

    func values(_ cell: Int) -> [String] { record.cells[cell - 1].values }
  }

  @discardableResult
  func run(
    _ cells: [String], parameters: String = "", observe: @escaping (NotebookSession.Event) -> Void = { _ in }
  ) throws -> Run {
    let frontMatter = parameters.isEmpty ? "" : "---\nparams: {\(parameters)}\n---\n"
    let markdown = frontMatter + cells.map { "```swift\n\($0)\n```" }.joined(separator: "\n\nprose\n\n")
    var ran: [Int] = []
    var warnings: [Diagnostic] = []
    let result = try session.run(Notebook(markdown: markdown, file: folder + "/notebook.md")) { event in
      if case .cellStarted(let cell, _, _) = event { ran.append(cell.number) }
      if case .warning(let warning) = event { warnings.append(warning) }
      observe(event)
    }
    explanations = result.explanations
    return Run(ran: ran, record: result.record, warnings: warnings)
  }

  func write(_ text: String, to file: String) throws { try home.write(text, to: file) }

  func explanation(_ cell: Int) -> String { explanations[cell - 1].text }
}
