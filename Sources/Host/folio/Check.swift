import ArgumentParser
import Building
import Document
import Foundation
import Processes
import Record
import Rendering
import Review
import Session

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run notebooks afresh and see whether the committed outputs still hold.",
    discussion: """
      All cells run, in sessions of their own, and nothing is taken from the cache. Their outputs are compared with the records in \
      SITE/<notebook>/record as 'folio diff' compares them, within the same tolerances. The site is not touched, unless '--accept' is given: then its \
      pages and records become the new ones.

      Exit status: 0 all outputs hold; 1 something moved beyond its tolerance, a cell failed, or the site has a page of a notebook that is \
      no more; 2 a notebook could not be run, or has no \
      record.

      Examples:
        folio check
        folio check Notebooks/prontoqa.md --tolerance 0.01
        folio check --accept
        folio check --format html -o review.html
      """)

  @OptionGroup var named: NotebookArguments

  @Flag(help: "Write the new pages and records to the site.")
  var accept = false

  @OptionGroup var report: ReviewOptions
  @OptionGroup var options: RunOptions

  func run() throws {
    let status = try options.withNotebooks(named.notebooks, isForced: true) { notebooks, session in
      let site = report.place.site
      // What cannot be compared with anything is told before the cells run, not after.
      _ = try FolderRecords(folder: site)
      let folder = try TemporaryFolder()
      defer { withExtendedLifetime(folder) {} }
      let fresh = folder.path + "/site"
      var session = session
      session.sites = [fresh, site]
      // Runs of a command line are not made again; who collects them finds them where they are.
      for name in Set(notebooks.map(\.notebookName)) { try Site(folder: fresh).takeRuns(of: name, from: Site(folder: site)) }
      for notebook in notebooks where notebook.variant == nil {
        let others = Site(folder: site).runsOfCommandLine(of: notebook).map { "\(notebook.name)@\($0.name)" }
        guard !others.isEmpty else { continue }
        let names = others.prefix(8).joined(separator: ", ") + (others.count > 8 ? ", …" : "")
        printNote(
          Diagnostic(.note, "what a command line named is not checked: \(names)", advice: "Name it: folio check \(others[0])."))
      }
      let built = build(notebooks, into: fresh, session)
      guard built <= .cellFailed else { return built }
      let present = notebooks.filter { !$0.isLeftOut }
      // With no notebook to compare, nothing is said to have changed.
      guard !present.isEmpty else { return built }
      let orphans = named.notebooks.isEmpty ? Site(folder: site).orphans(besides: Set(notebooks.map(\.name))) : []
      let sides = try ReviewSides(
        committed: site, fresh: fresh, notebooks: present.map(\.name), orphans: orphans,
        notebookFolder: notebooks.first?.root)
      let review = try report.report(sides)
      // The cells ran a moment ago, so their outputs come from the cache.
      let accepted = accept ? build(notebooks, into: site, options.session(isForced: false)) : .succeeded
      if !accept { for name in orphans { warn(ofOrphan: name, in: site) } }
      return max(accepted, built, (review.isChanged || !orphans.isEmpty) && !accept ? .cellFailed : .succeeded)
    }
    throw ExitCode(status.rawValue)
  }

  private func build(_ notebooks: [Notebook], into site: String, _ session: NotebookSession.Options) -> SiteBuilder.Status {
    let progress = TerminalProgress(pagesAreResults: false)
    let builder = SiteBuilder(
      notebooks, site: site, isWhole: named.notebooks.isEmpty && site == report.place.site, options: session)
    let interrupts = Interrupts { _ in builder.interrupt() }
    defer { interrupts.cancel() }
    return builder.build { progress.show($0) }
  }
}

private func warn(ofOrphan name: String, in site: String) {
  report(
    Diagnostic(
      .warning, "\(site)/\(name) is of a notebook that is no more",
      advice: "'folio build' of all notebooks removes it; so does 'folio check --accept'."))
}

/// The option `report` of the command hides the function of that name.
private func printNote(_ note: Diagnostic) { report(note) }
