import Text

/// What stands on one pair of axes with all that its drawing needs: the frame, both axes, and how each curve looks.
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
  var bars: [Figure.BarTrace]
  var boxes: [Figure.BoxTrace]
  /// The lower left corner of the legend, in pixels.
  var legendPlace: (x: Double, y: Double)
  private var x: Figure.Axis
  private var y: Figure.Axis
  private(set) var xNumbers: NumberAxis
  private(set) var yNumbers: NumberAxis

  init(_ traces: ChartTraces, in figure: Figure, _ geometry: SVGGeometry) {
    let layout = figure.layout
    x = layout.axes["xaxis" + traces.xaxis.dropFirst()] ?? Figure.Axis()
    y = layout.axes["yaxis" + traces.yaxis.dropFirst()] ?? Figure.Axis()
    frame = geometry.frame(x: x.domain, y: y.domain)
    curves = traces.curves.enumerated().map { Curve($0.element, number: $0.offset) }
    (bars, boxes) = (traces.bars, traces.boxes)
    let numbers = traces.numbers
    xNumbers = x.numbers(numbers.x, room: 0.03)
    yNumbers = y.numbers(numbers.y, room: 0.06)
    let legend = layout.legends[traces.legend]
    let isAbove = legend?.orientation == "h" && legend?.yanchor == "bottom"
    let place = isAbove ? legend.flatMap { legend in legend.x.flatMap { x in legend.y.map { (x, $0) } } } : nil
    legendPlace = place.map(geometry.point) ?? (frame.x, frame.y)
  }

  /// Where a point lies in the frame: from 0 to 1, x from the left and y from below; beyond them outside. `nil` where it is missing.
  func place(_ point: ChartPoint) -> (x: Double, y: Double)? {
    guard let x = across(point.x), let y = up(point.y) else { return nil }
    return (x, y)
  }

  /// Where a number lies from the left, as a fraction of the frame.
  func across(_ value: Double) -> Double? { Self.fraction(value, xNumbers, isReversed: x.isReversed) }

  /// Where a number lies from below, as a fraction of the frame.
  func up(_ value: Double) -> Double? { Self.fraction(value, yNumbers, isReversed: y.isReversed) }

  private static func fraction(_ value: Double, _ numbers: NumberAxis, isReversed: Bool) -> Double? {
    // Far outside is far outside; arithmetic needs to know no more.
    numbers.fraction(of: value).map { (isReversed ? 1 - $0 : $0).clamped(to: -1e4...1e4) }
  }

  /// A part of the frame, in pixels.
  func pixels(across: Double, up: Double) -> (x: Double, y: Double) {
    (frame.x + across * frame.width, frame.y + (1 - up) * frame.height)
  }

  var axes: SVGAxes {
    let (across, up) = (xMarks, yMarks)
    let isSlanted = isSlanted
    func widest(_ marks: [SVGAxes.Mark]) -> Double { marks.map { Self.width($0.text) }.max() ?? 0 }
    return SVGAxes(
      frame: frame, x: SVGAxes.Side(axis: x, marks: across, widest: widest(across), isSlanted: isSlanted),
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
    across(value).flatMap { Self.isInside($0) ? frame.x + $0 * frame.width : nil }
  }

  private func top(_ value: Double) -> Double? {
    up(value).flatMap { Self.isInside($0) ? frame.y + (1 - $0) * frame.height : nil }
  }

  private static func isInside(_ fraction: Double) -> Bool { fraction > -1e-6 && fraction < 1 + 1e-6 }

  /// As many as stand apart.
  private var xMarks: [SVGAxes.Mark] {
    let isSlanted = isSlanted
    return fitting(x.ticks, xNumbers, place: left) { first, second in
      isSlanted ? AxisTicks.lineHeight * 1.25 : (Self.width(first.text) + Self.width(second.text)) / 2 + (x.ticks == nil ? 14 : 6)
    }
  }

  private var yMarks: [SVGAxes.Mark] {
    fitting(y.ticks, yNumbers, place: top) { _, _ in AxisTicks.lineHeight * (y.ticks == nil ? 1.6 : 1) }
  }

  /// Whether the labels below are.
  private var isSlanted: Bool { x.ticks != nil && (x.tickangle ?? 0) != 0 }

  private func fitting(
    _ given: [NumberAxis.Tick]?, _ numbers: NumberAxis, place: (Double) -> Double?,
    room: (SVGAxes.Mark, SVGAxes.Mark) -> Double
  ) -> [SVGAxes.Mark] {
    func marks(_ ticks: [NumberAxis.Tick]) -> [SVGAxes.Mark] {
      ticks.compactMap { tick in place(tick.value).map { SVGAxes.Mark(place: $0, text: tick.text) } }
    }
    if let given {
      let all = marks(given)
      // Each second, third, … label where more would touch.
      let steps = [1, 2, 4, 5, 10, 20, 50, 100, 200].lazy.map { step in stride(from: 0, to: all.count, by: step).map { all[$0] } }
      return steps.first { zip($0, $0.dropFirst()).allSatisfy { abs($1.place - $0.place) >= room($0, $1) } } ?? []
    }
    for count in [8, 7, 6, 5, 4, 3] {
      let marks = marks(numbers.ticks(atMost: count))
      if zip(marks, marks.dropFirst()).allSatisfy({ abs($1.place - $0.place) >= room($0, $1) }) { return marks }
    }
    return marks(numbers.ticks(atMost: 2))
  }

  /// What the legend shows: a name, and how its sample looks.
  enum LegendItem {
    case curve(Curve)
    case bars(Figure.BarTrace)

    var label: String {
      switch self {
      case .curve(let curve): curve.label
      case .bars(let bars): bars.label
      }
    }

    fileprivate var isWanted: Bool? {
      switch self {
      case .curve(let curve): curve.trace.showlegend
      case .bars(let bars): bars.showlegend
      }
    }
  }

  /// Named series, if there are several, or one asks for it.
  var legendItems: [LegendItem] {
    let items = (bars.map(LegendItem.bars) + curves.map(LegendItem.curve)).filter { $0.isWanted != false && !$0.label.isEmpty }
    return items.count > 1 || items.contains { $0.isWanted == true } ? items : []
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

  /// Whether its numbers fall.
  fileprivate var isReversed: Bool {
    guard let range, range.count == 2, let first = range[0], let last = range[1] else { return autorange == .reversed }
    return first > last
  }

  /// The ticks that the axis itself names.
  fileprivate var ticks: [NumberAxis.Tick]? {
    guard let tickvals, let ticktext, !tickvals.isEmpty else { return nil }
    let texts = AxisTicks(labels: ticktext.prefix(5000).map(PlotlyText.plain), count: min(ticktext.count, 5000))
    return zip(tickvals, texts.labels ?? []).map { NumberAxis.Tick(value: $0, text: $1) }
  }
}
