import Files
import Foundation

/// A results file: questions, and what a model answered. The original's format: CSV with the columns `prompt`, `label`, `pred`, `cot_gold`
/// and `cot_pred`, where truth values are `True` and `False`, and chains of thought are list literals of Python.
public struct Results: Sendable, Equatable {
  /// The questions with their answers, in the file's order.
  public var rows: [ResultRow]

  /// A results file of the given rows.
  public init(rows: [ResultRow]) { self.rows = rows }

  /// The rows whose answer and chain of thought are right.
  public var correct: [ResultRow] { rows.filter { $0.isPredictionCorrect && $0.isChainCorrect } }

  static let columns = ["prompt", "label", "pred", "cot_gold", "cot_pred"]

  /// Reads a results file.
  /// - Throws: `PrOntoQAError` with the file, the row and its line.
  public init(contentsOf path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw PrOntoQAError.file(path, problem: "there is no such results file, or it may not be read")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let line = 1 + (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0)
      throw PrOntoQAError.file("\(path):\(line)", problem: "this line is not UTF-8")
    }
    try self.init(csv: text, file: path)
  }

  /// Reads the text of a results file.
  public init(csv: String, file: String) throws {
    let table: [CSV.Row]
    do {
      table = try CSV.read(csv)
    } catch {
      throw PrOntoQAError.row(
        file: file, number: error.row, line: error.line, problem: error.problem, advice: "Is the file cut off?")
    }
    guard let header = table.first else { throw PrOntoQAError.file(file, problem: "it is empty") }
    let indices = try Self.columns.map { name in
      guard let index = header.fields.firstIndex(of: name) else {
        throw PrOntoQAError.row(
          file: file, number: 0, line: 1, problem: "the column '\(name)' is missing",
          advice: "The first line must be: \(Self.columns.joined(separator: ",")).")
      }
      return index
    }
    rows = try table.dropFirst().enumerated().map { offset, row in
      do {
        guard row.fields.count == header.fields.count else {
          throw ResultRow.Problem("it has \(row.fields.count) fields, and the header \(header.fields.count)")
        }
        return try ResultRow(fields: indices.map { row.fields[$0] })
      } catch {
        throw PrOntoQAError.row(
          file: file, number: offset + 1, line: row.line, problem: "\(error)", advice: "See the format in Results.")
      }
    }
  }

  /// The file's text, as Python's `csv.writer` writes it.
  public var csv: String { ([Self.columns] + rows.map(\.fields)).map(CSV.line).joined() }

  /// Writes the file whole: to a file beside it, which then takes its place.
  public func write(to path: String) throws {
    do {
      try WholeFile.write(csv, to: path)
    } catch let error as WholeFile.CannotWrite {
      throw PrOntoQAError.file(path, problem: "it cannot be written: \(error.reason)")
    }
  }
}

/// A question, and what a model answered.
public struct ResultRow: Sendable, Equatable {
  /// The solved examples, and the question that is left unsolved.
  public var prompt: String
  /// Whether what the question asks is true.
  public var label: Bool
  /// What the model answered; nil if it gave no verdict.
  public var prediction: Bool?
  /// The three steps that prove what is true.
  public var goldChain: [String]
  /// The steps that the model wrote.
  public var predictedChain: [String]

  /// A question and its answer.
  public init(prompt: String, label: Bool, prediction: Bool?, goldChain: [String], predictedChain: [String]) {
    self.prompt = prompt
    self.label = label
    self.prediction = prediction
    self.goldChain = goldChain
    self.predictedChain = predictedChain
  }

  /// Whether the model's verdict is right; none is not.
  public var isPredictionCorrect: Bool { prediction == label }

  /// Whether the model wrote each step of the gold chain, and no other.
  public var isChainCorrect: Bool { predictedChain == goldChain }

  struct Problem: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  init(fields: [String]) throws {
    prompt = fields[0]
    guard let label = Self.truth(fields[1]) else { throw Problem("its label is '\(fields[1])', and must be True or False") }
    self.label = label
    prediction = Self.truth(fields[2])
    guard prediction != nil || fields[2].isEmpty else {
      throw Problem("its pred is '\(fields[2])', and must be True or False, or empty if there is none")
    }
    guard let gold = PythonList.read(fields[3]) else { throw Problem("cot_gold is no list of strings: \(fields[3].prefix(60))") }
    guard let predicted = PythonList.read(fields[4]) else {
      throw Problem("cot_pred is no list of strings: \(fields[4].prefix(60))")
    }
    goldChain = gold
    predictedChain = predicted
  }

  var fields: [String] {
    [prompt, Self.text(label), prediction.map(Self.text) ?? "", PythonList.text(goldChain), PythonList.text(predictedChain)]
  }

  private static func truth(_ text: String) -> Bool? { ["True": true, "False": false][text] }

  private static func text(_ truth: Bool) -> String { truth ? "True" : "False" }
}
