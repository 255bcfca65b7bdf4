import Figures
import Foundation
import Testing

/// The rectangles of a figure's bars with their tooltips, in pixels.
private func rectangles(_ figure: Figure) -> [(x: Double, y: Double, width: Double, height: Double, title: String)] {
  figure.svg().matches(of: #/d="M([-0-9.]+) ([-0-9.]+)h([0-9.]+)v([0-9.]+)h-[0-9.]+z"><title>([^<]*)</#).map { match in
    func number(_ text: Substring) -> Double { Double(text) ?? .nan }
    return (number(match.1), number(match.2), number(match.3), number(match.4), String(match.5))
  }
}

@Suite struct BarChartTests {
  private func chart(_ arrangement: BarChart.Arrangement, direction: BarChart.Direction = .vertical) -> BarChart {
    BarChart(labels: ["base", "chat"], title: "Accuracy", x: "model", y: "share", arrangement: arrangement, direction: direction)
    {
      Series("right", y: [4.0, 2])
      Series("wrong", y: [1.0, -3])
    }
  }

  @Test func standsBesideEachOtherAtEachLabelInTheProportionOfTheNumbers() throws {
    let bars = rectangles(Figure(chart(.grouped)))
    try #require(bars.count == 4)
    #expect(bars.map(\.title) == ["right, base: 4", "right, chat: 2", "wrong, base: 1", "wrong, chat: −3"])
    #expect(abs(bars[0].height / bars[1].height - 2) < 0.01 && abs(bars[0].height / bars[2].height - 4) < 0.05)
    #expect(abs(bars[0].x + bars[0].width - bars[2].x) < 0.1, "No gap between the bars of a label")
    #expect(bars[1].x > bars[2].x + bars[2].width + 5, "A gap between labels")
    #expect(abs(bars[3].y - (bars[0].y + bars[0].height)) < 0.1, "A number below 0 hangs from 0")
  }

  @Test func standsUponEachOtherWhereStackedOnTheSideOf0ThatTheNumbersAreOn() throws {
    let bars = rectangles(Figure(chart(.stacked)))
    try #require(bars.count == 4)
    #expect(bars[0].x == bars[2].x && bars[0].width == bars[2].width)
    #expect(abs(bars[2].y + bars[2].height - bars[0].y) < 0.1)
    #expect(abs(bars[3].y - (bars[1].y + bars[1].height)) < 0.1)
  }

  @Test func growsToTheRightWhereHorizontalWithTheFirstLabelOnTop() throws {
    let figure = Figure(chart(.grouped, direction: .horizontal))
    let bars = rectangles(figure)
    try #require(bars.count == 4)
    #expect(abs(bars[0].width / bars[1].width - 2) < 0.01)
    #expect(bars[0].y < bars[1].y && bars[0].y < bars[2].y)
    #expect(figure.layout.axes["yaxis"]?.range == [1.5, -0.5])
  }

  @Test func isDrawnWithTheSameBytesAfterItsJSON() throws {
    for figure in [Figure(chart(.grouped)), Figure(chart(.stacked, direction: .horizontal))] {
      let decoded = try Figure(plotlyJSON: figure.plotlyJSON)
      #expect(decoded == figure)
      #expect(decoded.svg() == figure.svg())
      #expect(decoded.altText == figure.altText)
      #expect(isWellFormed(figure.svg()))
    }
  }

  @Test func saysItsNumbersInTheAlternativeText() {
    #expect(
      Figure(BarChart(["base": 0.25, "chat": .nan, "code": 0.5], title: "Accuracy", y: "share")).altText
        == "Accuracy. Bar chart: share over x, 1 series. 2 bars, 0.25 at base, 0.5 at code; 1 bar missing.")
  }

  @Test func standsBeforeTheLinesOfItsAxis() throws {
    let svg = Figure(chart(.grouped)).svg()
    let (grid, bars) = (svg.ranges(of: #"stroke-opacity=".16""#), svg.ranges(of: #"<g class="bars">"#))
    try #require(grid.count == 1 && bars.count == 1)
    #expect(grid[0].lowerBound < bars[0].lowerBound)
  }

  @Test func keepsEqualLabelsApartAndShowsANewlineAsASign() {
    let figure = Figure(BarChart(labels: ["\n", "\n", "a"]) { Series("", y: [1, 2, 3]) })
    #expect(rectangles(figure).count == 3)
    #expect(figure.svg().ranges(of: ">↵</text>").count == 2)
  }

  @Test func tellsSeriesApartWhoseColoursReturn() throws {
    let figure = Figure(BarChart(labels: ["a"]) { for index in 0..<5 { Series("s\(index)", y: [1.0]) } })
    let bars = figure.data.compactMap { trace in if case .bar(let bar) = trace { bar.marker } else { nil } }
    try #require(bars.count == 5)
    #expect(bars[4].color == bars[0].color)
    #expect(bars[0].line == nil && bars[4].line != nil && bars[4].opacity ?? 1 < 1)
    #expect(figure.svg().contains(">s4</text>"))
  }

  @Test func drawsErrorBarsAndMakesRoomForThem() throws {
    let figure = Figure(BarChart(labels: ["a", "b"]) { Series("", y: [1.0, 2]).errors([0.5, 3]) })
    #expect(figure.layout.axes["yaxis"]?.range?.last.flatMap { $0 } ?? 0 >= 5)
    #expect(
      figure.svg().contains("<title>b: 2, from -1 to 5</title>") || figure.svg().contains("<title>b: 2, from −1 to 5</title>"))
    #expect(figure.plotlyJSON.contains(#""error_y":{"array":[0.5,3],"type":"data"}"#))
  }

  @Test func saysWhatDoesNotFit() {
    #expect(
      BarChart(labels: ["a"]) { Series("s", y: [1, 2]) }.problem
        == .labels(axis: "bar", labels: 1, expected: 2, of: "bars of “s”"))
    #expect(BarChart(labels: ["a"]) { Series("s", x: [1], y: [2]) }.problem == .placed(series: "s"))
    #expect(BarChart(labels: ["a"]) { Series("s", y: [1]).errors([1, 2]) }.problem != nil)
    #expect(BarChart(labels: ["a"]) { Series("s", y: [1]).errors([-1]) }.problem != nil)
    #expect(BarChart(labels: []) {}.problem == .noPoints(series: 0))
    #expect(BarChart(["a": Double.nan]).problem == .noPoints(series: 1))
  }

  @Test func ofTooManyBarsForAPageSaysSoAndStaysSmall() {
    let values = (0..<100_000).map(Double.init)
    let figure = Figure(BarChart(labels: values.map { "\($0)" }) { Series("s", y: values) })
    let svg = figure.svg()
    #expect(svg.utf8.count < 500_000)
    #expect(svg.contains("bars of each series are drawn"))
    let bars = rectangles(figure)
    #expect(bars.count > 1000 && bars.count <= 4000)
  }

  @Test(arguments: Hostile.texts) func showsTextAsText(_ text: String) throws {
    let figure = Figure.row {
      BarChart(labels: [text], title: text, x: text, y: text, direction: .horizontal, format: text) { Series(text, y: [1]) }
      BoxPlot([text: [1.0, 2, 99]], title: text, y: text)
      Histogram([text: [1.0], "b": [2.0]], title: text, x: text)
      Heatmap([[1.0]], numbers: text)
    }
    for svg in [figure.svg(), try Figure(plotlyJSON: figure.plotlyJSON).svg()] {
      #expect(isWellFormed(svg))
      #expect(!svg.contains("<script") && !svg.contains("<img") && !svg.contains("onload=\""))
    }
  }

  @Test(arguments: [0, 1e-320, 1e308, -1e308, .greatestFiniteMagnitude, .infinity, .nan] as [Double])
  func ofExtremeNumbersIsADrawingStill(_ number: Double) throws {
    let figure = Figure.row {
      BarChart(labels: ["a", "b"], arrangement: .stacked) {
        Series("s", y: [number, 1])
        Series("t", y: [number, -number]).errors([number.magnitude, 1])
      }
      Histogram([number, 1, -number])
      BoxPlot(["a": [number, -number, 0]])
      LineChart(["a": [number, 1]]).sized(width: number, height: number)
      Heatmap([[number, 1]], numbers: ".3f", midpoint: number)
    }
    let svg = figure.svg()
    #expect(isWellFormed(svg) && !svg.contains("nan") && !svg.contains("=\"inf"))
    #expect(try Figure(plotlyJSON: figure.plotlyJSON).svg() == svg)
  }
}
