import ArgumentParser
import Foundation
import Review

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what changed in the outputs of notebooks, and whether it matters.",
    discussion: """
      BASE and HEAD are git revisions, site folders, or records (SITE/<notebook>/record); 'v1..v2' and 'v1...v2' name both, as in git. \
      Without HEAD, the working tree is the head. Without both, git's HEAD is the base. No cell is run.

      Two or more names of runs, such as prontoqa@idx=2, compare these runs with each other: a table of all numbers that differ, and figures side by \
      side; the first is the reference. 'prontoqa' is the notebook's own run, 'prontoqa@*' are all others. A run of another revision or site is \
      named with it: main:prontoqa@idx=2.

      Text is compared line by line, tables by row and column, figures by trace and label. Whole numbers must be equal; other numbers that \
      differ by no more than the tolerance, relative to themselves, are counted as within it. The tolerance is the one of the call, else the one of \
      the cell ('//| tolerance: 0.01' or '1e-4 of the largest'), else the one of the notebook; it then holds for whole numbers too. Where none \
      is given, it is 0.0003.

      Exit status: 0 nothing changed beyond the tolerance; 1 something did; 2 the records could not be compared.

      Examples:
        folio diff
        folio diff main
        folio diff v1..v2
        folio diff v1 v2 prontoqa --format html > review.html
        folio diff old/Site new/Site --format markdown
        folio diff --tolerance 0.01
        folio diff prontoqa@idx=2 prontoqa@idx=3
        folio diff prontoqa 'prontoqa@*' --format csv -o numbers.csv
      """)

  @Argument(
    help: ArgumentHelp(
      "What is compared: BASE and HEAD, and then the names of notebooks or runs, by default all; or runs alone.",
      valueName: "base-head-notebooks"))
  var names: [String] = []

  @Option(help: "In which order numbers of runs are told: as in the notebook, or those that differ most first (size).")
  var order = RunComparison.Order.notebook

  @OptionGroup var options: ReviewOptions

  func run() throws {
    try reporting {
      if let runs = try RunRecord.named(names, site: options.place.site) {
        let comparison = try RunComparison(runs, order: order, tolerance: options.tolerance)
        try options.format.write(comparison, runs, to: options.output)
        throw ExitCode(comparison.isChanged ? 1 : 0)
      }
      let sides = try ReviewSides(names, site: options.place.site)
      let review = try options.report(sides)
      throw ExitCode(review.isChanged ? 1 : 0)
    }
  }
}

extension RunComparison.Order: ExpressibleByArgument {}
