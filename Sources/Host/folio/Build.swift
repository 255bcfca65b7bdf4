import ArgumentParser
import Building
import Document
import Foundation
import Record
import Rendering
import Session

struct Build: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run notebooks and render their pages.",
    discussion: """
      Only what must run runs. The outputs of a cell are taken from the cache if its source, its parameters, its files and the cells that \
      it depends on are what they were. '--explain' says why a cell ran, and '--force' runs all cells.

      Without a notebook, all of 'Notebooks/' is built: the folder of that name here, or in the nearest folder above. Each page is written to \
      SITE/<notebook>/index.html when its notebook has run, also if a cell failed: the page then shows where and why. SITE/index.html lists \
      all pages, and each page the others; 'Notebooks/site.yml' may say in which order, and what the site is called. A build of all notebooks removes the pages and records of notebooks that are no more.

      A notebook with other values of its parameters than their defaults is a run of its own, with a page and a record of its own: \
      'folio build prontoqa -P idx=3' makes 'prontoqa@idx=3', and '-P idx=0..25' makes 26 runs. Without '-P', the runs that a front matter names \
      as its variants are made too.

      Examples:
        folio build
        folio build Notebooks/prontoqa.md -P shots=7 -P model=google/gemma-2b
        folio build prontoqa -P idx=0..25 -P shots=1,7
        folio build prontoqa@small
        folio build --explain
        folio build --site /tmp/preview --keep-going
        folio build --interactive
      """)

  @OptionGroup var named: NotebookArguments

  @OptionGroup var place: SiteOptions

  @Flag(help: "Say for each cell whether it was reused, or why it ran.")
  var explain = false

  @Flag(
    help:
      "Let readers zoom into figures, hover over them and save them. For that plotly.js from PyPI's 'plotly' is put into SITE/assets."
  )
  var interactive = false

  @Option(
    help: ArgumentHelp("Make figures interactive with this plotly.min.js in place of PyPI's.", valueName: "file"),
    completion: .file(extensions: ["js"]))
  var plotly: String?

  @OptionGroup var options: RunOptions
  @OptionGroup var cache: CacheOptions

  func run() throws {
    let status = try options.withNotebooks(named.notebooks, isForced: cache.force) { notebooks, sessionOptions in
      let site = place.site
      // What would keep every page from being written is told once, before any cell runs.
      try Site(folder: site).check()
      let script = interactive || plotly != nil ? try PlotlyPackage.script(file: plotly, site: site) : nil
      let progress = TerminalProgress(explains: explain)
      // A notebook that cannot be read is still there, and so is its page.
      let isWhole =
        try named.notebooks.isEmpty && options.parameters.isEmpty
        && Set(notebooks.map(\.file)).count == Notebooks.all(in: Project.required().notebooks).count
      let builder = SiteBuilder(
        notebooks, site: site, isWhole: isWhole, plotly: script, options: sessionOptions)
      let interrupts = Interrupts { _ in builder.interrupt() }
      defer { interrupts.cancel() }
      return builder.build { progress.show($0) }
    }
    throw ExitCode(status.rawValue)
  }
}

extension RunOptions {
  /// Reads the notebooks and does something with them. What is wrong with a notebook is reported, and ends the command with 2; one that
  /// cannot be read is left out if the command shall keep going.
  /// - Parameters:
  ///   - makesPages: whether `after` and what the prose refers to matter.
  ///   - takesOne: whether one run of each notebook is wanted.
  func withNotebooks(
    _ names: [String], isForced: Bool, makesPages: Bool = true, takesOne: Bool = false,
    _ body: ([Notebook], NotebookSession.Options) throws -> SiteBuilder.Status
  ) throws -> SiteBuilder.Status {
    try reporting {
      let areAll = names.isEmpty
      let folder = areAll ? try Project.required().notebooks : ""
      let all = areAll ? try Notebooks.all(in: folder).map { Notebooks.Name(file: $0) } : try Project.notebooks(named: names)
      var (notebooks, problems) = try Notebooks.runs(
        all, overrides: parameters.map { ($0.name, $0.value) }, takesOne: takesOne)
      // What is wrong with a notebook is told once, and not for each of its runs.
      var distinct = notebooks.reduce(into: [Notebook]()) { if $0.last?.file != $1.file { $0.append($1) } }
      for (name, problem) in makesPages ? NotebookOrder(distinct, areAll: areAll).problems : [] {
        if problem.severity == .error {
          problems.append(problem)
          notebooks.removeAll { $0.notebookName == name }
          distinct.removeAll { $0.notebookName == name }
        } else {
          report(problem)
        }
      }
      for warning in distinct.flatMap(\.warnings) { report(warning) }
      var session = session(isForced: isForced)
      session.sites = [Project.defaultSite]
      let pages = PageMaker(site: Project.defaultSite, store: session.store)
      for notebook in distinct where makesPages {
        let found = pages.problems(in: notebook)
        for warning in found where warning.severity != .error { report(warning) }
        let errors = found.filter { $0.severity == .error }
        // What is wrong with the site's description is found with each of its notebooks.
        problems += errors.filter { !problems.contains($0) }
        if !errors.isEmpty { notebooks.removeAll { $0.file == notebook.file } }
      }
      if !problems.isEmpty && (!keepGoing || notebooks.isEmpty) { throw Diagnostics(problems) }
      // A folder's name does not make it a notebook, so it keeps none from being built.
      let strangers = areAll ? Notebooks.strangers(in: folder) : []
      for problem in strangers + problems { report(problem) }
      let status = try body(notebooks, session)
      return strangers.isEmpty && problems.isEmpty ? status : max(status, .couldNotRun)
    }
  }
}
