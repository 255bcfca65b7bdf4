import Foundation
import Glibc
import Live
import Processes
import TestSupport
import Testing

/// A client that sends what it is told to send, byte by byte: browsers and URLSession would mend the paths and headers first.
final class Connection {
  private let socket: ClientSocket
  var file: Int32 { socket.number }
  private(set) var received: [UInt8] = []

  init(port: UInt16, address: UInt32 = INADDR_LOOPBACK) throws {
    // As long as `eventually` waits.
    socket = try ClientSocket(port: port, address: address, seconds: 180)
  }

  func write(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { bytes in
        retrying { send(file, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Reads until what came satisfies, or nothing more comes.
  @discardableResult func read(until isEnough: (String) -> Bool) -> String {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !isEnough(text) {
      let count = retrying { recv(file, &buffer, buffer.count, 0) }
      guard count > 0 else { break }
      received += buffer[..<count]
    }
    return text
  }

  var text: String { String(decoding: received, as: UTF8.self) }
}

/// An answer, taken apart.
struct Answer {
  var status: Int
  var head: String
  var body: String

  init(_ text: String) {
    let parts = text.components(separatedBy: "\r\n\r\n")
    head = parts[0]
    body = parts.dropFirst().joined(separator: "\r\n\r\n")
    status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
  }

  func header(_ name: String) -> String? {
    head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
      .map { String($0.dropFirst(name.count + 1)).trimmingCharacters(in: .whitespaces) }
  }
}

/// A server over a folder of its own, for one test.
final class TestSite: Sendable {
  let home: TestFolder
  var folder: String { home.path }
  let server: LiveServer
  let port: UInt16
  let stopped = Shared<[String]>([])

  static let page =
    "<!doctype html>\n<html>\n<head>\n<title>A</title>\n</head>\n<body><main><p>from the file</p></main></body>\n</html>\n"

  init(files: [String: String] = ["index.html": page, "a/index.html": page], port wanted: UInt16 = 0) throws {
    home = try TestFolder()
    for (path, text) in files { try home.write(text, to: "site/\(path)") }
    let stopped = stopped
    server = LiveServer(site: home.path + "/site", port: wanted) { page in stopped.with { $0.append(page) } }
    port = try server.start()
  }

  deinit { server.stop() }

  var host: String { "127.0.0.1:\(port)" }

  func get(_ path: String, method: String = "GET", host: String? = nil, headers: [String] = []) throws -> Answer {
    let connection = try Connection(port: port)
    let lines = ["\(method) \(path) HTTP/1.1", "Host: \(host ?? self.host)", "Connection: close"] + headers
    connection.write(lines.joined(separator: "\r\n") + "\r\n\r\n")
    return Answer(connection.read { _ in false })
  }

  /// A reader's stream of events.
  func events(of page: String) throws -> Connection {
    let connection = try Connection(port: port)
    connection.write("GET /_folio/events?page=\(page) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    return connection
  }
}

extension Connection {
  /// The events so far, as `name: data`, as soon as there are this many.
  func events(_ count: Int) -> [String] {
    read { Self.events(in: $0).count >= count }
    return Self.events(in: text)
  }

  private static func events(in text: String) -> [String] {
    text.components(separatedBy: "event: ").dropFirst().compactMap { part in
      guard let end = part.range(of: "\n\n") else { return nil }
      return part[..<end.lowerBound].replacingOccurrences(of: "\ndata: ", with: ": ")
    }
  }
}

/// A value that several threads use.
final class Shared<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func with<Result>(_ body: (inout Value) -> Result) -> Result { lock.withLock { body(&value) } }
}
