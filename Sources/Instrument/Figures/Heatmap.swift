import Text

/// A matrix to be drawn as coloured cells, row 0 on top: one panel of a figure, or a figure of its own.
///
/// ```swift
/// Heatmap(scores, title: "Attention heads", x: "head", y: "layer")
/// Heatmap(pattern, title: "L14H0", x: "Keys", y: "Queries", xLabels: tokens, yLabels: tokens, scale: .sequential)
/// ```
/// Making one never fails: an analysis of an hour must not end for a drawing. Rows of unequal length, or labels that do not fit,
/// are `problem`s, and the figure shows them in the panel's place.
public struct Heatmap: Sendable, Equatable {
  /// What is drawn, `[row, column]`.
  public var values: Values
  /// What stands above the panel.
  public var title: String?
  /// What a column is: `head`.
  public var x: String?
  /// What a row is: `layer`.
  public var y: String?
  /// A label for each column; several may be equal. Without them columns are numbered from 0.
  public var xLabels: [String]?
  /// A label for each row; several may be equal. Without them rows are numbered from 0.
  public var yLabels: [String]?
  /// The colours.
  public var scale: ColorScale
  /// The values at the scale's ends. By default from the values: symmetric around 0, or from 0 for `.sequential`.
  public var range: ClosedRange<Double>?
  /// The colour bar's title.
  public var colorBar: String?
  /// How a value reads on hovering, as d3 and Plotly write it: `.3f`, `.4~g`, `.1%`.
  public var hoverFormat: String
  /// How each value is written in its cell, as d3 and Plotly write it: `.2f`. Nothing is written without it.
  public var numbers: String?
  /// The value of the middle of a scale with two directions, such as 0.5 for accuracies; 0 without it.
  public var midpoint: Double?
  /// Its size, where the author says one.
  public var size = Figure.PanelSize()

  /// A heatmap of a matrix.
  public init(
    _ values: Values, title: String? = nil, x: String? = nil, y: String? = nil, xLabels: [String]? = nil,
    yLabels: [String]? = nil, scale: ColorScale = .diverging, range: ClosedRange<Double>? = nil, colorBar: String? = nil,
    hoverFormat: String = ".4~g", numbers: String? = nil, midpoint: Double? = nil
  ) {
    self.values = values
    self.title = title
    self.x = x
    self.y = y
    self.xLabels = xLabels
    self.yLabels = yLabels
    self.scale = scale
    self.range = range
    self.colorBar = colorBar
    self.hoverFormat = hoverFormat
    self.numbers = numbers
    self.midpoint = midpoint
  }

  /// A heatmap of `[row][column]`.
  public init<Number: BinaryFloatingPoint>(
    _ rows: [[Number]], title: String? = nil, x: String? = nil, y: String? = nil, xLabels: [String]? = nil,
    yLabels: [String]? = nil, scale: ColorScale = .diverging, range: ClosedRange<Double>? = nil, colorBar: String? = nil,
    hoverFormat: String = ".4~g", numbers: String? = nil, midpoint: Double? = nil
  ) {
    self.init(
      Values(rows), title: title, x: x, y: y, xLabels: xLabels, yLabels: yLabels, scale: scale, range: range,
      colorBar: colorBar, hoverFormat: hoverFormat, numbers: numbers, midpoint: midpoint)
  }

  /// A vector, drawn as one column with a row for each element.
  public init<Number: BinaryFloatingPoint>(
    _ column: [Number], title: String? = nil, x: String? = nil, y: String? = nil, xLabels: [String]? = nil,
    yLabels: [String]? = nil, scale: ColorScale = .diverging, range: ClosedRange<Double>? = nil, colorBar: String? = nil,
    hoverFormat: String = ".4~g", numbers: String? = nil, midpoint: Double? = nil
  ) {
    self.init(
      Values(rows: column.count, columns: 1, column), title: title, x: x, y: y, xLabels: xLabels, yLabels: yLabels,
      scale: scale, range: range, colorBar: colorBar, hoverFormat: hoverFormat, numbers: numbers, midpoint: midpoint)
  }

  /// The text of a cell.
  func number(_ value: Double) -> String { numbers.map { NumberFormat($0)(value) } ?? "" }

  /// Why this heatmap cannot be drawn, if it cannot.
  public var problem: FigureError? {
    if let problem = values.problem { return problem }
    if let labels = xLabels, labels.count != values.columns {
      return .labels(axis: "x", labels: labels.count, expected: values.columns, of: "columns")
    }
    if let labels = yLabels, labels.count != values.rows {
      return .labels(axis: "y", labels: labels.count, expected: values.rows, of: "rows")
    }
    return nil
  }
}

extension Heatmap {
  /// A matrix of numbers, row after row. A number that is not finite is missing, and is NaN here.
  public struct Values: Sendable {
    /// At least 1, if there is no `problem`.
    public private(set) var rows: Int
    /// At least 1, if there is no `problem`.
    public private(set) var columns: Int
    /// `[row * columns + column]`
    public private(set) var elements: [Double]
    /// Why these are not a matrix with at least one element; then there are no elements.
    public private(set) var problem: FigureError?

    /// Elements row after row, `rows * columns` of them.
    public init<Number: BinaryFloatingPoint>(rows: Int, columns: Int, _ elements: some Collection<Number>) {
      let (product, overflow) = rows.multipliedReportingOverflow(by: columns)
      if rows < 0 || columns < 0 || overflow || elements.count != product {
        self.init(problem: .count(elements: elements.count, rows: rows, columns: columns))
      } else if elements.isEmpty {
        self.init(problem: .empty(rows: rows, columns: columns))
      } else {
        self.init(rows, columns, elements.map(\.decimal))
      }
    }

    /// `[row][column]`
    public init<Number: BinaryFloatingPoint>(_ matrix: [[Number]]) {
      let columns = matrix.first?.count ?? 0
      if let row = matrix.firstIndex(where: { $0.count != columns }) {
        self.init(problem: .ragged(row: row, count: matrix[row].count, expected: columns))
      } else {
        self.init(rows: matrix.count, columns: columns, matrix.joined().map { $0 })
      }
    }

    private init(problem: FigureError) {
      self.init(0, 0, [])
      self.problem = problem
    }

    private init(_ rows: Int, _ columns: Int, _ elements: [Double]) {
      self.rows = rows
      self.columns = columns
      self.elements = elements
    }

    /// NaN where the value is missing.
    public subscript(row: Int, column: Int) -> Double { elements[row * columns + column] }

    /// Those that are not missing.
    var present: some Sequence<Double> { elements.lazy.filter { $0.isFinite } }
  }
}

extension Heatmap.Values: Equatable {
  /// Missing elements are equal.
  public static func == (left: Self, right: Self) -> Bool {
    left.rows == right.rows && left.columns == right.columns && left.problem == right.problem
      && zip(left.elements, right.elements).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }
}

extension Heatmap.Values: Codable {
  /// `[[1, 2], [3, null]]`
  public func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    for row in 0..<rows {
      try list.encode(elements[row * columns..<(row + 1) * columns].map { $0.isFinite ? $0 : nil })
    }
  }

  /// Reads `[[1, 2], [3, null]]`; rows must be equally long.
  public init(from decoder: any Decoder) throws {
    let rows = try [[Double?]](from: decoder)
    self.init(rows.map { row in row.map { $0 ?? .nan } })
    if let problem {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: problem.description))
    }
  }
}

/// What is wrong with a figure's data, or with a figure's file.
public enum FigureError: Error, Sendable, Equatable, CustomStringConvertible {
  case empty(rows: Int, columns: Int)
  case ragged(row: Int, count: Int, expected: Int)
  case count(elements: Int, rows: Int, columns: Int)
  case labels(axis: String, labels: Int, expected: Int, of: String)
  case lengths(series: String, x: Int, y: Int)
  case spreads(String, series: String, count: Int, expected: Int)
  case negativeSpread(String, series: String, point: Int)
  case placed(series: String)
  case noNumbers(name: String)
  case noPoints(series: Int)
  case notAboveZero(axis: String, series: String, point: Int, value: Double)
  case notPlotly(String)
  case cannotWrite(path: String, reason: String)

  /// The cause and an advice, in one line.
  public var description: String {
    switch self {
    case .empty(let rows, let columns):
      "No data: the matrix has \(rows) rows and \(columns) columns"
    case .ragged(let row, let count, let expected):
      "Row \(row) has \(count) values, row 0 has \(expected); every row needs as many"
    case .count(let elements, let rows, let columns):
      "\(elements) values do not fill \(rows) rows of \(columns) columns"
    case .labels(let axis, let labels, let expected, let of):
      "\(labels) \(axis) labels for \(expected) \(of); give one for each"
    case .lengths(let series, let x, let y):
      "“\(series)” has \(x) x values and \(y) y values; a point needs one of each"
    case .spreads(let what, let series, let count, let expected):
      "“\(series)” has \(what) of \(count) values for \(expected) y values; give one for each"
    case .negativeSpread(let what, let series, let point):
      "“\(series)” has \(what) that would end on the wrong side of y at point \(point); give what lies below y first"
    case .placed(let series):
      "“\(series)” has x values, but bars stand at the chart’s labels; give y values only"
    case .noNumbers(let name):
      "No data: “\(name)” has no number"
    case .noPoints(let series):
      "No data: " + (series == 0 ? "the chart has no series" : "the chart has no point that is a number")
    case .notAboveZero(let axis, let series, let point, let value):
      "“\(series)” has \(axis) = \(NumberFormat(".4~g")(value)) at point \(point); a log axis shows only numbers above 0"
    case .notPlotly(let reason):
      "This is not a figure that can be drawn: \(reason)"
    case .cannotWrite(let path, let reason):
      "\(path) cannot be written: \(reason)"
    }
  }
}
