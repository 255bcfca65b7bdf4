import Foundation
import Record

/// The server behind `folio preview`: a notebook's pages in the browser, up to date in place while the notebook is written.
///
/// It serves the files of the site as they lie on the disk, or what it is given to show instead of them, and puts a small script
/// into each page on its way out. The script listens to a stream of events; when the page changes, it fetches the page anew and
/// replaces what differs, so that the reader's place, open folds and focus stay. The files themselves are never changed.
///
/// Promises:
/// - A change is on its way to the readers about a millisecond after `show`. A reader who comes late, or comes back, is told how
///   things stand; one who is gone, or does not listen, is dropped.
/// - Only files of the site are served: no path, however written, and no symbolic link leads out of its folder; hidden files are
///   not there.
/// - Nobody else's business: it listens on 127.0.0.1 only, so whoever can talk to it already runs programs on this machine, with
///   one exception, and that is the threat held here: *other web pages in the same browser*.
///   - They cannot read: a page that gives its own name our address (DNS rebinding) sends its own name as the host, and is
///     refused; one that embeds or frames ours is refused here, if the browser says what it asks for, and by the browser, as our
///     answers tell it to. The port may be another one that is forwarded to ours: no site can choose to be called localhost.
///   - They cannot act: the one thing that can be done, stopping a run, needs a POST whose origin is ours. A request from another
///     origin is refused whatever it asks for. A request with a body is answered and hung up on, so that nobody can hide a second
///     request with headers of their choice in the body of a first.
/// - It cannot be kept busy: a request has a limit, in bytes and in time, and costs what it is long; each connection has a thread of its
///   own, and there are only so many. All windows of a browser share one stream of events, since a browser opens six connections to a
///   server and no more.
package final class LiveServer: Sendable {
  private let port: UInt16
  private let readers = Readers()
  private let handler: LiveHandler
  private let listener = Locked<Listener?>(nil)

  /// - Parameters:
  ///   - site: the folder of rendered pages; it may come into being later.
  ///   - port: 0 takes any free one.
  ///   - names: besides localhost, under which browsers may know the server.
  ///   - onStop: the reader pressed "Stop" on a page whose cells run.
  package init(site: String, port: UInt16, names: [String] = [], onStop: @escaping @Sendable (_ page: String) -> Void) {
    self.port = port
    handler = LiveHandler(
      site: SiteFiles(folder: site), readers: readers, names: Set(names.map { $0.lowercased() }), onStop: onStop)
  }

  /// Where a page is, for a browser on this machine; the site's first page by the empty name.
  package static func address(of page: String, port: UInt16) -> String {
    "http://127.0.0.1:\(port)/" + SitePath.folder(page)
  }

  /// Blocks until it listens, and returns the port.
  package func start() throws -> UInt16 {
    if let listener = listener.with({ $0 }) { return listener.port }
    let started = try Listener(port: port, handler: handler)
    listener.with { $0 = started }
    return started.port
  }

  /// Blocks until the port is free again; the readers' pages stay as they are.
  package func stop() {
    let listener = listener.with { listener in
      defer { listener = nil }
      return listener
    }
    readers.dismissAll()
    listener?.stop()
  }

  /// What the page shows from now on instead of its file (nil: its file again); readers' pages are updated in place.
  package func show(page name: String, html: String?) { readers.show(page: name, html: html) }

  /// The file of a page has changed in what it shows of others; what is shown instead of it stays.
  package func touch(page name: String) { readers.touch(page: name) }

  /// What runs on a page: shown in a small status bar, nil when all is done.
  package func setStatus(page name: String, _ status: LiveStatus?) { readers.setStatus(page: name, status) }

  /// What is wrong with the notebook's file itself: shown over the page, which stays; empty: nothing any more.
  package func setProblems(page name: String, _ problems: [Diagnostic]) { readers.setProblems(page: name, problems) }

  /// How many pages listen, for tests.
  package var readerCount: Int { readers.count }
}

/// What runs on a page.
package struct LiveStatus: Codable, Sendable, Equatable {
  /// The running cell's label.
  package var cell: String
  /// Its place among the cells that run, from 1, and how many these are.
  package var number: Int
  package var count: Int
  /// How far it is: `Generating 12/40`.
  package var detail: String?

  package init(cell: String, number: Int, count: Int, detail: String? = nil) {
    self.cell = cell
    self.number = number
    self.count = count
    self.detail = detail
  }
}
