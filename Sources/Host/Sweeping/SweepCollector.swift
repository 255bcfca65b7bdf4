import Building
import Document
import Foundation
import Record
import Rendering
import Session

/// Makes the pages and records of a site from the results of a sweep.
package struct SweepCollector {
  /// What was collected, and what was not.
  package struct Collected: Sendable {
    package var pages = 0
    /// Their cells failed; their pages show it.
    package var failed: [SweepPoint] = []
    /// There is no result, or files that its run read have changed since.
    package var missing: [SweepPoint] = []

    package var isWhole: Bool { failed.isEmpty && missing.isEmpty }
  }

  private let sweep: Sweep
  private let site: String
  private let store: String?

  /// - Parameter site: the site's folder.
  package init(_ sweep: Sweep, site: String, store: String?) { (self.sweep, self.site, self.store) = (sweep, site, store) }

  /// Writes a page and a record for each result. Which runs the site should have is noted first, so that what is missing is known to whoever reads them.
  /// - Parameter observe: is told what pages' authors should know.
  /// - Throws: what is wrong with the notebook; a `Diagnostic` if something cannot be written: pages that are written stay.
  package func collect(observe: (Diagnostic) -> Void) throws -> Collected {
    let notebook = try sweep.notebook()
    let folder = Site(folder: site)
    try folder.check()
    try folder.note(runs: sweep.points.map(\.variant), of: notebook)
    var pages = PageMaker(site: site, store: store)
    pages.known = KnownPages(site: site, notebooks: [notebook.notebookName])
    var collected = Collected()
    var told: Set<String> = []
    let inputs = SweepInputs(of: sweep.folder, store: store)
    for point in sweep.points {
      guard let result = sweep.folder.result(of: point), inputs.changed(since: result) == nil else {
        collected.missing.append(point)
        continue
      }
      let run = notebook.running(point.variant)
      let (page, warnings) = pages.page(run, record: result.record)
      for warning in warnings where told.insert("\(warning)").inserted { observe(warning) }
      try folder.write(page, record: RecordFiles(run, record: result.record))
      collected.pages += 1
      if result.hasFailed { collected.failed.append(point) }
    }
    try pages.refreshSite(of: [notebook])
    return collected
  }
}
