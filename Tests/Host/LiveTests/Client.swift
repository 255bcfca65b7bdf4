import Foundation
import Glibc
import Live
import Processes
import Testing

/// A client that sends what it is told to send, byte by byte: browsers and URLSession would mend the paths and headers first.
final class Connection {
  let file: Int32
  private(set) var received: [UInt8] = []

  init(port: UInt16, address number: UInt32 = 0x7F00_0001) throws {
    file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = number.bigEndian
    let result = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        retrying { connect(file, address, socklen_t(MemoryLayout<sockaddr_in>.size)) }
      }
    }
    guard result == 0 else { throw Refused() }
    // As long as `eventually` waits.
    var limit = timeval(tv_sec: 180, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(file) }

  struct Refused: Error {}

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
  let folder: String
  let server: LiveServer
  let port: UInt16
  let stopped = Shared<[String]>([])

  static let page =
    "<!doctype html>\n<html>\n<head>\n<title>A</title>\n</head>\n<body><main><p>from the file</p></main></body>\n</html>\n"

  init(files: [String: String] = ["index.html": page, "a/index.html": page], port wanted: UInt16 = 0) throws {
    folder = FileManager.default.temporaryDirectory.path + "/preview-" + UUID().uuidString
    for (path, text) in files { try Self.write(text, to: "\(folder)/site/\(path)") }
    let stopped = stopped
    server = LiveServer(site: folder + "/site", port: wanted) { page in stopped.with { $0.append(page) } }
    port = try server.start()
  }

  deinit {
    server.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  static func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

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
