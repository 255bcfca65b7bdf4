import ArgumentParser
import Building
import Document
import Foundation
import Record
import Session

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run notebooks and render their pages.",
    discussion: """
      Without a notebook, all of 'Notebooks/' is built. Each page is written to SITE/<notebook>/index.html when its notebook has run, \
      also if a cell failed: the page then shows where and why. SITE/index.html lists all pages.

      Examples:
        folio build
        folio build Notebooks/prontoqa.md -P shots=7 -P model=google/gemma-2b
        folio build --site /tmp/preview --keep-going
      """)

  @Argument(help: "The notebooks, Markdown files.", completion: .file(extensions: ["md"]))
  var notebooks: [String] = []

  @Option(help: ArgumentHelp("The folder of the site.", valueName: "dir"))
  var site = "Site"

  @OptionGroup var options: RunOptions

  func run() throws {
    let status = try options.withDocuments(notebooks) { documents, sessionOptions in
      let progress = TerminalProgress()
      let builder = SiteBuilder(documents, site: site, options: sessionOptions)
      return builder.build { progress.show($0) }
    }
    throw ExitCode(status.rawValue)
  }
}

extension RunOptions {
  /// Reads the notebooks and does something with them. What is wrong with a notebook is reported, and ends the command with 2.
  func withDocuments(
    _ notebooks: [String], _ body: ([Document], Session.Options) throws -> SiteBuilder.Status
  ) throws -> SiteBuilder.Status {
    var sessionOptions = Session.Options()
    sessionOptions.keepsGoing = keepGoing
    sessionOptions.timeout = timeout
    do {
      let paths = notebooks.isEmpty ? try Notebooks.all() : notebooks
      return try body(Notebooks.read(paths, overrides: parameters.map { ($0.name, $0.value) }), sessionOptions)
    } catch let problem as Notebooks.ParameterProblem {
      throw ValidationError(problem.description)
    } catch {
      report(error)
      return .couldNotRun
    }
  }
}
