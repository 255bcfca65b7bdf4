import Figures
import Record
import Rendering
import Review
import TestSupport

/// Figures in Plotly's schema, as records and other programs have them.
final class FigureKind: Kind {
  static let name = "figures", share = 15
  private let seeds: Seeds

  init(folder: String) {
    let shipped = Repository.files("Site", ending: "-1.json", upTo: 5000).map(\.bytes)
    seeds = Seeds(inputs: (shipped + RecordSeeds.figures.map { Array($0.utf8) }).map { [Part("figure.json", $0)] })
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws { try FigureUse.draw(input.text("figure.json")) }
}

enum FigureUse {
  /// Draws a figure in every way in which figures are drawn.
  static func draw(_ json: String) throws {
    guard let figure = try? Figure(plotlyJSON: json) else { return }
    let svg = figure.svg()
    _ = (figure.altText, figure.html(), figure.title)
    try check(svg)
    let again = try Figure(plotlyJSON: figure.plotlyJSON)
    guard again.svg().utf8.elementsEqual(svg.utf8) else {
      throw Failure("a figure that was written and read is drawn in another way")
    }
  }

  /// What the documentation of `Figure` promises of a drawing.
  static func check(_ svg: String) throws {
    guard svg.utf8.count < 500_000 else { throw Failure("the drawing has \(svg.utf8.count) bytes") }
    for word in ["nan", "inf", "1e3", "e+"] where svg.contains("=\"\(word)") || svg.contains("M\(word)") {
      throw Failure("the drawing has a number that is none")
    }
  }
}

/// Figures as cells make them, with whatever numbers, counts and labels.
final class ChartKind: Kind {
  static let name = "charts", share = 6

  init(folder: String) {}

  func input(_ chance: inout Chance) -> Input {
    let count = chance.pick([10, 100, 400, 4000])
    return [Part("choices.bin", (0..<count).map { _ in UInt8(truncatingIfNeeded: chance.next() >> 20) })]
  }

  func attempt(_ input: Input) throws {
    var choices = Choices(bytes: input.bytes("choices.bin"))
    let figure = choices.figure()
    let svg = figure.svg()
    try FigureUse.check(svg)
    let again = try Figure(plotlyJSON: figure.plotlyJSON)
    guard again.svg().utf8.elementsEqual(svg.utf8) else {
      throw Failure("a figure that was written and read is drawn in another way")
    }
    _ = (figure.altText, figure.html())
    // Through a record, with its rounded numbers.
    let record = NotebookRecord(
      notebook: "n",
      cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [.figure(FigureOutput(plotly: figure.plotlyJSON))])])
    for (name, text) in RecordFiles(record).files where name.hasSuffix("-1.json") {
      try FigureUse.draw(text)
      _ = FileReview.lines(name, [UInt8](text.utf8).withUnsafeBytes { .init($0) })
    }
    choices.others()
  }
}

/// Makes figures of bytes: each byte is a choice, and where there are none any more, the smallest one.
private struct Choices {
  private var rest: ArraySlice<UInt8>

  init(bytes: [UInt8]) { rest = bytes[...] }

  private mutating func below(_ count: Int) -> Int { (rest.popFirst().map(Int.init) ?? 0) % count }

  private mutating func flag() -> Bool { below(2) == 1 }

  private static let extremes: [Double] = [
    0, -0.0, 1, -1, 0.5, 1e301, -1e301, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude, .nan, .infinity,
    -.infinity, .leastNormalMagnitude / 1024, 1e15, 1e16, 9_007_199_254_740_992, 1e18, 1e19, -1e19, 1e5, 123.456, 1e-9,
    .leastNormalMagnitude, 3.4e38,
  ]

  private mutating func number() -> Double {
    switch below(4) {
    case 0: return Self.extremes[below(Self.extremes.count)]
    case 1: return Double(below(256)) / 16 - 8
    case 2: return Double(bitPattern: (0..<8).reduce(0 as UInt64) { bits, _ in bits << 8 | UInt64(below(256)) })
    default: return Double(below(256)) * Double(Self.extremes[below(Self.extremes.count)])
    }
  }

  private mutating func count() -> Int { [0, 1, 2, 3, 5, 17, 40, 200, 1000][below(9)] }

  private mutating func text() -> String {
    below(3) > 0 ? Hostile.texts[below(Hostile.texts.count)] : ["loss", "head", "layer", "a b c d e f"][below(4)]
  }

  private mutating func optionalText() -> String? { flag() ? text() : nil }

  private mutating func labels(_ count: Int) -> [String]? {
    switch below(4) {
    case 0: return (0..<count).map { "l\($0)" }
    case 1: return (0..<max(0, count + below(5) - 2)).map { _ in text() }
    case 2: return []
    default: return nil
    }
  }

  private mutating func range() -> ClosedRange<Double>? {
    let (low, high) = (number(), number())
    guard flag(), low <= high else { return nil }
    return low...high
  }

  private mutating func format() -> String {
    [".4~g", ".99f", "%", "", ".3f", "+,.20e", ".0%", "d", ".999999999999999999999f"][below(9)]
  }

  private mutating func heatmap() -> Heatmap {
    let (rows, columns) = (min(count(), 200), min(count(), 200))
    let values: Heatmap.Values
    switch below(4) {
    case 0: values = Heatmap.Values(rows: Int.max, columns: [2, -1, 0, Int.min, 1][below(5)], [1.0])
    case 1:
      let ragged = (0..<min(rows, 8)).map { _ in (0..<min(columns, 8) + below(2)).map { _ in number() } }
      values = Heatmap.Values(ragged)
    default:
      let period = (0..<1 + below(40)).map { _ in number() }
      values = Heatmap.Values(rows: rows, columns: columns, (0..<rows * columns).map { period[$0 % period.count] })
    }
    return Heatmap(
      values, title: optionalText(), x: optionalText(), y: optionalText(), xLabels: labels(columns), yLabels: labels(rows),
      scale: flag() ? .diverging : .sequential, range: range(), colorBar: optionalText(), hoverFormat: format(),
      numbers: flag() ? format() : nil, midpoint: flag() ? number() : nil)
  }

  private mutating func chart() -> LineChart {
    let series = (0..<[1, 2, 0, 30][below(4)]).map { _ -> Series in
      let count = count()
      let period = (0..<1 + below(40)).map { _ in number() }
      let y = (0..<count).map { period[$0 % period.count] }
      if flag() { return Series(text(), y: y, labels: labels(count), markers: flag()) }
      let others = (0..<1 + below(40)).map { _ in number() }
      let x = (0..<(below(8) == 0 ? count + 1 : count)).map { others[$0 % others.count] + Double($0) }
      return Series(text(), x: x, y: y, labels: labels(count), markers: flag())
    }
    return LineChart(
      title: optionalText(), x: optionalText(), y: optionalText(), xScale: flag() ? .log : .linear,
      yScale: flag() ? .log : .linear, xRange: range(), yRange: range(),
      hoverFormat: format()
    ) { series }
  }

  private mutating func numbers(_ count: Int) -> [Double] {
    let period = (0..<1 + below(40)).map { _ in number() }
    return (0..<count).map { period[$0 % period.count] }
  }

  private mutating func panel() -> Figure.Panel {
    let count = count()
    switch below(6) {
    case 0: return heatmap().sized(width: number(), height: number()).panel
    case 1: return chart().sized(width: number()).panel
    case 2:
      let series = (0..<[1, 2, 0, 30][below(4)]).map { _ in Series(text(), y: numbers(count)).errors(numbers(count)) }
      return BarChart(
        labels: labels(count) ?? [], title: optionalText(), x: optionalText(), arrangement: flag() ? .stacked : .grouped,
        direction: flag() ? .horizontal : .vertical, range: range(), format: format()
      ) { series }.panel
    case 3:
      return Histogram(
        [text(): numbers(count), text(): numbers(self.count())], title: optionalText(),
        bins: [nil, 0, -1, 1, 60, .max][below(6)],
        counts: flag() ? .share : .count
      ).panel
    case 4:
      return BoxPlot(
        labels: labels(below(9)) ?? [text()], (0..<below(9)).map { _ in numbers(count) }, y: optionalText(), range: range()
      ).panel
    default:
      let series = Series(text(), y: numbers(count), labels: labels(count)).errors(numbers(count).map(\.magnitude))
        .band(numbers(count).map(\.magnitude))
      return ScatterChart(xScale: flag() ? .log : .linear, yScale: flag() ? .log : .linear, yRange: range()) { series }.panel
    }
  }

  mutating func figure() -> Figure {
    let panels = (0..<[1, 1, 2, 3, 0, 12][below(6)]).map { _ in panel() }
    let columns = [1, 2, 3, 0, -1, Int.max, Int.min, 100][below(8)]
    return Figure.grid(title: optionalText(), columns: columns, range: range(), sharesColors: flag()) { panels }
  }

  /// Coloured tokens and tables, of any lengths.
  mutating func others() {
    let count = count()
    let tokens = ColoredTokens(
      title: text(), tokens: (0..<count).map { _ in text() },
      values: (0..<max(0, count + below(3) - 1)).map { _ in flag() ? number() : nil }, limit: number(),
      start: [0, -1, Int.max, Int.min, 5][below(5)])
    let table = Table(
      columns: (0..<below(5)).map { _ in Table.Column(text(), isNumeric: flag()) },
      rows: (0..<below(5)).map { _ in (0..<below(6)).map { _ in text() } })
    let record = NotebookRecord(
      notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [.tokens(tokens), .table(table)])])
    _ = (
      RecordFiles(record), tokens.plainText, table.plainText, TokensView(tokens: tokens, standsAlone: true).html,
      TableView(table: table).html(link: nil)
    )
  }
}
