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

  @Argument(help: "The notebook to run, which is a Markdown file.", completion: .file(extensions: ["md"]))
  var notebook: String

  @OptionGroup var options: RunOptions
  @OptionGroup var cache: CacheOptions

  func run() throws {
    let status = try options.withDocuments([notebook], isForced: cache.force, ordersThem: false) { documents, sessionOptions in
      guard let document = documents.first else { return .couldNotRun }
      let progress = TerminalProgress(showsOutputs: true)
      // Only `interrupt` is called from another thread.
      nonisolated(unsafe) let session = try document.session(sessionOptions)
      let interrupts = Interrupts { _ in session.interrupt() }
      defer {
        interrupts.cancel()
        session.close()
      }
      let run = try session.run(document) { event in
        for event in event.withOutputProblems(in: document) { progress.show(event, of: document) }
      }
      return SiteBuilder.Status(run.record)
    }
    throw ExitCode(status.rawValue)
  }
}
