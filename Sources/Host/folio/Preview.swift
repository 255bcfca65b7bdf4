import ArgumentParser
import Building
import Document
import Foundation
import Live
import Record
import Rendering
import Session

struct Preview: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show notebooks in the browser while they are written.",
    discussion: """
      It serves the site on this machine alone, and watches the notebooks and the files that their cells read. On each save only the \
      changed cells run, and what depends on them; what the others made, the model among it, stays in memory. The page changes in place. \
      Errors show in the page, and a file that cannot be read costs nothing. Where no notebook is named, new ones are noticed, and those \
      that are removed.

      Nothing needs a display. Over ssh it prints the command that forwards its port; a port that is forwarded works under whatever number, by the \
      name of localhost. For a proxy that browsers know by another name, say '--host NAME'.

      Ctrl-C stops the running cell; when none runs, or the second time, it ends the preview. The pages are written to SITE as by \
      'folio build', also of what has been computed when it ends.

      Examples:
        folio preview
        folio preview Notebooks/prontoqa.md --port 8000 -P idx=3
      """)

  @OptionGroup var named: NotebookArguments

  @Option(help: ArgumentHelp("The port to serve at; 0 takes any free one.", valueName: "n"))
  var port: UInt16 = 4646

  @OptionGroup var place: SiteOptions

  @Option(
    help: ArgumentHelp(
      "Answer also to browsers that know this machine by another name, through a proxy. May be given several times.",
      valueName: "name"))
  var host: [String] = []

  @OptionGroup var options: RunOptions
  @OptionGroup var cache: CacheOptions

  func run() throws {
    try reporting {
      let names = try Project.notebooks(named: named.notebooks)
      if let run = names.first(where: { $0.run != nil }) {
        throw Diagnostic(
          "a preview shows a notebook, and '\(run.notebook)@\(run.run ?? "")' is one of its runs",
          advice: "Give the run's values: folio preview '\(run.notebook)' -P name=value.")
      }
      let files = names.map(\.notebook)
      if let problem = files.compactMap(Notebooks.whyNoNotebook).first { throw problem }
      let folder = files.isEmpty ? try Project.required().notebooks : nil
      let paths = try folder.map(Notebooks.all) ?? files
      let overrides = options.parameters.map { ($0.name, $0.value) }
      try Site(folder: place.site).check()
      let progress = TerminalProgress()
      // What is wrong with the command itself is said before anything is served. What is wrong with a notebook is shown in its page.
      do { _ = try Notebooks.read(paths, overrides: overrides) } catch is Diagnostics {}
      for problem in folder.map(Notebooks.strangers) ?? [] { report(problem) }
      let forwarding = PortForwarding(environment: ProcessInfo.processInfo.environment, user: NSUserName())
      let preview = try LiveSite(
        paths, following: folder, overrides: overrides, site: place.site, port: port, hosts: host,
        options: options.session(isForced: cache.force)
      ) {
        progress.show($0)
        if case .serving(let url) = $0, let advice = forwarding?.advice(url: url) { Console.writeError(advice) }
      }
      // Any other signal than Ctrl-C asks for the end of the preview.
      let signals = Interrupts { if $0 != SIGINT || !preview.interrupt() { preview.end() } }
      defer { signals.cancel() }
      try preview.run()
      throw Interrupts.status
    }
  }
}
