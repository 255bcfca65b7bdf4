import ArgumentParser
import Foundation
import Record
import Rendering
import Review

/// The options of all commands that compare outputs.
struct ReviewOptions: ParsableArguments {
  @Option(help: "The form of the report: text, markdown, json, html or csv.")
  var format = ReportFormat.text

  @Option(
    help: ArgumentHelp(
      "How far numbers may differ: 0.01 is relative to themselves, '1e-4 of the largest' to the largest number beside them.",
      valueName: "number"))
  var tolerance: Tolerance?

  @OptionGroup var place: SiteOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Write the report to this file.", valueName: "file"))
  var output: String?

  /// Compares both sides, and writes the report.
  func report(_ sides: ReviewSides) throws -> SiteReview {
    let review = try SiteReview(sides.base, sides.head, notebooks: sides.notebooks, tolerance: tolerance)
    try format.write(review, sides, to: output)
    return review
  }
}

enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text, markdown, json, html, csv

  /// Writes a report to a file, or to the terminal.
  func write(_ review: SiteReview, _ sides: ReviewSides, to file: String?) throws {
    let text =
      switch self {
      case .text: review.terminalText(colors: hasColors(file))
      case .markdown: review.markdown
      case .json: review.json
      case .html: ReviewPage(review, base: sides.base, head: sides.head).html
      case .csv: review.csv
      }
    try write(text, to: file)
  }

  /// Writes runs beside each other to a file, or to the terminal.
  func write(_ comparison: RunComparison, _ records: [RunRecord], to file: String?) throws {
    let text =
      switch self {
      case .text: comparison.terminalText(colors: hasColors(file))
      case .markdown: comparison.markdown
      case .json: comparison.json
      case .html: RunComparisonPage(comparison, records).html
      case .csv: comparison.csv
      }
    try write(text, to: file)
  }

  private func hasColors(_ file: String?) -> Bool { file == nil && isatty(STDOUT_FILENO) == 1 }

  private func write(_ text: String, to file: String?) throws {
    guard let file else { return Console.write(text) }
    try ReportFile.write(text, to: file)
  }
}

extension Tolerance: ExpressibleByArgument {
  /// Reads what follows `--tolerance`; nil if it is no tolerance.
  public init?(argument: String) { self.init(argument) }
}
