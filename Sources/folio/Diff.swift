import ArgumentParser
import Building
import Foundation
import Record
import Rendering
import Review

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what changed in the outputs of notebooks, and whether it matters.",
    discussion: """
      BASE and HEAD are git revisions, site folders, or records (SITE/<notebook>/record). Without HEAD the working tree is the head; \
      without both, HEAD is the base. No cell is run.

      Text is compared line by line, tables by row key and column, figures by trace and label. Numbers that differ by no more than the \
      tolerance (of the call, else of the cell, '//| tolerance: 0.01', else of the notebook, else 0.0003; relative to the largest number \
      beside them) are counted as within it.

      Exit status: 0 nothing changed beyond the tolerance; 1 something did; 2 the records could not be compared.

      Examples:
        folio diff
        folio diff main
        folio diff v1 v2 prontoqa --format html > review.html
        folio diff old/Site new/Site --format markdown
        folio diff --tolerance 0.01
      """)

  @Argument(
    help: ArgumentHelp(
      "BASE and HEAD, then the names of notebooks; all by default.", valueName: "base-head-notebooks"))
  var names: [String] = []

  @Option(help: "text, markdown, json or html.")
  var format = ReportFormat.text

  @Option(help: ArgumentHelp("How far numbers may differ, relative to the largest beside them.", valueName: "number"))
  var tolerance: Double?

  @Option(help: ArgumentHelp("The folder of the site, in each revision.", valueName: "dir"))
  var site = "Site"

  @Option(name: .shortAndLong, help: ArgumentHelp("Write the report to a file.", valueName: "file"))
  var output: String?

  func validate() throws {
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) { throw ValidationError("'--tolerance' is a number, 0 or above.") }
  }

  func run() throws {
    do {
      let sides = try ReviewSides(names, site: site)
      let review = try Review(sides.base, sides.head, notebooks: sides.notebooks, tolerance: tolerance)
      try format.write(review, sides, to: output)
      throw ExitCode(review.isChanged ? 1 : 0)
    } catch let error as Diagnostic {
      report(error)
      throw ExitCode(2)
    }
  }
}

enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text, markdown, json, html

  /// Writes a report to a file, or to the terminal.
  func write(_ review: Review, _ sides: ReviewSides, to file: String?) throws {
    let text =
      switch self {
      case .text: review.terminalText(colors: file == nil && isatty(STDOUT_FILENO) == 1)
      case .markdown: review.markdown
      case .json: review.json
      case .html: ReviewPage(review, base: sides.base, head: sides.head).html
      }
    guard let file else { return FileHandle.standardOutput.write(Data(text.utf8)) }
    try ReportFile.write(text, to: file)
  }
}
