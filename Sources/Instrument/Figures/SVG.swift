import Text

extension Figure {
  /// The figure as an inline SVG: complete without JavaScript, with the value of a cell in its tooltip.
  /// - Parameter alt: the text for those who cannot see it; by default `altText`.
  public func svg(alt: String? = nil) -> String { SVGDrawing(figure: bounded, alt: alt ?? altText).text }
}

/// Draws what a figure's layout says. It knows the schema only, so a figure from a file is drawn as one from memory.
struct SVGDrawing {
  /// No figure is larger, so that a site of a hundred figures still loads (in bytes).
  static let largest = 490_000
  /// What stands around the data, in bytes: titles, axes, legends. What is beyond it is left out, and the drawing says so.
  private static let largestFrame = 300_000
  /// Heatmaps, and pairs of axes with curves: more are no figure for a page.
  static let mostPanels = 500

  let figure: Figure
  let geometry: SVGGeometry
  private(set) var text = ""

  init(figure: Figure, alt: String) {
    self.figure = figure
    geometry = SVGGeometry(figure.layout)
    let (heatmaps, curves) = (figure.heatmaps, figure.charts)
    var panels = heatmaps.prefix(Self.mostPanels).map { SVGPanel($0, in: figure, geometry) }
    var charts = curves.prefix(Self.mostPanels).map { SVGChart($0, in: figure, geometry) }
    var frame = SVGText()
    var isWhole = panels.count == heatmaps.count && charts.count == curves.count
    /// Draws as many of the parts as have room, and returns how many these are.
    func draw<Part>(_ parts: some Sequence<Part>, _ body: (Part, inout SVGText) -> Void) -> Int {
      var count = 0
      for part in parts {
        var drawn = SVGText()
        body(part, &drawn)
        isWhole = isWhole && frame.text.utf8.count + drawn.text.utf8.count <= Self.largestFrame
        guard isWhole else { break }
        frame.append(drawn)
        count += 1
      }
      return count
    }
    title(&frame)
    _ = draw(figure.layout.annotations) { annotation($0, &$1) }
    panels = Array(panels.prefix(draw(panels) { $0.axes.draw(&$1) }))
    charts = Array(
      charts.prefix(
        draw(charts) { chart, svg in
          chart.axes.draw(&svg)
          SVGLegend(panel: chart).draw(&svg)
        }))
    let colorAxes = figure.layout.colorAxes.sorted { $0.key < $1.key }
    _ = draw(colorAxes) { SVGColorBar(axis: $0.value, geometry: geometry).draw(&$1) }
    let alt = Markup.escape(TextMetrics.clipped(alt, to: 4000))
    let budget = max(60_000, Self.largest - frame.text.utf8.count - alt.utf8.count - 1000)
    let drawnCurves = SVGCurves(charts: charts, budget: panels.isEmpty ? budget : budget / 2)
    let bars = SVGBars(charts: charts, budget: (budget - drawnCurves.text.utf8.count) / (panels.isEmpty ? 1 : 2))
    let left = budget - drawnCurves.text.utf8.count - bars.text.utf8.count
    let numbers = SVGCellNumbers(panels: panels, budget: left / 2)
    let cells = SVGCells(panels: panels, budget: left - numbers.text.utf8.count)
    var height = geometry.height
    let cut = isWhole ? nil : "This figure is too large for a page: a part of its panels and labels is left out."
    for remark in [cells.remark, numbers.remark, bars.remark, drawnCurves.remark, cut].compactMap({ $0 }) {
      frame.element("text", ["x": Numbers.coordinate(12), "y": Numbers.coordinate(height + 6), "fill-opacity": ".7"], remark)
      height += 18
    }
    let size = (Numbers.coordinate(geometry.width), Numbers.coordinate(height))
    text =
      #"<svg xmlns="http://www.w3.org/2000/svg" class="folio-figure" viewBox="0 0 \#(size.0) \#(size.1)" width="\#(size.0)" height="\#(size.1)" "#
      + #"style="--natural:\#(size.0)px;max-width:100%;height:auto" role="img" aria-label="\#(alt)" fill="currentColor" font-size="11" "#
      + #"font-family="var(--figure-font,system-ui,-apple-system,&quot;Segoe UI&quot;,Roboto,&quot;Helvetica Neue&quot;,Arial,sans-serif)">"#
      + "\n" + cells.text + numbers.text + bars.text + drawnCurves.text + frame.text + "</svg>"
  }

  private func title(_ svg: inout SVGText) {
    guard let title = figure.layout.title else { return }
    let size = title.font?.size ?? Arrangement.titleSize
    let anchor = ["center": "middle", "right": "end"][title.xanchor ?? (title.x ?? 0.5 < 0.4 ? "left" : "center")] ?? "start"
    let x = anchor == "start" && (title.x ?? 0.5) < 0.05 ? 0 : (title.x ?? 0.5) * geometry.width
    svg.lines(
      PlotlyText.plain(title.text), x: x, y: 12 + size * 0.72, lineHeight: size * 1.3,
      ["text-anchor": anchor, "font-size": Numbers.coordinate(size), "font-weight": "600"])
  }

  private func annotation(_ note: Figure.Annotation, _ svg: inout SVGText) {
    guard note.xref ?? "paper" == "paper", note.yref ?? "paper" == "paper" else { return }
    let size = note.font?.size ?? AxisTicks.fontSize
    let text = PlotlyText.plain(note.text)
    let lines = Double(text.split(separator: "\n").count)
    let point = geometry.point(note.x, note.y)
    let y =
      switch note.yanchor ?? "middle" {
      case "bottom": point.y - 8 - (lines - 1) * size * 1.3
      case "top": point.y + size
      default: point.y + size * 0.35 - (lines - 1) * size * 0.65
      }
    let anchor = ["left": "start", "right": "end"][note.xanchor ?? "center"] ?? "middle"
    let isTitle = note.yanchor == "bottom"
    svg.lines(
      text, x: point.x, y: y, lineHeight: size * 1.3,
      ["text-anchor": anchor, "font-size": Numbers.coordinate(size)].merging(isTitle ? ["font-weight": "600"] : [:]) { $1 })
  }
}

/// From Plotly's fractions to the pixels of the drawing.
struct SVGGeometry {
  var width: Double
  var height: Double
  var margin: Figure.Margin

  /// Sizes that a drawing can have; what a layout does not say is as in Plotly.
  init(_ layout: Figure.Layout) {
    func sane(_ value: Double?, _ fallback: Double) -> Double {
      guard let value, value.isFinite, value >= 10, value <= 20_000 else { return fallback }
      return value
    }
    width = sane(layout.width, 700)
    height = sane(layout.height, 450)
    margin = layout.margin ?? Figure.Margin(l: 80, r: 80, t: 100, b: 80)
  }

  var innerWidth: Double { max(10, width - margin.l - margin.r) }
  var innerHeight: Double { max(10, height - margin.t - margin.b) }

  func point(_ x: Double, _ y: Double) -> (x: Double, y: Double) { (margin.l + x * innerWidth, margin.t + (1 - y) * innerHeight) }

  func frame(x: [Double]?, y: [Double]?) -> PanelFrame {
    let (x, y) = (Self.domain(x), Self.domain(y))
    let (topLeft, bottomRight) = (point(x.0, y.1), point(x.1, y.0))
    return PanelFrame(
      x: topLeft.x, y: topLeft.y, width: max(1, bottomRight.x - topLeft.x), height: max(1, bottomRight.y - topLeft.y))
  }

  private static func domain(_ domain: [Double]?) -> (Double, Double) {
    guard let domain, domain.count == 2, domain[0] >= 0, domain[1] <= 1, domain[0] < domain[1] else { return (0, 1) }
    return (domain[0], domain[1])
  }
}

/// A trace with all that its drawing needs: its frame, its axes, its colours.
struct SVGPanel {
  var frame: PanelFrame
  var values: Heatmap.Values
  var scale: ColorScale
  var range: ClosedRange<Double>
  var x: Figure.Axis
  var y: Figure.Axis
  var hover: CellHover
  /// How each value is written in its cell, if it is.
  var numbers: HoverTemplate?

  init(_ trace: Figure.HeatmapTrace, in figure: Figure, _ geometry: SVGGeometry) {
    let axes = figure.layout.axes
    x = axes["xaxis" + (trace.xaxis ?? "x").dropFirst()] ?? Figure.Axis()
    y = axes["yaxis" + (trace.yaxis ?? "y").dropFirst()] ?? Figure.Axis()
    frame = geometry.frame(x: x.domain, y: y.domain)
    values = trace.z
    let axis = trace.coloraxis.flatMap { figure.layout.colorAxes[$0] }
    scale = axis?.colorscale ?? .diverging
    range = axis?.range ?? scale.defaultRange(of: trace.z.present)
    hover = CellHover(template: trace.hovertemplate, x: x.labels(trace.z.columns), y: y.labels(trace.z.rows))
    numbers = trace.texttemplate.map(HoverTemplate.init)
  }

  var xTicks: AxisTicks { AxisTicks(labels: x.labels(values.columns), count: values.columns) }
  var yTicks: AxisTicks { AxisTicks(labels: y.labels(values.rows), count: values.rows) }
  var cellWidth: Double { frame.width / Double(max(1, values.columns)) }
  var cellHeight: Double { frame.height / Double(max(1, values.rows)) }
  var isUpsideDown: Bool { y.autorange != .reversed }

  /// Labels for as many cells as have room.
  var axes: SVGAxes {
    let (xTicks, yTicks) = (xTicks, yTicks)
    let isSlanted = (x.tickangle ?? 0) != 0 || (x.tickangle == nil && xTicks.isSlanted(length: frame.width))
    let stride = (
      x: xTicks.stride(length: frame.width, room: xTicks.roomAcross(slanted: isSlanted)),
      y: yTicks.stride(length: frame.height, room: AxisTicks.lineHeight)
    )
    let across = Swift.stride(from: 0, to: xTicks.count, by: stride.x).map { index in
      SVGAxes.Mark(place: frame.x + (Double(index) + 0.5) * cellWidth, text: xTicks.text(index))
    }
    let down = Swift.stride(from: 0, to: yTicks.count, by: stride.y).map { index in
      let row = isUpsideDown ? yTicks.count - 1 - index : index
      return SVGAxes.Mark(place: frame.y + (Double(row) + 0.5) * cellHeight, text: yTicks.text(index))
    }
    return SVGAxes(
      frame: frame, x: SVGAxes.Side(axis: x, marks: across, widest: xTicks.widest, isSlanted: isSlanted),
      y: SVGAxes.Side(axis: y, marks: down, widest: yTicks.widest))
  }
}

extension Figure.Axis {
  /// A label for each cell, where the ticks name cells; a cell without one has its number.
  func labels(_ count: Int) -> [String]? {
    guard let tickvals, let ticktext, !tickvals.isEmpty else { return nil }
    var labels = (0..<count).map(String.init)
    for (value, text) in zip(tickvals, ticktext) {
      let index = Int(bounded: value.rounded(), to: -1...count)
      if labels.indices.contains(index) { labels[index] = PlotlyText.plain(text) }
    }
    return labels
  }
}

extension Figure.ColorAxis {
  package var range: ClosedRange<Double>? {
    guard let cmin, let cmax, cmin.isFinite, cmax.isFinite, cmin < cmax else { return nil }
    return cmin...cmax
  }
}

/// SVG elements, each on a line of its own.
struct SVGText {
  /// Characters of one text: more than any place in a figure has room for.
  private static let longest = 300

  private(set) var text = ""

  mutating func raw(_ line: String) { text += line + "\n" }

  mutating func append(_ other: SVGText) { text += other.text }

  mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ content: String? = nil) {
    raw(Markup.element(name, attributes, content.map { Markup.escape(TextMetrics.clipped($0, to: Self.longest)) }))
  }

  /// A text with line breaks.
  mutating func lines(_ content: String, x: Double, y: Double, lineHeight: Double, _ attributes: [String: String]) {
    let attributes = attributes.sorted { $0.key < $1.key }.map { #" \#($0.key)="\#($0.value)""# }.joined()
    for (index, line) in content.split(separator: "\n").prefix(12).enumerated() {
      let line = TextMetrics.clipped(Markup.label(line), to: Self.longest)
      let y = Numbers.coordinate(y + Double(index) * lineHeight)
      raw(#"<text x="\#(Numbers.coordinate(x))" y="\#(y)"\#(attributes)>\#(Markup.escape(line))</text>"#)
    }
  }
}
