import Figures
import Foundation
import Testing

@Suite("Numbers and colours") struct NumbersTests {
  @Test(
    "are formatted as d3 does",
    arguments: [
      (".3f", 0.8125, "0.812"), (".3f", -0.0001, "0.000"), (".4~g", 0.5, "0.5"), (".4~g", 12_345, "1.234e+4"),
      (".4g", 0.5, "0.5000"),
      (".4~g", 0.000_001_5, "0.0000015"), (".4~g", 1.5e-7, "1.5e−7"), (".1%", 0.256, "25.6%"), ("+.2f", 1, "+1.00"),
      (",.1f", 1_234_567.89, "1,234,567.9"), (".2e", 1234, "1.23e+3"), (".4~g", -15.666843, "−15.67"), (".4~g", 100, "100"),
      (".4~g", 0, "0"), ("nonsense", 0.25, "0.25"), (".99f", 0.25, "0.25"), (".3~f", 2, "2"), (".4~g", 99_999, "1e+5"),
    ])
  func formats(_ specifier: String, _ value: Double, _ expected: String) {
    #expect(NumberFormat(specifier)(value) == expected)
  }

  @Test(
    "have ticks at round steps",
    arguments: [
      (-15.67...15.67, "−10 0 10"), (0.0...1, "0.0 0.2 0.4 0.6 0.8 1.0"),
      (-0.003...0.003, "−0.003 −0.002 −0.001 0.000 0.001 0.002 0.003"),
      (0.0...7e9, "0 2e+9 4e+9 6e+9"), (-1.0...1, "−1.0 −0.5 0.0 0.5 1.0"),
    ])
  func ticks(_ range: ClosedRange<Double>, _ expected: String) {
    #expect(Numbers.niceTicks(range, atMost: 6).map(\.text).joined(separator: " ") == expected)
  }

  @Test("are short as coordinates") func coordinates() {
    let numbers = [0, -0.001, 0.5, -0.25, 12, 12.345, 12.3, 1.05, .nan, .infinity, 1e300]
    #expect(numbers.map(Numbers.coordinate) == ["0", "0", ".5", "-.25", "12", "12.35", "12.3", "1.05", "0", "0", "0"])
  }

  @Test("have the colours of plotly.py's RdBu and Blues") func anchors() {
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

  @Test("between two stops lie on a straight line, and end with the ends") func interpolation() {
    #expect(ColorScale.diverging.color(at: 0.05) == RGB(141, 12, 37))
    #expect(ColorScale.sequential.color(at: 0.0625) == RGB(235, 243, 251))
    #expect(ColorScale.diverging.color(at: -1) == RGB(103, 0, 31))
    #expect(ColorScale.diverging.color(at: 2) == RGB(5, 48, 97))
    #expect(ColorScale([]).color(at: 0.5) == RGB(0, 0, 0))
  }

  @Test("span a symmetric range when diverging, one from 0 when sequential") func defaultRanges() {
    #expect(ColorScale.diverging.defaultRange(of: [-1, 3]) == -3...3)
    #expect(ColorScale.sequential.defaultRange(of: [0.5, 3]) == 0...3)
    #expect(ColorScale.sequential.defaultRange(of: [-1, 3]) == -1...3)
    #expect(ColorScale.diverging.defaultRange(of: [0, 0]) == -1...1)
    #expect(ColorScale.sequential.defaultRange(of: []) == 0...1)
  }
}

@Suite("A figure's page") struct FigurePageTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("figures-\(UUID().uuidString)").path

  @Test("is written whole into folders that need not exist, over an older one") func writes() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/fig/deep/s1_DLA.html"
    try Figure(Heatmap([[1.0]], title: "Old")).writeHTML(path)
    try Figure(Heatmap([[1.0]], title: "<New>")).writeHTML(path)
    let html = try String(contentsOfFile: path, encoding: .utf8)
    #expect(html.contains("<title>&lt;New&gt;</title>") && html.contains("prefers-color-scheme: dark"))
    #expect(!html.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/fig/deep") == ["s1_DLA.html"])
  }

  @Test("that cannot be written is an error with the path and the reason, and leaves nothing") func cannotWrite() throws {
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
