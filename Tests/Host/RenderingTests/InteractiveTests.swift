import Figures
import Foundation
import Record
import Rendering
import TestSupport
import Testing

@Suite struct InteractiveTests {
  private let script = Data("/**\n* plotly.js v4.1.1\n*/\nwindow.Plotly = {}".utf8)
  private let figure = Output.figure(FigureOutput(plotly: Figure(Heatmap([[1.0, -1]], title: "</script>")).plotlyJSON))

  private var outputs: [Output] { [figure, .value("1"), figure] }

  private func page(plotly: PlotlyScript?) -> Page {
    let document = document(["x"])
    let cell = CellRecord(id: document.cells[0].id, outcome: .succeeded, outputs: outputs)
    return Page(document, record: NotebookRecord(notebook: "n", cells: [cell]), context: PageContext(plotly: plotly))
  }

  @Test func withoutPlotlyFiguresAreStaticAndAskForNothing() {
    let page = page(plotly: nil)
    #expect(!page.html.contains("plotly"))
    #expect(page.attachments.isEmpty)
  }

  @Test func figuresNameTheScriptWithItsDigestAndBringTheirDataInFilesOfTheirOwn() throws {
    let plotly = try PlotlyScript(script, path: "p.js")
    #expect(plotly.file == "plotly-4.1.1.min.js")
    #expect(plotly.integrity.hasPrefix("sha256-"))
    let page = page(plotly: plotly)
    #expect(
      page.html.contains(
        #"<meta name="folio-plotly" content="../assets/plotly-4.1.1.min.js" data-integrity="\#(plotly.integrity)">"#))
    #expect(page.attachments.map(\.path) == ["outputs/cell-1-1.js", "outputs/cell-1-2.js"])
    for attachment in page.attachments {
      #expect(page.html.contains(#"<figure data-plotly="\#(attachment.path)">"#))
      let prefix = "window.folioFigures[\"\(attachment.path)\"] = "
      #expect(attachment.text.hasPrefix(prefix))
      #expect(attachment.text.hasSuffix(";\n"))
      #expect(try Figure(plotlyJSON: String(attachment.text.dropFirst(prefix.count).dropLast(2))).heatmaps.count == 1)
    }
    // The static figure stays.
    #expect(page.html.components(separatedBy: "<svg").count == 3)
  }

  @Test func aSiteHasOneCopyOfTheScriptAndDataGoWithTheirFigures() throws {
    let folder = try TestFolder()
    let site = Site(folder: folder.path)
    try site.write(outputs, plotly: try PlotlyScript(script, path: "p.js"))
    #expect(FileManager.default.contents(atPath: folder.path + "/assets/plotly-4.1.1.min.js") == script)
    #expect(folder.exists("n/outputs/cell-1-2.js"))
    try site.write(outputs)
    #expect(!folder.exists("n/outputs"))
  }

  @Test func aScriptThatIsNotPlotlyIsRefused() {
    #expect(throws: Diagnostic.self) { try PlotlyScript(Data("alert(1)".utf8), path: "evil.js") }
    #expect(throws: Diagnostic.self) { try PlotlyScript(Data(), path: "empty.js") }
  }
}
