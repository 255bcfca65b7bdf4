import Figures
import Testing

@Suite struct BoundsTests {
  /// A figure from elsewhere with one part of its layout.
  private func figure(_ layout: String, data: String = #"{"type":"heatmap","z":[[1,2],[3,4]]},{"y":[1,2]}"#) throws -> Figure {
    try Figure(plotlyJSON: #"{"data":[\#(data)],"layout":{\#(layout)}}"#)
  }

  @Test(
    arguments: [
      #""margin":{"l":1e301}"#, #""margin":{"l":-1e301,"r":1e308,"t":1e19,"b":-1e19}"#, #""width":1e301,"height":-1e301"#,
      #""font":{"size":1e301}"#, #""title":{"text":"t","x":1e301,"font":{"size":-1e301}}"#,
      #""annotations":[{"text":"a","x":1e301,"y":-1e301,"font":{"size":1e301}}]"#,
      #""xaxis":{"domain":[0.1,1e301],"tickvals":[1e301,0],"ticktext":["a","b"],"tickangle":1e301,"range":[-1e308,1e308]}"#,
      #""yaxis":{"type":"log","range":[-1e308,1e308],"dtick":1e301,"tick0":-1e301}"#,
      #""coloraxis":{"cmin":-1e308,"cmax":1e308,"colorbar":{"x":1e301,"y":-1e301,"len":1e301,"thickness":1e301}}"#,
      #""legend":{"x":1e301,"y":1e301,"orientation":"h","yanchor":"bottom"}"#,
    ])
  func thoseOfItsLayoutLeaveADrawingAndItsJSON(_ layout: String) throws {
    let figure = try figure(layout)
    let svg = figure.svg()
    #expect(isWellFormed(svg))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    #expect(try Figure(plotlyJSON: figure.plotlyJSON).svg() == svg)
  }

  @Test func thoseThatACellPutsIntoALayoutAreWrittenAsJSONThatCanBeReadAgain() throws {
    var figure = Figure(Heatmap([[1.0, 2]]))
    figure.layout.margin?.l = .nan
    figure.layout.margin?.r = .infinity
    figure.layout.width = .nan
    #expect(try Figure(plotlyJSON: figure.plotlyJSON).svg() == figure.svg())
  }

  @Test func anAxisThatShowsTheLargestNumbersThereAreHasEnds() throws {
    let largest = Double.greatestFiniteMagnitude
    let figure = Figure(LineChart(["a": [-largest, 0, largest]], yScale: .linear))
    #expect(try Figure(plotlyJSON: figure.plotlyJSON).svg() == figure.svg())
  }

  @Test func andHoweverManyPanelsAndTextsItsDrawingIsUnder500KBAndSaysWhatIsLeftOut() throws {
    let many = try figure(
      "", data: Array(repeating: #"{"type":"heatmap","z":[[1,2],[3,4]]}"#, count: 3000).joined(separator: ","))
    #expect(many.svg().utf8.count < 500_000)
    #expect(many.svg().contains("This figure is too large for a page"))
    let notes = Array(repeating: #"{"text":"a note of some length","x":0,"y":0}"#, count: 20_000).joined(separator: ",")
    #expect(try figure(#""annotations":[\#(notes)]"#).svg().utf8.count < 500_000)
  }

  @Test func andHoweverManyCurvesItsLegendHasRoomForAFewAndSaysHowManyMoreThereAre() {
    let chart = LineChart { for number in 0..<20_000 { Series("s\(number)", y: [Double(number)]) } }
    let svg = Figure(chart).svg()
    #expect(svg.contains(" more</text>"))
    #expect(svg.utf8.count < 500_000)
  }
}
