import Foundation
import Processes

/// Seconds that something takes.
func seconds(_ work: () throws -> Void) rethrows -> Double {
  try ContinuousClock().measure(work) / .seconds(1)
}

extension [Double] {
  var median: Double {
    let sorted = sorted()
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
  }
}

/// A row of the report: what was measured, and what it is judged by.
func report(_ what: String, _ figure: String, _ judgement: String = "") {
  print(
    what.padding(toLength: 58, withPad: " ", startingAt: 0) + figure.padding(toLength: 12, withPad: " ", startingAt: 0)
      + judgement)
}

func text(_ seconds: Double) -> String {
  seconds < 0.1 ? String(format: "%.1f ms", seconds * 1000) : String(format: "%.2f s", seconds)
}

/// A figure beside the limit that it shall keep.
func judged(_ seconds: Double, limit: Double) -> String {
  String(format: "%.2f of the limit of %@", seconds / limit, text(limit))
}

/// A process's end, what it printed, and the most memory that it had, in bytes.
struct Finished {
  var status: Int32
  var output: String
  var peakMemory: Int
}

/// Runs a program to its end.
func launch(_ program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]) throws -> Finished {
  var call = ChildProcess.Call(program, arguments)
  (call.directory, call.joinsStreams) = (folder, true)
  call.environment.merge(environment) { $1 }
  var peak: PeakMemory?
  call.started = { peak = PeakMemory($0.identifier) }
  let finished = try ChildProcess.finish(call)
  return Finished(status: finished.status, output: finished.text, peakMemory: peak?.end() ?? 0)
}

/// Watches a process's largest memory while it lives.
private final class PeakMemory: @unchecked Sendable {
  private let lock = NSLock()
  private var peak = 0
  private var isOver = false

  init(_ process: Int32) {
    Thread.detachNewThread { [self] in
      while !lock.withLock({ isOver }) {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
        lock.withLock { peak = max(peak, kilobytes * 1024) }
        usleep(10_000)
      }
    }
  }

  func end() -> Int {
    lock.withLock {
      isOver = true
      return peak
    }
  }
}
