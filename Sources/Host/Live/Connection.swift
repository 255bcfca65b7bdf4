import Foundation
import Glibc
import Processes

/// A client's connection: requests are read one after the other, each within limits of length and time, and answered.
///
/// Promises: reading costs time in proportion to what comes, and memory no more than the longest head; a client that sends slowly, or does
/// not read, keeps a thread for a while, and nothing else waits for it.
struct Connection: ~Copyable {
  /// How long a client may be silent between two requests, and how long a head may take from its first byte, in seconds.
  static let idleLimit = 60.0, headLimit = 10.0
  /// How long a client may read nothing of an answer, in seconds.
  static let sendLimit = 10

  let socket: Int32
  private var received: [UInt8] = []

  init(socket: Int32) {
    self.socket = socket
    var limit = timeval(tv_sec: Self.sendLimit, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var noDelay: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Answers requests until the client or an answer ends the connection.
  mutating func serve(_ handler: LiveHandler) {
    while true {
      switch readHead() {
      case .head(let head):
        guard let request = Request(head: head[...]) else { return hangUp(.badRequest, "This is not a request.") }
        let response = handler.handle(request)
        let closes = response.hangsUp || !request.keepsAlive
        guard send(response, to: request, closes: closes) else { return }
        if response.hangsUp { linger() }
        if closes { return }
      case .tooLong: return hangUp(.headTooLarge, "Requests have at most \(Request.longestHead) bytes here.")
      case .tooSlow: return hangUp(.timeout, "The request did not come to its end.")
      case .end: return
      }
    }
  }

  // MARK: - Reading

  private enum Head {
    case head([UInt8])
    case tooLong, tooSlow, end
  }

  /// Reads up to the empty line; what comes behind it is kept for the next request.
  private mutating func readHead() -> Head {
    var latest = Date(timeIntervalSinceNow: received.isEmpty ? Self.idleLimit : Self.headLimit)
    var (looked, buffer) = (0, [UInt8](repeating: 0, count: 1 << 14))
    while true {
      if let end = Self.end(of: received, from: looked) {
        defer { received.removeFirst(end.next) }
        return .head(Array(received[..<end.head]))
      }
      looked = max(0, received.count - 3)
      if received.count >= Request.longestHead { return .tooLong }
      var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      let left = latest.timeIntervalSinceNow
      guard left > 0, retrying({ poll(&waiting, 1, Int32(left * 1000) + 1) }) != 0 else {
        return received.isEmpty ? .end : .tooSlow
      }
      let count = retrying { recv(socket, &buffer, min(buffer.count, Request.longestHead - received.count), 0) }
      guard count > 0 else { return .end }
      if received.isEmpty { latest = Date(timeIntervalSinceNow: Self.headLimit) }
      received += buffer[..<count]
      // Empty lines before a request do not belong to it.
      if received[0] == 13 || received[0] == 10 { received = Array(received.drop { $0 == 13 || $0 == 10 }) }
    }
  }

  /// Where the head ends, and where what follows begins: behind the first line feed that follows a line feed, but for a carriage return.
  private static func end(of bytes: [UInt8], from start: Int) -> (head: Int, next: Int)? {
    for index in bytes.indices.dropFirst(start) where bytes[index] == 10 {
      if index + 1 < bytes.count, bytes[index + 1] == 10 { return (trimmed(bytes, index), index + 2) }
      if index + 2 < bytes.count, bytes[index + 1] == 13, bytes[index + 2] == 10 { return (trimmed(bytes, index), index + 3) }
    }
    return nil
  }

  private static func trimmed(_ bytes: [UInt8], _ index: Int) -> Int { index > 0 && bytes[index - 1] == 13 ? index - 1 : index }

  // MARK: - Answering

  private func hangUp(_ status: Response.Status, _ text: String) {
    let response = Response.hangUp(status, text)
    guard case .data(let data) = response.body, send(response.head(isChunked: false, closes: true) + data) else { return }
    linger()
  }

  /// Reads what still comes, for a moment: closing a socket with unread bytes would take the answer back from the client.
  private func linger() {
    shutdown(socket, Int32(SHUT_WR))
    let latest = Date(timeIntervalSinceNow: 1)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while latest.timeIntervalSinceNow > 0 {
      var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard retrying({ poll(&waiting, 1, 200) }) > 0, retrying({ recv(socket, &buffer, buffer.count, 0) }) > 0 else { return }
    }
  }

  private func send(_ response: Response, to request: Request, closes: Bool) -> Bool {
    let head = response.head(isChunked: request.isCurrent, closes: closes)
    let hasBody = request.method != "HEAD" && response.status != .noContent
    switch response.body {
    case .data(let data): return send(hasBody ? head + data : head)
    case .events(let queue):
      defer { queue.end() }
      guard send(head) else { return false }
      return !hasBody || stream(queue, isChunked: request.isCurrent)
    }
  }

  /// Sends what comes, and a comment where nothing comes for a while, so that a client that has gone is noticed.
  private func stream(_ queue: EventQueue, isChunked: Bool) -> Bool {
    while true {
      let data: Data
      switch queue.next(within: Readers.heartbeat) {
      case .data(let event): data = event
      case .nothing: data = Data(": still here\n\n".utf8)
      case .end: return send(isChunked ? Data("0\r\n\r\n".utf8) : Data())
      }
      let chunk = isChunked ? Data("\(String(data.count, radix: 16))\r\n".utf8) + data + Data("\r\n".utf8) : data
      guard send(chunk) else { return false }
    }
  }

  private func send(_ data: Data) -> Bool {
    data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress
        let count = retrying { Glibc.send(socket, start, rest.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }
}
