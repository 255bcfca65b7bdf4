import Record

enum FigureComparator: OutputComparator {
  static let form = OutputReview.Form.figures

  static func compare(_ sides: OutputSides) -> any Comparison {
    do {
      return try FigureComparison(sides)
    } catch {
      return UnreadableComparison(sides, "a figure cannot be read: \(error)")
    }
  }
}

/// Two figures in Plotly's schema, trace by trace. Matrices are compared by the labels of their axes where they have them, curves by their x, so
/// that an axis in another order is found to be that, and no change of every number.
struct FigureComparison: Comparison {
  private(set) var numbers = NumberChanges()
  private(set) var findings: [String] = []
  private(set) var isStructural = false
  /// What differs in how they are drawn, if the same is drawn.
  private var drawing: [String] = []
  private let rule: NumberRule

  /// - Throws: `JSONValue.Fault`, if one of them is no JSON.
  init(_ sides: OutputSides) throws(JSONValue.Fault) {
    rule = sides.rule
    let single = sides.singlePrecision
    let (before, after) = (try JSONValue(sides.base), try JSONValue(sides.head))
    let (old, new) = (FigureData(before), FigureData(after))
    compareTexts(old, new)
    let common = min(old.traces.count, new.traces.count)
    for index in 0..<common { compare(old.traces[index], new.traces[index], isSingle: single.contains(index)) }
    for trace in old.traces.dropFirst(common) { add("trace removed: \(trace.name)") }
    for trace in new.traces.dropFirst(common) { add("trace added: \(trace.name)") }
    // Where there are other rows, other ticks and places follow.
    if !isStructural {
      let compared = DrawingComparison(before, after, rule: rule.forRecorded(isSingle: !single.isEmpty))
      drawing = compared.differences
      numbers.add(compared.numbers)
    }
    numbers.finish()
  }

  var remarks: [String] { drawing.isEmpty ? [] : ["drawn differently: \(Words.list(drawing, first: 6))"] }

  var verdict: OutputReview.Verdict { isStructural || !drawing.isEmpty ? .changed : numbers.verdict }

  private mutating func add(_ finding: String) {
    isStructural = true
    findings.append(finding)
  }

  private mutating func compareTexts(_ old: FigureData, _ new: FigureData) {
    for (before, after) in zip(old.texts, new.texts) where before != after {
      let place = "text “\(after)”"
      let isWithin = PrintedText.compare(PrintedText(before), PrintedText(after), rule: rule, into: &numbers) { place }
      if !isWithin { add("text: “\(before)” -> “\(after)”") }
    }
    if old.texts.count != new.texts.count {
      add("texts: \(Words.list(old.texts.map { "“\($0)”" })) -> \(Words.list(new.texts.map { "“\($0)”" }))")
    }
  }

  private mutating func compare(_ old: TraceData, _ new: TraceData, isSingle: Bool) {
    if old.name != new.name { add("trace renamed: \(old.name) -> \(new.name)") }
    guard old.type == new.type, old.isMatrix == new.isMatrix else { return add("\(new.name): was \(old.type), is \(new.type)") }
    let isLogarithmic = old.isLogarithmic || new.isLogarithmic
    let rule = rule.forRecorded(isSingle: isSingle, isLogarithmic: isLogarithmic)
    if new.isMatrix {
      compareMatrices(old, new, rule)
    } else {
      var curve = CurveComparison(old, new, rule: rule)
      curve.compare(into: &numbers)
      for finding in curve.findings { add(finding) }
    }
  }

  // MARK: - Matrices

  private mutating func compareMatrices(_ old: TraceData, _ new: TraceData, _ rule: NumberRule) {
    let rows = LabelMatching(old.rowAxis, new.rowAxis, counts: (old.rows, new.rows))
    let columns = LabelMatching(old.columnAxis, new.columnAxis, counts: (old.columns, new.columns))
    for finding in rows.findings("row") + columns.findings("column") { add("\(new.name): \(finding)") }
    let (largest, isWhole) = (max(old.largest, new.largest), old.isWhole && new.isWhole)
    let prefix = new.isOnly ? "" : "\(new.name), "
    if !old.isEven || !new.isEven { add("\(prefix)rows are not equally long; they are compared in their order") }
    for (i, j) in rows.pairs {
      // One long row does not make the others long.
      let places = old.isEven && new.isEven ? columns.pairs : (0..<max(old.width(i), new.width(j))).map { ($0, $0) }
      for (k, l) in places {
        let (before, after) = (old[i, k], new[j, l])
        guard let a = before.optionalNumber, let b = after.optionalNumber else {
          if before != after { add("\(prefix)\(new.place(j, l)): \(before.line) -> \(after.line)") }
          continue
        }
        let acceptance = a.flatMap { a in b.flatMap { rule.accepts(recorded: a, $0, isWhole: isWhole, largest: largest) } }
        numbers.add(a, b, acceptance, largest: largest) { prefix + new.place(j, l) }
      }
    }
  }
}

extension JSONValue {
  /// A number, or none (`null`); nil for what is neither.
  var optionalNumber: Double?? {
    switch self {
    case .number(let number): .some(number)
    case .null: .some(nil)
    default: nil
    }
  }
}

/// Which rows (or columns) of two matrices belong together.
private struct LabelMatching {
  private(set) var pairs: [(Int, Int)]
  private var isPermuted = false
  /// Labels that are others, where all else stayed in place.
  private var renamed: [String] = []
  private var gone: [String] = []
  private var came: [String] = []
  private let counts: (old: Int, new: Int)

  init(_ old: TraceAxis, _ new: TraceAxis, counts: (old: Int, new: Int)) {
    self.counts = counts
    pairs = (0..<min(counts.old, counts.new)).map { ($0, $0) }
    guard let old = old.labels, let new = new.labels, old.count == counts.old, new.count == counts.new, old != new
    else { return }
    let pairing = Pairing(old, new)
    // As many new names as lost ones at the same places: they were renamed.
    if counts.old == counts.new, pairing.gone == pairing.came, !pairing.isPermuted {
      renamed = pairing.gone.map { "“\(old[$0])” -> “\(new[$0])”" }
    } else {
      (pairs, isPermuted) = (pairing.pairs, pairing.isPermuted)
      (gone, came) = (pairing.gone.map { old[$0] }, pairing.came.map { new[$0] })
    }
  }

  func findings(_ what: String) -> [String] {
    var findings: [String] = []
    if isPermuted { findings.append("the \(what)s stand in another order") }
    if !renamed.isEmpty { findings.append("\(what) labels: \(Words.list(renamed))") }
    if !gone.isEmpty { findings.append("\(what)s removed: \(Words.list(gone))") }
    if !came.isEmpty { findings.append("\(what)s added: \(Words.list(came))") }
    if counts.old != counts.new, gone.isEmpty, came.isEmpty {
      findings.append("had \(Words.count(counts.old, what)), has \(counts.new)")
    }
    return findings
  }
}

/// A figure with each value on a line of its own, behind its labels: what `git log -p` shows of it.
struct FigureLines {
  let text: String

  init(_ figure: JSONValue) {
    let data = FigureData(figure)
    var lines = data.texts.map { "text: \($0)" }
    for trace in data.traces {
      lines.append("\(trace.name) (\(trace.type), \(trace.rows) by \(trace.columns))")
      for row in 0..<trace.rows {
        for column in 0..<trace.width(row) {
          lines.append(
            "  \(trace.place(row, column)): \(trace[row, column].number.map { Words.number($0, digits: 6) } ?? "none")")
        }
      }
    }
    text = lines.joined(separator: "\n") + "\n"
  }
}
