import Building
import Foundation
import Record
import Session
import Sweeping

/// How far a sweep is, in words or as JSON.
struct SweepReport {
  private let sweep: Sweep
  private let status: SweepStatus

  init(_ sweep: Sweep, _ status: SweepStatus? = nil, asksCluster: Bool = true) {
    self.sweep = sweep
    self.status = status ?? SweepStatus(sweep, store: NotebookSession.Options().store)
  }

  private static func word(_ place: SweepStatus.Place) -> String {
    switch place {
    case .done: "done"
    case .failed: "failed"
    case .queued(let isRunning, _): isRunning ? "running" : "queued"
    case .lost: "lost"
    case .outdated: "outdated"
    case .waiting: "waiting"
    }
  }

  private static let words = ["done", "failed", "running", "queued", "lost", "outdated", "waiting"]

  private var counts: [(word: String, count: Int)] {
    let counts = status.places.reduce(into: [String: Int]()) { $0[Self.word($1), default: 0] += 1 }
    return Self.words.compactMap { word in counts[word].map { (word, $0) } }
  }

  /// `40 points: 31 done, 2 failed, 7 running`
  var summary: String {
    "\(sweep.points.count) points: " + counts.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
  }

  /// The first names of many points.
  static func names(_ points: [SweepPoint], of sweep: Sweep) -> String {
    points.prefix(10).map { "\(sweep.receipt.notebook)@\($0.variant.name)" }.joined(separator: ", ")
      + (points.count > 10 ? ", …" : "")
  }

  func write(_ format: SweepFormat) throws -> SiteBuilder.Status {
    if let problem = status.problem { report(problem) }
    switch format {
    case .text: Console.write(text)
    case .json: Console.write(json.line + "\n")
    }
    return status.problem != nil ? .couldNotRun : status.isWhole ? .succeeded : .cellFailed
  }

  private var text: String {
    let rows = zip(sweep.points, status.places).compactMap { point, place -> String? in
      let name = "\(sweep.receipt.notebook)@\(point.variant.name)"
      switch place {
      case .failed(let problem, let job):
        let words = problem.map { $0.description.split(separator: "\n").first.map(String.init) ?? "" } ?? ""
        return "failed   \(name)  \(words)\(log(job))"
      case .lost(let reason, let job): return "lost     \(name)  \(reason)\(log(job))"
      case .outdated(let file): return "outdated \(name)  \(file) has changed since it ran"
      case .queued(true, _): return "running  \(name)"
      case .done, .queued, .waiting: return nil
      }
    }
    return ([sweep.folder.path + ": " + summary] + rows).joined(separator: "\n") + "\n"
  }

  private func log(_ job: String?) -> String { sweep.log(ofJob: job).map { "\n  log: \($0)" } ?? "" }

  private var json: JSONValue {
    let points = zip(sweep.points, status.places).map { point, place -> JSONValue in
      var fields: [String: JSONValue] = ["run": .string(point.variant.name), "state": .string(Self.word(place))]
      if case .failed(let problem, let job) = place {
        fields["error"] = problem.map { .string($0.message) } ?? .null
        fields["place"] = problem?.place.map { .string($0.description) } ?? .null
        fields["log"] = sweep.log(ofJob: job).map(JSONValue.string) ?? .null
      }
      if case .outdated(let file) = place { fields["reason"] = .string("\(file) has changed since it ran") }
      if case .lost(let reason, let job) = place {
        fields["reason"] = .string(reason)
        fields["log"] = sweep.log(ofJob: job).map(JSONValue.string) ?? .null
      }
      return .object(fields)
    }
    return .object([
      "format": .number(1), "folder": .string(sweep.folder.path), "notebook": .string(sweep.receipt.notebook),
      "counts": .object(Dictionary(uniqueKeysWithValues: counts.map { ($0.word, .number(Double($0.count))) })),
      "points": .array(points),
    ])
  }
}

/// Shows a local sweep as it goes: a line for each point, or, on a terminal, one that is written again and again.
final class SweepProgress {
  private let sweep: Sweep
  private let count: Int
  private var ended = 0
  private var failed = 0
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(_ sweep: Sweep, count: Int) { (self.sweep, self.count) = (sweep, count) }

  func show(_ event: SweepTask.Event) {
    switch event {
    case .started: return
    case .ended(let point, let result):
      ended += 1
      if result.hasFailed { failed += 1 }
      line("\(point.variant.name)\(result.hasFailed ? " failed" : "")")
    case .known(let point):
      ended += 1
      line("\(point.variant.name) was done")
    case .warning(let warning):
      clear()
      report(warning)
    }
  }

  private func line(_ what: String) {
    let text = "[\(ended)/\(count)] \(sweep.receipt.notebook)@\(what)" + (failed > 0 ? ", \(failed) failed so far" : "")
    Console.writeError(isTerminal ? "\r\u{1B}[2K\(text)" : text + "\n")
  }

  private func clear() { if isTerminal { Console.writeError("\r\u{1B}[2K") } }

  func end() { clear() }
}
