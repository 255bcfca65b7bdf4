import Foundation
import Processes
import Record

/// The program that makes MathML of TeX.
struct Blahtexml {
  /// What it makes of a formula.
  enum Answer {
    case mathML(XMLTree.Element)
    /// In its own words.
    case error(String)
    /// It gave no answer that can be read.
    case failure
  }

  /// A path, or a name on the `PATH`.
  var program = "blahtexml"
  /// After so many seconds it is ended.
  var limit = 20.0

  static let advice = "Install it: 'apt-get install blahtexml'. Folio makes MathML of the TeX between dollar signs with it."

  /// `Blahtexml version 0.9`
  /// - Throws: a `Diagnostic` if there is no such program.
  func version() throws -> String {
    let text = try run(["--help"], input: Data())?.text ?? ""
    let line = text.split(separator: "\n").first { $0.localizedCaseInsensitiveContains("version") }
    guard let line else { throw Diagnostic("'\(program)' does not say its version", advice: Self.advice) }
    return String(line)
  }

  /// The answers to several formulas, in their order, by as few processes as can be: where one of them ends the program, it is looked for.
  func answers(_ formulas: [(tex: String, isDisplay: Bool)]) throws -> [Answer] {
    if formulas.isEmpty { return [] }
    if let answers = try answersAtOnce(formulas) { return answers }
    if formulas.count == 1 { return [.failure] }
    let half = formulas.count / 2
    return try answers(Array(formulas[..<half])) + answers(Array(formulas[half...]))
  }

  private func answersAtOnce(_ formulas: [(tex: String, isDisplay: Bool)]) throws -> [Answer]? {
    var document = "<formulas xmlns:b=\"http://gva.noekeon.org/blahtexml\">"
    for formula in formulas { document += "<f b:\(formula.isDisplay ? "block" : "inline")=\"\(Self.attribute(formula.tex))\"/>" }
    document += "</formulas>"
    let encoding = ["--mathml-encoding", "raw", "--other-encoding", "raw"]
    guard let finished = try run(["--xmlin"] + encoding, input: Data(document.utf8)),
      let root = XMLTree.root(of: finished.output),
      root.elements.count == formulas.count
    else { return nil }
    return root.elements.map { element in
      switch element.elements.first {
      case let answer? where answer.name == "math" && element.elements.count == 1: .mathML(answer)
      case let answer? where answer.name == "error": .error(answer.text)
      default: .failure
      }
    }
  }

  /// In attributes of XML a line break is a space; so it is in TeX.
  private static func attribute(_ tex: String) -> String {
    tex.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
      .replacing("\n", with: " ")
  }

  /// - Returns: nil if a signal has ended it, or the time limit.
  private func run(_ arguments: [String], input: Data) throws -> ChildProcess.Finished? {
    var call = ChildProcess.Call(program, arguments)
    call.input = input
    call.advice = Self.advice
    let end = ContinuousClock.now + .seconds(limit)
    call.isCancelled = { ContinuousClock.now > end }
    let finished = try ChildProcess.finish(call)
    if case .killed = finished.termination { return nil }
    return finished
  }
}
