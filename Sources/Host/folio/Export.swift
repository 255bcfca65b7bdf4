import ArgumentParser
import Building
import Document
import Foundation
import Interchange
import Record
import Session

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a notebook in another format: for Jupyter and GitHub, or as a Swift script.",
    discussion: """
      'ipynb' is what Jupyter and GitHub show, with the outputs. To have them the notebook is run as by 'folio run': what is known from an \
      earlier run does not run again. A cell that fails is exported with its error, and the exit status is that of the run. Figures are \
      there as drawings, as Plotly's data and in words; tables are there as HTML, text and CSV. Prose, options and front matter survive: \
      'folio import' makes the same Markdown file of it. Without -o the file lies beside the notebook, where the prose finds its images.

      'swift' is all cells in one file, in order, with the prose as comments and the parameters as a value. The compiler names the notebook's \
      lines in its messages. Nothing is run. Without -o the script goes to the standard output.

      A file that exists is replaced if it is an earlier export, and left alone otherwise.

      Examples:
        folio export Notebooks/prontoqa.md --to ipynb
        folio export Notebooks/prontoqa.md --to ipynb -P idx=3 -o /tmp/third.ipynb
        folio export Notebooks/prontoqa.md --to ipynb --no-outputs
        folio export Notebooks/prontoqa.md --to swift -o main.swift
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case ipynb, swift }

  @Argument(help: "The notebook to export: a Markdown file, or its name in 'Notebooks/'.", completion: .file(extensions: ["md"]))
  var notebook: String

  @Option(help: ArgumentHelp("The format to write: ipynb or swift.", valueName: "format"))
  var to: Format

  @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "Run nothing, and leave the outputs out.")
  var noOutputs = false

  @OptionGroup var options: RunOptions
  @OptionGroup var cache: CacheOptions

  func run() throws {
    let status = try options.withNotebooks([notebook], isForced: cache.force) { notebooks, sessionOptions in
      guard let notebook = notebooks.first else { return .couldNotRun }
      let parts = try NotebookParts(contentsOf: notebook)
      switch to {
      case .swift:
        let path = URL(fileURLWithPath: notebook.file).standardizedFileURL.path
        try write(SwiftScript(notebook, parts: parts, path: path, device: options.device).text(), to: output)
        return .succeeded
      case .ipynb:
        let path = output ?? InterchangeFile.path(beside: notebook.file, from: ".md", to: ".ipynb")
        // A file that may not be replaced is told before the run, not after it.
        try InterchangeFile.check(exportTo: path)
        let record = noOutputs ? nil : try notebook.run(sessionOptions, showing: TerminalProgress())
        try write(JupyterNotebook(notebook, parts: parts, record: record).text(), to: path)
        return record.map { SiteBuilder.Status($0) } ?? .succeeded
      }
    }
    throw ExitCode(status.rawValue)
  }

  private func write(_ text: String, to path: String?) throws {
    guard let path else { return Console.write(text) }
    try InterchangeFile.check(exportTo: path)
    try InterchangeFile(path: path, text: text).write()
    Console.write(path + "\n")
  }
}
