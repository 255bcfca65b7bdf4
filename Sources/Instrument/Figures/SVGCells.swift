import Text

/// The coloured cells of all panels, in as many bytes as they may take.
///
/// - While they fit, each cell is an element with its own tooltip.
/// - Beyond that neighbours of one colour (of 241) are one run, all runs of a colour are one path, and tiles of cells laid over them
///   bear tooltips that name the strongest value inside.
/// - A matrix with more cells than pixels, or whose runs do not fit, is drawn by blocks in the colour of their strongest value, so
///   that no peak is lost, and the drawing says so.
struct SVGCells {
  /// Elements for single cells: more make a page slow.
  static let mostElements = 4000
  static let mostTiles = 1024

  private(set) var text = ""
  /// What the reader must know about the drawing.
  private(set) var remark: String?

  init(panels: [SVGPanel], budget: Int) {
    let whole = panels.map { BlockedMatrix($0, rowStep: 1, columnStep: 1) }
    if panels.reduce(0, { $0 + $1.values.elements.count }) <= Self.mostElements, panels.allSatisfy(Self.hasRoomyCells) {
      let cells = zip(panels, whole).map { Self.group($0, Self.singleCells($0, $1)) }.joined()
      if cells.utf8.count <= budget {
        text = cells
        return
      }
    }
    draw(panels, budget: budget)
  }

  /// Runs and tiles; the steps grow until they fit.
  private mutating func draw(_ panels: [SVGPanel], budget: Int) {
    let tiles = Self.tiles(panels, budget: budget / 4)
    var growth = 1.0
    while true {
      let matrices = panels.map { panel in
        BlockedMatrix(panel, rowStep: Self.step(panel.cellHeight, growth), columnStep: Self.step(panel.cellWidth, growth))
      }
      let groups = zip(panels, matrices).map { Self.group($0, Self.runs($1)) }
      let size = groups.reduce(0) { $0 + $1.utf8.count } + tiles.reduce(0) { $0 + $1.utf8.count }
      let isCoarsest = matrices.allSatisfy { $0.rows <= 1 && $0.columns <= 1 }
      if size <= budget || isCoarsest {
        text = zip(groups, tiles).map { $0 + $1 }.joined()
        remark = Self.remark(matrices)
        return
      }
      growth *= 1.3
    }
  }

  private static func hasRoomyCells(_ panel: SVGPanel) -> Bool { panel.cellWidth >= 1 && panel.cellHeight >= 1 }

  /// How many cells make a block that is at least a pixel.
  private static func step(_ size: Double, _ growth: Double) -> Int {
    max(
      Int(bounded: (growth / max(size, 0.0001) - 0.001).rounded(.up), to: 1...1_000_000),
      size >= 1 ? Int(bounded: growth, to: 1...1_000_000) : 1)
  }

  /// The panel's place, with cells of size 1 in it.
  private static func group(_ panel: SVGPanel, _ content: String) -> String {
    let frame = panel.frame
    let (x, y) = (Numbers.coordinate(frame.x), Numbers.coordinate(panel.isUpsideDown ? frame.y + frame.height : frame.y))
    let scale = "\(Numbers.scale(panel.cellWidth)) \(panel.isUpsideDown ? "-" : "")\(Numbers.scale(panel.cellHeight))"
    return #"<g class="cells" shape-rendering="crispEdges" transform="translate(\#(x) \#(y))scale(\#(scale))">"#
      + "\n\(content)</g>\n"
  }

  private static func remark(_ matrices: [BlockedMatrix]) -> String? {
    guard let coarsest = matrices.max(by: { $0.rowStep * $0.columnStep < $1.rowStep * $1.columnStep }),
      coarsest.rowStep * coarsest.columnStep > 1
    else { return nil }
    return "Drawn in blocks of \(coarsest.rowStep) × \(coarsest.columnStep) cells; each has the colour of its strongest value."
  }
}

extension SVGCells {
  /// An element a cell.
  private static func singleCells(_ panel: SVGPanel, _ matrix: BlockedMatrix) -> String {
    var (colored, missing) = ("", "")
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns {
        let level = matrix.levels[row * matrix.columns + column]
        let title = Markup.escape(panel.hover.text(row: row, column: column, panel.values[row, column]))
        let cell = #"<path \#(fill(level, matrix)) d="M\#(column) \#(row)h1v1h-1z"><title>\#(title)</title></path>"# + "\n"
        if level == nil { missing += cell } else { colored += cell }
      }
    }
    return ramp(colored) + missing + hatches(matrix)
  }

  /// A path a colour.
  private static func runs(_ matrix: BlockedMatrix) -> String {
    var paths = [String](repeating: "", count: BlockedMatrix.levelCount + 1)
    for row in 0..<matrix.rows {
      let (top, height) = (row * matrix.rowStep, matrix.height(row))
      var start = 0
      while start < matrix.columns {
        let level = matrix.levels[row * matrix.columns + start]
        var end = start + 1
        while end < matrix.columns, matrix.levels[row * matrix.columns + end] == level { end += 1 }
        let (left, width) = (start * matrix.columnStep, matrix.left(end) - start * matrix.columnStep)
        paths[level ?? BlockedMatrix.levelCount] += "M\(left) \(top)h\(width)v\(height)h-\(width)"
        start = end
      }
    }
    let drawn = paths.enumerated().map { level, path in
      path.isEmpty ? "" : #"<path \#(fill(level < BlockedMatrix.levelCount ? level : nil, matrix)) d="\#(path)"/>"# + "\n"
    }
    return ramp(drawn.dropLast().joined()) + (drawn.last ?? "") + hatches(matrix)
  }

  /// Cells in the colours of the scale, which dark pages turn (`class="ramp"`), so that the middle of a scale is as dark as the page.
  private static func ramp(_ cells: String) -> String { cells.isEmpty ? "" : "<g class=\"ramp\">\n\(cells)</g>\n" }

  private static func fill(_ level: Int?, _ matrix: BlockedMatrix) -> String {
    level.map { #"fill="\#(matrix.color($0).hex)""# } ?? #"fill-opacity=".13""#
  }

  /// A stroke through each missing cell; in large drawings grey says it alone.
  private static func hatches(_ matrix: BlockedMatrix) -> String {
    let missing = matrix.levels.indices.filter { matrix.levels[$0] == nil }
    guard !missing.isEmpty, missing.count <= 2000 else { return "" }
    let strokes = missing.map { index in
      let (row, column) = (index / matrix.columns, index % matrix.columns)
      let (left, right) = (column * matrix.columnStep, matrix.left(column + 1))
      return "M\(left) \(row * matrix.rowStep + matrix.height(row))l\(right - left)-\(matrix.height(row))"
    }.joined()
    return #"<path d="\#(strokes)" fill="none" stroke="currentColor" stroke-opacity=".5" vector-effect="non-scaling-stroke" "#
      + #"shape-rendering="auto" pointer-events="none"/>"# + "\n"
  }

  /// For each panel, transparent tiles with tooltips, as many as fit.
  private static func tiles(_ panels: [SVGPanel], budget: Int) -> [String] {
    var count = Double(mostTiles) / Double(max(1, panels.count))
    while count >= 1 {
      let tiles = panels.map { panel in group(panel, Self.tileElements(panel, atMost: count)) }
      if tiles.reduce(0, { $0 + $1.utf8.count }) <= budget { return tiles }
      count /= 2
    }
    return panels.map { _ in "" }
  }

  private static func tileElements(_ panel: SVGPanel, atMost count: Double) -> String {
    let (rows, columns) = (Double(panel.values.rows), Double(panel.values.columns))
    // As square on the page as the panel allows.
    let side = (panel.frame.width * panel.frame.height / count).squareRoot()
    let rowStep = Int(bounded: (side / panel.cellHeight).rounded(.up), to: 1...max(1, panel.values.rows))
    let across = max(1, (count / (rows / Double(rowStep)).rounded(.up)).rounded(.down))
    let columnStep = Int(bounded: (columns / across).rounded(.up), to: 1...max(1, panel.values.columns))
    let matrix = BlockedMatrix(panel, rowStep: rowStep, columnStep: columnStep)
    var text = #"<g fill="none" pointer-events="all">"# + "\n"
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns {
        let place = matrix.strongest[row * matrix.columns + column]
        let (left, width) = (column * columnStep, matrix.left(column + 1) - column * columnStep)
        let value = panel.hover.text(
          row: place / panel.values.columns, column: place % panel.values.columns, panel.values.elements[place])
        let cells = width * matrix.height(row)
        let title = Markup.escape(value + (cells > 1 ? " (strongest of \(cells) cells here)" : ""))
        text +=
          #"<path d="M\#(left) \#(row * rowStep)h\#(width)v\#(matrix.height(row))h-\#(width)z"><title>\#(title)</title></path>"#
          + "\n"
      }
    }
    return text + "</g>\n"
  }
}

/// A matrix by blocks of cells, each with its strongest value: the one farthest from 0.
private struct BlockedMatrix {
  /// Tenths and eighths of the scale are among them, so the stops of both of Plotly's scales are met exactly.
  static let levelCount = 241

  let scale: ColorScale
  let rowStep: Int
  let columnStep: Int
  let rows: Int
  let columns: Int
  private let allRows: Int
  private let allColumns: Int
  /// `[row * columns + column]`: where in the whole matrix the block's strongest value is.
  private(set) var strongest: [Int] = []
  /// The colours, by number; `nil` where all values are missing.
  private(set) var levels: [Int?] = []

  init(_ panel: SVGPanel, rowStep: Int, columnStep: Int) {
    scale = panel.scale
    (allRows, allColumns) = (panel.values.rows, panel.values.columns)
    (self.rowStep, self.columnStep) = (rowStep, columnStep)
    rows = (allRows + rowStep - 1) / rowStep
    columns = (allColumns + columnStep - 1) / columnStep
    strongest.reserveCapacity(rows * columns)
    for row in 0..<rows {
      for column in 0..<columns { strongest.append(place(row, column, panel.values.elements)) }
    }
    levels = strongest.map { place in
      let value = panel.values.elements[place]
      guard value.isFinite else { return nil }
      return Int(bounded: (panel.range.fraction(of: value) * Double(Self.levelCount - 1)).rounded(), to: 0...Self.levelCount - 1)
    }
  }

  func color(_ level: Int) -> RGB { scale.color(at: Double(level) / Double(Self.levelCount - 1)) }

  func left(_ column: Int) -> Int { min(allColumns, column * columnStep) }

  func height(_ row: Int) -> Int { min(allRows, (row + 1) * rowStep) - row * rowStep }

  private func place(_ row: Int, _ column: Int, _ elements: [Double]) -> Int {
    var best = row * rowStep * allColumns + column * columnStep
    for y in row * rowStep..<min(allRows, (row + 1) * rowStep) {
      for index in y * allColumns + column * columnStep..<y * allColumns + left(column + 1) {
        let value = elements[index]
        if value.isFinite, !elements[best].isFinite || abs(value) > abs(elements[best]) { best = index }
      }
    }
    return best
  }
}

extension ClosedRange<Double> {
  /// Where a value lies, from 0 to 1. In units of the larger end, so that the largest and the smallest numbers have a span too.
  func fraction(of value: Double) -> Double {
    let unit = Swift.max(abs(lowerBound), abs(upperBound))
    return ((value / unit - lowerBound / unit) / (upperBound / unit - lowerBound / unit)).clamped(to: 0...1)
  }
}
