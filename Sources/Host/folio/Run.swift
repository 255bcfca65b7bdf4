import ArgumentParser
import Building
import Document
import Figures
import Foundation
import Record
import Session

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a notebook, with its outputs on the terminal.",
    discussion: """
      What cells print appears as they print it. Values and tables are shown as text, and of a figure one line says what it shows. No page is \
      written. The outputs of cells that need not run are shown as they were.

      Examples:
        folio run Notebooks/prontoqa.md
        folio run Notebooks/prontoqa.md -P idx=3 --keep-going
      """)

  @Argument(help: "The notebook to run: a Markdown file, or its name in 'Notebooks/'.", completion: .file(extensions: ["md"]))
  var notebook: String

  @OptionGroup var options: RunOptions
  @OptionGroup var cache: CacheOptions

  func run() throws {
    let status = try options.withNotebooks([notebook], isForced: cache.force, makesPages: false, takesOne: true) {
      notebooks, sessionOptions in
      guard let notebook = notebooks.first else { return .couldNotRun }
      return SiteBuilder.Status(try notebook.run(sessionOptions, showing: TerminalProgress(showsOutputs: true)))
    }
    throw ExitCode(status.rawValue)
  }
}

extension Notebook {
  /// Runs the notebook in a session of its own, which signals interrupt, and shows how it goes.
  func run(_ options: NotebookSession.Options, showing progress: TerminalProgress) throws -> NotebookRecord {
    // Only `interrupt` is called from another thread.
    nonisolated(unsafe) let session = try session(options)
    let interrupts = Interrupts { _ in session.interrupt() }
    defer {
      interrupts.cancel()
      session.close()
    }
    return try session.run(self) { event in
      for event in event.withOutputProblems(in: self) { progress.show(event, of: self) }
    }.record
  }
}
