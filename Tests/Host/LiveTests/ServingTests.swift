import Foundation
import Glibc
import Live
import Record
import TestSupport
import Testing

@Suite struct ServingTests {
  @Test func filesAreServedWithTheirTypes() async throws {
    try await waiting {
      let types = [
        "a.html": "text/html; charset=utf-8", "a.css": "text/css; charset=utf-8", "a.js": "text/javascript; charset=utf-8",
        "a.svg": "image/svg+xml; charset=utf-8", "a.json": "application/json; charset=utf-8", "a.png": "image/png",
        "a.csv": "text/csv; charset=utf-8", "a.txt": "text/plain; charset=utf-8", "a.TXT": "text/plain; charset=utf-8",
        "a.woff2": "font/woff2", "a": "application/octet-stream", "a.unheard-of": "application/octet-stream",
      ]
      let site = try TestSite(files: types.mapValues { _ in "" })
      for (file, type) in types {
        let answer = try site.get("/" + file)
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == type, "\(file)")
        #expect(answer.header("Cache-Control") == "no-store")
      }
    }
  }

  @Test func aFileComesAsItIsAndHeadSaysHowLongItIs() async throws {
    try await waiting {
      let text = String(repeating: "größer\n", count: 300_000)
      let site = try TestSite(files: ["long name/é.txt": text])
      let path = "/long%20name/%C3%A9.txt"
      let answer = try site.get(path)
      #expect(answer.body == text)
      let head = try site.get(path, method: "HEAD")
      #expect(head.status == 200)
      #expect(head.body.isEmpty)
      #expect(head.header("Content-Length") == String(text.utf8.count))
      #expect(head.header("Content-Type") == answer.header("Content-Type"))
    }
  }

  @Test(arguments: [("/", ""), ("/index.html", ""), ("/a/", "a"), ("/a/index.html", "a"), ("/b%26%22/", "b&amp;&quot;")])
  func aPageGetsItsScriptAndItsFileStays(path: String, name: String) async throws {
    try await waiting {
      let site = try TestSite(files: [
        "index.html": TestSite.page, "a/index.html": TestSite.page, "b&\"/index.html": TestSite.page,
      ])
      let answer = try site.get(path)
      let tags = """
        <script src="/_folio/live.js" data-page="\(name)" defer></script>
        <link rel="stylesheet" href="/_folio/live.css">

        """
      #expect(answer.status == 200)
      #expect(answer.body == TestSite.page.replacingOccurrences(of: "</head>", with: tags + "</head>"))
      #expect(try String(contentsOfFile: site.folder + "/site/a/index.html", encoding: .utf8) == TestSite.page)
    }
  }

  @Test func theScriptAndItsStyleAreServed() async throws {
    try await waiting {
      let site = try TestSite()
      let script = try site.get("/_folio/live.js")
      #expect(script.header("Content-Type") == "text/javascript; charset=utf-8")
      let worker = try site.get("/_folio/events.js")
      #expect(worker.status == 200)
      #expect(worker.body.contains("EventSource"))
      expect(script.body, contains: "SharedWorker", "folio:updated")
      expect(script.body, lacks: "innerHTML")
      #expect(try site.get("/_folio/live.css").header("Content-Type") == "text/css; charset=utf-8")
    }
  }

  @Test func theAddressOfAPageIsOneThatCanBeClicked() {
    #expect(LiveServer.address(of: "", port: 4646) == "http://127.0.0.1:4646/")
    #expect(LiveServer.address(of: "a b#c?é%", port: 80) == "http://127.0.0.1:80/a%20b%23c%3F%C3%A9%25/")
  }

  @Test func aFolderWithoutItsSlashLeadsToIt() async throws {
    try await waiting {
      let site = try TestSite()
      let answer = try site.get("/a")
      #expect(answer.status == 307)
      #expect(answer.header("Location") == "/a/")
      site.server.show(page: "new", html: TestSite.page)
      #expect(try site.get("/new").header("Location") == "/new/")
    }
  }

  @Test func whatIsNotThereIsAnsweredWithWhatThereIs() async throws {
    try await waiting {
      let site = try TestSite()
      site.server.show(page: "memory <1>", html: TestSite.page)
      for path in ["/b", "/b/", "/a/b.txt", "/index.html/"] {
        let answer = try site.get(path)
        #expect(answer.status == 404, "\(path)")
        #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
        expect(answer.body, contains: #"<a href="/a/">a</a>"#, #"<a href="/memory%20%3C1%3E/">memory &lt;1&gt;</a>"#)
      }
      // Its script waits for the page to come into being.
      #expect(try site.get("/b/").body.contains(#"data-page="b""#))
      #expect(try TestSite(files: [:]).get("/").status == 404)
    }
  }

  @Test(arguments: [
    "/../secret.txt", "/a/../../secret.txt", "/%2e%2e/secret.txt", "/a/%2E%2E/%2e%2e/secret.txt", "/..%2fsecret.txt",
    "/a/..%2f..%2fsecret.txt", "//secret.txt", "/./secret.txt", "/%2fetc/passwd", "//etc/passwd", "/link.txt",
    "/folder/secret.txt",
    "/secret.txt%00.html", "/a/index.html/../../../secret.txt", "/.hidden", "/.git/config", "/%zz",
    "http://localhost/../secret.txt",
    "secret.txt", "/pipe",
  ])
  func noPathLeadsOutOfTheSite(path: String) async throws {
    try await waiting {
      let site = try TestSite(files: ["a/index.html": TestSite.page, ".hidden": "treasure", ".git/config": "treasure"])
      try site.home.write("treasure", to: "secret.txt")
      try FileManager.default.createSymbolicLink(atPath: site.folder + "/site/link.txt", withDestinationPath: "../secret.txt")
      try FileManager.default.createSymbolicLink(atPath: site.folder + "/site/folder", withDestinationPath: "..")
      mkfifo(site.folder + "/site/pipe", 0o600)
      let answer = try site.get(path)
      #expect(answer.status == 404)
      expect(answer.body, lacks: "treasure", "root:")
    }
  }

  @Test func aLinkWithinTheSiteIsFollowed() async throws {
    try await waiting {
      let site = try TestSite()
      try FileManager.default.createSymbolicLink(atPath: site.folder + "/site/b", withDestinationPath: "a")
      #expect(try site.get("/b/").body.contains("from the file"))
    }
  }

  @Test func aPageInMemoryStandsBeforeItsFileUntilItIsTakenBack() async throws {
    try await waiting {
      let site = try TestSite()
      site.server.show(page: "a", html: "<html><head></head><main>from memory</main></html>")
      #expect(try site.get("/a/").body.contains("from memory"))
      #expect(try site.get("/a/index.html").body.contains(#"data-page="a""#))
      #expect(try site.get("/").body.contains("from the file"))
      site.server.show(page: "a", html: nil)
      #expect(try site.get("/a/").body.contains("from the file"))
    }
  }

  @Test func aTakenPortIsExplained() async throws {
    try await waiting {
      let site = try TestSite()
      let second = LiveServer(site: site.folder, port: site.port) { _ in }
      let error = #expect(throws: Diagnostic.self) { try second.start() }
      #expect(error?.message == "Port \(site.port) is taken")
      #expect(error?.advice?.contains("another port") == true)
    }
  }

  @Test func stoppingFreesThePortAndEndsTheStreams() async throws {
    try await waiting {
      // Not of the range that the system gives to others, such as the tests beside this one.
      let site = try TestSite(port: UInt16.random(in: 20_000..<30_000))
      let reader = try site.events(of: "a")
      #expect(reader.events(3).count == 3)
      #expect(try site.server.start() == site.port)
      site.server.stop()
      #expect(reader.read { _ in false }.hasSuffix("0\r\n\r\n"))
      // A program that a test beside this one has started just now may hold the port for a moment: it was born with all our files.
      #expect(eventually { (try? Connection(port: site.port)) == nil })
      let second = LiveServer(site: site.folder + "/site", port: site.port) { _ in }
      #expect(try second.start() == site.port)
      second.stop()
    }
  }

  /// All of 127.0.0.0/8 is this machine, and one who listened on every address would answer there.
  @Test func itListensOnItsOneAddressOnly() async throws {
    try await waiting {
      let site = try TestSite()
      #expect(throws: ClientSocket.Refused.self) { try Connection(port: site.port, address: 0x7F00_0002) }
      #expect(try site.get("/").status == 200)
    }
  }
}
