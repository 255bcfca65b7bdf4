import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

/// Local packages, built by SwiftPM for a real worker.
@Suite(.serialized) struct LocalPackageTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.write(
      """
      // swift-tools-version: 5.9
      import PackageDescription
      let package = Package(
        name: "Tools", products: [.library(name: "Tools", targets: ["Tools"])],
        targets: [.target(name: "CTools"), .target(name: "Tools", dependencies: ["CTools"])])
      """, to: "Tools/Package.swift")
    try folder.write("int forty(void);\n", to: "Tools/Sources/CTools/include/tools.h")
    try folder.write("#include \"tools.h\"\nint forty(void) { return 40; }\n", to: "Tools/Sources/CTools/tools.c")
    try write(answer: "+ 2")
  }

  private func write(answer: String) throws {
    let source = "import CTools\npublic func answer() -> Int { Int(forty()) \(answer) }\n"
    try folder.write(source, to: "Tools/Sources/Tools/tools.swift")
  }

  private func run(_ packages: String = "../Tools") throws -> NotebookSession.RunResult {
    let path = try folder.write(
      "---\npackages: \(packages)\n---\n\n```swift\n1\n```\n\n```swift\nimport Tools\nanswer()\n```\n\n```swift\nanswer() + 1\n```\n",
      to: "Notebooks/n.md")
    var options = NotebookSession.Options()
    options.store = folder.path + "/store"
    let session = try NotebookSession(
      directory: folder.path + "/Notebooks", toolchain: .find(), installation: .find(), options: options)
    defer { session.close() }
    return try session.run(Notebook(contentsOf: path))
  }

  @Test func cellsImportAPackageAndRunAgainWhenItsCodeChanges() throws {
    #expect(try run().record.cells.map(\.values) == [["1"], ["42"], ["43"]])
    #expect(try run().explanations.map(\.ran) == [false, false, false])
    try write(answer: "+ 3")
    let changed = try run()
    #expect(changed.record.cells.map(\.values) == [["1"], ["43"], ["44"]])
    #expect(changed.explanations.map(\.ran) == [false, true, true])
  }

  @Test func anErrorOfItsBuildStandsInItsFile() throws {
    try write(answer: "+ \"a\"")
    let error = #expect(throws: Diagnostics.self) { try run() }
    let place = try #require(error?.all.first?.place)
    #expect(place.file.hasSuffix("/Tools/Sources/Tools/tools.swift"))
    #expect(place.line == 2)
    #expect(error?.all.first?.notes.first?.place?.line == 2)
  }

  @Test func aFolderWithoutAPackageIsAnErrorAtItsLine() throws {
    let error = #expect(throws: Diagnostic.self) { try run("../Gone") }
    #expect(error?.place?.line == 2)
    #expect(error?.message.contains("there is no Swift package in") == true)
  }
}
