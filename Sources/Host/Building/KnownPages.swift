import Document
import Foundation
import Record
import Rendering

/// What the pages of a site say of their notebooks, and which runs these have: read once, and kept up while pages are written, so that a page costs the
/// same however many there are.
package final class KnownPages: @unchecked Sendable {
  private let lock = NSLock()
  private let site: Site
  private var entries: [String: IndexPage.Entry] = [:]
  private var runs: [String: RunSet] = [:]

  /// - Parameter notebooks: the names of those that are to be built: which runs they should have is noted already.
  package init(site folder: String, notebooks: some Sequence<String> = []) {
    site = Site(folder: folder)
    for name in Set(notebooks) { readRuns(of: name) }
    for entry in site.entries { note(entry) }
  }

  private func readRuns(of notebook: String) {
    if runs[notebook] == nil { runs[notebook] = site.runs(of: notebook).map { RunSet($0) } }
  }

  /// The site as a page of the notebook shows it.
  func map(of notebook: Notebook, _ description: SiteDescription) -> SiteMap {
    lock.withLock { SiteMap(Array(entries.values), runs: runs, description: description) }
  }

  func note(_ entry: IndexPage.Entry) {
    lock.withLock {
      guard let run = entry.run else { return entries[entry.name] = entry }
      readRuns(of: run.notebook)
    }
  }
}
