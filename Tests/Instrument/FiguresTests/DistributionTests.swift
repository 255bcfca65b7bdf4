import Foundation
import Testing

import Figures

@Suite struct HistogramTests {
  private func bars(_ histogram: Histogram) -> [Figure.BarTrace] {
    Figure(histogram).data.compactMap { if case .bar(let bar) = $0 { bar } else { nil } }
  }

  @Test func countsEachNumberOnceAndThoseAtAnEdgeInTheBinThatBeginsThere() throws {
    let bar = try #require(bars(Histogram([0.1, 0.2, 0.2, 0.3, 0.9, 1.0], bins: 10)).first)
    #expect(bar.y == [1, 2, 1, 0, 0, 0, 0, 0, 2])
    #expect(bar.text?.first == "0.1 to 0.2" && bar.text?.last == "0.9 to 1")
  }

  @Test func givesEachWholeNumberABinOfItsOwn() throws {
    let bar = try #require(bars(Histogram([1, 2, 2, 3, 3, 3, 5])).first)
    #expect(bar.x == [1, 2, 3, 4, 5] && bar.y == [1, 2, 3, 0, 1])
    #expect(bar.text == ["1", "2", "3", "4", "5"])
  }

  @Test func leavesOutWhatIsNoNumberAndSaysWhereThereIsNone() {
    #expect(bars(Histogram([1.5, .nan, .infinity, 2.5])).first?.y.compactMap { $0 }.reduce(0, +) == 2)
    #expect(Histogram([Double.nan]).problem == .noPoints(series: 1))
    #expect(Histogram([Double]()).problem == .noPoints(series: 1))
  }

  @Test func comparesListsOfUnequalLengthByTheirSharesInTheSameBins() throws {
    let traces = bars(Histogram(["a": [0.5, 1.5], "b": [0.5, 0.5, 1.5, 1.5]], bins: 2, counts: .share))
    try #require(traces.count == 2)
    #expect(traces[0].x == traces[1].x && traces[0].y == traces[1].y)
  }

  @Test(arguments: 1...60) func losesNoNumberWhateverTheBins(_ wanted: Int) {
    let numbers = (0..<500).map { Double($0 * 7919 % 1009) / 97 - 3 }
    let bins = Bins(numbers, about: wanted)
    #expect(bins.counted(numbers).reduce(0, +) == 500)
    for (index, count) in bins.counted(numbers).enumerated() {
      let isLast = index == bins.count - 1
      let inside = numbers.count { $0 >= bins.edge(index) && (isLast ? $0 <= bins.edge(index + 1) : $0 < bins.edge(index + 1)) }
      #expect(count == inside, "bin \(index) of \(bins.count)")
    }
  }
}

@Suite struct BoxPlotTests {
  /// As NumPy's `percentile` says.
  @Test func hasTheQuartilesOfItsNumbers() {
    let box = FiveNumbers([7, 1, 3, 9, 15, .nan])
    #expect(box.quartiles.lower == 3 && box.quartiles.median == 7 && box.quartiles.upper == 9)
    let even = FiveNumbers([1, 2, 3, 4])
    #expect(even.quartiles.lower == 1.75 && even.quartiles.median == 2.5 && even.quartiles.upper == 3.25)
  }

  @Test func endsItsWhiskersAtTheFarthestNumbersThatAreNotFarOutAndShowsTheOthers() {
    let box = FiveNumbers([-40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 60])
    #expect(box.whiskers == 1...9 && box.outliers == [-40, 60])
    let svg = Figure(BoxPlot(["a": [-40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 60]])).svg()
    #expect(svg.contains("<title>a: 60</title>") && svg.contains("2 points beyond"))
  }

  @Test func isDrawnWithTheSameBytesAfterItsJSON() throws {
    let figure = Figure(BoxPlot(["a": [1.0, 2, 3, 50], "b": [4.0, 5, 9]], title: "Boxes", x: "x", y: "logits"))
    let decoded = try Figure(plotlyJSON: figure.plotlyJSON)
    #expect(decoded == figure)
    #expect(decoded.svg() == figure.svg() && decoded.altText == figure.altText)
  }

  @Test func saysItsNumbersInTheAlternativeText() {
    #expect(
      Figure(BoxPlot(["a": [1.0, 2, 3, 4, 5]], title: "Boxes", y: "logits")).altText
        == "Boxes. Box plot: logits over x, 1 box. a: median 3, middle half from 2 to 4, whiskers from 1 to 5.")
  }

  @Test func saysWhatHasNoNumber() {
    #expect(BoxPlot(["a": [1.0], "b": []]).problem == .noNumbers(name: "b"))
    #expect(BoxPlot(labels: ["a"], [[1.0], [2]]).problem == .labels(axis: "box", labels: 1, expected: 2, of: "lists of numbers"))
    #expect(BoxPlot(labels: [], [[Double]]()).problem == .noPoints(series: 0))
  }
}
