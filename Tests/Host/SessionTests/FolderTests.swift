import Document
import Foundation
import Processes
import Record
import Session
import TestSupport
import Testing

/// Folders for compiled cells, and the cache: neither is lost to others, nor left behind.
@Suite struct FolderTests {
  private let home: TestFolder
  private var parent: String { home.path }

  init() throws { home = try TestFolder() }

  private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] }

  @Test func aFolderGoesWithItsHolder() throws {
    var folder: TemporaryFolder? = try TemporaryFolder(in: parent)
    #expect(folder.map { FileManager.default.fileExists(atPath: $0.path) } == true)
    folder = nil
    #expect(names.isEmpty)
  }

  @Test func onlyFoldersThatNobodyHoldsAreRemoved() throws {
    let first = try TemporaryFolder(in: parent)
    mkdir(parent + "/folio-session-orphan", 0o700)
    mkdir(parent + "/folio-other", 0o700)
    mkdir(parent + "/folio-99999999-abcdef", 0o700)
    let second = try TemporaryFolder(in: parent)
    #expect(
      Set(names) == [
        "folio-other", "folio-99999999-abcdef", URL(fileURLWithPath: first.path).lastPathComponent,
        URL(fileURLWithPath: second.path).lastPathComponent,
      ])
  }

  @Test func whereNoFolderCanBeMadeTheAdviceNamesTheVariable() throws {
    let problem = #expect(throws: Diagnostic.self) { try TemporaryFolder(in: parent + "/gone") }
    #expect(problem?.message == "no temporary folder can be made in '\(parent)/gone': No such file or directory")
    #expect(problem?.advice?.contains("TMPDIR") == true)
  }

  @Test func aSessionThatIsOverLeavesNothing() throws {
    var options = NotebookSession.Options()
    options.store = nil
    let session = try NotebookSession(directory: parent, toolchain: .find(), installation: .find(), options: options)
    let source = """
      let maps = FileHandle(forReadingAtPath: "/proc/self/maps")!.readDataToEndOfFile()
      String(decoding: maps, as: UTF8.self).split { $0 == "\\n" || $0 == " " }.last { $0.contains("/folio-session-") } ?? ""
      """
    let record = try session.run(Notebook(markdown: "```swift\n\(source)\n```", file: parent + "/n.md")).record
    let library = try #require(record.cells[0].values.first)
    #expect(FileManager.default.fileExists(atPath: (library as NSString).deletingLastPathComponent))
    // Someone still holds the session, as a handler of signals does.
    session.close()
    #expect(!FileManager.default.fileExists(atPath: (library as NSString).deletingLastPathComponent))
    try FileManager.default.removeItem(atPath: parent)
    withExtendedLifetime(session) {}
  }

  @Test(arguments: [false, true]) func theCacheMayBeDeletedOrDamagedWhileASessionLives(isDamaged: Bool) throws {
    let warm = try WarmSession()
    if isDamaged {
      try warm.write("module {", to: "store/hidden.modulemap")
    } else {
      try FileManager.default.removeItem(atPath: warm.folder + "/store")
    }
    let cells = ["let a = 1", "struct S { var x = a }", "print(S().x)"]
    #expect(try warm.run(cells).record.cells.map(\.outcome) == [.succeeded, .succeeded, .succeeded])
  }

  @Test func aCacheThatOthersMayWriteToIsRefused() throws {
    chmod(parent, 0o777)
    let problem = #expect(throws: Diagnostic.self) { try WarmSession { $0.store = parent } }
    #expect(problem?.message.contains("is not safe to load code from") == true)
    #expect(problem?.advice?.contains("chmod go-w") == true)
  }

  @Test func manyExtensionsAndOperatorsReachEveryCell() throws {
    let cells =
      ["infix operator <+>\nfunc <+> (a: Int, b: Int) -> Int { 10 * a + b }"]
      + (1..<36).map { "extension Int { var p\($0): Int { self + \($0) } }" } + ["print(1 <+> 2, 0.p1, 0.p35)"]
    #expect(try run(cells: cells).cells.last?.standardOutput == "12 1 35\n")
  }
}
