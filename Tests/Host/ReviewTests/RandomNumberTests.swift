import Foundation
import Record
import Review
import TestSupport
import Testing

/// One number of a record is changed at random: a review tells it if it changed by more than its tolerance, and passes it if by less.
@Suite struct RandomNumberTests {
  /// `FOLIO_SEEDS=1000` makes more of them.
  private static let seeds = Int(ProcessInfo.processInfo.environment["FOLIO_SEEDS"] ?? "") ?? 200

  @Test func aNumberThatChangedByMoreThanItsToleranceIsFound() throws {
    for seed in 0..<Self.seeds {
      var corpus = Corpus(seed: UInt64(seed))
      let review = try corpus.review(byMore: true)
      #expect(review.isChanged, "seed \(seed): \(corpus.told)")
    }
  }

  @Test func aNumberThatChangedByLessPasses() throws {
    for seed in 0..<Self.seeds {
      var corpus = Corpus(seed: UInt64(seed))
      let review = try corpus.review(byMore: false)
      #expect(!review.isChanged, "seed \(seed): \(corpus.told) \(review.findings)")
    }
  }
}

/// A record with outputs of every kind, and how one of its numbers changes.
private struct Corpus {
  private var random: SeededGenerator
  private(set) var told = ""

  init(seed: UInt64) { random = SeededGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1) }

  private enum Kind: CaseIterable {
    case text, value, inline, tableFloat, percent, heatmap, wideHeatmap, tensor, curve, logCurve, scatter, tokens
    case wholeText, wholeTable, wholeHeatmap, thousands
  }

  private mutating func float(_ exponents: ClosedRange<Int> = -3...3) -> Double {
    let number = Double.random(in: 1..<10, using: &random) * pow(10, Double(Int.random(in: exponents, using: &random)))
    return Bool.random(using: &random) ? number : -number
  }

  /// Another number that differs by more than its tolerance, or by less.
  /// - Parameter least: by how much more; what four digits do not show is found by nobody.
  private mutating func changed(_ number: Double, byMore: Bool, least: Double) -> Double {
    let share = byMore ? Double.random(in: least..<2, using: &random) : Double.random(in: 1e-6..<1.5e-4, using: &random)
    return number * (1 + (Bool.random(using: &random) ? share : -share))
  }

  mutating func review(byMore: Bool) throws -> SiteReview {
    let kinds = Kind.allCases.filter { kind in
      // Whole numbers have no less.
      byMore || ![.wholeText, .wholeTable, .wholeHeatmap, .thousands].contains(kind)
    }
    let kind = kinds.randomElement(using: &random) ?? .text
    let count = kind == .inline ? 1 : 2 * Int.random(in: 2...6, using: &random)
    let isWhole = [.wholeText, .wholeTable, .wholeHeatmap, .thousands].contains(kind)
    // A sentence shows 9733.2 as 9733, which is compared as the whole number that it looks like.
    let exponents = kind == .wideHeatmap || kind == .logCurve ? -6...6 : kind == .inline ? -3...1 : -3...3
    var old = (0..<count).map { _ in
      isWhole
        ? Double(Int.random(in: 1...1_000_000, using: &random))
        : float(exponents)
    }
    if kind == .logCurve { old = old.map(abs) }
    if kind == .tensor || kind == .tokens { old = old.map { Double(Float($0)) } }
    let place = Int.random(in: 0..<count, using: &random)
    var new = old
    new[place] =
      isWhole
      ? old[place] + Double(Int.random(in: 1...9, using: &random))
      : changed(old[place], byMore: byMore, least: kind == .inline ? 3e-3 : 6e-4)
    if kind == .tensor || kind == .tokens {
      // Noise is relative to the largest, so less is less than that too, and more is more.
      let floor = (old + new).map(abs).max()! * 1e-6
      if byMore, abs(new[place] - old[place]) < 3 * floor { new[place] = old[place] + 4 * floor + abs(old[place]) }
      new = new.map { Double(Float($0)) }
    }
    told = "\(kind) \(old[place]) -> \(new[place])"
    return try SiteReview(records(kind, old), records(kind, new))
  }

  private func records(_ kind: Kind, _ numbers: [Double]) -> MemoryRecords {
    let output = output(kind, numbers)
    let cell = CellRecord(id: "a", outcome: .succeeded, outputs: [.text(.standardOutput, "before 1.5\n"), output])
    let detail = RecordIndex.Detail(key: "k", expressions: kind == .inline ? ["x"] : [])
    return MemoryRecords("side", [cell], details: ["a": detail])
  }

  private func output(_ kind: Kind, _ numbers: [Double]) -> Output {
    let whole = numbers.map { String(Int(exactly: $0) ?? 0) }
    let half = numbers.count / 2
    switch kind {
    case .text:
      return .text(.standardOutput, numbers.enumerated().map { "step \($0): loss \($1) nats" }.joined(separator: "\n"))
    case .value: return .value("[\(numbers.map { "\($0)" }.joined(separator: ", "))]")
    case .inline: return .value(String(format: "%.4g", numbers[0]))
    case .tableFloat: return table(["name", "x", "ms"], numbers.enumerated().map { ["row \($0)", "\($1)", "3.5ms"] })
    case .percent: return table(["name", "share"], numbers.enumerated().map { ["model \($0)", "\($1) %"] })
    case .heatmap, .wideHeatmap, .tensor, .wholeHeatmap:
      return figure([numbers[..<half].map { $0 }, numbers[half...].map { $0 }])
    case .curve, .logCurve, .scatter: return curve(kind, numbers)
    case .tokens:
      return .tokens(ColoredTokens(title: "t", tokens: numbers.map { _ in " a" }, values: numbers, limit: 1, start: 3))
    case .wholeText: return .text(.standardOutput, whole.map { "\($0) of 2000000 are right" }.joined(separator: "\n"))
    case .wholeTable: return table(["name", "count"], whole.enumerated().map { ["row \($0)", $1] })
    case .thousands: return table(["name", "count"], numbers.enumerated().map { ["row \($0)", Self.grouped(Int($1))] })
    }
  }

  private static func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : grouped(number / 1000) + String(format: ",%03d", number % 1000)
  }

  private func curve(_ kind: Kind, _ numbers: [Double]) -> Output {
    let x = kind == .scatter ? numbers.indices.map { ($0 * 7) % numbers.count } : Array(numbers.indices)
    return .figure(
      FigureOutput(
        plotly: """
          {"data":[{"type":"scatter","name":"loss","mode":"markers","x":\(x),"y":\(numbers)}],
           "layout":{"yaxis":{"type":"\(kind == .logCurve ? "log" : "linear")"}}}
          """))
  }
}
