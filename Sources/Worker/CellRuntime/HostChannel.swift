import CWorker
import Foundation
import Record

/// The worker's end of the channel to the host: frames in the order of their sending, whatever thread sends them, and never a display before what
/// was printed before it. See `WorkerProtocol`, and `CWorker/channel.c` for how that is done.
package enum HostChannel {
  /// Takes over the descriptors that the host handed down. Returns false if they are not there: the process was not started by a host.
  package static func open(control: Int32, acknowledgements: Int32) -> Bool { folio_channel_open(control, acknowledgements) == 0 }

  /// Whether this process has a host. A process that a cell has forked has none.
  package static var isOpen: Bool { folio_channel_is_open() }

  /// Waits for the host's next command; nil when the host is gone.
  package static func nextCommand() -> WorkerProtocol.Command? {
    var header = [UInt8](repeating: 0, count: WorkerProtocol.commandHeaderLength)
    guard folio_channel_receive(&header, header.count) else { return nil }
    let length = header[1...].reversed().reduce(0) { $0 << 8 | Int($1) }
    // A cell that has read a part of the host's words leaves what is no header.
    guard header[0] == 0, length <= WorkerProtocol.longestFrame else { return nil }
    var bytes = [UInt8](repeating: 0, count: length)
    guard folio_channel_receive(&bytes, length) else { return nil }
    return try? JSONDecoder().decode(WorkerProtocol.Command.self, from: Data(bytes))
  }

  /// Sends what came of a command.
  package static func send(_ answer: WorkerProtocol.Answer) { send(.end, answer) }

  /// Sends an output.
  package static func send(_ output: Output) { send(.output, output) }

  /// Sends the state of a loop that still runs.
  package static func send(_ progress: ProgressOutput) { send(.progress, progress) }

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
