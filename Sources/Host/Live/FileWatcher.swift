import Foundation
import Glibc
import Record

/// Says when files change, as soon as whoever changes them is done.
///
/// Editors save in several ways: they write into the file, or write another and rename it over the first, or move the first out
/// of the way before. So what is watched are the files' folders, for what happens to their names there. A file that is written
/// counts as changed when it is closed, not with each write; one that was moved away or deleted gets a moment in which its
/// successor may come.
///
/// Promises: a change is reported once it has been quiet for the time asked for, however many steps it took, and changes at one
/// time are reported together; one that goes on and on is reported nonetheless. No change is lost between two calls of `changes`.
/// A file, and the folders it lies in, may come and go, be exchanged, and be symbolic links: then what they lead to counts too. A folder can be
/// watched as well: it changes when something in it comes or goes.
package final class FileWatcher: Sendable {
  /// How long a file that is gone, or not yet closed, may take until its successor is complete.
  static let successorTime = Duration.milliseconds(100)

  private let inotify: Inotify
  private let wakeSignal: WakeSignal
  private let state = Locked(State())

  private struct State {
    var map = WatchMap()
    var pending: [String: Pending] = [:]
  }

  /// A change that may still go on.
  private struct Pending {
    var quietAt: ContinuousClock.Instant
    /// When it is reported even if it still goes on.
    let latest: ContinuousClock.Instant
  }

  package init() throws {
    inotify = try Inotify()
    wakeSignal = try WakeSignal()
  }

  /// Replaces the set of paths; also paths that do not exist yet.
  package func watch(_ paths: Set<String>) {
    state.with { state in
      state.map.paths = paths.reduce(into: [:]) { paths, path in paths[path] = state.map.paths[path] ?? FileMark(path) }
      state.map.arm(inotify)
      state.pending = state.pending.filter { paths.contains($0.key) }
    }
  }

  /// Blocks until one of the paths has changed and has been quiet for `settle`, or `timeout`; returns the changed paths.
  ///
  /// `settle` counts from the moment at which a file was closed or renamed.
  package func changes(settle: Duration = .milliseconds(5), timeout: Duration?) -> Set<String> {
    let end = timeout.map { ContinuousClock.now + $0 }
    while true {
      state.with { state in note(inotify.events(), settle: settle, in: &state) }
      let (due, next) = state.with(Self.takeDue)
      if !due.isEmpty || end.map({ $0 <= .now }) ?? false { return due }
      if wait(until: [next, end].compactMap { $0 }.min()) { return [] }
    }
  }

  /// Makes a call of `changes` that waits return at once, from any thread; if none waits, the next one.
  package func interrupt() { wakeSignal.send() }

  /// The paths that have been quiet for long enough, and when to look again.
  private static func takeDue(_ state: inout State) -> (due: Set<String>, next: ContinuousClock.Instant?) {
    let now = ContinuousClock.now
    let due = state.pending.filter { min($0.value.quietAt, $0.value.latest) <= now }.map(\.key)
    for path in due {
      state.pending[path] = nil
      if state.map.paths[path] != nil { state.map.paths[path] = FileMark(path) }
    }
    return (Set(due), state.pending.values.map { min($0.quietAt, $0.latest) }.min())
  }

  /// Waits for events, for the time to pass, or for an interruption. Returns whether it was interrupted.
  private func wait(until end: ContinuousClock.Instant?) -> Bool {
    let milliseconds = end.map { min(max(0, ($0 - .now) / .milliseconds(1)), 1e9).rounded(.up) } ?? -1
    var files = [inotify.file, wakeSignal.file].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    poll(&files, nfds_t(files.count), Int32(milliseconds))
    return wakeSignal.wasSent()
  }

  /// Takes in what happened in the folders.
  private func note(_ events: [Inotify.Event], settle: Duration, in state: inout State) {
    var isStale = false
    for event in events {
      if state.map.changesFolders(event) { isStale = true }
      noteListing(event, settle: settle, in: &state)
      guard let paths = state.map.files[event.watch]?[event.name] else { continue }
      // What a link leads to may be another file now. A folder, too, is complete at once.
      let isLink = event.has(IN_CREATE) && (event.has(IN_ISDIR) || inotify.isLink(event))
      if isLink || !state.map.links.isDisjoint(with: paths) { isStale = true }
      let isBegun = paths.contains { state.pending[$0] != nil }
      if let quiet = quietTime(after: event, isLink: isLink, isBegun: isBegun, settle: settle) {
        mark(paths, quiet: quiet, settle: settle, in: &state)
      }
    }
    guard isStale else { return }
    state.map.arm(inotify)
    mark(state.map.changedPaths, quiet: settle, settle: settle, in: &state)
  }

  /// A watched folder has changed if something in it has come or gone. What goes gets a moment in which its successor may come.
  private func noteListing(_ event: Inotify.Event, settle: Duration, in state: inout State) {
    guard let folders = state.map.listings[event.watch], !event.name.isEmpty else { return }
    let comes = event.has(IN_CREATE) || event.has(IN_MOVED_TO)
    let goes = event.has(IN_DELETE) || event.has(IN_MOVED_FROM)
    if comes || goes { mark(folders, quiet: goes ? max(settle, Self.successorTime) : settle, settle: settle, in: &state) }
  }

  /// How long a file must be quiet after this; nil if this changes nothing yet.
  private func quietTime(after event: Inotify.Event, isLink: Bool, isBegun: Bool, settle: Duration) -> Duration? {
    let patient = max(settle, Self.successorTime)
    if event.has(IN_CLOSE_WRITE) || event.has(IN_MOVED_TO) { return settle }
    if event.has(IN_DELETE) || event.has(IN_MOVED_FROM) { return patient }
    // A new file is not written yet. A link is complete at once, and nobody will close it.
    if event.has(IN_CREATE) { return isLink ? settle : isBegun ? patient : nil }
    return nil
  }

  private func mark(_ paths: Set<String>, quiet: Duration, settle: Duration, in state: inout State) {
    guard !paths.isEmpty else { return }
    let now = ContinuousClock.now
    let longest = max(settle * 10, Self.successorTime * 2)
    for path in paths {
      let latest = state.pending[path]?.latest ?? now + longest
      state.pending[path] = Pending(quietAt: now + quiet, latest: latest)
      state.map.paths[path] = FileMark(path)
    }
    // Changes at one time are reported together.
    state.pending = state.pending.mapValues { Pending(quietAt: max($0.quietAt, now + settle), latest: $0.latest) }
  }
}
