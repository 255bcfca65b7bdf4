import CWorker
import Foundation
import Record

/// Where a session's outputs go.
package enum OutputChannel {
  /// Collects outputs instead of sending them, for the duration of a test's task.
  @TaskLocal package static var collector: Collector?

  package final class Collector: @unchecked Sendable {
    private let lock = NSLock()
    private var collected: [Output] = []

    package init() {}

    package var outputs: [Output] { lock.withLock { collected } }

    func append(_ output: Output) { lock.withLock { collected.append(output) } }
  }

  /// Sends an output to the host, after everything that was printed before.
  static func send(_ output: Output) {
    if let collector {
      collector.append(output)
    } else if folio_channel_is_open() {
      send(.output, output)
    } else {
      print(output.content.plainText)
    }
  }

  /// Sends the state of a loop that still runs, for a live display.
  static func sendLive(_ progress: ProgressOutput) {
    guard collector == nil, folio_channel_is_open() else { return }
    send(.progress, progress)
  }

  private static func send(_ kind: WorkerProtocol.FrameKind, _ value: some Encodable) {
    do {
      let json = try JSONEncoder().encode(value)
      json.withUnsafeBytes { folio_channel_send(kind.rawValue, $0.baseAddress, $0.count) }
    } catch {
      // No output holds a number that JSON has no word for; if one should, its maker must know.
      FileHandle.standardError.write(Data("an output could not be sent: \(error)\n".utf8))
    }
  }
}

/// An error in words: its own description where it has one, of Foundation's errors the cause, as Swift prints it otherwise.
package func describe(_ error: any Error) -> String { Diagnostic.words(error) }

/// Readies a worker before its first cell.
package func prepareSession() {
  // Floating point, dates and sorting read the same on every machine.
  setlocale(LC_ALL, "C.UTF-8")
}
