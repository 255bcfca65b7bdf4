import Foundation
import Record
import Rendering
import TestSupport
import Testing

@Suite struct PlotlyPackageTests {
  @Test func theScriptComesFromTheFileThatTheUserNames() throws {
    let folder = try TestFolder()
    let file = try folder.write("/* plotly.js v2.35.2 */", to: "mine.js")
    let script = try PlotlyPackage.script(file: file, site: folder.path)
    #expect(script.version == "2.35.2")
    #expect(script.data == Data("/* plotly.js v2.35.2 */".utf8))
    #expect(throws: Diagnostic.self) { try PlotlyPackage.script(file: folder.path + "/none.js", site: folder.path) }
  }

  @Test func aScriptInTheSiteThatIsNotWhatItShouldBeIsNotUsed() throws {
    let folder = try TestFolder()
    try folder.write("/* plotly.js v4.1.1 */ evil()", to: "assets/plotly-4.1.1.min.js")
    // Nothing else can be had without Python; the tampered file would have been the way out.
    do {
      _ = try PlotlyPackage.script(file: nil, site: folder.path, python: "no-such-python")
      Issue.record("no error")
    } catch let error as Diagnostic {
      #expect(error.message.contains("could not be taken from PyPI"))
      #expect(error.advice?.contains("--plotly") == true)
    }
  }
}
