import Foundation
import Record

/// What each page shows, and the readers who listen for its changes.
///
/// All is under one lock, so a reader gets the state at the time it came and then each change, in order, none twice and none left
/// out. A reader who lets too many changes lie is sent away: its page comes back by itself, and gets the state again.
final class Readers: Sendable {
  /// After how many idle seconds a reader is written to, to find out whether it is still there.
  static let heartbeat = 15.0
  static let mostUnread = 256

  private struct Page {
    var html: String?
    var version = 0
    var status: Running?
    var problems: [Diagnostic] = []
  }

  private struct Running {
    var status: LiveStatus
    var since: ContinuousClock.Instant
  }

  private struct Reader {
    /// nil: it listens for all pages, and each event names its page.
    var page: String?
    var events: EventQueue
  }

  /// Something that a page's readers are told.
  private struct Event {
    var page: String
    var name: String
    var json: Data

    /// JSON has no line breaks, so it is one line of data.
    init(_ name: String, of page: String, _ data: some Encodable) {
      (self.name, self.page) = (name, page)
      json = (try? JSONEncoder().encode(data)) ?? Data("null".utf8)
    }

    /// As it is sent to one who listens for this page, or for all.
    func text(namesPage: Bool) -> Data {
      let start = Data("event: \(name)\ndata: ".utf8)
      guard namesPage else { return start + json + Data("\n\n".utf8) }
      let name = (try? JSONEncoder().encode(page)) ?? Data("\"\"".utf8)
      return start + Data("{\"page\":".utf8) + name + Data(",\"data\":".utf8) + json + Data("}\n\n".utf8)
    }
  }

  private struct State {
    var pages: [String: Page] = [:]
    var readers: [Int: Reader] = [:]
    var lastReader = 0
  }

  private let state = Locked(State())

  var count: Int { state.with { $0.readers.count } }

  /// What is shown instead of the page's file.
  func html(of page: String) -> String? { state.with { $0.pages[page]?.html } }

  func isRunning(_ page: String) -> Bool { state.with { $0.pages[page]?.status != nil } }

  /// The pages that are shown without a file, or instead of it.
  var shownPages: [String] { state.with { state in state.pages.keys.filter { state.pages[$0]?.html != nil } } }

  /// The index says something of every page, so it changes with each.
  func show(page name: String, html: String?) {
    publish { state in
      state.pages[name, default: Page()].html = html
      let changed = name.isEmpty ? [name] : [name, ""]
      for name in changed { state.pages[name, default: Page()].version += 1 }
      return changed.map { Self.pageEvent($0, state) }
    }
  }

  /// The page's readers shall fetch it again.
  func touch(page name: String) {
    publish { state in
      state.pages[name, default: Page()].version += 1
      return [Self.pageEvent(name, state)]
    }
  }

  func setStatus(page name: String, _ status: LiveStatus?) {
    publish { state in
      let old = state.pages[name]?.status
      let isSameCell = old?.status.cell == status?.cell && old?.status.number == status?.number
      let since = isSameCell ? old?.since ?? .now : .now
      state.pages[name, default: Page()].status = status.map { Running(status: $0, since: since) }
      return [Self.statusEvent(name, state)]
    }
  }

  func setProblems(page name: String, _ problems: [Diagnostic]) {
    publish { state in
      state.pages[name, default: Page()].problems = problems
      return [Self.problemsEvent(name, state)]
    }
  }

  /// A new reader's events: how things stand, then what changes.
  /// - Parameter name: the page; nil for all of them.
  func events(of name: String?) -> EventQueue {
    let events = EventQueue(most: Self.mostUnread)
    state.with { state in
      state.lastReader += 1
      let id = state.lastReader
      state.readers[id] = Reader(page: name, events: events)
      let pages = name.map { [$0] } ?? state.pages.keys.sorted()
      let stand = pages.flatMap { [Self.pageEvent($0, state), Self.statusEvent($0, state), Self.problemsEvent($0, state)] }
      _ = events.add(stand.reduce(into: Data("retry: 1000\n\n".utf8)) { $0 += $1.text(namesPage: name == nil) })
      events.whenEnded { [weak self] in self?.state.with { $0.readers[id] = nil } }
    }
    return events
  }

  func dismissAll() {
    for reader in state.with({ $0.readers.values.map(\.events) }) { reader.end() }
  }

  /// Changes the state and sends the events of that change to their pages' readers. Those who cannot take more are dismissed,
  /// outside the lock, since the end of a reader takes it too.
  private func publish(_ change: (inout State) -> [Event]) {
    let overwhelmed = state.with { state in
      change(&state).flatMap { event in
        let (own, named) = (event.text(namesPage: false), event.text(namesPage: true))
        return state.readers.values.filter { reader in
          (reader.page == nil || reader.page == event.page) && !reader.events.add(reader.page == nil ? named : own)
        }
      }
    }
    for reader in overwhelmed { reader.events.end() }
  }

  private static func pageEvent(_ page: String, _ state: State) -> Event {
    Event("page", of: page, state.pages[page]?.version ?? 0)
  }

  private static func problemsEvent(_ page: String, _ state: State) -> Event {
    Event("problems", of: page, state.pages[page]?.problems ?? [])
  }

  private static func statusEvent(_ page: String, _ state: State) -> Event {
    let running = state.pages[page]?.status
    return Event(
      "status", of: page,
      running.map { Message(status: $0.status, seconds: ($0.since.duration(to: .now)) / .seconds(1)) })
  }

  /// The status, and for how long its cell has been running.
  private struct Message: Encodable {
    var status: LiveStatus
    var seconds: Double
  }
}
