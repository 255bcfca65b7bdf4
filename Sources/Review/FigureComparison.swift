import Record

/// Two figures in Plotly's schema, trace by trace. Matrices and curves are compared by the labels of their axes where they have them, so that an
/// axis in another order is found to be that, and no change of every number.
struct FigureComparison {
  private(set) var numbers = NumberChanges()
  private(set) var findings: [String] = []
  private(set) var isStructural = false
  /// What differs in how they are drawn, if the same is drawn.
  private(set) var drawing: [String] = []
  private let tolerance: Tolerance

  /// - Throws: `JSONValue.Fault`, if one of them is no JSON.
  init(_ base: [UInt8], _ head: [UInt8], tolerance: Tolerance) throws(JSONValue.Fault) {
    self.tolerance = tolerance
    let (before, after) = (try JSONValue(base), try JSONValue(head))
    let (old, new) = (FigureData(before), FigureData(after))
    compareTitles(old, new)
    let common = min(old.traces.count, new.traces.count)
    for index in 0..<common { compare(old.traces[index], new.traces[index]) }
    for trace in old.traces.dropFirst(common) { add("trace removed: \(trace.name)") }
    for trace in new.traces.dropFirst(common) { add("trace added: \(trace.name)") }
    numbers.finish()
    // Where there are other rows, other ticks and places follow.
    if !isStructural { drawing = DrawingComparison(before, after, tolerance: tolerance).differences }
  }

  var verdict: OutputReview.Verdict { isStructural || !drawing.isEmpty ? .changed : numbers.verdict }

  private mutating func add(_ finding: String) {
    isStructural = true
    findings.append(finding)
  }

  private mutating func compareTitles(_ old: FigureData, _ new: FigureData) {
    for (before, after) in zip(old.texts, new.texts) where before != after { add("text: “\(before)” -> “\(after)”") }
    if old.texts.count != new.texts.count {
      add("texts: \(Words.list(old.texts.map { "“\($0)”" })) -> \(Words.list(new.texts.map { "“\($0)”" }))")
    }
  }

  private mutating func compare(_ old: TraceData, _ new: TraceData) {
    if old.name != new.name { add("trace renamed: \(old.name) -> \(new.name)") }
    guard old.type == new.type else { return add("\(new.name): was \(old.type), is \(new.type)") }
    let scale = max(old.largest, new.largest)
    let (rows, columns) = (
      match(old.rowNames, new.rowNames, old.rows, new.rows), match(old.columnNames, new.columnNames, old.columns, new.columns)
    )
    describe("row", rows, old.rowNames, new.rowNames, old.rows, new.rows, new.name)
    describe("column", columns, old.columnNames, new.columnNames, old.columns, new.columns, new.name)
    let prefix = new.isOnly ? "" : "\(new.name), "
    for (i, j) in rows.pairs {
      for (k, l) in columns.pairs {
        numbers.add(old[i, k], new[j, l], scale: scale, tolerance: tolerance) { prefix + new.place(j, l) }
      }
    }
    if old.positions.count == new.positions.count, !accepts(old.positions, new.positions) {
      add("\(new.name): its x values are others")
    }
  }

  private func accepts(_ old: [Double?], _ new: [Double?]) -> Bool {
    let scale = (old + new).reduce(0) { max($0, abs($1 ?? 0)) }
    return zip(old, new).allSatisfy { before, after in
      before == after || before.flatMap { before in after.map { tolerance.accepts(before, $0, scale: scale) } } ?? false
    }
  }

  /// Which rows (or columns) of both belong together.
  private struct Matching {
    var pairs: [(Int, Int)]
    var isPermuted = false
    /// Places whose label is another one, where all else stayed in place.
    var renamed: [Int] = []
    var gone: [Int] = []
    var came: [Int] = []
  }

  private func match(_ old: [String]?, _ new: [String]?, _ oldCount: Int, _ newCount: Int) -> Matching {
    let inPlace = Matching(pairs: (0..<min(oldCount, newCount)).map { ($0, $0) })
    guard let old, let new, old.count == oldCount, new.count == newCount, old != new, Set(old).count == old.count,
      Set(new).count == new.count
    else {
      var matching = inPlace
      if let old, let new, oldCount == newCount { matching.renamed = old.indices.filter { $0 < new.count && old[$0] != new[$0] } }
      return matching
    }
    let places = Dictionary(uniqueKeysWithValues: old.enumerated().map { ($1, $0) })
    let pairs = new.enumerated().compactMap { index, name in places[name].map { ($0, index) } }
    let came = new.indices.filter { places[new[$0]] == nil }
    let known = Set(new)
    let gone = old.indices.filter { !known.contains(old[$0]) }
    let isPermuted = zip(pairs, pairs.dropFirst()).contains { $0.0 > $1.0 }
    // As many new names as lost ones at the same places: they were renamed.
    if oldCount == newCount, gone == came, !isPermuted {
      var matching = inPlace
      matching.renamed = gone
      return matching
    }
    return Matching(pairs: pairs, isPermuted: isPermuted, gone: gone, came: came)
  }

  private mutating func describe(
    _ what: String, _ matching: Matching, _ old: [String]?, _ new: [String]?, _ oldCount: Int, _ newCount: Int, _ trace: String
  ) {
    if matching.isPermuted { add("\(trace): the \(what)s stand in another order") }
    if !matching.renamed.isEmpty, let old, let new {
      add("\(trace): \(what) labels: " + Words.list(matching.renamed.map { "“\(old[$0])” -> “\(new[$0])”" }))
    }
    if !matching.gone.isEmpty, let old { add("\(trace): \(what)s removed: \(Words.list(matching.gone.map { old[$0] }))") }
    if !matching.came.isEmpty, let new { add("\(trace): \(what)s added: \(Words.list(matching.came.map { new[$0] }))") }
    if oldCount != newCount, matching.gone.isEmpty, matching.came.isEmpty {
      add("\(trace): had \(Words.count(oldCount, what)), has \(newCount)")
    }
  }
}

/// What is compared of a figure.
private struct FigureData {
  var traces: [TraceData]
  /// Titles and annotations, in order.
  var texts: [String]

  init(_ figure: JSONValue) {
    let data = figure["data"]?.array ?? []
    let layout = figure["layout"]
    traces = data.enumerated().map { TraceData($1, number: $0 + 1, layout: layout, isOnly: data.count == 1) }
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
private struct TraceData {
  let name: String
  let type: String
  let isOnly: Bool
  let rowNames: [String]?
  let columnNames: [String]?
  /// A curve's x.
  let positions: [Double?]
  private let matrix: [[Double?]]
  private let axes: (x: String?, y: String?)

  init(_ trace: JSONValue, number: Int, layout: JSONValue?, isOnly: Bool) {
    name = trace["name"]?.string ?? "trace \(number)"
    type = trace["type"]?.string ?? "scatter"
    self.isOnly = isOnly
    /// The trace's axis and, where panels share their labels, those that bear them.
    func axes(_ letter: String) -> [JSONValue] {
      var (axes, seen) = ([JSONValue](), Set<String>())
      var next: String? = trace[letter + "axis"]?.string ?? letter
      while let reference = next, seen.insert(reference).inserted, let axis = layout?["\(letter)axis\(reference.dropFirst())"] {
        axes.append(axis)
        next = axis["matches"]?.string
      }
      return axes
    }
    func labels(_ letter: String) -> [String]? {
      axes(letter).lazy.compactMap { $0["ticktext"]?.array }.first?.map { $0.string ?? $0.line }
    }
    func title(_ letter: String) -> String? { axes(letter).lazy.compactMap { $0["title"]?["text"]?.string }.first }
    if let z = trace["z"]?.array {
      matrix = z.map { ($0.array ?? []).map(\.number) }
      (rowNames, columnNames, positions) = (labels("y"), labels("x"), [])
    } else {
      matrix = [(trace["y"]?.array ?? []).map(\.number)]
      let x = trace["x"]?.array ?? []
      positions = x.map(\.number)
      (rowNames, columnNames) = (nil, x.isEmpty ? nil : x.map { $0.string ?? $0.line })
    }
    self.axes = (title("x"), title("y"))
  }

  var rows: Int { matrix.count }
  var columns: Int { matrix.first?.count ?? 0 }
  subscript(row: Int, column: Int) -> Double? { matrix[row].indices.contains(column) ? matrix[row][column] : nil }

  var largest: Double { matrix.joined().reduce(0) { max($0, abs($1 ?? 0)) } }

  /// `L14H0 at ' a' (312)`
  func place(_ row: Int, _ column: Int) -> String {
    if rowNames == nil, columnNames == nil, axes == ("head", "layer") { return "L\(row)H\(column)" }
    func text(_ names: [String]?, _ index: Int, _ axis: String?, _ what: String) -> String {
      guard let names, names.indices.contains(index) else { return "\(axis ?? what) \(index)" }
      return names[index]
    }
    let column = text(columnNames, column, axes.x, "column")
    if type != "heatmap" { return "\(name) at \(column)" }
    return columns == 1 ? text(rowNames, row, axes.y, "row") : "\(text(rowNames, row, axes.y, "row")) at \(column)"
  }
}

/// A figure with one value a line, each with its labels: what `git log -p` shows of it.
struct FigureLines {
  let text: String

  init(_ figure: JSONValue) {
    let data = FigureData(figure)
    var lines = data.texts.map { "text: \($0)" }
    for trace in data.traces {
      lines.append("\(trace.name) (\(trace.type), \(trace.rows) by \(trace.columns))")
      for row in 0..<trace.rows {
        for column in 0..<trace.columns {
          lines.append("  \(trace.place(row, column)): \(trace[row, column].map { Words.number($0, digits: 6) } ?? "none")")
        }
      }
    }
    text = lines.joined(separator: "\n") + "\n"
  }
}
