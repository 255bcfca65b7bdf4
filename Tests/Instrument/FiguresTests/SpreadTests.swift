import Figures
import Foundation
import Testing

@Suite struct SpreadTests {
  @Test func ofALineIsABandBetweenItsEdgesAndTheAxisShowsItWhole() throws {
    let figure = Figure(LineChart(title: "T", x: "x", y: "y") { Series("loss", y: [1.0, 2, 3]).band([1.0, 4, 1]) })
    let svg = figure.svg()
    #expect(svg.matches(of: #/<path class="band" [^>]*d="M[^M]*z"/#).count == 1)
    let range = try #require(figure.layout.axes["yaxis"]?.range)
    #expect(range[0] ?? 0 <= -2 && range[1] ?? 0 >= 6)
    #expect(svg.contains("loss: x 1, y 2") && !svg.contains("loss: lower edge: x"), "Edges say nothing on hovering")
    #expect(figure.altText == "T. Line chart: y over x, 1 series. “loss”: 3 points, from 1 at 0 to 3 at 2.")
    let decoded = try Figure(plotlyJSON: figure.plotlyJSON)
    #expect(decoded == figure && decoded.svg() == svg)
  }

  @Test func hasAGapWhereAPointIsMissing() {
    let figure = Figure(LineChart { Series("a", y: [1.0, 2, .nan, 2, 3]).band([1.0, 1, 1, 1, 1]) })
    let band = figure.svg().matches(of: #/class="band" [^>]*d="([^"]*)"/#).first.map { String($0.1) } ?? ""
    #expect(band.filter { $0 == "M" }.count == 2)
  }

  @Test func saysTheEndsOfErrorBarsOnHovering() {
    let figure = Figure(LineChart(x: "n", y: "loss") { Series("a", y: [1.0, 2]).errors(from: [0.5, 1.5], to: [2.0, 4]) })
    #expect(figure.svg().contains("a: n 1, loss 2, from 1.5 to 4"))
  }

  @Test func ofAnotherLengthOrOnTheWrongSideIsAProblem() {
    func problem(_ series: Series) -> FigureError? { LineChart { series }.problem }
    #expect(problem(Series("a", y: [1, 2]).band([1])) == .spreads("a band", series: "a", count: 1, expected: 2))
    #expect(
      problem(Series("a", y: [1, 2]).errors(from: [0, 3], to: [1, 4])) == .negativeSpread("error bars", series: "a", point: 1))
    #expect(problem(Series("a", y: [1, 2]).errors(from: [0, 1, 1], to: [1, 4])) != nil)
    #expect(problem(Series("a", y: [1, 2]).errors([1, 0])) == nil)
  }

  @Test func scatteredPointsAreNotJoinedAndEachIsFoundByHovering() throws {
    let figure = Figure(
      ScatterChart(title: "T", x: "a", y: "b") {
        Series("heads", x: [1, 1, 2], y: [1, 5, 3], labels: ["L0H0", "L0H1", "L1H0"])
      })
    let svg = figure.svg()
    for text in ["L0H0, a 1, b 1", "L0H1, a 1, b 5", "L1H0, a 2, b 3"] { #expect(svg.contains("heads: \(text)</title>")) }
    #expect(!svg.contains("stroke-linejoin"))
    #expect(figure.altText.hasPrefix("T. Scatter chart: b over a, 1 series."))
    #expect(try Figure(plotlyJSON: figure.plotlyJSON).svg() == svg)
  }
}

@Suite struct HeatmapNumbersTests {
  @Test func standInTheirCellsInAColourThatIsReadOnThem() throws {
    let figure = Figure(Heatmap([[0.0, 1], [.nan, 0.5]], scale: .sequential, numbers: ".2f"))
    let svg = figure.svg()
    #expect(svg.contains(">0.00</text>") && svg.contains("fill=\"#fff\">1.00</text>") && svg.contains(">0.50</text>"))
    #expect(svg.ranges(of: ".00</text>").count == 2, "A missing value has no number")
    #expect(try Figure(plotlyJSON: figure.plotlyJSON).svg() == svg)
  }

  @Test func makeCellsAsWideAsTheyNeedAndAreLeftOutWithARemarkWhereThereIsNoRoom() {
    let long = Figure(Heatmap([[Double]](repeating: [Double](repeating: 123_456.789, count: 8), count: 2), numbers: ".3f"))
    #expect(long.svg().ranges(of: ">123456.789</text>").count == 16)
    let many = Figure(Heatmap([[Double]](repeating: [Double](repeating: 1, count: 400), count: 2), numbers: ".3f"))
    #expect(many.svg().contains("Numbers are left out"))
  }

  @Test func midpointHasTheScalesMiddleColourAndIsInTheMiddleOfItsRange() throws {
    let axis = try #require(Figure(Heatmap([[0.4, 0.9]], midpoint: 0.5)).layout.colorAxes["coloraxis"])
    #expect(axis.cmin == 0.09999999999999998 && axis.cmax == 0.9)
    let uneven = try #require(Figure(Heatmap([[0.4, 0.9]], range: 0.25...1, midpoint: 0.5)).layout.colorAxes["coloraxis"])
    let scale = try #require(uneven.colorscale)
    #expect(scale.color(at: (0.5 - 0.25) / 0.75) == RGB(247, 247, 247))
    let apart = Figure.row {
      Heatmap([[0.4]], midpoint: 0.5)
      Heatmap([[0.4]])
    }
    #expect(apart.layout.colorAxes.count == 2, "Equal colours mean equal values")
  }

  @Test func hasTheSizeThatIsAskedFor() throws {
    let sized = Figure(LineChart(["a": [1.0, 2]]).sized(width: 200, height: 100)).layout
    let plain = Figure(LineChart(["a": [1.0, 2]])).layout
    let width = try #require(sized.width), other = try #require(plain.width)
    #expect(other - width == 420)
    #expect(Figure(Heatmap([[1.0]]).sized(width: .infinity)).layout.width == Figure(Heatmap([[1.0]])).layout.width)
  }

  @Test func coloursAreInAGroupThatDarkPagesTurnAndMissingCellsAreNot() {
    let svg = Figure(Heatmap([[1.0, .nan]])).svg()
    let ramps = svg.matches(of: #/<g class="ramp"[^>]*>\n((?:<path[^>]*>(?:<title>[^<]*<\/title><\/path>)?\n?)*)<\/g>/#)
    #expect(ramps.count == 2, "The cells, and the bar")
    #expect(ramps.allSatisfy { !$0.1.contains("missing") } && svg.contains("missing</title>"))
    #expect(Figure(Heatmap([[1.0]])).html().contains("--ramp: invert"))
  }
}
