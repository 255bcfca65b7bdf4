import Record

/// What is compared of a figure.
struct FigureData {
  var traces: [TraceData]
  /// Titles and annotations, in order.
  var texts: [String]

  init(_ figure: JSONValue) {
    let data = figure["data"]?.array ?? []
    let layout = figure["layout"]
    traces = data.enumerated().map { TraceData($1, number: $0 + 1, layout: layout, isOnly: data.count == 1) }
    traces += data.enumerated().compactMap { index, trace in
      trace.outliers.map { TraceData($0, number: index + 1, layout: layout, isOnly: false) }
    }
    var texts: [String] = []
    if let title = layout?["title"] { texts.append(title["text"]?.string ?? title.string ?? "") }
    texts += (layout?["annotations"]?.array ?? []).map { $0["text"]?.string ?? "" }
    if case .object(let members)? = layout {
      for (name, axis) in members.sorted(by: { $0.key < $1.key }) where name.contains("axis") {
        if let title = axis["title"]?["text"]?.string { texts.append(title) }
      }
    }
    self.texts = texts
  }
}

/// A trace as a matrix: a heatmap's z, or a curve's y as one row.
struct TraceData {
  let name: String
  let type: String
  let isOnly: Bool
  let isMatrix: Bool
  let rowAxis: TraceAxis
  let columnAxis: TraceAxis
  /// A curve's x, where it has one.
  let x: [JSONValue]?
  /// What a curve's points are called.
  let labels: [String]
  /// Whether the values are drawn by their ratios.
  let isLogarithmic: Bool
  let rows: Int
  /// Of the longest row.
  let columns: Int
  /// Whether all rows are as long.
  let isEven: Bool
  private let matrix: [[JSONValue]]

  init(_ given: JSONValue, number: Int, layout: JSONValue?, isOnly: Bool) {
    let trace = given.asCurve
    name = trace["name"]?.string ?? "trace \(number)"
    type = trace["type"]?.string ?? "scatter"
    self.isOnly = isOnly
    /// The trace's axis and, where panels share their labels, those that bear them.
    func axes(_ letter: String) -> [JSONValue] {
      var (axes, seen) = ([JSONValue](), Set<String>())
      var next: String? = trace[letter + "axis"]?.string ?? letter
      while axes.count < Self.mostAxes, let reference = next, seen.insert(reference).inserted,
        let axis = layout?["\(letter)axis\(reference.dropFirst())"]
      {
        axes.append(axis)
        next = axis["matches"]?.string
      }
      return axes
    }
    func names(_ letter: String) -> [String]? {
      (axes(letter).lazy.compactMap { $0["ticktext"]?.array }.first ?? trace[letter]?.array)?.map { $0.string ?? $0.line }
    }
    func title(_ letter: String) -> String? { axes(letter).lazy.compactMap { $0["title"]?["text"]?.string }.first }
    labels = (trace["text"]?.array ?? []).map { $0.string ?? $0.line }
    isMatrix = trace["z"]?.array != nil
    if let z = trace["z"]?.array {
      matrix = z.map { $0.array ?? [$0] }
      (x, isLogarithmic) = (nil, false)
      rowAxis = TraceAxis(title: title("y"), labels: names("y"), fallback: "row")
      columnAxis = TraceAxis(title: title("x"), labels: names("x"), fallback: "column")
    } else {
      matrix = [trace["y"]?.array ?? []]
      x = trace["x"]?.array
      rowAxis = TraceAxis(title: title("y"), labels: nil, fallback: "row")
      columnAxis = TraceAxis(title: title("x"), labels: x?.map { $0.string ?? $0.line }, fallback: "column")
      isLogarithmic = axes("y").contains { $0["type"]?.string == "log" }
    }
    rows = matrix.count
    let longest = matrix.reduce(0) { max($0, $1.count) }
    columns = longest
    isEven = matrix.allSatisfy { $0.count == longest }
  }

  /// Panels share the labels of an axis beside them; who shares those of one that shares again is followed so far.
  private static let mostAxes = 8

  /// How many values a row has.
  func width(_ row: Int) -> Int { matrix[row].count }
  subscript(row: Int, column: Int) -> JSONValue { matrix[row].indices.contains(column) ? matrix[row][column] : .null }

  var largest: Double { matrix.joined().reduce(0) { max($0, abs($1.number ?? 0)) } }

  /// Whether all of its numbers are whole: counts, which are compared exactly.
  var isWhole: Bool { matrix.joined().allSatisfy { $0.number.map { $0 == $0.rounded() } ?? true } }

  /// `L14H0 at ' a' (312)`
  func place(_ row: Int, _ column: Int) -> String {
    if !rowAxis.isLabelled, !columnAxis.isLabelled, columnAxis.title == "head", rowAxis.title == "layer" {
      return "L\(row)H\(column)"
    }
    if !isMatrix { return "\(name) at \(columnAxis.name(of: column))" }
    return columns == 1 ? rowAxis.name(of: row) : "\(rowAxis.name(of: row)) at \(columnAxis.name(of: column))"
  }
}

extension JSONValue {
  private func with(_ changes: [String: JSONValue]) -> JSONValue { .object((object ?? [:]).merging(changes) { $1 }) }

  /// A trace as one of y over x. A bar stands at its name: its place on the axis is where the drawing puts it. A box is the numbers that it
  /// shows, by their names.
  fileprivate var asCurve: JSONValue {
    switch self["type"]?.string {
    case "bar":
      let names = self["text"] ?? self[self["orientation"]?.string == "h" ? "y" : "x"] ?? .null
      let values = self["orientation"]?.string == "h" ? self["x"] : self["y"]
      return with(["x": names, "y": values ?? .null, "text": names])
    case "box" where self["median"]?.array != nil:
      let names = ["lowerfence", "q1", "median", "q3", "upperfence"]
      let numbers = names.map { self[$0]?.array?.first ?? .null }
      let texts = ["lower whisker", "first quartile", "median", "third quartile", "upper whisker"].map(JSONValue.string)
      return with(["x": .array(texts), "y": .array(numbers), "text": .array(texts)])
    default: return self
    }
  }

  /// The numbers beyond a box's whiskers: points that only their number tells apart.
  fileprivate var outliers: JSONValue? {
    guard self["type"]?.string == "box", self["median"]?.array != nil, let lists = self["y"]?.array else { return nil }
    let numbers = lists.flatMap { $0.array ?? [$0] }
    let name = (self["name"]?.string).map { "\($0), beyond the whiskers" } ?? "beyond the whiskers"
    return .object(["type": .string("scatter"), "name": .string(name), "x": .array(numbers), "y": .array(numbers)])
  }
}

/// What stands along a side of a matrix, or along a curve.
struct TraceAxis {
  let title: String?
  /// One for each row, column or point, if they have names.
  let labels: [String]?
  /// What a row, a column or a point is called where the axis has no title.
  let fallback: String

  var isLabelled: Bool { labels != nil }

  /// The label at an index, else the title, or what stands for it, with the index.
  func name(of index: Int) -> String {
    guard let labels, labels.indices.contains(index) else { return "\(title ?? fallback) \(index)" }
    return labels[index]
  }
}
