import Foundation
import Glibc
import Processes
import Record

/// The listening socket, from `init` to `stop`: a thread that takes connections, and one for each of them.
final class Listener: @unchecked Sendable {
  /// How many connections there may be at a time: more than browsers open, and few enough to leave the descriptors with which cells are run.
  static var mostConnections: Int { max(8, min(200, Descriptors.limit - Descriptors.fewest)) }

  let port: UInt16
  private let socket: Int32
  private let handler: LiveHandler
  private let condition = NSCondition()
  private var connections: Set<Int32> = []
  private var isListening = true
  private var isStopping = false

  /// Returns when it listens.
  init(port: UInt16, handler: LiveHandler) throws {
    self.handler = handler
    (socket, self.port) = try Self.listen(on: port)
    Thread.detachNewThread { [self] in accept() }
  }

  /// Returns when the port is free and the connections have ended, those that are not read in time excepted.
  func stop() {
    condition.withLock {
      guard !isStopping else { return }
      isStopping = true
      shutdown(socket, Int32(SHUT_RDWR))
      // Answers on their way come to their end; no further request is read.
      for connection in connections { shutdown(connection, Int32(SHUT_RD)) }
      let latest = Date(timeIntervalSinceNow: 5)
      while isListening || !connections.isEmpty { if !condition.wait(until: latest) { break } }
    }
  }

  private func accept() {
    while true {
      let connection = Descriptors.accept(socket)
      if condition.withLock({ isStopping }) {
        if connection >= 0 { close(connection) }
        break
      }
      guard connection >= 0 else {
        // No descriptor is left for it now; it waits until there is one.
        if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM { usleep(50_000) }
        continue
      }
      begin(connection)
    }
    close(socket)
    condition.withLock {
      isListening = false
      condition.broadcast()
    }
  }

  private func begin(_ socket: Int32) {
    let hasRoom = condition.withLock {
      guard connections.count < Self.mostConnections else { return false }
      connections.insert(socket)
      return true
    }
    guard hasRoom else {
      let head = Response(.unavailable).head(isChunked: false, closes: true)
      _ = head.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
      close(socket)
      return
    }
    Thread.detachNewThread { [self] in
      var connection = Connection(socket: socket)
      connection.serve(handler)
      condition.withLock {
        // Closed within the lock: the number may be another connection's at once.
        connections.remove(socket)
        close(socket)
        condition.broadcast()
      }
    }
  }

  private static func listen(on port: UInt16) throws -> (socket: Int32, port: UInt16) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw explained(errno, port: port) }
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(socket, address, length) == 0, Glibc.listen(socket, 128) == 0, getsockname(socket, address, &length) == 0
        else {
          return errno
        }
        return 0
      }
    }
    guard code == 0 else {
      close(socket)
      throw explained(code, port: port)
    }
    return (socket, UInt16(bigEndian: address.sin_port))
  }

  private static func explained(_ code: Int32, port: UInt16) -> Diagnostic {
    switch code {
    case EADDRINUSE:
      Diagnostic(
        "Port \(port) is taken",
        advice: "Perhaps another preview runs there: end it, or choose another port. Port 0 takes any free one.")
    case EACCES:
      Diagnostic("Port \(port) is not yours to listen on", advice: "Choose a port above 1023; port 0 takes any free one.")
    default:
      Diagnostic.system(
        "The preview cannot listen on port \(port)", code: code, advice: "Choose another port; 0 takes any free one.")
    }
  }
}
