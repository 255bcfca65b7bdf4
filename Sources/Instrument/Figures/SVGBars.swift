import Text

/// How the bars of a trace are filled and outlined.
struct BarLook {
  private let color: RGB
  private let opacity: Double
  private let line: (color: RGB, width: Double)?

  init(_ trace: Figure.BarTrace) {
    color = trace.marker?.color.flatMap(RGB.init(css:)) ?? SeriesStyle.colors[0]
    opacity = (trace.marker?.opacity ?? 1).clamped(to: 0.1...1)
    let own = color
    line = trace.marker?.line.flatMap { line in
      let width = (line.width ?? 0).clamped(to: 0...8)
      return width > 0 ? (line.color.flatMap(RGB.init(css:)) ?? own, width) : nil
    }
  }

  var attributes: String {
    let opacity = opacity < 1 ? #" fill-opacity="\#(Numbers.coordinate(opacity))""# : ""
    let outline = line.map { #" stroke="\#($0.color.hex)" stroke-width="\#(Numbers.coordinate($0.width))""# } ?? ""
    return #"fill="\#(color.hex)"\#(opacity)\#(outline)"#
  }
}

/// A line with caps from one number to another.
struct SVGErrorBar {
  private let place: Double
  private let from: Double
  private let to: Double
  private let isHorizontal: Bool
  /// Half of a cap, in pixels.
  private static let cap = 3.5

  init(at place: Double, from: Double, to: Double, isHorizontal: Bool = false) {
    (self.place, self.from, self.to, self.isHorizontal) = (place, from, to, isHorizontal)
  }

  /// Cut at the frame; an end outside of it has no cap.
  func path(in chart: SVGChart) -> String? {
    let ends = isHorizontal ? (chart.across(from), chart.across(to)) : (chart.up(from), chart.up(to))
    guard let middle = isHorizontal ? chart.up(place) : chart.across(place), (-1e-9...1 + 1e-9).contains(middle),
      // What a log axis has no place for lies below all that it shows.
      let end = ends.1, end >= 0, ends.0 ?? 0 <= 1
    else { return nil }
    let start = ends.0 ?? -1
    func point(_ fraction: Double) -> (x: Double, y: Double) {
      isHorizontal ? chart.pixels(across: fraction, up: middle) : chart.pixels(across: middle, up: fraction)
    }
    let (low, high) = (point(start.clamped(to: 0...1)), point(end.clamped(to: 0...1)))
    func cap(_ fraction: Double, _ place: (x: Double, y: Double)) -> String {
      guard (0...1).contains(fraction) else { return "" }
      let half = Self.cap
      return isHorizontal
        ? "M\(Numbers.coordinate(place.x)) \(Numbers.coordinate(place.y - half))v\(Numbers.coordinate(2 * half))"
        : "M\(Numbers.coordinate(place.x - half)) \(Numbers.coordinate(place.y))h\(Numbers.coordinate(2 * half))"
    }
    return
      "M\(Numbers.coordinate(low.x)) \(Numbers.coordinate(low.y))L\(Numbers.coordinate(high.x)) \(Numbers.coordinate(high.y))"
      + cap(start, low) + cap(end, high)
  }
}

/// The space between two curves.
struct SVGBand {
  let lower: SVGChart.Curve
  let upper: SVGChart.Curve
  let chart: SVGChart
  /// How wide a column is of which few points are kept, in pixels.
  let column: Double

  private struct Slice {
    var x: Double
    var low: Double
    var high: Double
  }

  var text: String {
    let path = pieces.map { piece in
      let there = piece.map { Numbers.coordinate($0.x) + " " + Numbers.coordinate($0.high) }
      let back = piece.reversed().map { Numbers.coordinate($0.x) + " " + Numbers.coordinate($0.low) }
      return "M" + (there + back).joined(separator: "L") + "z"
    }.joined()
    guard !path.isEmpty else { return "" }
    let opacity = Numbers.coordinate(LineChart.bandOpacity)
    return "<path class=\"band\" fill=\"\(upper.style.color.hex)\" fill-opacity=\"\(opacity)\" d=\"\(path)\"/>\n"
  }

  /// The band without the points that are missing. Of a column the lowest and the highest are kept; what lies outside the frame ends at it.
  private var pieces: [[Slice]] {
    var pieces: [[Slice]] = [[]]
    for (below, above) in zip(lower.points, upper.points) {
      // On a log axis the lower edge may have no place: it lies below all that is shown.
      guard below.x == above.x, below.isPresent, let high = chart.place(above), (-1e-9...1 + 1e-9).contains(high.x) else {
        if pieces[pieces.count - 1].isEmpty == false { pieces.append([]) }
        continue
      }
      let low = chart.place(below)?.y ?? 0
      let (left, top) = chart.pixels(across: high.x, up: high.y.clamped(to: 0...1))
      let slice = Slice(x: left, low: chart.pixels(across: high.x, up: low.clamped(to: 0...1)).y, high: top)
      if let last = pieces[pieces.count - 1].last, (last.x / column).rounded(.down) == (slice.x / column).rounded(.down) {
        let end = pieces[pieces.count - 1].count - 1
        pieces[pieces.count - 1][end].low = max(last.low, slice.low)
        pieces[pieces.count - 1][end].high = min(last.high, slice.high)
      } else {
        pieces[pieces.count - 1].append(slice)
      }
    }
    return pieces.filter { $0.count > 1 }
  }
}

/// The grids, bars and boxes of all charts, in as many bytes as they may take: each bar has a tooltip while these fit, and where the bars
/// themselves do not fit, the last ones are left out, and the drawing says so.
struct SVGBars {
  private(set) var text = ""
  /// What the reader must know about the drawing.
  private(set) var remark: String?

  /// Elements for single bars: more make a page slow.
  static let mostElements = 4000
  /// What a bar takes at least, in bytes.
  private static let leastSize = 90

  init(charts: [SVGChart], budget: Int) {
    let charts = charts.filter { !$0.bars.isEmpty || !$0.boxes.isEmpty }
    guard !charts.isEmpty else { return }
    let series = charts.reduce(0) { $0 + $1.bars.count + $1.boxes.count }
    let longest = charts.flatMap(\.bars).map(\.values.count).max() ?? 0
    var most = max(1, min(Self.mostElements, budget / Self.leastSize) / series)
    text = charts.map { Self.drawn($0, most: most) }.joined()
    while text.utf8.count > budget, most > 1 {
      most = max(1, most / 2)
      text = charts.map { Self.drawn($0, most: most) }.joined()
    }
    if text.utf8.count > budget {
      text = ""
      remark = "This figure has too many bars for a page."
    } else if longest > most {
      remark = "The first \(most) bars of each series are drawn."
    }
  }

  private static func drawn(_ chart: SVGChart, most: Int) -> String {
    let bars = chart.bars.prefix(200).map { self.bars($0, chart, most) }.joined()
    let boxes = chart.boxes.prefix(500).map { self.boxes($0, chart, most) }.joined()
    return chart.grid + "<g class=\"bars\">\n" + bars + boxes + "</g>\n"
  }

  /// A rectangle between two fractions of the frame on either axis, cut at the frame; nil where nothing is left.
  private static func rectangle(_ chart: SVGChart, _ x: (Double, Double), _ y: (Double, Double)) -> String? {
    let (left, right) = (min(x.0, x.1), max(x.0, x.1))
    let (bottom, top) = (min(y.0, y.1), max(y.0, y.1))
    guard right >= 0, left <= 1, top >= 0, bottom <= 1 else { return nil }
    let from = chart.pixels(across: left.clamped(to: 0...1), up: top.clamped(to: 0...1))
    let to = chart.pixels(across: right.clamped(to: 0...1), up: bottom.clamped(to: 0...1))
    // Nothing is so small that it is not seen.
    let (width, height) = (Numbers.coordinate(max(0.4, to.x - from.x)), Numbers.coordinate(max(0.4, to.y - from.y)))
    return "M\(Numbers.coordinate(from.x)) \(Numbers.coordinate(from.y))h\(width)v\(height)h-\(width)z"
  }

  private static func bars(_ trace: Figure.BarTrace, _ chart: SVGChart, _ most: Int) -> String {
    let (look, hover) = (BarLook(trace).attributes, BarHover(trace))
    var errors = ""
    let drawn = trace.extents.prefix(most).compactMap { extent -> String? in
      let along = trace.isHorizontal ? chart.across : chart.up
      let side = trace.isHorizontal ? chart.up : chart.across
      guard let to = along(extent.to), let first = side(extent.sides.0), let second = side(extent.sides.1) else { return nil }
      // On a log axis 0 has no place: bars begin at the frame.
      let (ends, sides) = ((along(extent.from) ?? 0, to), (first, second))
      let path = trace.isHorizontal ? rectangle(chart, ends, sides) : rectangle(chart, sides, ends)
      if let reach = trace.errors?.reach(extent.index) {
        let middle = (extent.sides.0 + extent.sides.1) / 2
        let bar = SVGErrorBar(
          at: middle, from: extent.to - reach.below, to: extent.to + reach.above, isHorizontal: trace.isHorizontal)
        errors += bar.path(in: chart) ?? ""
      }
      return path.map { "<path \(look) d=\"\($0)\"><title>\(Markup.escape(hover.text(extent)))</title></path>\n" }
    }.joined()
    return drawn
      + (errors.isEmpty
        ? "" : "<path fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.25\" pointer-events=\"none\" d=\"\(errors)\"/>\n")
  }

  /// Whiskers, a box, the line of the median, and a point for each number beyond the whiskers; one tooltip says them all.
  private static func boxes(_ trace: Figure.BoxTrace, _ chart: SVGChart, _ most: Int) -> String {
    let color = (trace.line?.color.flatMap(RGB.init(css:)) ?? SeriesStyle.colors[0]).hex
    let half = (trace.width ?? 0.5) / 2
    return trace.extents.prefix(most).compactMap { box -> String? in
      let ups = box.numbers.map { chart.up($0) ?? 0 }
      guard let left = chart.across(box.place - half), let right = chart.across(box.place + half),
        let body = rectangle(chart, (left, right), (ups[1], ups[3]))
      else { return nil }
      let whiskers = [
        SVGErrorBar(at: box.place, from: box.numbers[0], to: box.numbers[1]),
        SVGErrorBar(at: box.place, from: box.numbers[3], to: box.numbers[4]),
      ].compactMap { $0.path(in: chart) }.joined()
      let median = rectangle(chart, (left, right), (ups[2], ups[2])) ?? ""
      let title = "<title>\(Markup.escape(Self.title(trace, box)))</title>"
      return "<g stroke=\"\(color)\" stroke-width=\"1.5\" fill=\"none\">\n<path d=\"\(whiskers)\"/>\n"
        + "<path fill=\"\(color)\" fill-opacity=\".22\" d=\"\(body)\">\(title)</path>\n"
        + "<path stroke-width=\"2.5\" d=\"\(median)\" pointer-events=\"none\"/>\n</g>\n"
        + outliers(box, color, chart, trace.label).prefix(most).joined()
    }.joined()
  }

  /// Those that lie upon each other are one.
  private static func outliers(_ box: Figure.BoxTrace.Extent, _ color: String, _ chart: SVGChart, _ name: String) -> [String] {
    var taken: Set<Int> = []
    let format = NumberFormat(".4~g")
    return box.outliers.compactMap { number -> String? in
      guard let across = chart.across(box.place), let up = chart.up(number), (0...1).contains(across), (0...1).contains(up) else {
        return nil
      }
      let point = chart.pixels(across: across, up: up)
      guard taken.insert(Int(bounded: point.y * 2, to: 0...100_000)).inserted else { return nil }
      let place = "cx=\"\(Numbers.coordinate(point.x))\" cy=\"\(Numbers.coordinate(point.y))\""
      return
        "<circle fill=\"\(color)\" \(place) r=\"2.5\"><title>\(Markup.escape(name + ": " + format(number)))</title></circle>\n"
    }
  }

  /// `clean: median 1.2, middle half from 0.8 to 1.9, whiskers from −1 to 3.2, 4 points beyond`
  static func title(_ trace: Figure.BoxTrace, _ box: Figure.BoxTrace.Extent) -> String {
    let texts = box.numbers.map(NumberFormat(".4~g").callAsFunction)
    let name = trace.label.isEmpty ? "" : trace.label + ": "
    let beyond = box.outliers.isEmpty ? "" : ", \(box.outliers.count) \(box.outliers.count == 1 ? "point" : "points") beyond"
    return
      "\(name)median \(texts[2]), middle half from \(texts[1]) to \(texts[3]), whiskers from \(texts[0]) to \(texts[4])\(beyond)"
  }
}

/// The numbers of a heatmap in its cells, where they have room.
struct SVGCellNumbers {
  /// In pixels.
  static let size = 11.0
  static let most = 4000

  private(set) var text = ""
  /// What the reader must know about the drawing.
  private(set) var remark: String?

  init(panels: [SVGPanel], budget: Int) {
    for panel in panels where panel.numbers != nil {
      let cells = panel.values.elements.count <= Self.most ? Self.cells(panel) : nil
      if let cells, text.utf8.count + cells.utf8.count <= budget {
        text += cells
      } else {
        remark = "Numbers are left out where cells are too small for them."
      }
    }
  }

  /// Nil where a text is wider or higher than its cell. They stand where the cells' colours are turned for dark pages, so that they turn too.
  private static func cells(_ panel: SVGPanel) -> String? {
    guard let template = panel.numbers, panel.cellHeight >= size + 1 else { return nil }
    var text = ""
    for row in 0..<panel.values.rows {
      for column in 0..<panel.values.columns where panel.values[row, column].isFinite {
        let value = panel.values[row, column]
        let number = template.text { variable, format in variable == "z" ? (format ?? NumberFormat(".4~g"))(value) : "" }
        guard TextMetrics.width(number, size: size) <= panel.cellWidth + 4 else { return nil }
        let drawnRow = panel.isUpsideDown ? panel.values.rows - 1 - row : row
        let x = Numbers.coordinate(panel.frame.x + (Double(column) + 0.5) * panel.cellWidth)
        let y = Numbers.coordinate(panel.frame.y + (Double(drawnRow) + 0.5) * panel.cellHeight + size * 0.35)
        let isDark = panel.scale.color(at: panel.range.fraction(of: value)).isDark
        text += "<text x=\"\(x)\" y=\"\(y)\"\(isDark ? " fill=\"#fff\"" : "")>\(Markup.escape(number))</text>\n"
      }
    }
    return "<g class=\"ramp\" fill=\"#000\" text-anchor=\"middle\" pointer-events=\"none\">\n\(text)</g>\n"
  }
}
