import Text

/// The curves on one pair of axes with all that their drawing needs: the frame, both axes, and how each curve looks.
struct SVGChart {
  /// A trace and its look.
  struct Curve {
    let trace: Figure.ScatterTrace
    let style: SeriesStyle
    let points: [ChartPoint]
    /// The series' name as it is drawn.
    let label: String
    let hover: PointHover

    init(_ trace: Figure.ScatterTrace, number: Int) {
      (self.trace, style) = (trace, SeriesStyle(trace, number: number))
      (points, label, hover) = (trace.points, trace.label, PointHover(trace))
    }

    var isInLegend: Bool { trace.showlegend != false && !label.isEmpty }

    /// The attributes of its line.
    var stroke: String {
      let width = Numbers.coordinate((trace.line?.width ?? SeriesStyle.lineWidth).clamped(to: 0.5...8))
      let dashes = style.dashArray.map { #" stroke-dasharray="\#($0)""# } ?? ""
      return #"fill="none" stroke="\#(style.color.hex)" stroke-width="\#(width)" stroke-linejoin="round"\#(dashes)"#
    }

    var markerSize: Double { (trace.marker?.size ?? SeriesStyle.markerSize).clamped(to: 2...20) }
  }

  var frame: PanelFrame
  var curves: [Curve]
  /// The lower left corner of the legend, in pixels.
  var legendPlace: (x: Double, y: Double)
  private var x: Figure.Axis
  private var y: Figure.Axis
  private(set) var xNumbers: NumberAxis
  private(set) var yNumbers: NumberAxis

  /// - Parameter traces: at least one.
  init(_ traces: [Figure.ScatterTrace], in figure: Figure, _ geometry: SVGGeometry) {
    let layout = figure.layout
    x = layout.axes["xaxis" + (traces[0].xaxis ?? "x").dropFirst()] ?? Figure.Axis()
    y = layout.axes["yaxis" + (traces[0].yaxis ?? "y").dropFirst()] ?? Figure.Axis()
    frame = geometry.frame(x: x.domain, y: y.domain)
    curves = traces.enumerated().map { Curve($0.element, number: $0.offset) }
    let points = traces.lazy.flatMap(\.points).filter(\.isPresent)
    xNumbers = x.numbers(points.map(\.x), room: 0.03)
    yNumbers = y.numbers(points.map(\.y), room: 0.06)
    let legend = layout.legends[traces[0].legend ?? "legend"]
    let isAbove = legend?.orientation == "h" && legend?.yanchor == "bottom"
    let place = isAbove ? legend.flatMap { legend in legend.x.flatMap { x in legend.y.map { (x, $0) } } } : nil
    legendPlace = place.map(geometry.point) ?? (frame.x, frame.y)
  }

  /// Where a point lies in the frame: from 0 to 1, x from the left and y from below; beyond them outside. `nil` where it is missing.
  func place(_ point: ChartPoint) -> (x: Double, y: Double)? {
    guard let x = xNumbers.fraction(of: point.x), let y = yNumbers.fraction(of: point.y) else { return nil }
    // Far outside is far outside; arithmetic needs to know no more.
    return (x.clamped(to: -1e4...1e4), y.clamped(to: -1e4...1e4))
  }

  var axes: SVGAxes {
    let (across, up) = (xMarks, yMarks)
    func widest(_ marks: [SVGAxes.Mark]) -> Double { marks.map { Self.width($0.text) }.max() ?? 0 }
    return SVGAxes(
      frame: frame, x: SVGAxes.Side(axis: x, marks: across, widest: widest(across)),
      y: SVGAxes.Side(axis: y, marks: up, widest: widest(up)))
  }

  /// The thin lines behind the curves, in both directions; thinner ones between the powers of ten.
  var grid: String {
    func lines(_ acrossPlaces: [Double], _ upPlaces: [Double]) -> String {
      let (x, y) = (Numbers.coordinate(frame.x), Numbers.coordinate(frame.y))
      let (width, height) = (Numbers.coordinate(frame.width), Numbers.coordinate(frame.height))
      return acrossPlaces.map { "M\(Numbers.coordinate($0)) \(y)v\(height)" }.joined()
        + upPlaces.map { "M\(x) \(Numbers.coordinate($0))h\(width)" }.joined()
    }
    let across = x.showgrid == false ? [] : xMarks.map(\.place)
    let up = y.showgrid == false ? [] : yMarks.map(\.place)
    let minor = lines(
      across.isEmpty ? [] : xNumbers.minorValues.compactMap(left), up.isEmpty ? [] : yNumbers.minorValues.compactMap(top))
    return [(lines(across, up), ".16"), (minor, ".06")].filter { !$0.0.isEmpty }.map { path, opacity in
      #"<path d="\#(path)" fill="none" stroke="currentColor" stroke-opacity="\#(opacity)" stroke-width=".75"/>"# + "\n"
    }.joined()
  }

  private func left(_ value: Double) -> Double? {
    xNumbers.fraction(of: value).flatMap { Self.isInside($0) ? frame.x + $0 * frame.width : nil }
  }

  private func top(_ value: Double) -> Double? {
    yNumbers.fraction(of: value).flatMap { Self.isInside($0) ? frame.y + (1 - $0) * frame.height : nil }
  }

  private static func isInside(_ fraction: Double) -> Bool { fraction > -1e-6 && fraction < 1 + 1e-6 }

  /// As many as stand apart.
  private var xMarks: [SVGAxes.Mark] {
    fitting(x.ticks, xNumbers, place: left) { (Self.width($0.text) + Self.width($1.text)) / 2 + 14 }
  }

  private var yMarks: [SVGAxes.Mark] { fitting(y.ticks, yNumbers, place: top) { _, _ in AxisTicks.lineHeight * 1.6 } }

  private func fitting(
    _ given: [NumberAxis.Tick]?, _ numbers: NumberAxis, place: (Double) -> Double?,
    room: (SVGAxes.Mark, SVGAxes.Mark) -> Double
  ) -> [SVGAxes.Mark] {
    func marks(_ ticks: [NumberAxis.Tick]) -> [SVGAxes.Mark] {
      ticks.compactMap { tick in place(tick.value).map { SVGAxes.Mark(place: $0, text: tick.text) } }
    }
    if let given { return marks(given) }
    for count in [8, 7, 6, 5, 4, 3] {
      let marks = marks(numbers.ticks(atMost: count))
      if zip(marks, marks.dropFirst()).allSatisfy({ abs($1.place - $0.place) >= room($0, $1) }) { return marks }
    }
    return marks(numbers.ticks(atMost: 2))
  }

  private static func width(_ text: String) -> Double { TextMetrics.width(text, size: AxisTicks.fontSize) }
}

extension Figure.Axis {
  /// The axis of numbers that is meant; where it names no ends, one that shows all values.
  fileprivate func numbers(_ values: some Sequence<Double>, room: Double) -> NumberAxis {
    let isLog = type == "log"
    if let range, range.count == 2, let low = range[0], let high = range[1], low.isFinite, high.isFinite, low != high {
      return NumberAxis(ends: min(low, high)...max(low, high), isLog: isLog)
    }
    return NumberAxis(values: values, isLog: isLog, room: room)
  }

  /// The ticks that the axis itself names.
  fileprivate var ticks: [NumberAxis.Tick]? {
    guard let tickvals, let ticktext, !tickvals.isEmpty else { return nil }
    return zip(tickvals, ticktext).prefix(200).map { value, text in
      NumberAxis.Tick(value: value, text: TextMetrics.clipped(Markup.label(PlotlyText.plain(text)), to: AxisTicks.longestLabel))
    }
  }
}
