import Foundation
import Glibc
import Live
import TestSupport

/// Requests to the preview, in pieces.
final class RequestKind: Kind {
  static let name = "requests", share = 4
  private let seeds: Seeds
  private let server: LiveServer
  private var port: UInt16

  init(folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder + "/n", withIntermediateDirectories: true)
    for file in ["index.html", "n/index.html"] {
      try Data("<html><head></head><body>x</body></html>".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
    }
    server = LiveServer(site: folder, port: 0) { _ in }
    port = try server.start()
    let heads = [
      "/", "/n", "/n/", "/n/index.html?x=%20&y", "/_folio/events?page=n", "/_folio/live.js", "/%2e%2e/etc/passwd", "/n%00/", "/é",
    ].map {
      "GET \($0) HTTP/1.1\r\nHost: localhost:4646\r\nConnection: close\r\nSec-Fetch-Site: none\r\n\r\n"
    }
    let others = [
      "POST /_folio/stop?page=n HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Length: 0\r\n\r\n",
      "HEAD / HTTP/1.0\r\nhost: [::1]:1\r\n\r\n", "GET / HTTP/1.1\nHost: localhost\n\nGET /n/ HTTP/1.1\nHost: localhost\n\n",
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ]
    seeds = Seeds(inputs: (heads + others).map { [Part("request.http", $0), Part("cuts.bin", [40])] })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    let socket = try ClientSocket(port: port, seconds: 8)
    let client = socket.number
    let bytes = input.bytes("request.http")
    send(bytes, in: input.bytes("cuts.bin"), to: client)
    shutdown(client, Int32(SHUT_WR))
    var (buffer, received) = ([UInt8](repeating: 0, count: 1 << 16), [UInt8]())
    while received.count < 13 {
      let count = recv(client, &buffer, buffer.count, 0)
      if count <= 0 { break }
      received += buffer[..<count]
    }
    withExtendedLifetime(socket) {}
    guard received.isEmpty || received.starts(with: Array("HTTP/1.1 ".utf8)) else {
      throw Failure("the answer is none: \(received.prefix(20))")
    }
    // Streams go on until the server notices.
    if String(decoding: bytes, as: UTF8.self).contains("events") {
      server.stop()
      port = try server.start()
    }
  }

  private func send(_ bytes: [UInt8], in cuts: [UInt8], to client: Int32) {
    var rest = bytes[...]
    for cut in cuts.prefix(20) {
      write(rest.prefix(Int(cut)), to: client)
      rest = rest.dropFirst(Int(cut))
    }
    write(rest, to: client)
  }

  private func write(_ bytes: ArraySlice<UInt8>, to client: Int32) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
