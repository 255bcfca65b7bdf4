import Figures
import Foundation
import Testing

@Suite struct ColorTests {
  @Test func haveTheColoursOfPlotlyPysRdBuAndBlues() {
    let diverging = [
      (103, 0, 31), (178, 24, 43), (214, 96, 77), (244, 165, 130), (253, 219, 199), (247, 247, 247), (209, 229, 240),
      (146, 197, 222),
      (67, 147, 195), (33, 102, 172), (5, 48, 97),
    ]
    for (index, color) in diverging.enumerated() {
      #expect(ColorScale.diverging.color(at: Double(index) / 10).css == "rgb(\(color.0),\(color.1),\(color.2))")
    }
    let sequential = [
      (247, 251, 255), (222, 235, 247), (198, 219, 239), (158, 202, 225), (107, 174, 214), (66, 146, 198), (33, 113, 181),
      (8, 81, 156),
      (8, 48, 107),
    ]
    for (index, color) in sequential.enumerated() {
      #expect(ColorScale.sequential.color(at: Double(index) / 8).css == "rgb(\(color.0),\(color.1),\(color.2))")
    }
  }

  @Test func betweenTwoStopsLieOnAStraightLineAndEndWithTheEnds() {
    #expect(ColorScale.diverging.color(at: 0.05) == RGB(141, 12, 37))
    #expect(ColorScale.sequential.color(at: 0.0625) == RGB(235, 243, 251))
    #expect(ColorScale.diverging.color(at: -1) == RGB(103, 0, 31))
    #expect(ColorScale.diverging.color(at: 2) == RGB(5, 48, 97))
    #expect(ColorScale([]).color(at: 0.5) == RGB(0, 0, 0))
  }

  @Test func spanASymmetricRangeWhenDivergingOneFrom0WhenSequential() {
    #expect(ColorScale.diverging.defaultRange(of: [-1, 3]) == -3...3)
    #expect(ColorScale.sequential.defaultRange(of: [0.5, 3]) == 0...3)
    #expect(ColorScale.sequential.defaultRange(of: [-1, 3]) == -1...3)
    #expect(ColorScale.diverging.defaultRange(of: [0, 0]) == -1...1)
    #expect(ColorScale.sequential.defaultRange(of: []) == 0...1)
  }
}

@Suite struct FigurePageTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("figures-\(UUID().uuidString)").path

  @Test func isWrittenWholeIntoFoldersThatNeedNotExistOverAnOlderOne() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/fig/deep/s1_DLA.html"
    try Figure(Heatmap([[1.0]], title: "Old")).writeHTML(path)
    try Figure(Heatmap([[1.0]], title: "<New>")).writeHTML(path)
    let html = try String(contentsOfFile: path, encoding: .utf8)
    #expect(html.contains("<title>&lt;New&gt;</title>") && html.contains("prefers-color-scheme: dark"))
    #expect(!html.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/fig/deep") == ["s1_DLA.html"])
  }

  @Test func thatCannotBeWrittenIsAnErrorWithThePathAndTheReasonAndLeavesNothing() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let figure = Figure(Heatmap([[1.0]]))
    try figure.writeHTML(folder + "/file.html")
    #expect(throws: FigureError.cannotWrite(path: folder + "/file.html/a.html", reason: "its folder cannot be made")) {
      try figure.writeHTML(folder + "/file.html/a.html")
    }
    try FileManager.default.createDirectory(atPath: folder + "/taken/x", withIntermediateDirectories: true)
    #expect(throws: FigureError.self) { try figure.writeHTML(folder + "/taken") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["file.html", "taken"])
  }
}
