import Text

/// The grids, curves and markers of all charts, in as many bytes as they may take.
///
/// - A curve is one path. Of the points in a half pixel's column only the first, the lowest, the highest and the last are joined: the
///   same line on the screen. If that is too much, the columns grow, and the drawing says so.
/// - What lies outside the axes is cut away here, point by point, as an SVG that shares its page must not name a clipping path.
/// - Transparent spots bear the tooltips: one for each point where points stand apart, else one for a few of them, at the highest.
struct SVGCurves {
  /// Curves drawn, so that a page can hold them.
  static let mostCurves = 200
  /// The distance between two spots, in pixels.
  static let spotStep = 8.0

  private(set) var text = ""
  /// What the reader must know about the drawing.
  private(set) var remark: String?

  init(charts: [SVGChart], budget: Int) {
    guard !charts.isEmpty else { return }
    let limit = max(1, Self.mostCurves / charts.count)
    var growth = 1.0
    var drawn = Self.draw(charts, limit, growth)
    while drawn.utf8.count > budget * 2 / 3, growth < 2000 {
      growth *= 1.5
      drawn = Self.draw(charts, limit, growth)
    }
    text = drawn + Self.spots(charts, limit, budget: budget - drawn.utf8.count)
    if let most = charts.map(\.curves.count).max(), most > limit {
      remark = "The first \(limit) of \(most) curves are drawn."
    } else if growth > 2 {
      remark =
        "Drawn through the ends, the lowest and the highest of the points in every \(Int(bounded: growth / 2, to: 1...10_000)) pixels."
    }
  }

  private static func draw(_ charts: [SVGChart], _ limit: Int, _ growth: Double) -> String {
    charts.map { chart in
      let curves = chart.curves.prefix(limit).map { SVGCurve(curve: $0, chart: chart, column: growth / 2).text }
      let bands = zip(chart.curves, chart.curves.dropFirst()).prefix(limit).map { lower, upper in
        upper.trace.fill == "tonexty" ? SVGBand(lower: lower, upper: upper, chart: chart, column: growth / 2).text : ""
      }
      // Bars on the same axes have drawn the lines behind.
      let grid = chart.bars.isEmpty && chart.boxes.isEmpty ? chart.grid : ""
      return curves.isEmpty ? "" : grid + bands.joined() + "<g class=\"curves\">\n" + curves.joined() + "</g>\n"
    }.joined()
  }

  private static func spots(_ charts: [SVGChart], _ limit: Int, budget: Int) -> String {
    var step = spotStep
    while step < 2000 {
      let spots = charts.map { chart in
        chart.curves.prefix(limit).map { SVGCurve(curve: $0, chart: chart, column: step).spots }.joined()
      }.joined()
      if spots.utf8.count + 100 <= budget {
        return spots.isEmpty ? "" : "<g class=\"points\" fill=\"none\" pointer-events=\"all\">\n" + spots + "</g>\n"
      }
      step *= 1.5
    }
    return ""
  }
}

/// One curve in pixels.
private struct SVGCurve {
  /// A point in the drawing, and its number in the series.
  struct Pixel {
    var x: Double
    var y: Double
    var index: Int
  }

  let curve: SVGChart.Curve
  let chart: SVGChart
  /// How wide a column is of which few points are kept, in pixels.
  let column: Double
  private var points: [ChartPoint] { curve.points }

  /// The line, and the markers upon it.
  var text: String {
    var (line, dots) = ("", "")
    if curve.trace.hasLine {
      for piece in pieces {
        let kept = reduced(piece)
        if kept.count > 1 {
          line += "M" + kept.map { Numbers.coordinate($0.x) + " " + Numbers.coordinate($0.y) }.joined(separator: " ")
        } else if !curve.trace.hasMarkers, let dot = kept.first {
          dots += curve.style.markerPath(dot.x, dot.y, size: 4)
        }
      }
    }
    if curve.trace.hasMarkers { dots += apart.map { curve.style.markerPath($0.x, $0.y, size: curve.markerSize) }.joined() }
    let title = "<title>\(Markup.escape(curve.label))</title>"
    return (line.isEmpty ? "" : "<path \(curve.stroke) d=\"\(line)\">\(title)</path>\n")
      + errorBars
      + (dots.isEmpty ? "" : "<path fill=\"\(curve.style.color.hex)\" d=\"\(dots)\"/>\n")
  }

  /// A bar for each point that lies in a column of its own.
  private var errorBars: String {
    guard let errors = curve.trace.errorY else { return "" }
    var taken: Set<Int> = []
    let path = inside.filter { taken.insert(place($0.x)).inserted }.compactMap { pixel in
      errors.reach(pixel.index).flatMap { reach in
        let point = points[pixel.index]
        return SVGErrorBar(at: point.x, from: point.y - reach.below, to: point.y + reach.above).path(in: chart)
      }
    }.joined()
    return path.isEmpty ? "" : "<path fill=\"none\" stroke=\"\(curve.style.color.hex)\" stroke-width=\"1.25\" d=\"\(path)\"/>\n"
  }

  /// The joined points, cut at the frame and at gaps.
  private var pieces: [[Pixel]] {
    var pieces: [[Pixel]] = []
    var last: (x: Double, y: Double)?
    var isOpen = false
    for (index, point) in points.enumerated() {
      let next = chart.place(point)
      if let next, let from = last {
        if let (start, end) = Self.clipped(from, next) {
          if !isOpen { pieces.append([pixel(start, index - 1)]) }
          pieces[pieces.count - 1].append(pixel(end, index))
          isOpen = Self.isInside(next)
        } else {
          isOpen = false
        }
      } else if let next, Self.isInside(next) {
        pieces.append([pixel(next, index)])
        isOpen = true
      } else {
        isOpen = false
      }
      last = next
    }
    return pieces
  }

  private func pixel(_ place: (x: Double, y: Double), _ index: Int) -> Pixel {
    Pixel(x: chart.frame.x + place.x * chart.frame.width, y: chart.frame.y + (1 - place.y) * chart.frame.height, index: index)
  }

  private static func isInside(_ place: (x: Double, y: Double)) -> Bool {
    let edge = -1e-9...1 + 1e-9
    return edge.contains(place.x) && edge.contains(place.y)
  }

  /// The part of a segment inside the frame, after Liang and Barsky: from each side, where the segment comes in and where it leaves.
  private static func clipped(
    _ from: (x: Double, y: Double), _ to: (x: Double, y: Double)
  ) -> (start: (x: Double, y: Double), end: (x: Double, y: Double))? {
    if isInside(from), isInside(to) { return (from, to) }
    let (dx, dy) = (to.x - from.x, to.y - from.y)
    var (enter, leave) = (0.0, 1.0)
    for (step, room) in [(-dx, from.x), (dx, 1 - from.x), (-dy, from.y), (dy, 1 - from.y)] {
      if step == 0 {
        if room < 0 { return nil }
      } else if step < 0 {
        enter = max(enter, room / step)
      } else {
        leave = min(leave, room / step)
      }
    }
    guard enter < leave else { return nil }
    return ((from.x + enter * dx, from.y + enter * dy), (from.x + leave * dx, from.y + leave * dy))
  }

  /// Of neighbours in one column the first, the lowest, the highest and the last, in their order.
  private func reduced(_ piece: [Pixel]) -> [Pixel] {
    var kept: [Pixel] = []
    var start = 0
    while start < piece.count {
      var (end, low, high) = (start + 1, start, start)
      let cell = (piece[start].x / column).rounded(.down)
      while end < piece.count, (piece[end].x / column).rounded(.down) == cell {
        if piece[end].y < piece[high].y { high = end }
        if piece[end].y > piece[low].y { low = end }
        end += 1
      }
      let chosen = Set([start, low, high, end - 1]).sorted()
      kept += chosen.map { piece[$0] }
      start = end
    }
    return kept
  }

  private var inside: [Pixel] {
    points.enumerated().compactMap { index, point in
      chart.place(point).flatMap { Self.isInside($0) ? pixel($0, index) : nil }
    }
  }

  /// The number of the column that a pixel is in.
  private func place(_ pixel: Double) -> Int { Int(bounded: pixel / column, to: -1_000_000...1_000_000) }

  /// The points that do not lie upon another one.
  private var apart: [Pixel] {
    var taken: Set<SIMD2<Int>> = []
    return inside.filter { taken.insert(SIMD2(place($0.x), place($0.y))).inserted }
  }

  /// Spots with tooltips: of the points in a column the highest.
  var spots: String {
    guard curve.trace.hoverinfo != "skip" else { return "" }
    // Points that no line joins are found by both of their numbers.
    let isJoined = curve.trace.hasLine
    let cells = Dictionary(grouping: inside) { SIMD2(place($0.x), isJoined ? 0 : place($0.y)) }
    return cells.sorted { ($0.key.x, $0.key.y) < ($1.key.x, $1.key.y) }.compactMap { _, places in
      guard let highest = places.min(by: { $0.y < $1.y }) else { return nil }
      let hover = curve.hover.text(highest.index, points[highest.index])
      let title = Markup.escape(hover + (places.count > 1 ? " (highest of \(places.count) points here)" : ""))
      let (x, y) = (Numbers.coordinate(highest.x), Numbers.coordinate(highest.y))
      return "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"6\"><title>\(title)</title></circle>\n"
    }.joined()
  }
}
