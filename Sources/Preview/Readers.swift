import Foundation
import Record

/// What each page shows, and the readers who listen for its changes.
///
/// All is under one lock, so a reader gets the state at the time it came and then each change, in order, none twice and none left
/// out. A reader who lets too many changes lie is sent away: its page comes back by itself, and gets the state again.
final class Readers: Sendable {
  /// So often an idle reader is written to, to find out whether it is still there.
  static let heartbeat = Duration.seconds(15)
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
    var page: String
    var events: AsyncStream<Data>.Continuation
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
      return changed.map { ($0, Self.pageEvent(state.pages[$0])) }
    }
  }

  func setStatus(page name: String, _ status: LiveStatus?) {
    publish { state in
      let old = state.pages[name]?.status
      let isSameCell = old?.status.cell == status?.cell && old?.status.number == status?.number
      let since = isSameCell ? old?.since ?? .now : .now
      state.pages[name, default: Page()].status = status.map { Running(status: $0, since: since) }
      return [(name, Self.statusEvent(state.pages[name]))]
    }
  }

  func setProblems(page name: String, _ problems: [Diagnostic]) {
    publish { state in
      state.pages[name, default: Page()].problems = problems
      return [(name, Self.problemsEvent(state.pages[name]))]
    }
  }

  /// A new reader's events: how things stand, then what changes.
  func events(of name: String) -> AsyncStream<Data> {
    let (stream, events) = AsyncStream.makeStream(of: Data.self, bufferingPolicy: .bufferingOldest(Self.mostUnread))
    let id = state.with { state in
      state.lastReader += 1
      state.readers[state.lastReader] = Reader(page: name, events: events)
      let page = state.pages[name]
      events.yield(Data("retry: 1000\n\n".utf8) + Self.pageEvent(page) + Self.statusEvent(page) + Self.problemsEvent(page))
      return state.lastReader
    }
    // The stream ends when its connection does: nothing holds its other end then.
    events.onTermination = { [weak self] _ in self?.state.with { $0.readers[id] = nil } }
    return stream
  }

  func dismissAll() {
    let readers = state.with { state in
      defer { state.readers = [:] }
      return state.readers
    }
    for reader in readers.values { reader.events.finish() }
  }

  /// Until the task is cancelled.
  func beat() async {
    while (try? await Task.sleep(for: Self.heartbeat)) != nil {
      publish { state in Set(state.readers.values.map(\.page)).map { ($0, Data(": still here\n\n".utf8)) } }
    }
  }

  /// Changes the state and sends the events of that change to their pages' readers. Those who cannot take more are dismissed,
  /// outside the lock, since the end of a stream takes it too.
  private func publish(_ change: (inout State) -> [(page: String, event: Data)]) {
    let overwhelmed = state.with { state in
      let events = change(&state)
      return events.flatMap { page, event in
        state.readers.values.filter { $0.page == page }.filter { reader in
          if case .dropped = reader.events.yield(event) { true } else { false }
        }
      }
    }
    for reader in overwhelmed { reader.events.finish() }
  }

  private static func pageEvent(_ page: Page?) -> Data { event("page", page?.version ?? 0) }

  private static func problemsEvent(_ page: Page?) -> Data { event("problems", page?.problems ?? []) }

  private static func statusEvent(_ page: Page?) -> Data {
    event("status", page?.status.map { Message(status: $0.status, seconds: ($0.since.duration(to: .now)) / .seconds(1)) })
  }

  /// The status, and for how long its cell has been running.
  private struct Message: Encodable {
    var status: LiveStatus
    var seconds: Double
  }

  /// JSON has no line breaks, so it is one line of data.
  private static func event(_ name: String, _ data: some Encodable) -> Data {
    let json = (try? JSONEncoder().encode(data)) ?? Data("null".utf8)
    return Data("event: \(name)\ndata: ".utf8) + json + Data("\n\n".utf8)
  }
}
