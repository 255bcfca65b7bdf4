import Foundation
import Record
import Rendering
import Testing

@Suite struct PlotlyPackageTests {
  private func temporaryFolder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "plotly-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/assets", withIntermediateDirectories: true)
    return folder
  }

  @Test func theScriptComesFromTheFileThatTheUserNames() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = Data("/* plotly.js v2.35.2 */".utf8)
    try text.write(to: URL(filePath: folder + "/mine.js"))
    let script = try PlotlyPackage.script(file: folder + "/mine.js", site: folder)
    #expect(script.version == "2.35.2")
    #expect(script.data == text)
    #expect(throws: Diagnostic.self) { try PlotlyPackage.script(file: folder + "/none.js", site: folder) }
  }

  @Test func aScriptInTheSiteThatIsNotWhatItShouldBeIsNotUsed() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data("/* plotly.js v4.1.1 */ evil()".utf8).write(to: URL(filePath: folder + "/assets/plotly-4.1.1.min.js"))
    // Nothing else can be had without Python; the tampered file would have been the way out.
    do {
      _ = try PlotlyPackage.script(file: nil, site: folder, python: "no-such-python")
      Issue.record("no error")
    } catch let error as Diagnostic {
      #expect(error.message.contains("could not be taken from PyPI"))
      #expect(error.advice?.contains("--plotly") == true)
    }
  }
}
