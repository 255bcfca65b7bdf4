import Foundation
import Glibc
import Live
import TestSupport
import Testing

@Suite struct FileWatcherTests {
  @Test func aWrittenFileIsReportedOnceClosed() async throws {
    try await watching(["a.md"]) { watcher, folder in
      let file = open(folder + "/a.md", O_WRONLY | O_TRUNC)
      _ = write(file, "one", 3)
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
      _ = write(file, "two", 3)
      close(file)
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
      #expect(watcher.changes(timeout: .milliseconds(20)) == [])
    }
  }

  @Test func aFileThatTakesTheNameIsReported() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try save("new", to: folder + "/.a.tmp")
      rename(folder + "/.a.tmp", folder + "/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
    }
  }

  /// As Vim saves: the old file becomes the backup, a new one is written, the backup goes.
  @Test func aSaveInStepsIsOneChangeAndTheNewFileIsThere() async throws {
    try await watching(["a.md"]) { watcher, folder in
      rename(folder + "/a.md", folder + "/a.md~")
      #expect(watcher.changes(settle: .seconds(1), timeout: .milliseconds(20)) == [])
      let file = open(folder + "/a.md", O_WRONLY | O_CREAT, 0o644)
      #expect(watcher.changes(settle: .seconds(1), timeout: .milliseconds(20)) == [])
      _ = write(file, "new", 3)
      close(file)
      unlink(folder + "/a.md~")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
      try #expect(String(contentsOfFile: folder + "/a.md", encoding: .utf8) == "new")
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
    }
  }

  @Test func whatComesIntoAFolderAndLeavesItIsReported() async throws {
    try await watching(["data"]) { watcher, folder in
      mkdir(folder + "/data", 0o755)
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/data"])
      try save("1", to: folder + "/data/one")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/data"])
      unlink(folder + "/data/one")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/data"])
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
    }
  }

  @Test func aFileInFoldersThatAreYetToComeIsReported() async throws {
    try await watching(["a.md"]) { watcher, folder in
      let path = folder + "/one/two/d.json"
      watcher.watch([path])
      #expect(watcher.changes(timeout: .milliseconds(20)) == [])
      try FileManager.default.createDirectory(atPath: folder + "/one/two", withIntermediateDirectories: true)
      try save("1", to: path)
      #expect(watcher.changes(timeout: .seconds(180)) == [path])
    }
  }

  @Test func aDeletedFileIsReported() async throws {
    try await watching(["a.md"]) { watcher, folder in
      unlink(folder + "/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
      try save("again", to: folder + "/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
    }
  }

  @Test func aFileThatComesIntoBeingIsReportedAndItsFoldersToo() async throws {
    try await watching(["later.md", "one/two/later.md"]) { watcher, folder in
      try save("x", to: folder + "/later.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/later.md"])
      try FileManager.default.createDirectory(atPath: folder + "/one/two", withIntermediateDirectories: true)
      try save("x", to: folder + "/one/two/later.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/one/two/later.md"])
      try save("y", to: folder + "/one/two/later.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/one/two/later.md"])
    }
  }

  @Test func anExchangedFolderIsFollowed() async throws {
    try await watching(["f/a.md"]) { watcher, folder in
      try FileManager.default.createDirectory(atPath: folder + "/g", withIntermediateDirectories: true)
      try save("other", to: folder + "/g/a.md")
      rename(folder + "/f", folder + "/old")
      rename(folder + "/g", folder + "/f")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/f/a.md"])
      try save("again", to: folder + "/f/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/f/a.md"])
      try save("nobody asked", to: folder + "/old/a.md")
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
    }
  }

  @Test func aLinkIsWatchedAndWhatItLeadsTo() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try save("target", to: folder + "/elsewhere/real.md")
      unlink(folder + "/a.md")
      symlink("elsewhere/real.md", folder + "/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
      try save("new", to: folder + "/elsewhere/real.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
    }
  }

  @Test func severalFilesAreReportedTogether() async throws {
    try await watching(["a.md", "b.md", "f/c.md"]) { watcher, folder in
      let files = ["/a.md", "/b.md", "/f/c.md"]
      for file in files { try save("new", to: folder + file) }
      #expect(watcher.changes(settle: .milliseconds(20), timeout: .seconds(180)) == Set(files.map { folder + $0 }))
      try save("new", to: folder + "/b.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/b.md"])
    }
  }

  @Test func othersInTheFolderAreNoChange() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try save("x", to: folder + "/b.md")
      try save("x", to: folder + "/a.md.swp")
      unlink(folder + "/b.md")
      _ = try String(contentsOfFile: folder + "/a.md", encoding: .utf8)
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
      watcher.watch([folder + "/b.md"])
      try save("x", to: folder + "/a.md")
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
      try save("x", to: folder + "/b.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/b.md"])
    }
  }

  @Test func aChangeBetweenTwoCallsIsNotLost() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try save("new", to: folder + "/a.md")
      usleep(20_000)
      let atOnce = watcher.changes(settle: .seconds(1), timeout: .zero)
      #expect(atOnce == [])
      #expect(watcher.changes(timeout: .seconds(180)) == [folder + "/a.md"])
    }
  }

  @Test func anInterruptionEndsTheWaitNowOrNextTime() async throws {
    try await watching(["a.md"]) { watcher, _ in
      Thread.detachNewThread {
        usleep(20_000)
        watcher.interrupt()
      }
      #expect(watcher.changes(timeout: nil) == [])
      watcher.interrupt()
      watcher.interrupt()
      #expect(watcher.changes(timeout: nil) == [])
      #expect(watcher.changes(timeout: .milliseconds(20)) == [])
    }
  }

  @Test func writesInQuickSuccessionAreOneChange() async throws {
    try await watching(["a.md"]) { watcher, folder in
      Thread.detachNewThread {
        for index in 0..<5 {
          try? save("\(index)", to: folder + "/a.md")
          usleep(10_000)
        }
      }
      // A thread may be kept waiting for longer than it asked for.
      #expect(watcher.changes(settle: .seconds(4), timeout: .seconds(180)) == [folder + "/a.md"])
      try #expect(String(contentsOfFile: folder + "/a.md", encoding: .utf8) == "4")
    }
  }

  @Test func aFileThatNeverRestsIsReportedNonetheless() async throws {
    try await watching(["a.md"]) { watcher, folder in
      let isDone = Shared(false)
      Thread.detachNewThread {
        while !isDone.with({ $0 }) { try? save("x", to: folder + "/a.md") }
      }
      #expect(watcher.changes(settle: .milliseconds(30), timeout: .seconds(180)) == [folder + "/a.md"])
      isDone.with { $0 = true }
    }
  }
}

private func save(_ text: String, to path: String) throws { try TestSite.write(text, to: path) }

/// A watcher of these files in a folder of its own, in which `a.md`, `b.md`, `f/a.md` and `f/c.md` exist.
private func watching(_ files: [String], _ body: @escaping @Sendable (FileWatcher, String) throws -> Void) async throws {
  try await waiting {
    let folder = FileManager.default.temporaryDirectory.path + "/watch-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for file in ["a.md", "b.md", "f/a.md", "f/c.md"] { try save("old", to: "\(folder)/\(file)") }
    let watcher = try FileWatcher()
    watcher.watch(Set(files.map { "\(folder)/\($0)" }))
    try body(watcher, folder)
  }
}
