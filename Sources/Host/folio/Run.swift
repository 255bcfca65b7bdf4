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
      What cells print comes as they print it, values and tables as text, figures as a line that says what they show. No page is \
      written. Outputs of cells that need not run are shown as they were.
      """)

  @Argument(help: "The notebook, a Markdown file.", completion: .file(extensions: ["md"]))
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
