/// The part of Plotly's schema that bars, boxes and error bars use.
extension Figure {
  /// Bars of one colour. Each has its place: Folio says where a bar begins and how wide it is, so that no mode of the whole figure moves it.
  public struct BarTrace: Codable, Sendable, Equatable {
    /// A place for each bar; of horizontal bars how long each is, `nil` where it is missing.
    public var x: [Double?]
    /// How high each bar is, `nil` where it is missing; of horizontal bars a place for each.
    public var y: [Double?]
    /// Where each bar begins; at 0 without it.
    public var base: [Double?]?
    /// From a bar's place to its side.
    public var offset: Double?
    /// From side to side, in the axis's numbers.
    public var width: Double?
    /// `h` for horizontal bars.
    public var orientation: String?
    /// What each bar is called.
    public var text: [String?]?
    /// `none`: the names stand along the axis, and not in the bars.
    public var textposition: String?
    /// The series.
    public var name: String?
    /// The colour.
    public var marker: Marker?
    /// How far the end of each upright bar may be off.
    public var errorY: ErrorBars?
    /// How far the end of each horizontal bar may be off.
    public var errorX: ErrorBars?
    /// `x`, `x2`, …: which of the layout's axes.
    public var xaxis: String?
    /// `y`, `y2`, …: which of the layout's axes.
    public var yaxis: String?
    /// `legend`, `legend2`, …
    public var legend: String?
    /// Whether it stands in the legend.
    public var showlegend: Bool?
    /// `%{text}: %{value:.4~g}<extra></extra>`
    public var hovertemplate: String?

    private enum CodingKeys: String, CodingKey {
      case x, y, base, offset, width, orientation, text, textposition, name, marker, xaxis, yaxis, legend, showlegend,
        hovertemplate
      case errorY = "error_y"
      case errorX = "error_x"
    }
  }

  /// How far numbers may be off, one for each.
  public struct ErrorBars: Codable, Sendable, Equatable {
    /// `data`: as the lists say.
    public var type: String?
    /// Upwards, and downwards too without `arrayminus`.
    public var array: [Double?]?
    /// Downwards.
    public var arrayminus: [Double?]?
    /// Whether both are the same.
    public var symmetric: Bool?
  }

  /// Boxes: what is left of many numbers, with those that lie far out.
  public struct BoxTrace: Codable, Sendable, Equatable {
    /// A place for each box.
    public var x: [Double]
    /// For each box the numbers beyond its whiskers.
    public var y: [[Double?]]?
    /// Where the box begins: a quarter of the numbers lies below.
    public var q1: [Double?]
    /// Half of the numbers lies below.
    public var median: [Double?]
    /// Where the box ends: a quarter of the numbers lies above.
    public var q3: [Double?]
    /// Where the lower whisker ends.
    public var lowerfence: [Double?]
    /// Where the upper whisker ends.
    public var upperfence: [Double?]
    /// `outliers`: the numbers of `y` are drawn as points.
    public var boxpoints: String?
    /// From side to side, in the axis's numbers.
    public var width: Double?
    /// What the numbers are.
    public var name: String?
    /// The colour of the points.
    public var marker: Marker?
    /// The colour of the lines.
    public var line: Line?
    /// The colour of the box.
    public var fillcolor: String?
    /// `x`, `x2`, …: which of the layout's axes.
    public var xaxis: String?
    /// `y`, `y2`, …: which of the layout's axes.
    public var yaxis: String?
    /// Whether it stands in the legend.
    public var showlegend: Bool?
  }
}

extension Figure.Trace {
  /// The names of both axes, of all that is no heatmap.
  fileprivate var names: (x: String?, y: String?)? {
    switch self {
    case .heatmap: nil
    case .scatter(let trace): (trace.xaxis, trace.yaxis)
    case .bar(let trace): (trace.xaxis, trace.yaxis)
    case .box(let trace): (trace.xaxis, trace.yaxis)
    }
  }

  var chartAxes: (x: String, y: String)? { names.map { ($0.x ?? "x", $0.y ?? "y") } }
}

extension Figure.BarTrace {
  var isHorizontal: Bool { orientation == "h" }
  /// How long each bar is.
  package var values: [Double?] {
    get { isHorizontal ? x : y }
    set { if isHorizontal { x = newValue } else { y = newValue } }
  }
  /// Where each bar stands.
  package var places: [Double?] { isHorizontal ? y : x }
  var errors: Figure.ErrorBars? { isHorizontal ? errorX : errorY }
  var label: String { HoverTemplate.label(name ?? "") }

  /// A bar: from where to where it reaches along the axis of values, and its sides along the other one.
  struct Extent {
    var index: Int
    var from: Double
    var to: Double
    var sides: (Double, Double)
    var value: Double
  }

  /// The bars that are not missing.
  var extents: [Extent] {
    let (width, places) = (width ?? 0.8, places)
    let offset = offset ?? -width / 2
    return values.indices.compactMap { index in
      guard let value = values[index], places.indices.contains(index), let place = places[index] else { return nil }
      let base = base.flatMap { $0.indices.contains(index) ? $0[index] : nil } ?? 0
      let (start, end) = (place + offset, place + offset + width)
      guard start.isFinite, end.isFinite, (base + value).isFinite else { return nil }
      return Extent(index: index, from: base, to: base + value, sides: (start, end), value: value)
    }
  }
}

extension Figure.ErrorBars {
  /// How far a number may be off, downwards and upwards.
  func reach(_ index: Int) -> (below: Double, above: Double)? {
    func at(_ list: [Double?]?) -> Double? { list.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
    let above = at(array)
    guard let below = arrayminus == nil ? above : at(arrayminus), below >= 0, let above = above ?? at(arrayminus), above >= 0,
      below.isFinite, above.isFinite
    else { return nil }
    return (below, above)
  }
}

extension Figure.BoxTrace {
  var label: String { HoverTemplate.label(name ?? "") }

  /// A box with its whiskers, by rising numbers, and what lies beyond them.
  struct Extent {
    var place: Double
    var numbers: [Double]
    var outliers: [Double]
    var all: [Double] { numbers + outliers }
  }

  /// The boxes of which all five numbers are known.
  var extents: [Extent] {
    x.indices.compactMap { index in
      let numbers = [lowerfence, q1, median, q3, upperfence].compactMap { list in
        list.indices.contains(index) ? list[index] : nil
      }
      guard numbers.count == 5, (numbers + [x[index]]).allSatisfy(\.isFinite) else { return nil }
      let outliers = y.flatMap { $0.indices.contains(index) ? $0[index] : nil } ?? []
      return Extent(place: x[index], numbers: numbers, outliers: outliers.compactMap { $0 }.filter(\.isFinite))
    }
  }
}

/// What is drawn on one pair of axes.
package struct ChartTraces {
  var xaxis: String
  var yaxis: String
  var curves: [Figure.ScatterTrace] = []
  var bars: [Figure.BarTrace] = []
  var boxes: [Figure.BoxTrace] = []

  init(xaxis: String, yaxis: String) { (self.xaxis, self.yaxis) = (xaxis, yaxis) }

  mutating func append(_ trace: Figure.Trace) {
    switch trace {
    case .heatmap: break
    case .scatter(let curve): curves.append(curve)
    case .bar(let bar): bars.append(bar)
    case .box(let box): boxes.append(box)
    }
  }

  /// Whether there is anything to draw.
  var hasData: Bool {
    curves.contains { $0.points.contains(where: \.isPresent) } || bars.contains { !$0.extents.isEmpty }
      || boxes.contains { !$0.extents.isEmpty }
  }

  var legend: String { curves.first?.legend ?? bars.first?.legend ?? "legend" }

  /// The numbers along both axes, for axes that name no ends.
  var numbers: (x: [Double], y: [Double]) {
    var (x, y): ([Double], [Double]) = ([], [])
    for curve in curves {
      for (index, point) in curve.points.enumerated() where point.isPresent {
        x.append(point.x)
        let reach = curve.errorY?.reach(index)
        y += reach.map { [point.y - $0.below, point.y + $0.above] } ?? [point.y]
      }
    }
    for bar in bars {
      for extent in bar.extents {
        let reach = bar.errors?.reach(extent.index) ?? (0, 0)
        let (values, sides) = (
          [extent.from, extent.to - reach.below, extent.to + reach.above], [extent.sides.0, extent.sides.1]
        )
        x += bar.isHorizontal ? values : sides
        y += bar.isHorizontal ? sides : values
      }
    }
    for box in boxes {
      for extent in box.extents {
        x += [extent.place - (box.width ?? 0.5) / 2, extent.place + (box.width ?? 0.5) / 2]
        y += extent.all
      }
    }
    return (x.filter(\.isFinite), y.filter(\.isFinite))
  }
}
