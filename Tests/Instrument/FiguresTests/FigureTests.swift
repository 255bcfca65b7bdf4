import Figures
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Whether a text is well-formed XML, which an inline SVG need not be, but ours is.
func isWellFormed(_ xml: String) -> Bool { XMLParser(data: Data(xml.utf8)).parse() }

/// A matrix without patterns that a drawing could merge.
func noise(_ rows: Int, _ columns: Int) -> [[Float]] {
  var state: UInt32 = 1
  func next() -> Float {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(state >> 8) / Float(1 << 23) - 1
  }
  return (0..<rows).map { _ in (0..<columns).map { _ in next() } }
}

@Suite struct FigureTests {
  private let small = Figure(
    Heatmap([[0, 1], [.nan, 0.25]], title: "Weights | a < b", x: "key", y: "query", xLabels: ["a", "a"], scale: .sequential))

  @Test func isPlotlysSchemaAsJSON() {
    #expect(
      small.plotlyJSON == """
        {"data":[{"coloraxis":"coloraxis","hovertemplate":"query %{y}, key %{x}: %{z:.4~g}<extra></extra>",\
        "type":"heatmap","xaxis":"x","yaxis":"y","z":[[0,1],[null,0.25]]}],"layout":{"coloraxis":{"cmax":1,"cmin":0,\
        "colorbar":{"len":1,"outlinewidth":0,"thickness":12,"x":1.20455,"y":0.5},"colorscale":[[0,"rgb(247,251,255)"],\
        [0.125,"rgb(222,235,247)"],[0.25,"rgb(198,219,239)"],[0.375,"rgb(158,202,225)"],[0.5,"rgb(107,174,214)"],[0.625,\
        "rgb(66,146,198)"],[0.75,"rgb(33,113,181)"],[0.875,"rgb(8,81,156)"],[1,"rgb(8,48,107)"]]},"font":{"size":11},\
        "height":155,"margin":{"b":42,"l":36,"r":61,"t":37},"title":{"font":{"size":16},"text":"Weights | a &lt; b",\
        "x":0.01,"xanchor":"left"},"width":185,"xaxis":{"anchor":"y","domain":[0,1],"showgrid":false,"tickangle":0,\
        "tickmode":"array","ticktext":["a","a"],"tickvals":[0,1],"title":{"font":{"size":12},"text":"key"},\
        "zeroline":false},"yaxis":{"anchor":"x","autorange":"reversed","domain":[0,1],"dtick":1,"showgrid":false,\
        "tick0":0,"title":{"font":{"size":12},"text":"query"},"zeroline":false}}}
        """)
  }

  @Test func isDrawnAsThisSVG() {
    #expect(small.svg(alt: "Weights") == Self.goldenSVG)
  }

  @Test func survivesARoundTripThroughJSONAndIsThenDrawnWithTheSameBytes() throws {
    let figure = Figure.row(title: "Emoji 👩‍👩‍👧, RTL שלום, <bos>") {
      Heatmap(noise(5, 4), title: "<b>&amp;", xLabels: ["<bos>", " a", "\n", "&lt;"])
      Heatmap([0.1, -3, .infinity] as [Float])
    }
    let decoded = try Figure(plotlyJSON: figure.plotlyJSON)
    #expect(decoded == figure)
    #expect(decoded.plotlyJSON == figure.plotlyJSON)
    #expect(decoded.svg() == figure.svg())
    #expect(decoded.altText == figure.altText)
  }

  @Test func writesAFloatWithTheDigitsThatWereMeant() {
    #expect(Figure(Heatmap([[0.1, -0.0]] as [[Float]])).plotlyJSON.contains(#""z":[[0.1,0]]"#))
  }

  @Test func sharesOneColourScaleOverAllPanelsWithOneBar() {
    let figure = Figure.row {
      Heatmap([[1.0, -4]])
      Heatmap([2.0, 3])
    }
    #expect(figure.layout.colorAxes.keys.sorted() == ["coloraxis"])
    #expect(figure.layout.colorAxes["coloraxis"]?.range == -4...4)
    #expect(figure.heatmaps.map(\.coloraxis) == ["coloraxis", "coloraxis"])
  }

  @Test func givesEachPanelItsOwnScaleIfAsked() {
    let figure = Figure.row(sharesColors: false) {
      Heatmap([[1.0, -4]])
      Heatmap([2.0, 3])
    }
    #expect(figure.layout.colorAxes["coloraxis"]?.range == -4...4)
    #expect(figure.layout.colorAxes["coloraxis2"]?.range == -3...3)
  }

  @Test func takesAnExplicitRangeAndIgnoresOneThatCannotBeDivided() {
    let axis = "coloraxis"
    #expect(Figure.row(range: -1...1) { Heatmap([[9.0]]) }.layout.colorAxes[axis]?.range == -1...1)
    #expect(Figure(Heatmap([[9.0]], range: -2...2)).layout.colorAxes[axis]?.range == -2...2)
    #expect(Figure(Heatmap([[9.0]], range: 1...1)).layout.colorAxes[axis]?.range == -9...9)
    #expect(Figure(Heatmap([[9.0]], range: 0...(.infinity))).layout.colorAxes[axis]?.range == -9...9)
  }

  @Test func hasItsMiddleColourAt0OnAnUnevenRangeAndEqualColoursEquallyFarFromIt() throws {
    let ranges: [ClosedRange<Double>] = [-1...9, -9...1, -0.001...1000, 0...5, -5...0, -1...1]
    for range in ranges {
      let axis = try #require(Figure(Heatmap([[0.5]], range: range)).layout.colorAxes["coloraxis"])
      let scale = try #require(axis.colorscale)
      #expect((axis.cmin, axis.cmax) == (range.lowerBound, range.upperBound))
      let extent = max(-range.lowerBound, range.upperBound)
      for value in [0, range.lowerBound, range.upperBound, extent / 8, -extent / 8] where range.contains(value) {
        let drawn = scale.color(at: (value - range.lowerBound) / (range.upperBound - range.lowerBound))
        let meant = ColorScale.diverging.color(at: (value / extent + 1) / 2)
        let channels = [(drawn.red, meant.red), (drawn.green, meant.green), (drawn.blue, meant.blue)]
        #expect(channels.allSatisfy { abs(Int($0.0) - Int($0.1)) <= 1 }, "\(value) of \(range): \(drawn.css), \(meant.css)")
      }
    }
  }

  @Test func keepsAScaleAsItIsThatHasOneDirectionOrLiesOnOneSideOf0() {
    let green = ColorScale([RGB(255, 255, 255), RGB(0, 120, 0)])
    func scale(_ scale: ColorScale, _ range: ClosedRange<Double>) -> ColorScale? {
      Figure(Heatmap([[1.0]], scale: scale, range: range)).layout.colorAxes["coloraxis"]?.colorscale
    }
    #expect(scale(.sequential, -1...9) == .sequential && scale(green, -1...9) == green)
    #expect(scale(.diverging, 2...9) == .diverging && scale(.diverging, -9...(-2)) == .diverging)
  }

  @Test func saysWhatItsPanelsLackBesideTheDrawingAlsoWhenItComesBackFromItsJSON() throws {
    let figure = Figure.row {
      Heatmap([[1.0, 2]], title: "Heads", xLabels: ["a"])
      Heatmap([[1.0, 2]], xLabels: ["a", "b"])
      Heatmap([[1.0], [2, 3]])
    }
    #expect(
      figure.layout.problems == [
        "“Heads”: 1 x labels for 2 columns; give one for each", "Row 1 has 2 values, row 0 has 1; every row needs as many",
      ])
    #expect(try Figure(plotlyJSON: figure.plotlyJSON) == figure)
    #expect(try Figure(plotlyJSON: #"{"data":[],"layout":{"meta":7}}"#).layout.problems == [])
  }

  @Test func isBuiltByLoopsAndConditionsAlsoThrowingOnes() throws {
    func values(_ head: Int) throws -> [[Double]] { [[Double(head)]] }
    let figure = try Figure.grid(columns: 2) {
      for head in 0..<3 { Heatmap(try values(head), title: "H\(head)") }
      if figureHasMore { Heatmap([[9.0]]) } else { Heatmap([[8.0]]) }
    }
    #expect(figure.data.count == 4)
    #expect(figure.layout.axes["xaxis"]?.domain?.first == 0)
    #expect(figure.layout.axes["xaxis2"]?.domain?.last == 1)
    let rows = ["yaxis", "yaxis3"].compactMap { figure.layout.axes[$0]?.domain?.first }
    #expect(rows.count == 2 && rows[0] > rows[1], "The first row stands above the second")
  }
  private var figureHasMore: Bool { data.isEmpty }
  private let data: [Int] = []

  @Test func labelsEqualRowsOnceInARowOfPanelsAndEqualColumnsOnceInAColumn() {
    let figure = Figure.grid(columns: 2) {
      for _ in 0..<3 { Heatmap([[1.0, 2]], x: "key", y: "query", yLabels: ["a"]) }
      Heatmap([[1.0, 2]], x: "key", y: "query", yLabels: ["b"])
    }
    let axes = figure.layout.axes
    #expect(["yaxis", "yaxis2", "yaxis3", "yaxis4"].map { axes[$0]?.matches } == [nil, "y", nil, nil])
    #expect(["xaxis", "xaxis2", "xaxis3", "xaxis4"].map { axes[$0]?.matches } == ["x3", "x4", nil, nil])
    #expect(["yaxis", "yaxis2", "yaxis3", "yaxis4"].map { axes[$0]?.showticklabels } == [nil, false, nil, nil])
    #expect(figure.svg().ranges(of: ">query</text>").count == 3 && figure.svg().ranges(of: ">key</text>").count == 2)
    #expect(figure.svg().contains("query a, key 1: 2"), "Hovering tells the label all the same")
  }

  @Test func putsRow0OnTop() throws {
    #expect(small.layout.axes["yaxis"]?.autorange == .reversed)
    let upsideDown = try Figure(
      plotlyJSON: small.plotlyJSON.replacing(#""autorange":"reversed""#, with: #""autorange":true"#))
    #expect(upsideDown.svg().contains("translate(36 113)scale(44 -38)"), "A figure from elsewhere may have it below")
  }

  @Test func saysWhatItShowsInTheAlternativeTextWhichAnotherTextReplaces() {
    #expect(
      small.altText == """
        Weights | a < b. Heatmap: 2 rows by 2 columns, values from 0 to 1, strongest at query 0, key a: 1; 1 value missing.
        """)
    #expect(small.svg(alt: "Mine \"&\"").contains(#"aria-label="Mine &quot;&amp;&quot;""#))
  }

  @Test func drawsFiguresOfPlotlyExpressAndSaysWhatItCannotDraw() throws {
    let json = #"""
      {"data":[{"type":"heatmap","z":[[1,2],[3,null]],"coloraxis":"coloraxis","hovertemplate":"x: %{x}<br>y: %{y}<extra></extra>"}],
       "layout":{"template":{"data":{}},"xaxis":{"anchor":"y","domain":[0,1]},"coloraxis":{"colorscale":[[0,"#0d0887"],[1,"#f0f921"]]},
       "title":"Plain","margin":{"t":60}}}
      """#
    let figure = try Figure(plotlyJSON: json)
    #expect(figure.title == "Plain")
    #expect(isWellFormed(figure.svg()))
    #expect(throws: FigureError.notPlotly("at data[0].type: traces of type pie are not known")) {
      try Figure(plotlyJSON: #"{"data":[{"type":"pie"}],"layout":{}}"#)
    }
    for broken in ["", "{}", "[1]", #"{"data":[{"type":"heatmap","z":[[1],[2,3]]}],"layout":{}}"#] {
      #expect(throws: FigureError.self) { try Figure(plotlyJSON: broken) }
    }
  }

  private static let goldenSVG = """
    <svg xmlns="http://www.w3.org/2000/svg" class="folio-figure" viewBox="0 0 185 155" width="185" height="155" \
    style="--natural:185px;max-width:100%;height:auto" role="img" aria-label="Weights" fill="currentColor" font-size="11" \
    font-family="var(--figure-font,system-ui,-apple-system,&quot;Segoe UI&quot;,Roboto,&quot;Helvetica Neue&quot;,Arial,\
    sans-serif)">
    <g class="cells" shape-rendering="crispEdges" transform="translate(36 37)scale(44 38)">
    <g class="ramp">
    <path fill="#f7fbff" d="M0 0h1v1h-1z"><title>query 0, key a: 0</title></path>
    <path fill="#08306b" d="M1 0h1v1h-1z"><title>query 0, key a: 1</title></path>
    <path fill="#c6dbef" d="M1 1h1v1h-1z"><title>query 1, key a: 0.25</title></path>
    </g>
    <path fill-opacity=".13" d="M0 1h1v1h-1z"><title>query 1, key a: missing</title></path>
    <path d="M0 2l1-1" fill="none" stroke="currentColor" stroke-opacity=".5" vector-effect="non-scaling-stroke" \
    shape-rendering="auto" pointer-events="none"/>
    </g>
    <text x="0" y="23.52" font-size="16" font-weight="600" text-anchor="start">Weights | a &lt; b</text>
    <rect x="36" y="37" width="88" height="76" fill="none" stroke="currentColor" stroke-opacity=".3" stroke-width=".75"/>
    <g text-anchor="end" fill-opacity=".82" style="white-space:pre">
    <text x="29" y="59.8">0</text>
    <text x="29" y="97.8">1</text>
    </g>
    <path d="M36 56h-4M36 94h-4" stroke="currentColor" stroke-opacity=".45" stroke-width=".75"/>
    <g text-anchor="middle" fill-opacity=".82" style="white-space:pre">
    <text x="58" y="129">a</text>
    <text x="102" y="129">a</text>
    </g>
    <path d="M58 113v4M102 113v4" stroke="currentColor" stroke-opacity=".45" stroke-width=".75"/>
    <text x="80" y="146" text-anchor="middle" font-size="12" fill-opacity=".82">key</text>
    <text transform="translate(12.62 75)rotate(-90)" text-anchor="middle" font-size="12" fill-opacity=".82">query</text>
    <g class="ramp" shape-rendering="crispEdges" transform="translate(142 37)scale(12 3.04)">
    <path fill="#083573" d="M0 0h1v1h-1z"/>
    <path fill="#084083" d="M0 1h1v1h-1z"/>
    <path fill="#084a92" d="M0 2h1v1h-1z"/>
    <path fill="#0b559f" d="M0 3h1v1h-1z"/>
    <path fill="#135fa7" d="M0 4h1v1h-1z"/>
    <path fill="#1b69af" d="M0 5h1v1h-1z"/>
    <path fill="#2474b6" d="M0 6h1v1h-1z"/>
    <path fill="#2e7ebc" d="M0 7h1v1h-1z"/>
    <path fill="#3989c1" d="M0 8h1v1h-1z"/>
    <path fill="#4493c7" d="M0 9h1v1h-1z"/>
    <path fill="#519ccc" d="M0 10h1v1h-1z"/>
    <path fill="#5ea5d1" d="M0 11h1v1h-1z"/>
    <path fill="#6baed6" d="M0 12h1v1h-1z"/>
    <path fill="#7bb7da" d="M0 13h1v1h-1z"/>
    <path fill="#8cc0dd" d="M0 14h1v1h-1z"/>
    <path fill="#9cc9e1" d="M0 15h1v1h-1z"/>
    <path fill="#a9cfe5" d="M0 16h1v1h-1z"/>
    <path fill="#b6d4e9" d="M0 17h1v1h-1z"/>
    <path fill="#c3daee" d="M0 18h1v1h-1z"/>
    <path fill="#ccdff1" d="M0 19h1v1h-1z"/>
    <path fill="#d3e4f3" d="M0 20h1v1h-1z"/>
    <path fill="#dbe9f6" d="M0 21h1v1h-1z"/>
    <path fill="#e3eef9" d="M0 22h1v1h-1z"/>
    <path fill="#ebf3fb" d="M0 23h1v1h-1z"/>
    <path fill="#f3f8fe" d="M0 24h1v1h-1z"/>
    </g>
    <g fill-opacity=".82">
    <text x="160" y="116.8">0.0</text>
    <text x="160" y="78.8">0.5</text>
    <text x="160" y="40.8">1.0</text>
    </g>
    <path d="M154 113h3M154 75h3M154 37h3" stroke="currentColor" stroke-opacity=".45" stroke-width=".75"/>
    </svg>
    """
}
