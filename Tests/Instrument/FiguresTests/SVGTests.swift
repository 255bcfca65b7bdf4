import Figures
import Testing

@Suite struct SVGTests {
  @Test(arguments: [[(128, 128)], [(8, 1200)], [(1000, 1000)], [(1, 20_000)], [(50_000, 2)]])
  func isUnder500KBWhateverTheMatrices(_ shapes: [(Int, Int)]) {
    for (rows, columns) in shapes {
      let labels = (0..<columns).map { " token\"\($0)\"" }
      let svg = Figure(Heatmap(noise(rows, columns), title: "Noise", x: "position", xLabels: labels)).svg()
      #expect(svg.utf8.count < 500_000)
      #expect(isWellFormed(svg))
    }
  }

  @Test func ofManyPanelsIsUnder500KB() {
    let figure = Figure.grid(title: "Patterns", columns: 3) {
      for head in 0..<9 { Heatmap(noise(300, 300), title: "H\(head)", scale: .sequential) }
    }
    #expect(figure.svg().utf8.count < 500_000)
  }

  @Test func makesRoomForTheNumbersOfOtherEndsOfItsColoursAndMovesNoPanelForThem() throws {
    var figure = Figure.row {
      Heatmap([[1, -2]], title: "a")
      Heatmap([[1, 2]], title: "b", scale: .sequential)
    }
    let before = figure.layout
    figure.makeRoomForColorBars()
    #expect(figure.layout == before)
    figure.layout.colorAxes["coloraxis"]?.cmin = -0.000_25
    figure.layout.colorAxes["coloraxis"]?.cmax = 0.000_25
    figure.makeRoomForColorBars()
    let after = figure.layout
    let wider = try #require(after.width) - #require(before.width)
    #expect(wider >= 20 && after.margin?.l == before.margin?.l && after.axes == before.axes)
    #expect(try #require(after.margin?.r) - #require(before.margin?.r) == wider)
    // The second bar stands behind the first one's numbers.
    let panels = try #require(before.width) - #require(before.margin).l - #require(before.margin).r
    let moved = try #require(after.colorAxes["coloraxis2"]?.colorbar?.x) - #require(before.colorAxes["coloraxis2"]?.colorbar?.x)
    #expect(abs(moved * panels - wider) < 2)
    figure.makeRoomForColorBars()
    #expect(figure.layout == after)
  }

  @Test func hasRoomOnceForTheBarsOfPanelsAboveEachOther() throws {
    var figure = Figure.grid(columns: 1, sharesColors: false) {
      Heatmap([[1, -2]], title: "a")
      Heatmap([[1, -2]], title: "b")
    }
    let before = figure.layout
    for name in figure.layout.colorAxes.keys {
      figure.layout.colorAxes[name]?.cmin = -0.000_002_5
      figure.layout.colorAxes[name]?.cmax = 0.000_002_5
    }
    figure.makeRoomForColorBars()
    let wider = try #require(figure.layout.width) - #require(before.width)
    #expect((1...40).contains(wider))
    #expect(figure.layout.colorAxes.mapValues(\.colorbar) == before.colorAxes.mapValues(\.colorbar))
  }

  @Test(arguments: [1.0, 3, 3.5, 7, 99]) func ofALowColourBarHasTwoNumbersAtLeast(end: Double) {
    let svg = Figure(Heatmap([[end, -end]])).svg()
    #expect(svg.matches(of: />−?[0-9.]+<\/text>/).count >= 2 + 3, "\(svg)")
  }

  @Test func ofHostileTextsIsUnder500KB() {
    let labels = [String](repeating: String(repeating: "\"", count: 5000), count: 60)
    let title = String(repeating: "<&\"' ", count: 20_000)
    let svg = Figure(
      Heatmap(noise(60, 60), title: title, x: title, y: title, xLabels: labels, yLabels: labels, colorBar: title)
    ).svg()
    #expect(svg.utf8.count < 500_000)
    #expect(isWellFormed(svg))
  }

  @Test func keepsASinglePeakAmongAMillionCellsAndSaysThatItDrawsBlocks() {
    var matrix = [[Float]](repeating: [Float](repeating: 0, count: 1000), count: 1000)
    matrix[777][333] = -5
    let svg = Figure(Heatmap(matrix, x: "key", y: "query")).svg()
    #expect(svg.contains("query 777, key 333: −5 (strongest of"))
    #expect(svg.contains("#67001f\" d=\"M"))
    #expect(svg.contains("Drawn in blocks of 2 × 2 cells"))
  }

  @Test func mergesNeighboursOfOneColour() {
    let matrix = [[Float]](repeating: [Float](repeating: 0, count: 100), count: 100)
    #expect(Figure(Heatmap(matrix)).svg().contains("M0 99h100v1h-100"))
  }

  @Test(arguments: [3, 40, 128, 1000], [60.0, 240, 700])
  func neverLetsLabelsTouch(count: Int, length: Double) {
    let long = AxisTicks(labels: (0..<count).map { "\($0) a rather long token" }, count: count)
    let numbers = AxisTicks(labels: nil, count: count)
    for ticks in [long, numbers] {
      let slanted = ticks.isSlanted(length: length)
      let room = ticks.roomAcross(slanted: slanted)
      let stride = ticks.stride(length: length, room: room)
      #expect(Double(stride) * length / Double(count) >= room - 0.01)
      #expect(slanted || room >= ticks.widest)
    }
  }

  @Test(arguments: Hostile.texts) func showsTextAsText(_ text: String) throws {
    let figure = Figure.row(title: text) {
      Heatmap(
        [[1.0, 2]], title: text, x: text, y: text, xLabels: [text, text], yLabels: [text], colorBar: text, hoverFormat: text)
    }
    let decoded = try Figure(plotlyJSON: figure.plotlyJSON)
    for svg in [figure.svg(), figure.svg(alt: text), decoded.svg(), figure.html()] {
      for forbidden in ["<script", "<img", "<b>", "onload=\"", "\u{1B}", "\u{0}", "\u{202E}"]
        + Hostile.noCharacters.map(String.init)
      {
        #expect(!svg.contains(forbidden), "\(forbidden)")
      }
    }
    #expect(isWellFormed(figure.svg(alt: text)))
    #expect(isWellFormed(decoded.svg()))
  }

  @Test func keepsALongTokensBeginningAndPosition() {
    #expect(AxisTicks(labels: ["antidisestablishmentarianism (312)"], count: 1).text(0) == "antidisesta… (312)")
  }

  @Test func keepsATokenThatLooksLikeATag() throws {
    let figure = Figure(Heatmap([[1.0, 2]], xLabels: ["<bos>", "&lt;"]))
    #expect(figure.layout.axes["xaxis"]?.ticktext == ["&lt;bos&gt;", "&amp;lt;"])
    #expect(try Figure(plotlyJSON: figure.plotlyJSON).svg().contains(">&lt;bos&gt;</text>"))
    #expect(figure.svg().contains(">&amp;lt;</text>"))
  }

  @Test func takesItsTextsColourFromThePageAndRefersToNothingOutside() {
    let svg = Figure(Heatmap([[1.0, .nan]], title: "T")).svg()
    #expect(svg.contains(#"fill="currentColor""#))
    #expect(!svg.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
    #expect(!svg.contains("url(") && !svg.contains("href") && !svg.contains(" id="))
    #expect(svg.contains(#"role="img" aria-label="T."#) && svg.contains(#"viewBox="0 0 "#))
  }

  @Test func saysInThePanelWhatCannotBeDrawn() {
    let figure = Figure.row(title: "Broken") {
      Heatmap([[1.0], [2, 3]])
      Heatmap([[Double]]())
      Heatmap([Float]())
      Heatmap([[1.0]], xLabels: ["a", "b"])
      Heatmap(Heatmap.Values(rows: 2, columns: .max, [1.0]))
    }
    let text = figure.altText
    for part in ["Row 1 has 2 values", "No data", "2 x labels for 1 columns", "1 values do not fill 2 rows"] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(isWellFormed(figure.svg()))
    #expect(figure.data.isEmpty)
    #expect(Figure.row {}.svg().contains("No data: the figure has no panels"))
  }

  @Test func ofExtremeValuesIsADrawingStill() throws {
    let matrices: [[[Double]]] = [
      [[0]], [[-0.0]], [[5, 5], [5, 5]], [[.nan, .infinity]], [[1e308, -1e308]], [[5e-324, 0]], [[1e-300, -1e-300]],
      [[.greatestFiniteMagnitude, -.greatestFiniteMagnitude]],
    ]
    for matrix in matrices {
      for scale in [ColorScale.diverging, .sequential] {
        let figure = Figure(Heatmap(matrix, scale: scale))
        let svg = figure.svg()
        #expect(isWellFormed(svg) && !svg.contains("nan") && !svg.contains("inf"), "\(matrix)")
        #expect(try Figure(plotlyJSON: figure.plotlyJSON) == figure)
      }
    }
  }

  @Test func ofALayoutWithSenselessNumbersIsADrawingStill() throws {
    for number in ["1e300", "-1e300", "0", "-5"] {
      let json = """
        {"data":[{"type":"heatmap","z":[[1,2]],"coloraxis":"coloraxis"}],"layout":{"width":\(number),"height":\(number),
        "margin":{"l":\(number),"t":\(number)},"xaxis":{"domain":[\(number),\(number)],"tickvals":[\(number)],"ticktext":["a","b"],
        "tickangle":\(number)},"coloraxis":{"cmin":-1,"cmax":1,"colorscale":[[\(number),"#000000"]],
        "colorbar":{"len":\(number),"x":\(number),"thickness":\(number)}},"title":{"text":"t","font":{"size":\(number)},"x":\(number)}}}
        """
      #expect(isWellFormed(try Figure(plotlyJSON: json).svg()))
    }
  }
}

/// Texts that would be something else on a page.
enum Hostile {
  static let noCharacters = String(String.UnicodeScalarView([0xFFFE, 0xFFFF, 0xFDD0, 0x1FFFF].compactMap(Unicode.Scalar.init)))

  static let texts = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload=\"alert(1)\"", "</title></svg><b>x</b>", "]]>",
    "<!--",
    "\u{0}\u{1}\u{8}\u{1B}[31mred\u{1B}[0m\u{7F}\u{9F}", "\u{202E}evil\u{2066}", noCharacters, "a\nb\r\nc\td",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "שלום (1)", "👩‍👩‍👧‍👦🏳️‍🌈", "\u{301}\u{301}", "%{x}%{z}%{", "", " ",
  ]
}
