import Document
import Foundation
import Machine
import Record
import Session
import TestSupport

/// A notebook that changes, in a session on a scripted runtime: what runs, and what comes of it, without a compiler and a process.
final class ScriptedSession {
  let runtime = ScriptedRuntime()
  /// It holds the store, if the session is given no other.
  private let folder: TestFolder
  let session: NotebookSession
  /// Of the last run.
  private(set) var result: NotebookSession.RunResult?
  /// The cells that have started in the last run, and what else was observed of it.
  private(set) var started: [Int] = []
  private(set) var events: [String] = []

  init(_ change: (inout NotebookSession.Options) -> Void = { _ in }) throws {
    folder = try TestFolder()
    var options = NotebookSession.Options()
    options.store = folder.path
    options.keepsGoing = true
    options.environment = [:]
    options.graphics = { _ in GraphicsReport(cards: []) }
    change(&options)
    session = NotebookSession(on: runtime, directory: NSTemporaryDirectory(), options: options)
  }

  /// Runs the notebook, and returns the numbers of the cells that started.
  @discardableResult
  func run(
    _ cells: [String], parameters: String = "", device: String = "",
    observe: @escaping (NotebookSession.Event) -> Void = { _ in }
  ) throws -> [Int] {
    let keys = (parameters.isEmpty ? "" : "params: {\(parameters)}\n") + (device.isEmpty ? "" : "device: \(device)\n")
    let frontMatter = keys.isEmpty ? "" : "---\n\(keys)---\n"
    let markdown = frontMatter + cells.map { "```swift\n\($0)\n```" }.joined(separator: "\n\nprose\n\n")
    (started, events) = ([], [])
    result = try session.run(Notebook(markdown: markdown, file: "scripted.md")) { [self] event in
      switch event {
      case .cellStarted(let cell, _, _):
        started.append(cell.number)
        events.append("started \(cell.number)")
      case .cellStartsAnew(let cell): events.append("starts anew \(cell.number)")
      case .cellEnded(let cell, _, _): events.append("ended \(cell.number)")
      case .cellReused(let cell, _): events.append("reused \(cell.number)")
      case .text, .output, .progress, .warning: break
      }
      observe(event)
    }
    return started
  }

  private func cell(_ number: Int) -> CellRecord? { result?.record.cells[number - 1] }

  func printed(_ number: Int) -> String? { cell(number)?.standardOutput }
  func outcome(_ number: Int) -> CellRecord.Outcome? { cell(number)?.outcome }
  func error(_ number: Int) -> CellError? { cell(number)?.error }
  var outcomes: [CellRecord.Outcome] { result?.record.cells.map(\.outcome) ?? [] }
  func explanation(_ number: Int) -> String? { result?.explanations[number - 1].text }
}
