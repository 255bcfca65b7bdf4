import Figures
import Foundation
import Testing

@Suite struct LineChartTests {
  private let steps = [1, 10, 100, 1000]
  private var training: LineChart {
    LineChart(title: "Training", x: "step", y: "loss (nats)", xScale: .log) {
      Series("train", x: steps, y: [4.0, 2, 1, 0.5], markers: true)
      Series("held out", x: steps, y: [4.2, 2.5, 1.8, 1.7])
    }
  }

  /// The points of the path that a series is drawn with, in pixels.
  private func places(_ figure: Figure, series: Int = 0) throws -> [(x: Double, y: Double)] {
    let paths = figure.svg().matches(of: #/<path fill="none"[^>]* d="M([-0-9. ]+)"><title>/#).map { String($0.1) }
    try #require(series < paths.count)
    let numbers = paths[series].split(separator: " ").compactMap { Double($0) }
    return stride(from: 0, to: numbers.count, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
  }

  @Test func isPlotlysScatterTracesWithALegendForTwoSeriesAndMore() throws {
    let figure = Figure(training)
    #expect(figure.title == "Training")
    let traces = figure.data.compactMap { trace in if case .scatter(let trace) = trace { trace } else { nil } }
    #expect(traces.map(\.name) == ["train", "held out"] && traces.map(\.mode) == ["lines+markers", "lines"])
    #expect(traces[0].x == [1, 10, 100, 1000] && traces[1].y == [4.2, 2.5, 1.8, 1.7])
    #expect(traces[0].line?.color != traces[1].line?.color)
    #expect(figure.layout.axes["xaxis"]?.type == "log" && figure.layout.axes["yaxis"]?.type == "linear")
    #expect(figure.layout.axes["xaxis"]?.title?.text == "step")
    #expect(figure.layout.legends.count == 1 && figure.svg().contains(">held out</text>"))
    let single = Figure(LineChart(["loss": [3.0, 2, 1]]))
    #expect(single.layout.legends.isEmpty && !single.svg().contains(">loss</text>"))
    #expect(single.svg().contains("loss: x 1, y 2"), "A single series is named on hovering")
  }

  @Test func putsEqualRatiosAtEqualDistancesOnALogAxisAndEqualStepsOnALinearOne() throws {
    let log = try places(Figure(training))
    let gaps = zip(log, log.dropFirst()).map { $1.x - $0.x }
    #expect(gaps.count == 3 && gaps.allSatisfy { abs($0 - gaps[0]) < 0.2 && $0 > 10 })
    #expect(log[0].y < log[3].y, "4 stands above 0.5")
    let falls = zip(log, log.dropFirst()).map { $1.y - $0.y }
    #expect(abs(falls[0] / falls[1] - 2) < 0.05 && abs(falls[1] / falls[2] - 2) < 0.05)
    let linear = try places(Figure(LineChart(["y": [1.0, 10, 100]], yScale: .log)))
    #expect(abs((linear[1].y - linear[0].y) - (linear[2].y - linear[1].y)) < 0.2)
    #expect(abs((linear[1].x - linear[0].x) - (linear[2].x - linear[1].x)) < 0.2)
  }

  @Test func hasAGapWhereAPointIsNoNumberAndSaysThatItIsMissing() {
    let figure = Figure(LineChart(["loss": [1.0, 2, .nan, 2, 3, .infinity, 4]]))
    let paths = figure.svg().matches(of: #/<path fill="none"[^>]* d="([^"]+)"><title>loss/#).map { String($0.1) }
    #expect(paths.count == 1 && paths[0].filter { $0 == "M" }.count == 2, "Two lines, and a dot for the lonely point")
    #expect(figure.altText.contains("5 points, from 1 at 0 to 4 at 6; 2 points missing."))
    #expect(figure.plotlyJSON.contains(#""y":[1,2,null,2,3,null,4]"#))
  }

  @Test func cutsItsCurvesAtTheRangesThatAreAskedFor() throws {
    let chart = LineChart(["line": (0...10).map(Double.init)], xRange: 2.5...7.5, yRange: 4...6)
    let figure = Figure(chart)
    let line = try places(figure)
    let whole = try places(Figure(LineChart(["line": (4...6).map(Double.init)], yRange: 4...6)))
    #expect(abs(line[0].y - whole[0].y) < 0.2 && abs(line[line.count - 1].y - whole[2].y) < 0.2)
    let width = (whole[2].x - whole[0].x) / 5
    #expect(abs(line[line.count - 1].x - line[0].x - 2 * width) < 0.5, "It enters at y = 4 and leaves at y = 6")
    #expect(figure.layout.axes["xaxis"]?.range == [2.5, 7.5])
    #expect(Figure(LineChart(["line": [1.0, 2]], xRange: 3...3)).layout.axes["xaxis"]?.range == [0, 1])
  }

  @Test func ofAMillionPointsIsSmallAndKeepsItsOnlyPeak() throws {
    var noise = (0..<1_000_000).map { Double($0 % 7) }
    noise[654_321] = 1000
    let figure = Figure(LineChart(["loss": noise]))
    let svg = figure.svg()
    #expect(svg.utf8.count < 500_000 && isWellFormed(svg))
    let line = try places(figure)
    let (low, high) = (line.map(\.y).max() ?? 0, line.map(\.y).min() ?? 0)
    let peak = try #require(line.first { $0.y == high })
    #expect(low - high > 100)
    let (first, last) = (line[0].x, line[line.count - 1].x)
    #expect(abs((peak.x - first) / (last - first) - 0.654) < 0.005)
    #expect(svg.contains("y 1000 (highest of"), "Hovering finds it")
  }

  @Test func ofManySeriesWithManyPointsAndHostileNamesIsUnder500KBAndSaysWhatItLeavesOut() {
    let name = String(repeating: "<&\"' ", count: 2000)
    let chart = LineChart(title: name, x: name, y: name) {
      for series in 0..<300 {
        Series("\(series) \(name)", y: noise(1, 2000)[0].map { $0 + Float(series) }, labels: nil, markers: true)
      }
    }
    let svg = Figure(chart).svg()
    #expect(svg.utf8.count < 500_000 && isWellFormed(svg))
    #expect(svg.contains("The first 200 of 300 curves are drawn."))
    #expect(svg.contains(">and ") && svg.contains(" more</text>"), "The legend is no longer than it may be")
  }

  @Test func showsTextAsText() {
    let hostile = "<script>alert(1)</script>"
    let svg = Figure(
      LineChart(title: hostile, x: hostile, y: hostile) {
        Series(hostile, x: [1], y: [2], labels: [hostile])
        Series("b", y: [1, 2])
      }
    ).svg()
    #expect(isWellFormed(svg) && !svg.contains("<script"))
    #expect(svg.contains("&lt;script&gt;"))
  }

  @Test(
    arguments: [
      (LineChart { Series("a", x: [1, 2], y: [1]) }, "“a” has 2 x values and 1 y values; a point needs one of each"),
      (LineChart { Series("a", y: [1], labels: ["x", "y"]) }, "2 point labels for 1 points of “a”; give one for each"),
      (
        LineChart(["a": [1.0, 0]], yScale: .log),
        "“a” has y = 0 at point 1; a log axis shows only numbers above 0"
      ),
      (
        LineChart(xScale: .log) { Series("a", x: [-2], y: [1]) },
        "“a” has x = −2 at point 0; a log axis shows only numbers above 0"
      ),
      (LineChart {}, "No data: the chart has no series"),
      (LineChart(["a": [Double.nan]]), "No data: the chart has no point that is a number"),
    ])
  func thatCannotBeDrawnSaysWhyAndItsNeighboursAreDrawn(chart: LineChart, message: String) {
    #expect(chart.problem?.description == message)
    let figure = Figure.row {
      chart
      LineChart(["b": [1.0, 2]], title: "Beside")
    }
    #expect(figure.data.count == 1 && figure.svg().contains("b: x 1, y 2"))
    #expect(figure.altText.contains(message))
  }

  @Test func survivesARoundTripThroughJSONAndIsThenDrawnWithTheSameBytes() throws {
    let figure = Figure.row(title: "Both") {
      training
      Heatmap(noise(3, 4), title: "Weights")
    }
    #expect(figure.heatmaps.count == 1 && figure.charts.count == 1)
    let decoded = try Figure(plotlyJSON: figure.plotlyJSON)
    #expect(decoded == figure)
    #expect(decoded.plotlyJSON == figure.plotlyJSON)
    #expect(decoded.svg() == figure.svg())
    #expect(decoded.altText == figure.altText)
  }

  @Test func thatPlotlyExpressMadeIsDrawnWithItsOwnColoursAndDashes() throws {
    let figure = try Figure(
      plotlyJSON: #"""
        {"data":[{"type":"scatter","x":[1,2,3],"y":[1,2,null],"mode":"lines","name":"a","line":{"color":"#ff0000","dash":"dot"}},
                 {"type":"scatter","y":[3,2],"name":"b","marker":{"size":[1,2],"color":"#00ff00"}}],
         "layout":{"yaxis":{"type":"log"},"title":{"text":"T"}}}
        """#)
    let svg = figure.svg()
    #expect(isWellFormed(svg), "\(svg)")
    #expect(svg.contains(##"stroke="#f00""##) && svg.contains("stroke-dasharray"))
    #expect(figure.altText.contains("y (log scale) over x, 2 series. “a”: 2 points, from 1 at 1 to 2 at 2; 1 point missing."))
  }

  @Test func describesItselfItsAxesAndWhereEachCurveBeginsEndsAndIsLowest() {
    #expect(
      Figure(training).altText == """
        Training. Line chart: loss (nats) over step (log scale), 2 series. “train”: 4 points, from 4 at 1 to 0.5 at 1000. \
        “held out”: 4 points, from 4.2 at 1 to 1.7 at 1000.
        """)
    #expect(Figure(LineChart(["v": [2.0, 1, 3]])).altText.contains("from 2 at 0 to 3 at 2, lowest 1 at 1."))
  }

  @Test func hasColoursThatStandOutFromWhiteAndNearBlackPagesAndFromEachOther() {
    func luminance(_ color: RGB) -> Double {
      let parts = [color.red, color.green, color.blue].map { part -> Double in
        let value = Double(part) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    func contrast(_ a: Double, _ b: Double) -> Double { (max(a, b) + 0.05) / (min(a, b) + 0.05) }
    for color in SeriesStyle.colors {
      #expect(contrast(luminance(color), 1) >= 3, "\(color) on white")
      #expect(contrast(luminance(color), luminance(RGB(20, 20, 24))) >= 3, "\(color) on near-black")
    }
    for (index, color) in SeriesStyle.colors.enumerated() {
      for other in SeriesStyle.colors.dropFirst(index + 1) {
        for blind in ColorVision.allCases { #expect(blind.distance(color, other) > 50, "\(color) and \(other) for \(blind)") }
      }
    }
  }
}

/// How people see colours: with all three cones, or without the red or the green one, after Viénot, Brettel and Mollon (1999).
private enum ColorVision: CaseIterable {
  case trichromatic, protanopic, deuteranopic

  /// The distance of two colours in linear light, of 255, weighted by how bright each part is to the eye.
  func distance(_ a: RGB, _ b: RGB) -> Double {
    let (a, b) = (seen(a), seen(b))
    return zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  private func seen(_ color: RGB) -> [Double] {
    let linear = [color.red, color.green, color.blue].map { pow(Double($0) / 255, 2.2) }
    let matrix: [[Double]] =
      switch self {
      case .trichromatic: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
      case .protanopic: [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]
      case .deuteranopic: [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]
      }
    return matrix.map { row in 255 * pow(max(0, zip(row, linear).reduce(0) { $0 + $1.0 * $1.1 }), 1 / 2.2) }
  }
}
