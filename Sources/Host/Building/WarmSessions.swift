import Foundation
import Session

/// Sessions that have made a run and wait for the next one of the same notebook: what cells hold that no value of its parameters changes, such as a model, is
/// there already.
///
/// All calls may come from any thread; a session is in the hands of one of them at a time.
package final class WarmSessions: @unchecked Sendable {
  private let lock = NSLock()
  private var idle: [String: [NotebookSession]] = [:]

  package init() {}

  /// The files of the notebooks for which a session waits.
  package var notebooks: Set<String> { lock.withLock { Set(idle.keys) } }

  /// A session that waits for a run of the notebook in this file.
  package func take(_ file: String) -> NotebookSession? {
    lock.withLock {
      let session = idle[file]?.popLast()
      if idle[file]?.isEmpty == true { idle[file] = nil }
      return session
    }
  }

  package func give(_ session: NotebookSession, back file: String) {
    lock.withLock { idle[file, default: []].append(session) }
  }

  /// Ends the sessions that wait for runs of a notebook.
  package func close(_ file: String) {
    let sessions = lock.withLock { idle.removeValue(forKey: file) ?? [] }
    for session in sessions { session.close() }
  }

  /// Ends all that wait.
  package func closeAll() { for file in notebooks { close(file) } }
}
