import FlyingFox
import FlyingSocks
import Foundation
import Glibc
import Record

/// The HTTP server while it listens, from `init` to `stop`, as seen from a thread that waits.
final class Listener: Sendable {
  let port: UInt16
  private let running: Task<Void, Never>
  private let ended: DispatchSemaphore

  /// Returns when it listens.
  init(port: UInt16, handler: PreviewHandler, readers: Readers) throws {
    let ended = DispatchSemaphore(value: 0)
    let first = Outcome()
    running = Task {
      let heart = Task { await readers.beat() }
      await Self.run(port: port, handler: handler, first: first)
      heart.cancel()
      ended.signal()
    }
    self.ended = ended
    do {
      self.port = try first.wait()
    } catch {
      throw Self.explained(error, port: port)
    }
  }

  /// Returns when the port is free.
  func stop() {
    running.cancel()
    _ = ended.wait(timeout: .now() + 5)
  }

  /// Serves until the task is cancelled. What makes the library's server give up (no file descriptor left for a connection)
  /// passes, so it is started again on the same port, unless it never listened.
  private static func run(port: UInt16, handler: PreviewHandler, first: Outcome) async {
    var port = port
    while !Task.isCancelled {
      do {
        let server = try server(port: port, handler: handler)
        let announcing = Task {
          try await server.waitUntilListening(timeout: 60)
          guard case .ip4(_, let actual)? = await server.listeningAddress else { throw SocketError.disconnected }
          handler.listens(on: actual)
          first.settle(.success(actual))
        }
        defer { announcing.cancel() }
        try await server.run()
      } catch {
        first.settle(.failure(error))
      }
      guard case .success(let actual)? = first.value else { return }
      port = actual
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Answers here take no time, so the library's limit on it need not bite. Bodies are hung up on, not read, so it keeps none.
  private static func server(port: UInt16, handler: PreviewHandler) throws -> HTTPServer {
    let configuration = HTTPServer.Configuration(
      address: try .inet(ip4: "127.0.0.1", port: port), timeout: 3600, sharedRequestReplaySize: 0, logger: .disabled)
    return HTTPServer(config: configuration, handler: handler)
  }

  private static func explained(_ error: any Error, port: UInt16) -> Diagnostic {
    guard case SocketError.failed(_, let code, let message) = error else {
      return Diagnostic("The preview cannot listen on port \(port): \(error.localizedDescription)")
    }
    switch code {
    case EADDRINUSE:
      return Diagnostic(
        "Port \(port) is taken",
        advice: "Perhaps another preview runs there: end it, or choose another port. Port 0 takes any free one.")
    case EACCES:
      return Diagnostic("Port \(port) is not yours to listen on", advice: "Choose a port above 1023; port 0 takes any free one.")
    default:
      return Diagnostic(
        "The preview cannot listen on port \(port): \(message)", advice: "Choose another port; 0 takes any free one.")
    }
  }
}

/// The port on which a server listens, or why it does not; what is said first counts.
private final class Outcome: Sendable {
  private let result = Locked<Result<UInt16, any Error>?>(nil)
  private let settled = DispatchSemaphore(value: 0)

  var value: Result<UInt16, any Error>? { result.with { $0 } }

  func settle(_ new: Result<UInt16, any Error>) {
    let isFirst = result.with { result in
      defer { result = result ?? new }
      return result == nil
    }
    if isFirst { settled.signal() }
  }

  func wait() throws -> UInt16 {
    settled.wait()
    guard let value else { throw SocketError.disconnected }
    return try value.get()
  }
}
