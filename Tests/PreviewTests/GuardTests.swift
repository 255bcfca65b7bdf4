import Foundation
import Preview
import Record
import TestThreads
import Testing

@Suite struct GuardTests {
  @Test func onlyRequestsForLocalhostAreAnswered() async throws {
    try await waiting {
      let site = try TestSite()
      for host in ["127.0.0.1:\(site.port)", "localhost:\(site.port)", "[::1]:\(site.port)", "LOCALHOST:\(site.port)"] {
        #expect(try site.get("/", host: host).status == 200, "\(host)")
      }
      let foreign = [
        "evil.example", "evil.example:\(site.port)", "localhost", "localhost:1", "127.0.0.1.evil.example:\(site.port)",
        "localhost:\(site.port).evil.example", "",
      ]
      for host in foreign {
        for path in ["/", "/a/", "/_folio/live.js", "/_folio/events?page=a", "/_folio/stop?page=a", "/no"] {
          #expect(try site.get(path, host: host).status == 403, "\(host) \(path)")
        }
      }
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
        #expect(answer.status == 405 && answer.header("Allow") == "GET, HEAD")
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
