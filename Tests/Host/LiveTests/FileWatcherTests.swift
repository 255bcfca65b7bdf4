import Foundation
import Glibc
import Live
import TestSupport
import Testing

@Suite struct FileWatcherTests {
  @Test func aWrittenFileIsReportedOnceClosed() async throws {
    try await watching(["a.md"]) { watcher, folder in
      let file = open(folder.path + "/a.md", O_WRONLY | O_TRUNC)
      _ = write(file, "one", 3)
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
      _ = write(file, "two", 3)
      close(file)
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
      #expect(watcher.changes(timeout: .milliseconds(20)) == [])
    }
  }

  @Test func aFileThatTakesTheNameIsReported() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try folder.write("new", to: ".a.tmp")
      rename(folder.path + "/.a.tmp", folder.path + "/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
    }
  }

  /// As Vim saves: the old file becomes the backup, a new one is written, the backup goes.
  @Test func aSaveInStepsIsOneChangeAndTheNewFileIsThere() async throws {
    try await watching(["a.md"]) { watcher, folder in
      rename(folder.path + "/a.md", folder.path + "/a.md~")
      #expect(watcher.changes(settle: .seconds(1), timeout: .milliseconds(20)) == [])
      let file = open(folder.path + "/a.md", O_WRONLY | O_CREAT, 0o644)
      #expect(watcher.changes(settle: .seconds(1), timeout: .milliseconds(20)) == [])
      _ = write(file, "new", 3)
      close(file)
      unlink(folder.path + "/a.md~")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
      try #expect(folder.read("a.md") == "new")
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
    }
  }

  @Test func whatComesIntoAFolderAndLeavesItIsReported() async throws {
    try await watching(["data"]) { watcher, folder in
      mkdir(folder.path + "/data", 0o755)
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/data"])
      try folder.write("1", to: "data/one")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/data"])
      unlink(folder.path + "/data/one")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/data"])
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
    }
  }

  @Test func aFileInFoldersThatAreYetToComeIsReported() async throws {
    try await watching(["a.md"]) { watcher, folder in
      let path = folder.path + "/one/two/d.json"
      watcher.watch([path])
      #expect(watcher.changes(timeout: .milliseconds(20)) == [])
      try folder.write("1", to: "one/two/d.json")
      #expect(watcher.changes(timeout: .seconds(180)) == [path])
    }
  }

  @Test func aDeletedFileIsReported() async throws {
    try await watching(["a.md"]) { watcher, folder in
      unlink(folder.path + "/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
      try folder.write("again", to: "a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
    }
  }

  @Test func aFileThatComesIntoBeingIsReportedAndItsFoldersToo() async throws {
    try await watching(["later.md", "one/two/later.md"]) { watcher, folder in
      try folder.write("x", to: "later.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/later.md"])
      try FileManager.default.createDirectory(atPath: folder.path + "/one/two", withIntermediateDirectories: true)
      try folder.write("x", to: "one/two/later.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/one/two/later.md"])
      try folder.write("y", to: "one/two/later.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/one/two/later.md"])
    }
  }

  @Test func anExchangedFolderIsFollowed() async throws {
    try await watching(["f/a.md"]) { watcher, folder in
      try FileManager.default.createDirectory(atPath: folder.path + "/g", withIntermediateDirectories: true)
      try folder.write("other", to: "g/a.md")
      rename(folder.path + "/f", folder.path + "/old")
      rename(folder.path + "/g", folder.path + "/f")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/f/a.md"])
      try folder.write("again", to: "f/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/f/a.md"])
      try folder.write("nobody asked", to: "old/a.md")
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
    }
  }

  @Test func aLinkIsWatchedAndWhatItLeadsTo() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try folder.write("target", to: "elsewhere/real.md")
      unlink(folder.path + "/a.md")
      symlink("elsewhere/real.md", folder.path + "/a.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
      try folder.write("new", to: "elsewhere/real.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
    }
  }

  @Test func severalFilesAreReportedTogether() async throws {
    try await watching(["a.md", "b.md", "f/c.md"]) { watcher, folder in
      let paths = try ["a.md", "b.md", "f/c.md"].map { try folder.write("new", to: $0) }
      #expect(watcher.changes(settle: .milliseconds(20), timeout: .seconds(180)) == Set(paths))
      try folder.write("new", to: "b.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/b.md"])
    }
  }

  @Test func othersInTheFolderAreNoChange() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try folder.write("x", to: "b.md")
      try folder.write("x", to: "a.md.swp")
      unlink(folder.path + "/b.md")
      _ = try String(contentsOfFile: folder.path + "/a.md", encoding: .utf8)
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
      watcher.watch([folder.path + "/b.md"])
      try folder.write("x", to: "a.md")
      #expect(watcher.changes(timeout: .milliseconds(50)) == [])
      try folder.write("x", to: "b.md")
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/b.md"])
    }
  }

  @Test func aChangeBetweenTwoCallsIsNotLost() async throws {
    try await watching(["a.md"]) { watcher, folder in
      try folder.write("new", to: "a.md")
      usleep(20_000)
      let atOnce = watcher.changes(settle: .seconds(1), timeout: .zero)
      #expect(atOnce == [])
      #expect(watcher.changes(timeout: .seconds(180)) == [folder.path + "/a.md"])
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
          try? folder.write("\(index)", to: "a.md")
          usleep(10_000)
        }
      }
      // A thread may be kept waiting for longer than it asked for.
      #expect(watcher.changes(settle: .seconds(4), timeout: .seconds(180)) == [folder.path + "/a.md"])
      try #expect(folder.read("a.md") == "4")
    }
  }

  @Test func aFileThatNeverRestsIsReportedNonetheless() async throws {
    try await watching(["a.md"]) { watcher, folder in
      let isDone = Shared(false)
      Thread.detachNewThread {
        while !isDone.with({ $0 }) { try? folder.write("x", to: "a.md") }
      }
      #expect(watcher.changes(settle: .milliseconds(30), timeout: .seconds(180)) == [folder.path + "/a.md"])
      isDone.with { $0 = true }
    }
  }
}

/// A watcher of these files in a folder of its own, in which `a.md`, `b.md`, `f/a.md` and `f/c.md` exist.
private func watching(_ files: [String], _ body: @escaping @Sendable (FileWatcher, TestFolder) throws -> Void) async throws {
  try await waiting {
    let folder = try TestFolder()
    for file in ["a.md", "b.md", "f/a.md", "f/c.md"] { try folder.write("old", to: file) }
    let watcher = try FileWatcher()
    watcher.watch(Set(files.map { "\(folder.path)/\($0)" }))
    try body(watcher, folder)
  }
}
