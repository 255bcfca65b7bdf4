import Foundation
import Live
import TestSupport
import Testing

/// What comes over a connection, byte by byte, and what is made of it.
@Suite struct RequestTests {
  private func answer(_ text: String, from site: TestSite) throws -> Answer {
    let connection = try Connection(port: site.port)
    connection.write(text)
    return Answer(connection.read { _ in false })
  }

  @Test func aRequestBeyondTheLimitIsRefusedAndOthersAreServed() async throws {
    try await waiting {
      let site = try TestSite()
      let many = String(repeating: "a: b\r\n", count: 8000)
      for start in ["GET /", "GET / HTTP/1.1\r\nHost: \(site.host)\r\nX: ", "GET / HTTP/1.1\r\n" + many] {
        let long = try (0..<4).map { _ in try Connection(port: site.port) }
        for connection in long { connection.write(start + String(repeating: "a", count: 1_000_000)) }
        #expect(try site.get("/a/").status == 200)
        for connection in long { #expect(Answer(connection.read { _ in false }).status == 431) }
      }
    }
  }

  @Test func aRequestWithinTheLimitIsAnswered() async throws {
    try await waiting {
      let site = try TestSite()
      let cookie = "Cookie: " + String(repeating: "c", count: 20_000)
      #expect(try site.get("/a/", headers: [cookie]).status == 200)
      #expect(try site.get("/" + String(repeating: "a", count: 20_000)).status == 404)
    }
  }

  @Test func aRequestMayComeInPieces() async throws {
    try await waiting {
      let site = try TestSite()
      let connection = try Connection(port: site.port)
      for byte in "\r\nGET /a/ HTTP/1.1\r\nHost: \(site.host)\r\nConnection: close\r\n\r\n" {
        connection.write(String(byte))
        usleep(500)
      }
      #expect(Answer(connection.read { _ in false }).body.contains("from the file"))
    }
  }

  @Test func requestsOverOneConnectionAreAnsweredInOrder() async throws {
    try await waiting {
      let site = try TestSite()
      let paths = ["/a/", "/none", "/_folio/live.css"]
      let requests = paths.map { "GET \($0) HTTP/1.1\r\nHost: \(site.host)\r\n" }
      let text = try answer(requests.joined(separator: "\r\n") + "Connection: close\r\n\r\n", from: site)
      let all = "\(text.head)\r\n\r\n\(text.body)"
      #expect(all.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) } == ["200", "404", "200"])
    }
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\nHost: HOST\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: HOST\r\nno header\r\n\r\n", "GET  / HTTP/1.1\r\nHost: HOST\r\n\r\n", "\u{1}\u{2}\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: HOST\r\n\r\n",
  ])
  func whatIsNoRequestIsRefused(text: String) async throws {
    try await waiting {
      let site = try TestSite()
      #expect(try answer(text.replacing("HOST", with: site.host), from: site).status == 400)
    }
  }

  @Test func anOldClientIsAnsweredWithoutChunks() async throws {
    try await waiting {
      let site = try TestSite()
      let answer = try answer("GET /a/ HTTP/1.0\r\nHost: \(site.host)\r\n\r\n", from: site)
      #expect(answer.status == 200)
      #expect(answer.header("Transfer-Encoding") == nil)
      #expect(answer.body.contains("from the file"))
    }
  }

  @Test func thoseWhoSayNothingKeepNobodyWaiting() async throws {
    try await waiting {
      let site = try TestSite()
      let silent = try (0..<100).map { _ in try Connection(port: site.port) }
      for connection in silent { connection.write("GET ") }
      #expect(try site.get("/a/").status == 200)
      withExtendedLifetime(silent) {}
    }
  }
}
