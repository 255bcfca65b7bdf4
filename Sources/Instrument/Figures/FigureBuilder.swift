import Text

extension Figure {
  /// One heatmap or chart; its title is the figure's.
  public init(_ panel: some FigurePanel) {
    var untitled = panel
    untitled.title = nil
    self.init(untitled.panel, title: panel.title)
  }

  private init(_ panel: Panel, title: String?) {
    self = FigureBuilder(title: title, panels: [panel], columns: 1, range: nil, sharesColors: true).figure
  }

  /// Panels side by side.
  ///
  /// ```swift
  /// Figure.row(title: "Direct logit attribution") {
  ///   Heatmap(dla.residualStream, title: "Residual stream")
  ///   Heatmap(dla.heads, title: "Attention heads", x: "head", y: "layer")
  /// }
  /// ```
  /// - Parameters:
  ///   - range: the values at the ends of the shared colour scale; by default it spans all panels.
  ///   - sharesColors: whether equal colours mean equal values in all panels, with one colour bar.
  public static func row(
    title: String? = nil, range: ClosedRange<Double>? = nil, sharesColors: Bool = true,
    @PanelBuilder panels: () throws -> [Panel]
  ) rethrows -> Figure {
    let panels = try panels()
    return FigureBuilder(title: title, panels: panels, columns: max(1, panels.count), range: range, sharesColors: sharesColors)
      .figure
  }

  /// Panels in rows of `columns`, as `row` otherwise.
  public static func grid(
    title: String? = nil, columns: Int, range: ClosedRange<Double>? = nil, sharesColors: Bool = true,
    @PanelBuilder panels: () throws -> [Panel]
  ) rethrows -> Figure {
    FigureBuilder(title: title, panels: try panels(), columns: columns, range: range, sharesColors: sharesColors).figure
  }
}

extension Figure.Axis {
  /// Leaves labels and title to another axis.
  fileprivate mutating func follow(_ axis: String) {
    matches = axis
    showticklabels = false
    title = nil
  }
}

/// A colour scale with its range, and the panels that are drawn with it.
private struct PanelScale {
  var scale: ColorScale
  var range: ClosedRange<Double>
  /// The value of the scale's middle.
  var midpoint: Double
  /// The bar's title.
  var title: String?
  /// By their indices.
  var panels: [Int]

  /// The bar, its numbers, and its title, with the gap before it.
  var room: Double { Figure.ColorAxis.barRoom(range, title: title) }

  /// Shared: one for each kind of scale, spanning its panels' ranges; otherwise one for each panel.
  static func scales(of panels: [Figure.Panel], shared: Bool, range: ClosedRange<Double>?) -> [PanelScale] {
    var found: [PanelScale] = []
    for (index, panel) in panels.map(\.heatmap).enumerated() {
      guard let panel, panel.problem == nil else { continue }
      let midpoint = panel.scale.isDiverging ? panel.midpoint.flatMap { $0.isFinite ? $0 : nil } ?? 0 : 0
      let own = panel.range.flatMap(usable) ?? panel.scale.defaultRange(of: panel.values.present, around: midpoint)
      let title = panel.colorBar.map { TextMetrics.clipped(Markup.label($0), to: 24) }
      if shared, let same = found.firstIndex(where: { $0.scale == panel.scale && $0.midpoint == midpoint }) {
        let all = found[same].range
        found[same].range = min(all.lowerBound, own.lowerBound)...max(all.upperBound, own.upperBound)
        found[same].title = found[same].title ?? title
        found[same].panels.append(index)
      } else {
        found.append(PanelScale(scale: panel.scale, range: own, midpoint: midpoint, title: title, panels: [index]))
      }
    }
    if let range = range.flatMap(usable) { for index in found.indices { found[index].range = range } }
    return found
  }

  /// A range that is empty or endless cannot be divided.
  private static func usable(_ range: ClosedRange<Double>) -> ClosedRange<Double>? {
    range.lowerBound.isFinite && range.upperBound.isFinite && range.upperBound > range.lowerBound ? range : nil
  }
}

/// From panels to the schema.
private struct FigureBuilder {
  let panels: [Figure.Panel]
  let sharesColors: Bool
  let scales: [PanelScale]
  let arrangement: Arrangement

  init(title: String?, panels: [Figure.Panel], columns: Int, range: ClosedRange<Double>?, sharesColors: Bool) {
    self.panels = panels
    self.sharesColors = sharesColors
    let scales = PanelScale.scales(of: panels, shared: sharesColors, range: range)
    self.scales = scales
    arrangement = Arrangement(
      panels: panels, columns: columns, title: title, titled: panels.contains { $0.title != nil },
      barRooms: panels.indices.map { panel in sharesColors ? 0 : scales.first { $0.panels.contains(panel) }?.room ?? 0 },
      sharedBarRoom: sharesColors ? scales.map(\.room).reduce(0, +) : 0)
  }

  var figure: Figure {
    var layout = frame
    var traces: [Figure.Trace] = []
    for panel in panels.indices {
      layout.annotations += annotations(panel)
      guard panels[panel].problem == nil else { continue }
      let number = axisNumber(panel)
      switch panels[panel] {
      case .heatmap(let heatmap):
        let scale = scales.firstIndex { $0.panels.contains(panel) } ?? 0
        traces.append(.heatmap(trace(heatmap, axis: number, scale: scale)))
      case .lineChart, .scatterChart, .barChart, .histogram, .boxPlot:
        guard let chart = panels[panel].chart else { break }
        traces += chart.traces(axis: number)
        if chart.hasLegend { layout.legends["legend" + number] = legend(panel) }
      }
      (layout.axes["xaxis" + number], layout.axes["yaxis" + number]) = axes(panel)
    }
    layout.problems = panels.compactMap { panel in
      panel.problem.map { (panel.title.map { "“\(Markup.label($0))”: " } ?? "") + $0.description }
    }
    if panels.isEmpty { layout.annotations.append(note("No data: the figure has no panels", in: arrangement.inner)) }
    for index in scales.indices { layout.colorAxes[colorAxisName(index)] = colorAxis(index) }
    return Figure(data: traces, layout: layout)
  }

  /// Sizes and title.
  private var frame: Figure.Layout {
    var layout = Figure.Layout()
    layout.width = arrangement.width.rounded()
    layout.height = arrangement.height.rounded()
    layout.margin = arrangement.margin
    layout.font = Figure.Font(size: AxisTicks.fontSize)
    if !arrangement.titleLines.isEmpty {
      layout.title = Figure.Title(
        text: arrangement.titleLines.map(PlotlyText.escape).joined(separator: "<br>"), x: 0.01, xanchor: "left",
        font: Figure.Font(size: Arrangement.titleSize))
    }
    return layout
  }

  private func trace(_ panel: Heatmap, axis: String, scale: Int) -> Figure.HeatmapTrace {
    Figure.HeatmapTrace(
      z: panel.values, name: panel.title.map { PlotlyText.label($0) }, xaxis: "x" + axis, yaxis: "y" + axis,
      coloraxis: colorAxisName(scale), hovertemplate: hoverTemplate(panel),
      texttemplate: panel.numbers.map { "%{z:\($0)}" })
  }

  /// `layer %{y}, head %{x}: %{z:.4~g}`
  private func hoverTemplate(_ panel: Heatmap) -> String {
    let column = panel.showsXLabels ? ", " + panel.columnAxis.hoverTemplate("x") : ""
    return "\(panel.rowAxis.hoverTemplate("y"))\(column): %{z:\(panel.hoverFormat)}<extra></extra>"
  }

  /// Plotly counts axes from ``, `2`, `3`.
  private func axisNumber(_ panel: Int) -> String {
    let drawn = panels[..<panel].count { $0.problem == nil }
    return drawn == 0 ? "" : String(drawn + 1)
  }

  private func axes(_ panel: Int) -> (x: Figure.Axis, y: Figure.Axis) {
    let (number, frame) = (axisNumber(panel), arrangement.frames[panel])
    let domains = arrangement.domains(of: frame)
    let isSlanted = arrangement.slanted[panel]
    var (x, y) =
      panels[panel].heatmap.map { axes($0, frame, isSlanted: isSlanted) } ?? axes(panels[panel].chart, isSlanted: isSlanted)
    x.domain = domains.x
    x.anchor = "y" + number
    if let below = arrangement.xNeighbours[panel] { x.follow("x" + axisNumber(below)) }
    y.domain = domains.y
    y.anchor = "x" + number
    if let left = arrangement.yNeighbours[panel] { y.follow("y" + axisNumber(left)) }
    return (x, y)
  }

  private func axes(_ chart: (any ChartPanel)?, isSlanted: Bool) -> (x: Figure.Axis, y: Figure.Axis) {
    let sides = chart?.sides
    return (sides?.x.axis(isSlanted: isSlanted) ?? Figure.Axis(), sides?.y.axis() ?? Figure.Axis())
  }

  private func axes(_ heatmap: Heatmap, _ frame: PanelFrame, isSlanted: Bool) -> (x: Figure.Axis, y: Figure.Axis) {
    var x = axis(heatmap.columnAxis, length: frame.width, room: AxisTicks(heatmap.columnAxis).widest + 10)
    x.tickangle = isSlanted ? -AxisTicks.slant : 0
    if !heatmap.showsXLabels { x.showticklabels = false }
    var y = axis(heatmap.rowAxis, length: frame.height, room: AxisTicks.lineHeight)
    y.autorange = .reversed
    return (x, y)
  }

  /// - Parameters:
  ///   - length: in pixels.
  ///   - room: that a label takes along the axis, in pixels.
  private func axis(_ labelled: LabelledAxis, length: Double, room: Double) -> Figure.Axis {
    var axis = Figure.Axis(showgrid: false, zeroline: false)
    axis.title = labelled.title.map {
      Figure.Title(text: PlotlyText.label($0), font: Figure.Font(size: Arrangement.axisTitleSize))
    }
    if let labels = labelled.labels {
      axis.tickmode = "array"
      axis.tickvals = labels.indices.map(Double.init)
      axis.ticktext = labels.map { PlotlyText.label($0) }
    } else {
      axis.tick0 = 0
      axis.dtick = Double(AxisTicks(labelled).stride(length: length, room: room))
    }
    return axis
  }

  /// Above the panel, from its left edge on.
  private func legend(_ panel: Int) -> Figure.Legend {
    let frame = arrangement.frames[panel]
    return Figure.Legend(
      orientation: "h", x: arrangement.across(frame.x), y: arrangement.up(frame.y), xanchor: "left", yanchor: "bottom")
  }

  private func colorAxisName(_ index: Int) -> String { "coloraxis" + (index == 0 ? "" : String(index + 1)) }

  /// Shared bars stand right of all panels, a panel's own bar right of it.
  private func colorAxis(_ index: Int) -> Figure.ColorAxis {
    let (scale, inner) = (scales[index], arrangement.inner)
    let own = sharesColors ? nil : scale.panels.first.map { arrangement.frames[$0] }
    let before = sharesColors ? scales[..<index].map(\.room).reduce(0, +) : 0
    let left = (own.map { $0.x + $0.width } ?? inner.width) + before + Arrangement.barGap
    let top = own?.y ?? 0
    let titleRoom = scale.title == nil ? 0 : Arrangement.axisTitleRoom
    let height = max(30, min(own?.height ?? inner.height, 300) - titleRoom)
    let bar = Figure.ColorBar(
      title: scale.title.map { Figure.Title(text: PlotlyText.escape($0)) },
      x: arrangement.across(left), y: arrangement.up(top + titleRoom + height / 2),
      len: arrangement.fraction(height, inner.height), thickness: Arrangement.barThickness, outlinewidth: 0)
    return Figure.ColorAxis(
      colorscale: scale.scale.drawn(over: scale.range, around: scale.midpoint), cmin: scale.range.lowerBound,
      cmax: scale.range.upperBound, colorbar: bar)
  }

  private func annotations(_ panel: Int) -> [Figure.Annotation] {
    let frame = arrangement.frames[panel]
    var found: [Figure.Annotation] = []
    if let title = panels[panel].title {
      let room = max(frame.width + 20, 100) / Arrangement.panelTitleSize * 1.75
      let text = TextMetrics.clipped(Markup.label(title), to: Int(bounded: room, to: 12...10_000))
      found.append(
        Figure.Annotation(
          text: PlotlyText.escape(text), x: arrangement.across(frame.x + frame.width / 2),
          y: arrangement.up(frame.y - arrangement.legendRoom(above: panel)), xref: "paper", yref: "paper", xanchor: "center",
          yanchor: "bottom", showarrow: false, font: Figure.Font(size: Arrangement.panelTitleSize)))
    }
    if let problem = panels[panel].problem { found.append(note(problem.description, in: frame)) }
    return found
  }

  /// A remark in the middle of a frame.
  private func note(_ text: String, in frame: PanelFrame) -> Figure.Annotation {
    let lines = TextMetrics.wrapped(text, width: max(frame.width, 120), size: Arrangement.axisTitleSize, limit: 5)
    return Figure.Annotation(
      text: lines.map(PlotlyText.escape).joined(separator: "<br>"),
      x: arrangement.across(frame.x + frame.width / 2),
      y: arrangement.up(frame.y + frame.height / 2), xref: "paper", yref: "paper",
      xanchor: "center", yanchor: "middle", showarrow: false, font: Figure.Font(size: Arrangement.axisTitleSize))
  }
}
