import Foundation
import Live
import Record
import TestSupport
import Testing

@Suite struct GuardTests {
  @Test func onlyRequestsForLocalhostAreAnswered() async throws {
    try await waiting {
      let site = try TestSite()
      for host in ["127.0.0.1:\(site.port)", "localhost:\(site.port)", "[::1]:\(site.port)", "LOCALHOST:\(site.port)"] {
        #expect(try site.get("/", host: host).status == 200, "\(host)")
      }
      let foreign = [
        "evil.example", "evil.example:\(site.port)", "127.0.0.1.evil.example:\(site.port)", "localhost.evil.example", "127.0.0.2",
        "localhost:\(site.port).evil.example", "localhost:", "localhost:x", "localhost@evil.example", "[::1", "0.0.0.0", "",
      ]
      for host in foreign {
        for path in ["/", "/a/", "/_folio/live.js", "/_folio/events?page=a", "/_folio/stop?page=a", "/no"] {
          #expect(try site.get(path, host: host).status == 403, "\(host) \(path)")
        }
      }
    }
  }

  @Test func aForwardedPortOfAnotherNumberWorksForItsOwnPagesOnly() async throws {
    try await waiting {
      let site = try TestSite()
      site.server.setStatus(page: "a", LiveStatus(cell: "x", number: 1, count: 2))
      for host in ["localhost:8080", "127.0.0.1:1", "localhost"] {
        #expect(try site.get("/a/", host: host).status == 200)
        let stop = "/_folio/stop?page=a"
        #expect(try site.get(stop, method: "POST", host: host, headers: ["Origin: http://\(site.host)"]).status == 403)
        #expect(try site.get(stop, method: "POST", host: host, headers: ["Origin: http://\(host)"]).status == 204)
      }
      #expect(site.stopped.with { $0 }.count == 3)
    }
  }

  @Test func anotherNameIsAnsweredIfItWasAskedFor() async throws {
    try await waiting {
      let server = LiveServer(site: "/nowhere", port: 0, names: ["Box.example"]) { _ in }
      let port = try server.start()
      defer { server.stop() }
      func status(_ lines: String...) throws -> Int {
        let connection = try Connection(port: port)
        let request = ["GET /_folio/live.css HTTP/1.1"] + lines + ["Connection: close"]
        connection.write(request.joined(separator: "\r\n") + "\r\n\r\n")
        return Answer(connection.read { _ in false }).status
      }
      #expect(try status("Host: box.example:9000") == 200)
      #expect(try status("Host: box.example", "Origin: https://box.example") == 200)
      #expect(try status("Host: box.example", "Origin: http://evil.example") == 403)
      #expect(try status("Host: other.example") == 403)
    }
  }

  @Test func pagesOfOthersAreRefusedByWhatTheBrowserSaysOfThem() async throws {
    try await waiting {
      let site = try TestSite()
      func status(_ site: TestSite, _ place: String, _ mode: String, _ kind: String) throws -> Int {
        let headers = ["Sec-Fetch-Site: \(place)", "Sec-Fetch-Mode: \(mode)", "Sec-Fetch-Dest: \(kind)"]
        return try site.get("/a/", headers: headers).status
      }
      #expect(try status(site, "cross-site", "no-cors", "image") == 403)
      #expect(try status(site, "same-site", "no-cors", "script") == 403)
      #expect(try status(site, "cross-site", "navigate", "iframe") == 403)
      #expect(try status(site, "cross-site", "navigate", "document") == 200)
      #expect(try status(site, "same-origin", "cors", "empty") == 200)
      #expect(try status(site, "none", "navigate", "document") == 200)
    }
  }

  @Test func stoppingTakesAPostOfOurOwnPage() async throws {
    try await waiting {
      let site = try TestSite()
      site.server.setStatus(page: "a b", LiveStatus(cell: "x", number: 1, count: 2))
      let stop = "/_folio/stop?page=a%20b"
      let refused = [
        [], ["Origin: http://evil.example"], ["Origin: null"], ["Origin: http://127.0.0.1:1"], ["Origin: https://\(site.host)"],
        ["Origin: http://localhost:\(site.port)"], ["Origin: http://\(site.host).evil.example"],
      ]
      for headers in refused { #expect(try site.get(stop, method: "POST", headers: headers).status == 403, "\(headers)") }
      #expect(try site.get(stop).status == 405)
      #expect(site.stopped.with { $0 } == [])
      let answer = try site.get(stop, method: "POST", headers: ["Origin: http://\(site.host)", "Content-Length: 0"])
      #expect(answer.status == 204)
      #expect(site.stopped.with { $0 } == ["a b"])
    }
  }

  @Test func aPageThatDoesNotRunIsNotStopped() async throws {
    try await waiting {
      let site = try TestSite()
      #expect(try site.get("/_folio/stop?page=a", method: "POST", headers: ["Origin: http://\(site.host)"]).status == 204)
      #expect(site.stopped.with { $0 } == [])
    }
  }

  @Test func otherOriginsReadNothing() async throws {
    try await waiting {
      let site = try TestSite()
      for path in ["/a/", "/_folio/events?page=a"] {
        #expect(try site.get(path, headers: ["Origin: http://evil.example"]).status == 403)
      }
      let answer = try site.get("/a/")
      #expect(answer.header("Cross-Origin-Resource-Policy") == "same-origin")
      #expect(answer.header("Content-Security-Policy") == "frame-ancestors 'self'")
      #expect(answer.header("X-Content-Type-Options") == "nosniff")
      #expect(answer.header("Access-Control-Allow-Origin") == nil)
    }
  }

  @Test func pagesCanOnlyBeRead() async throws {
    try await waiting {
      let site = try TestSite()
      for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = try site.get("/a/", method: method)
        #expect(answer.status == 405)
        #expect(answer.header("Allow") == "GET, HEAD")
      }
    }
  }

  /// A form of another site may send any text to us as its body; none of it may be taken for a request.
  @Test(arguments: [10, 5000, 3_000_000])
  func noRequestHidesInTheBodyOfAnother(padding: Int) async throws {
    try await waiting {
      let site = try TestSite()
      site.server.setStatus(page: "a", LiveStatus(cell: "x", number: 1, count: 2))
      let hidden = "POST /_folio/stop?page=a HTTP/1.1\r\nHost: \(site.host)\r\nOrigin: http://\(site.host)\r\n\r\n"
      let body = hidden + String(repeating: " ", count: padding)
      for header in ["Content-Length: \(body.utf8.count)", "Transfer-Encoding: chunked", "Content-Length: 00"] {
        let connection = try Connection(port: site.port)
        connection.write("POST / HTTP/1.1\r\nHost: \(site.host)\r\nOrigin: http://evil.example\r\n\(header)\r\n\r\n" + body)
        _ = connection.read { _ in false }
      }
      #expect(try site.get("/a/").status == 200)
      #expect(site.stopped.with { $0 } == [])
    }
  }
}
