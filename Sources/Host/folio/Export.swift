import ArgumentParser
import Building
import Document
import Foundation
import Interchange
import Record
import Session

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a notebook in another format: one HTML file, a PDF, Markdown for GitHub, for Jupyter, or a Swift script.",
    discussion: """
      To have the outputs, the notebook is run as by 'folio run': what is known from an earlier run does not run again. A cell that fails is \
      exported with its error, and the exit status is that of the run.

      'html' is the page as one file that has everything in it: style sheet, script, pictures and figures, and whole outputs behind their \
      links. Links to other notebooks lead to the site's 'url', or are words where none is known.

      'pdf' is the same page printed by Chromium, with tags for screen readers and an outline.

      'md' is Markdown that GitHub shows, with the outputs in it: figures and pictures are files in the folder FILE-files beside it, numbers, \
      references and inline values are words, formulas stay '$…$'. Without -o it is written to the folder 'Exports' beside 'Notebooks'.

      'ipynb' is what Jupyter and GitHub show. Figures are there as drawings, as Plotly's data and in words; tables are there as HTML, text \
      and CSV. Prose, options and front matter survive: 'folio import' makes the same Markdown file of it.

      'swift' is all cells in one file, in order, with the prose as comments and the parameters as a value. The compiler names the notebook's \
      lines in its messages. Nothing is run. Without -o the script goes to the standard output.

      Without -o the other formats lie beside the notebook. A file that exists is replaced if it is an earlier export, and left alone otherwise.

      Examples:
        folio export Notebooks/prontoqa.md --to html
        folio export Notebooks/prontoqa.md --to pdf -o /tmp/prontoqa.pdf
        folio export Notebooks/prontoqa.md --to md -o Reports/README.md
        folio export Notebooks/prontoqa.md --to ipynb -P idx=3 -o /tmp/third.ipynb
        folio export Notebooks/prontoqa.md --to ipynb --no-outputs
        folio export Notebooks/prontoqa.md --to swift -o main.swift
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case html, pdf, md, ipynb, swift }

  @Argument(help: "The notebook to export: a Markdown file, or its name in 'Notebooks/'.", completion: .file(extensions: ["md"]))
  var notebook: String

  @Option(help: ArgumentHelp("The format to write: html, pdf, md, ipynb or swift.", valueName: "format"))
  var to: Format

  @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "Run nothing, and leave the outputs out.")
  var noOutputs = false

  @OptionGroup var options: RunOptions
  @OptionGroup var cache: CacheOptions

  func run() throws {
    let status = try options.withNotebooks([notebook], isForced: cache.force, takesOne: true) { notebooks, sessionOptions in
      guard let notebook = notebooks.first else { return .couldNotRun }
      let pages = PageMaker(site: Project.defaultSite, store: sessionOptions.store)
      switch to {
      case .swift:
        let path = URL(fileURLWithPath: notebook.file).standardizedFileURL.path
        let parts = try NotebookParts(contentsOf: notebook)
        try write(SwiftScript(notebook, parts: parts, path: path, device: options.device).text(), to: output)
        return .succeeded
      case .ipynb:
        let parts = try NotebookParts(contentsOf: notebook)
        return try exporting(notebook, sessionOptions) { path, record in
          InterchangeFile(path: path, text: JupyterNotebook(notebook, parts: parts, record: record).text())
        }
      case .html:
        return try exporting(notebook, sessionOptions) { path, record in
          let (html, warnings) = pages.file(notebook, record: record ?? .none(of: notebook))
          for warning in warnings { report(warning) }
          return InterchangeFile(path: path, text: html)
        }
      case .pdf:
        let printer = try PagePrinter()
        return try exporting(notebook, sessionOptions) { path, record in
          let (pdf, warnings) = try pages.pdf(notebook, record: record ?? .none(of: notebook), printer: printer)
          for warning in warnings { report(warning) }
          return InterchangeFile(path: path, pdf: pdf)
        }
      case .md:
        return try exportMarkdown(notebook, sessionOptions, pages: pages)
      }
    }
    throw ExitCode(status.rawValue)
  }

  /// Runs the notebook, and writes what is made of its record.
  private func exporting(
    _ notebook: Notebook, _ sessionOptions: NotebookSession.Options, _ make: (String, NotebookRecord?) throws -> InterchangeFile
  ) throws -> SiteBuilder.Status {
    let path = output ?? InterchangeFile.path(beside: notebook.exportFile, from: ".md", to: "." + to.rawValue)
    // A file that may not be replaced is told before the run, not after it.
    try InterchangeFile.check(exportTo: path)
    let record = noOutputs ? nil : try notebook.run(sessionOptions, showing: TerminalProgress())
    try write(make(path, record))
    return record.map { SiteBuilder.Status($0) } ?? .succeeded
  }

  /// Not beside the notebook, where it would be another one.
  private func exportMarkdown(
    _ notebook: Notebook, _ sessionOptions: NotebookSession.Options, pages: PageMaker
  ) throws -> SiteBuilder.Status {
    let path = output ?? GitHubFolder.path(of: notebook)
    let folder = GitHubFolder(path: path, of: notebook)
    try folder.check()
    let record = noOutputs ? nil : try notebook.run(sessionOptions, showing: TerminalProgress())
    let (text, files, warnings) = try pages.markdown(notebook, record: record, path: path)
    for warning in warnings { report(warning) }
    try folder.write(text, files)
    Console.write(path + "\n")
    return record.map { SiteBuilder.Status($0) } ?? .succeeded
  }

  private func write(_ text: String, to path: String?) throws {
    guard let path else { return Console.write(text) }
    try write(InterchangeFile(path: path, text: text))
  }

  private func write(_ file: InterchangeFile) throws {
    try InterchangeFile.check(exportTo: file.path)
    try file.write()
    Console.write(file.path + "\n")
  }
}

extension Notebook {
  /// The file beside which an export lies: of a run with its name in it, so that it takes the place of no other.
  fileprivate var exportFile: String {
    guard let variant else { return file }
    return (file.lowercased().hasSuffix(".md") ? String(file.dropLast(3)) : file) + "@\(variant.name).md"
  }
}

extension NotebookRecord {
  /// Of a notebook that has not run.
  fileprivate static func none(of notebook: Notebook) -> NotebookRecord { NotebookRecord(notebook: notebook.name, cells: []) }
}
