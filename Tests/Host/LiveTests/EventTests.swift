import Foundation
import Live
import Record
import TestSupport
import Testing

@Suite struct EventTests {
  @Test func aReaderIsToldHowThingsStandAndThenWhatChanges() async throws {
    try await waiting {
      let site = try TestSite()
      let reader = try site.events(of: "a")
      #expect(reader.events(3) == ["page: 0", "status: null", "problems: []"])
      #expect(Answer(reader.text).header("Content-Type") == "text/event-stream; charset=utf-8")
      site.server.show(page: "a", html: "<p>1</p>")
      let start = ContinuousClock.now
      site.server.setStatus(page: "a", LiveStatus(cell: "x", number: 3, count: 21, detail: "Generating\n12/40"))
      site.server.setProblems(page: "a", [Diagnostic("No such option", advice: "Leave it out.")])
      site.server.setStatus(page: "a", nil)
      site.server.setProblems(page: "a", [])
      let events = Array(reader.events(8).dropFirst(3))
      #expect(events.map { $0.prefix { $0 != ":" } } == ["page", "status", "problems", "status", "problems"])
      #expect(events[0] == "page: 1")
      let status = try JSONDecoder().decode(Message.self, from: Data(events[1].dropFirst(8).utf8))
      #expect(status.status == LiveStatus(cell: "x", number: 3, count: 21, detail: "Generating\n12/40"))
      #expect(status.seconds >= 0)
      #expect(.seconds(status.seconds) < start.duration(to: .now))
      let problems = try JSONDecoder().decode([Diagnostic].self, from: Data(events[2].dropFirst(10).utf8))
      #expect(problems == [Diagnostic("No such option", advice: "Leave it out.")])
      #expect(events[3...] == ["status: null", "problems: []"])
    }
  }

  private struct Message: Decodable {
    var status: LiveStatus
    var seconds: Double
  }

  @Test func oneWhoComesLateIsToldWhatHappened() async throws {
    try await waiting {
      let site = try TestSite()
      site.server.show(page: "a", html: "<p>1</p>")
      site.server.show(page: "a", html: "<p>2</p>")
      site.server.setStatus(page: "a", LiveStatus(cell: "late", number: 1, count: 1))
      site.server.setProblems(page: "a", [Diagnostic("wrong")])
      usleep(50_000)
      site.server.setStatus(page: "a", LiveStatus(cell: "late", number: 1, count: 1, detail: "half"))
      let events = try site.events(of: "a").events(3)
      #expect(events[0] == "page: 2")
      #expect(events[1].contains("half"))
      #expect(events[2].contains("wrong"))
      let status = try JSONDecoder().decode(Message.self, from: Data(events[1].dropFirst(8).utf8))
      #expect(status.seconds >= 0.05, "the time of the cell, not of its last news")
    }
  }

  @Test func eachPageHasItsOwnEventsAndTheIndexThoseOfAll() async throws {
    try await waiting {
      let site = try TestSite()
      let readers = try ["a", "b%20c", ""].map { try site.events(of: $0) }
      for reader in readers { #expect(reader.events(3).count == 3) }
      site.server.setStatus(page: "a", LiveStatus(cell: "x", number: 1, count: 1))
      site.server.show(page: "b c", html: "<p></p>")
      site.server.show(page: "", html: nil)
      #expect(readers[1].events(4)[3...] == ["page: 1"])
      #expect(readers[2].events(5)[3...] == ["page: 1", "page: 2"])
      #expect(readers[0].events(4)[3].hasPrefix("status"))
    }
  }

  @Test func whoListensForAllPagesIsToldOfWhich() async throws {
    try await waiting {
      let site = try TestSite()
      site.server.show(page: "b \"c", html: "<p></p>")
      let connection = try Connection(port: site.port)
      connection.write("GET /_folio/events HTTP/1.1\r\nHost: \(site.host)\r\n\r\n")
      let first = connection.events(6)
      expect(first, contains: "page: {\"page\":\"b \\\"c\",\"data\":1}", "status: {\"page\":\"\",\"data\":null}")
      site.server.setProblems(page: "a", [])
      #expect(connection.events(7).last == "problems: {\"page\":\"a\",\"data\":[]}")
    }
  }

  @Test func aReaderWhoGoesIsDroppedAndTheOthersGoOn() async throws {
    try await waiting {
      let site = try TestSite()
      let stays = try site.events(of: "a")
      var goes: Connection? = try site.events(of: "a")
      #expect(stays.events(3).count == 3)
      #expect(goes?.events(3).count == 3)
      #expect(site.server.readerCount == 2)
      goes = nil
      var shown = 0
      // One after the other, lest the one who stays be dropped for what it has not read yet.
      #expect(
        eventually {
          site.server.show(page: "a", html: nil)
          shown += 1
          return stays.events(3 + shown).count == 3 + shown && site.server.readerCount == 1
        })
    }
  }

  @Test func aReaderWhoDoesNotListenIsSentAway() async throws {
    try await waiting {
      let site = try TestSite()
      let deaf = try site.events(of: "a")
      #expect(eventually { site.server.readerCount == 1 })
      let problems = [Diagnostic(String(repeating: "long", count: 25_000))]
      for _ in 0..<1000 where site.server.readerCount == 1 { site.server.setProblems(page: "a", problems) }
      #expect(site.server.readerCount == 0)
      #expect(try site.events(of: "a").events(3).count == 3)
      withExtendedLifetime(deaf) {}
    }
  }

  @Test func manyReadersAreServedAtOnce() async throws {
    try await waiting {
      let site = try TestSite()
      let readers = try (0..<50).map { _ in try site.events(of: "a") }
      for reader in readers { #expect(reader.events(3).count == 3) }
      site.server.show(page: "a", html: "<p>1</p>")
      for reader in readers { #expect(reader.events(4).last == "page: 1") }
    }
  }

  /// Not gathered with those after it, nor kept until them.
  @Test func aChangeIsOnItsWayAtOnce() async throws {
    try await waiting {
      let site = try TestSite()
      let reader = try site.events(of: "a")
      #expect(reader.events(3).count == 3)
      let html = String(repeating: "<p>long</p>", count: 100_000)
      for index in 1...50 {
        site.server.show(page: "a", html: html)
        #expect(reader.events(3 + index).dropFirst(3) == (1...index).map { "page: \($0)" }[...])
      }
    }
  }

  @Test func serversStartAndStopManyTimes() async throws {
    try await waiting {
      for _ in 0..<20 {
        let site = try TestSite()
        _ = try site.events(of: "a").events(3)
        site.server.stop()
      }
    }
  }
}
