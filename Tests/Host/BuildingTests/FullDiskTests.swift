import Building
import Document
import Foundation
import Glibc
import Record
import Session
import TestSupport
import Testing

/// A build on a disk that is full: a file system of 200 KB in memory, where the machine lets tests mount one.
@Suite struct FullDiskTests {
  private static func mount(_ path: String) -> Bool {
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return Glibc.mount("tmpfs", path, "tmpfs", 0, "size=200k") == 0
  }

  private static let canMount: Bool = {
    let path = NSTemporaryDirectory() + "folio-mount-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard mount(path) else { return false }
    return umount2(path, Int32(MNT_DETACH)) == 0
  }()

  private let notebook =
    "```swift\nlet xs = [1, 2]\n```\n```swift\nFigure(Heatmap([[1.0, -2]], title: \"T\"))\n```\n```swift\nxs.count\n```"

  private func build(_ folder: TestFolder, site: String, store: String) throws -> SiteBuilder.Status {
    var options = NotebookSession.Options()
    options.store = store
    let documents = try Notebooks.read([folder.path + "/Notebooks/a.md"])
    return SiteBuilder(documents, site: site, options: options).build { _ in }
  }

  @Test(.enabled(if: canMount, "tests may not mount a file system here"))
  func aFullDiskLeavesNoHalfPageAndNoPoisonedCache() throws {
    let folder = try TestFolder()
    try folder.write(notebook, to: "Notebooks/a.md")
    let disk = folder.path + "/disk"
    #expect(Self.mount(disk))
    defer { umount2(disk, Int32(MNT_DETACH)) }
    #expect(try build(folder, site: folder.path + "/Fresh", store: folder.path + "/fresh") == .succeeded)
    let whole = try folder.read("Fresh/a/index.html")

    // The store fills the disk, and is full in the midst of a build.
    #expect(try build(folder, site: folder.path + "/Site", store: disk + "/store") == .succeeded)
    #expect(try folder.read("Site/a/index.html") == whole)
    #expect(try build(folder, site: folder.path + "/Site2", store: disk + "/store") == .succeeded)
    #expect(try folder.read("Site2/a/index.html") == whole)

    // No room for the page.
    let filling = disk + "/filling"
    try? FileManager.default.removeItem(atPath: disk + "/store")
    let file = open(filling, O_WRONLY | O_CREAT, 0o644)
    let block = [UInt8](repeating: 1, count: 1024)
    while write(file, block, block.count) > 0 {}
    close(file)
    #expect(try build(folder, site: disk + "/Site", store: folder.path + "/fresh") == .couldNotRun)
    let left = FileManager.default.enumerator(atPath: disk + "/Site")?.compactMap { $0 as? String } ?? []
    #expect(left.filter { $0.hasSuffix(".html") || $0.contains("/.") }.isEmpty)
    try FileManager.default.removeItem(atPath: filling)
    #expect(try build(folder, site: disk + "/Site", store: folder.path + "/fresh") == .succeeded)
    #expect(try folder.read("disk/Site/a/index.html") == whole)
  }
}
