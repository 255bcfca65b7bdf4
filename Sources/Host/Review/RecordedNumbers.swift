import Foundation
import Record

/// A number of a record, and where it stands.
struct RecordedNumber {
  /// Where it stands in its output, by labels: `L14H0 at ' a' (312)`. No two numbers of an output stand at the same place.
  var place: String
  /// Nil where a figure has none.
  var value: Double?
  /// How it was written down.
  var form: Form

  enum Form {
    /// Rounded by the record.
    /// - Parameters:
    ///   - series: which trace it is of, by its number.
    case recorded(series: Series)
    /// As its author printed it.
    case printed(PrintedNumber, isSentence: Bool)
  }

  /// What tells when two numbers of a trace are the same.
  struct Series {
    var isWhole: Bool
    var isSingle: Bool
    var isLogarithmic: Bool
    /// The largest of its numbers.
    var largest: Double
  }

  /// Whether it is the same number by a rule.
  func isSame(as other: RecordedNumber, by rule: NumberRule) -> Bool {
    guard let a = value, let b = other.value else { return (value == nil) == (other.value == nil) }
    switch (form, other.form) {
    case (.recorded(let old), .recorded(let new)):
      let rule = rule.forRecorded(
        isSingle: old.isSingle && new.isSingle, isLogarithmic: old.isLogarithmic || new.isLogarithmic)
      return rule.accepts(recorded: a, b, isWhole: old.isWhole && new.isWhole, largest: max(old.largest, new.largest)) != nil
    case (.printed(let old, let isSentence), .printed(let new, _)):
      return (isSentence ? rule.forSentences : rule).accepts(old, new, largest: max(abs(a), abs(b))) != nil
    default: return a == b
    }
  }
}

/// All numbers of an output, in its order.
struct RecordedNumbers {
  private(set) var numbers: [RecordedNumber] = []
  private var known: [String: Int] = [:]

  /// Larger outputs are not taken apart.
  private static let largest = 64 << 20

  /// The numbers of an output.
  /// - Parameter content: that of its file.
  init(_ output: RecordIndex.Output, content: Data?) {
    guard output.file != nil else {
      addText(output.text ?? "", isSentence: output.expression != nil)
      return
    }
    guard let content, content.count <= Self.largest else { return }
    switch output.kind.comparator.form {
    case .figures: addFigure(content, single: Set(output.singlePrecision ?? []))
    case .tables: addTable(String(decoding: content, as: UTF8.self), isTokens: output.kind == .tokens, output)
    case .lines:
      guard output.kind != .picture, output.kind != .html else { return }
      addText(String(decoding: content, as: UTF8.self), isSentence: output.expression != nil)
    }
  }

  /// Of several numbers at one place each but the first has its count behind it.
  private mutating func add(_ place: String, _ value: Double?, _ form: RecordedNumber.Form) {
    let count = known[place, default: 0] + 1
    known[place] = count
    numbers.append(RecordedNumber(place: count > 1 ? "\(place) (\(count))" : place, value: value, form: form))
  }

  // MARK: - Kinds

  /// Numbers in lines, each named by the words of its line.
  private mutating func addText(_ text: String, isSentence: Bool) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      let printed = PrintedText(String(line))
      let words = Self.words(printed)
      for number in printed.numbers { add(words, number.value, .printed(number, isSentence: isSentence)) }
    }
  }

  /// `accuracy = …`: the words around the numbers of a line; nothing where there are none.
  private static func words(_ text: PrintedText) -> String {
    let parts = text.shape.split(separator: 0xFF, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    let words = parts.joined(separator: "…")
    return words.contains { $0.isLetter } ? words.trimmingCharacters(in: .whitespaces) : ""
  }

  private mutating func addTable(_ csv: String, isTokens: Bool, _ output: RecordIndex.Output) {
    let table = TableText(csv)
    let names = table.titles.indices.first(where: table.namesRows)
    let values = table.titles.indices.filter { $0 != names && !table.countsRows($0) }
    let series = values.map { column in
      let numbers = table.rows.compactMap { Double($0[column]) }
      return RecordedNumber.Series(
        isWhole: numbers.allSatisfy { $0 == $0.rounded() }, isSingle: output.singlePrecision?.contains(0) == true,
        isLogarithmic: false, largest: numbers.reduce(0) { max($0, abs($1)) })
    }
    for row in table.rows.indices {
      let name = table.name(of: row, column: names)
      for (column, series) in zip(values, series) {
        for number in PrintedText(table.rows[row][column]).numbers {
          add(
            "\(name), \(table.titleText(column))", number.value,
            isTokens ? .recorded(series: series) : .printed(number, isSentence: false))
        }
      }
    }
  }

  private mutating func addFigure(_ content: Data, single: Set<Int>) {
    guard let figure = try? JSONValue(content) else { return }
    for (index, trace) in FigureData(figure).traces.enumerated() {
      let series = RecordedNumber.Series(
        isWhole: trace.isWhole, isSingle: single.contains(index), isLogarithmic: trace.isLogarithmic, largest: trace.largest)
      let prefix = trace.isOnly || !trace.isMatrix ? "" : "\(trace.name), "
      for row in 0..<trace.rows {
        for column in 0..<trace.width(row) {
          guard let value = trace[row, column].optionalNumber else { continue }
          add(prefix + trace.place(row, column), value, .recorded(series: series))
        }
      }
    }
  }
}
