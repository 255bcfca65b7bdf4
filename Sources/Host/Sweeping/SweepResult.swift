import Foundation
import Keys
import Record

/// What the run of a point gave: a point has one, or it is not done.
package struct SweepResult: Codable, Sendable, Equatable {
  var format = 1
  package var point: Int
  /// The point's digest: a result of other code, or of other values, is none.
  package var digest: String
  package var record: NotebookRecord
  package var seconds: Double
  /// In bytes.
  package var peakMemory: Int
  package var host: String
  /// The cluster's number of the task that made it.
  package var job: String?
  package var submission: Int
  /// The digests of the project's files that its run read, by path from there.
  package var inputs: [String: String]

  package init(
    of point: SweepPoint, record: NotebookRecord, seconds: Double, peakMemory: Int, host: String, job: String?, submission: Int,
    inputs: [String: String] = [:]
  ) {
    (self.point, digest, self.record) = (point.number, point.digest, record)
    (self.seconds, self.peakMemory, self.host, self.job, self.submission) = (seconds, peakMemory, host, job, submission)
    self.inputs = inputs
  }

  package var hasFailed: Bool { record.cells.contains { $0.outcome == .failed || $0.outcome == .notRun } }

  /// The first error, for a list.
  package var problem: Diagnostic? { record.cells.lazy.compactMap { $0.error?.diagnostics.first }.first }
}

extension SweepFolder {
  /// A thousand results lie in a folder.
  private func name(_ point: Int) -> String { "results/\(point / 1000)/\(point).json" }

  /// The result of a point; nil if there is none, or none that is whole and of this point.
  package func result(of point: SweepPoint) -> SweepResult? {
    guard let data = FileManager.default.contents(atPath: file(name(point.number))), let end = data.firstIndex(of: 0x0A) else {
      return nil
    }
    let content = data[data.index(after: end)...]
    guard data[..<end].elementsEqual(Digest(of: Data(content)).hexadecimal.utf8) else { return nil }
    guard let result = try? Self.decoder.decode(SweepResult.self, from: content) else { return nil }
    return result.point == point.number && result.digest == point.digest && result.format == 1 ? result : nil
  }

  /// Writes a result: its digest on the first line, and then the result.
  package func write(_ result: SweepResult) throws {
    let content = try Self.encoder.encode(result)
    try write(Data((Digest(of: content).hexadecimal + "\n").utf8) + content, to: name(result.point))
  }

  /// The numbers of points of which something lies there.
  package var numbersOfResults: Set<Int> {
    Set(names(in: "results").flatMap { names(in: "results/\($0)") }.compactMap { Int($0.dropLast(".json".count)) })
  }

  private static let infinities = ("inf", "-inf", "nan")

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinities.0, negativeInfinity: infinities.1, nan: infinities.2)
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinities.0, negativeInfinity: infinities.1, nan: infinities.2)
    return decoder
  }
}

/// What a task is about to do: after its death it tells which point ran.
struct SweepAttempt: Codable, Sendable, Equatable {
  var submission: Int
  var task: Int
  /// Nil when it has ended.
  var point: Int?
  var host: String
  /// Its file among the processes.
  var process: String
  var job: String?
}

extension SweepFolder {
  func write(_ attempt: SweepAttempt) throws {
    try write(attempt, to: "attempts/\(attempt.submission)-\(attempt.task).json")
  }

  var attempts: [SweepAttempt] { names(in: "attempts").compactMap { read(SweepAttempt.self, "attempts/\($0)") } }
}
