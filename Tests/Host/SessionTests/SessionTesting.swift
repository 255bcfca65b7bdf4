import Document
import Foundation
import Record
import Session
import Testing

/// Runs a notebook given as Markdown, in a real worker, without a store.
func run(_ markdown: String, keepGoing: Bool = false, timeout: Double? = nil) throws -> NotebookRecord {
  var options = NotebookSession.Options()
  options.keepsGoing = keepGoing
  options.timeout = timeout
  options.store = nil
  let session = try NotebookSession(
    directory: NSTemporaryDirectory(), toolchain: .find(), installation: .find(), options: options)
  return try session.run(Notebook(markdown: markdown, file: "notebook.md")).record
}

/// Runs cells, each given as its source. The first line of cell `n` is the line that `line(of:in:)` says.
func run(cells: [String], keepGoing: Bool = false) throws -> NotebookRecord {
  try run(cells.map { "```swift\n\($0)\n```" }.joined(separator: "\n"), keepGoing: keepGoing)
}

extension CellRecord {
  var standardOutput: String { text(of: .standardOutput) }
  var standardError: String { text(of: .standardError) }

  private func text(of wanted: Output.Stream) -> String {
    outputs.map { if case .text(wanted, let text) = $0 { text } else { "" } }.joined()
  }

  var values: [String] { outputs.compactMap { if case .value(let text) = $0 { text } else { nil } } }

  var error: CellError? { outputs.lazy.compactMap { if case .error(let error) = $0 { error } else { nil } }.last }

  var diagnostic: Diagnostic? { error?.diagnostics.first }
}
