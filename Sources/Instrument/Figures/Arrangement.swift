import Text

/// Where everything of a figure stands, in pixels: the sizes of its panels, the gaps between them, and the margins.
///
/// The JSON gets these numbers, and the SVG draws what the JSON says, so both look alike. Sizes follow from the data: a cell is at most
/// 26 pixels wide, panels beside each other share their height, square matrices stay square, and a figure is as wide as a page likes.
/// Where panels of a row have the same rows, or those of a column the same columns, the outer one bears the labels for all.
struct Arrangement {
  static let titleSize = 16.0
  static let titleLine = 21.0
  static let panelTitleSize = 13.0
  static let axisTitleSize = 12.0
  static let panelTitleRoom = 24.0
  static let axisTitleRoom = 20.0
  /// A colour bar: its thickness, the gap before it, and the gap between it and its numbers.
  static let barThickness = 12.0
  static let barGap = 18.0
  static let barTickGap = 6.0

  /// The rectangle of each panel, in the order of the panels; their origin is the top left of the space between the margins.
  private(set) var frames: [PanelFrame] = []
  private(set) var slanted: [Bool] = []
  /// The panel left of each panel, or below it, whose labels stand for its own as well.
  private(set) var yNeighbours: [Int?] = []
  private(set) var xNeighbours: [Int?] = []
  private let columns: Int
  /// For each row of panels the height between their titles and themselves.
  private var legendRooms: [Double] = []
  private(set) var margin = Figure.Margin(l: 0, r: 0, t: 0, b: 0)
  private(set) var titleLines: [String] = []
  /// The space between the margins.
  private(set) var inner = PanelFrame(x: 0, y: 0, width: 0, height: 0)

  var width: Double { margin.l + inner.width + margin.r }
  var height: Double { margin.t + inner.height + margin.b }

  /// - Parameters:
  ///   - barRooms: for each panel the room that its own colour bar takes, 0 without one.
  ///   - sharedBarRoom: the room right of all panels.
  init(panels: [Figure.Panel], columns: Int, title: String?, titled: Bool, barRooms: [Double], sharedBarRoom: Double) {
    let columns = max(1, min(columns, panels.count))
    self.columns = columns
    let rows = (panels.count + columns - 1) / columns
    let grid = Grid(panels: panels, columns: columns, rows: rows, barRooms: barRooms)
    let widths = grid.widths
    let heights = grid.heights(widths)
    slanted = panels.indices.map { panels[$0].isSlanted(width: grid.width(of: $0, in: widths)) }
    yNeighbours = panels.indices.map(grid.yNeighbour)
    xNeighbours = panels.indices.map(grid.xNeighbour)
    let lefts = (0..<columns).map { column in grid.maximum(column: column) { grid.left($0, slanted[$0]) } }
    let bottoms = (0..<rows).map { row in grid.maximum(row: row) { grid.bottom($0, slanted[$0]) } }
    legendRooms = (0..<rows).map { row in grid.maximum(row: row) { grid.legend($0, widths) } }
    let titleRoom = titled ? Self.panelTitleRoom : 0

    var x = 0.0
    var xs: [Double] = []
    for column in 0..<columns {
      if column > 0 { x += max(lefts[column] + 12, 22) }
      xs.append(x)
      x += widths[column] + grid.maximum(column: column) { barRooms[$0] }
    }
    var y = 0.0
    var ys: [Double] = []
    for row in 0..<rows {
      if row > 0 { y += bottoms[row - 1] + titleRoom + legendRooms[row] + 6 }
      ys.append(y)
      y += heights[row]
    }
    inner = panels.isEmpty ? PanelFrame(x: 0, y: 0, width: 260, height: 60) : PanelFrame(x: 0, y: 0, width: x, height: y)
    margin.l = max(lefts.first ?? 0, 12).rounded(.up)
    let overhang = grid.maximum(column: columns - 1) { panels[$0].overhang }
    margin.r = max(sharedBarRoom, 14, overhang).rounded(.up)
    margin.b = max(bottoms.last ?? 0, 8).rounded(.up)
    if let title, !title.isEmpty {
      titleLines = TextMetrics.wrapped(
        Markup.label(title), width: max(260, margin.l + inner.width + margin.r - 16), size: Self.titleSize * 1.05, limit: 4)
    }
    let titleBlock = titleLines.isEmpty ? 8 : 10 + Double(titleLines.count) * Self.titleLine + 6
    margin.t = titleBlock + titleRoom + (legendRooms.first ?? 0)
    frames = panels.indices.map { index in
      let (row, column) = (index / columns, index % columns)
      let height = panels[index].isSquare ? min(widths[column], heights[row]) : heights[row]
      return PanelFrame(x: xs[column], y: ys[row], width: panels[index].isSquare ? height : widths[column], height: height)
    }
    widenForTitle()
  }

  /// The height between a panel and its title.
  func legendRoom(above panel: Int) -> Double { legendRooms[panel / columns] }

  /// A narrow figure grows on the right for the longest line of its title.
  private mutating func widenForTitle() {
    let needed = titleLines.map { TextMetrics.width($0, size: Self.titleSize) }.max() ?? 0
    if needed + 16 > width { margin.r += (needed + 16 - width).rounded(.up) }
  }

  /// A frame's extent as fractions of the space between the margins; y counts from below, as Plotly does.
  func domains(of frame: PanelFrame) -> (x: [Double], y: [Double]) {
    (
      [across(frame.x), across(frame.x + frame.width)],
      [up(frame.y + frame.height), up(frame.y)]
    )
  }

  /// A distance from the left as a fraction.
  func across(_ x: Double) -> Double { fraction(x, inner.width) }

  /// A distance from the top as a fraction from below.
  func up(_ y: Double) -> Double { fraction(inner.height - y, inner.height) }

  /// With five digits, a hundredth of a pixel.
  func fraction(_ part: Double, _ whole: Double) -> Double { (part / whole * 100_000).rounded() / 100_000 }
}

extension AxisTicks {
  init(_ axis: LabelledAxis) { self.init(labels: axis.labels, count: axis.count) }
}

/// The panels in rows and columns, and what each needs.
private struct Grid {
  var panels: [Figure.Panel]
  var columns: Int
  var rows: Int
  var barRooms: [Double]

  /// A cell's width and height in pixels: few cells are larger, so that a small model's panel is no smaller than its title.
  static func cellWidth(_ columns: Int) -> Double { max(26, min(44, 210 / Double(max(1, columns)))) }
  static func cellHeight(_ rows: Int) -> Double { max(22, min(38, 190 / Double(max(1, rows)))) }
  /// The narrowest panel: a vector, drawn as one column.
  static let narrowest = 76.0

  func width(of panel: Int, in widths: [Double]) -> Double { widths[panel % columns] }

  func maximum(column: Int, _ need: (Int) -> Double) -> Double {
    stride(from: column, to: panels.count, by: columns).map(need).max() ?? 0
  }

  func maximum(row: Int, _ need: (Int) -> Double) -> Double {
    (row * columns..<min(panels.count, (row + 1) * columns)).map(need).max() ?? 0
  }

  /// The width of each column of panels. What would be wider than a page shrinks, but never below what can be read.
  var widths: [Double] {
    let natural = (0..<columns).map { column in maximum(column: column, naturalWidth) }
    let bars = (0..<columns).reduce(0) { sum, column in sum + maximum(column: column) { barRooms[$0] } }
    let lefts = (0..<columns).reduce(0) { sum, column in sum + maximum(column: column) { left($0, false) } + 22 }
    let room = (columns > 2 ? 1000 : 860) - bars - lefts
    let fixed = natural.filter { $0 <= Self.narrowest * 1.5 }.reduce(0, +)
    let flexible = natural.reduce(0, +) - fixed
    guard columns > 1, flexible > 0, fixed + flexible > room else { return natural.map { min($0, 1000) } }
    let share = (room - fixed) / flexible
    let least = columns > 4 ? 110.0 : 190
    return natural.map { $0 <= Self.narrowest * 1.5 ? $0 : max(min($0, least), ($0 * share).rounded()) }
  }

  func heights(_ widths: [Double]) -> [Double] {
    (0..<rows).map { row in
      maximum(row: row) { panels[$0].isSquare ? width(of: $0, in: widths) : naturalHeight($0) }
    }
  }

  private func naturalWidth(_ panel: Int) -> Double {
    let title = min(TextMetrics.width(panels[panel].title ?? "", size: Arrangement.panelTitleSize), 260)
    if panels[panel].problem != nil { return max(title, 240) }
    if let width = panels[panel].size.drawnWidth { return width }
    guard let heatmap = panels[panel].heatmap else {
      let size = panels[panel].chart?.naturalSize
      return (columns == 1 ? size?.alone : size?.beside)?.width ?? 380
    }
    let count = heatmap.values.columns
    if heatmap.numbers != nil {
      let text = heatmap.values.present.map { TextMetrics.width(heatmap.number($0), size: SVGCellNumbers.size) }.max() ?? 0
      return max(Self.narrowest, min(Double(count) * max(Self.cellWidth(count), (text + 8).rounded(.up)), 1000))
    }
    if panels[panel].isSquare { return min(Double(count) * Self.cellWidth(count), columns == 1 ? 620 : 420) }
    let widest = count > 400 ? 1000.0 : 760
    return max(Self.narrowest, columns > 1 ? title : 0, min(Double(count) * Self.cellWidth(count), widest))
  }

  private func naturalHeight(_ panel: Int) -> Double {
    if panels[panel].problem != nil { return 90 }
    if let height = panels[panel].size.drawnHeight { return height }
    guard let rows = panels[panel].heatmap?.values.rows else {
      let size = panels[panel].chart?.naturalSize
      return (columns == 1 ? size?.alone : size?.beside)?.height ?? 250
    }
    return max(36, min(Double(rows) * Self.cellHeight(rows), rows > 60 ? 640 : 480)).rounded()
  }

  /// The panel to the left, if it has the same rows.
  func yNeighbour(_ panel: Int) -> Int? {
    guard panel % columns > 0 else { return nil }
    let (own, other) = (panels[panel], panels[panel - 1])
    return own.sharesY(with: other) && own.problem == nil && other.problem == nil ? panel - 1 : nil
  }

  /// The panel below, if it has the same columns.
  func xNeighbour(_ panel: Int) -> Int? {
    guard panel + columns < panels.count else { return nil }
    let (own, other) = (panels[panel], panels[panel + columns])
    return own.sharesX(with: other) && own.problem == nil && other.problem == nil ? panel + columns : nil
  }

  /// What stands left of a panel: its title, its labels, and the overhang of slanted labels below. Beside another panel these hang
  /// over its labels' free side.
  func left(_ panel: Int, _ slanted: Bool) -> Double {
    let drawn = panels[panel]
    guard drawn.problem == nil, yNeighbour(panel) == nil else { return 0 }
    let overhang = slanted && panel % columns == 0 ? drawn.slantedLabelWidth * 0.71 + 4 : 0
    return max(drawn.yLabelWidth + 9 + (drawn.y == nil ? 0 : Arrangement.axisTitleRoom), overhang)
  }

  /// What stands between a panel and its title.
  func legend(_ panel: Int, _ widths: [Double]) -> Double {
    guard let chart = panels[panel].chart, chart.problem == nil else { return 0 }
    return LegendRows(names: chart.legendNames, width: width(of: panel, in: widths)).height
  }

  /// What stands below a panel.
  func bottom(_ panel: Int, _ slanted: Bool) -> Double {
    let drawn = panels[panel]
    guard drawn.problem == nil, xNeighbour(panel) == nil else { return 0 }
    let labels = !drawn.showsXLabels ? 4 : slanted ? drawn.slantedLabelWidth * 0.71 + 16 : AxisTicks.lineHeight + 8
    return labels + (drawn.x == nil ? 2 : Arrangement.axisTitleRoom)
  }
}

/// A rectangle of the figure, in pixels.
struct PanelFrame: Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double
}
