import Figures
import Foundation
import Record
import Review
import Text

/// Runs beside each other as one page that needs nothing beside it: a table of all numbers that differ, which is searched, sorted and turned page by
/// page, then the figures on common scales, and, of two runs, all that a review shows.
package struct RunComparisonPage {
  private let comparison: RunComparison
  private let records: [RunRecord]

  /// More numbers are no reading matter, and a page of them opens slowly: they are in the other forms of the report.
  private static let mostNumbers = 60_000
  /// So many runs' figures stand beside each other.
  private static let mostFigures = 24

  /// - Parameter records: where the figures are read again, in the order of the comparison's runs.
  package init(_ comparison: RunComparison, _ records: [RunRecord]) { (self.comparison, self.records) = (comparison, records) }

  package var html: String {
    let parts = [parameters, missing, numbers] + (records.count == 2 ? [pair] : figures)
    return ReviewPage.page(
      kind: "Runs", title: comparison.title, verdict: comparison.verdict,
      body: parts.filter { !$0.isEmpty }.joined(separator: "\n"))
  }

  private var parameters: String {
    comparison.varying.map { name in
      let values = comparison.runs.prefix(40).map { $0.parameters[name] ?? "none" }.joined(separator: ", ")
      let more = comparison.runs.count > 40 ? " and \(comparison.runs.count - 40) more" : ""
      return HTML.paragraph("note", html: HTML.label("\(name): \(LongText.clipped(values, to: 600))\(more)"))
    }.joined(separator: "\n")
  }

  private var missing: String {
    guard !comparison.missing.isEmpty else { return "" }
    let items = comparison.missing.prefix(200).map { HTML.element("li", html: HTML.label(LongText.clipped($0, to: 400))) }
    return "<h2>Not in all runs</h2>\n<ul class=\"findings\">\(items.joined())</ul>"
  }

  // MARK: - Numbers

  private var numbers: String {
    guard !comparison.numbers.isEmpty else { return "" }
    let isPair = records.count == 2
    let titles = (isPair ? [] : ["spread"]) + comparison.columns
    let shown = comparison.numbers.prefix(max(100, Self.mostNumbers / titles.count))
    let head =
      ["number", "cell"].map { HTML.element("th", ["scope": "col", "class": "text"], html: $0) }
      + titles.map { HTML.element("th", ["scope": "col"], html: HTML.label($0)) }
    let rows = shown.map { row -> String in
      let exact = comparison.texts(row)
      let short = comparison.texts(row, digits: 5)
      let spread = isPair ? [] : [cell("\(row.spread)", RunComparison.short(row.spread))]
      let place = row.place.isEmpty ? row.output : row.place
      let names =
        HTML.element("th", ["scope": "row", "class": "text"], html: HTML.label(LongText.clipped(place, to: 200)))
        + HTML.element("td", ["class": "text"], html: HTML.label(LongText.clipped("\(row.cell) \(row.output)", to: 200)))
      return HTML.element("tr", html: names + (spread + zip(exact, short).map(cell)).joined())
    }
    let left = comparison.numbers.count - shown.count
    let more =
      left > 0 ? HTML.paragraph("omitted", html: "\(Count.text(left)) more: 'folio diff … --format csv' has them all.") : ""
    return """
      <h2>Numbers that differ</h2>
      <div class="numbers" tabindex="0" role="region" aria-label="Numbers that differ"><table>
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table></div>
      \(more)
      """
  }

  private func cell(_ exact: String, _ short: String) -> String {
    exact == short ? HTML.element("td", html: HTML.text(short)) : HTML.element("td", ["data-n": exact], html: HTML.text(short))
  }

  // MARK: - Figures

  /// Of two runs, all that a review of one beside the other shows.
  private var pair: String {
    let review = SiteReview(base: records[0].name, head: records[1].name, notebooks: comparison.reviews)
    let page = ReviewPage(review, base: records[0], head: records[1])
    return page.notebooks
  }

  private var figures: [String] {
    comparison.figures.map { set in
      let drawn = zip(records, set.files).prefix(Self.mostFigures).compactMap { record, file -> (name: String, figure: Figure)? in
        guard let data = file.flatMap({ try? record.read($0, of: RunRecord.notebook) }),
          let figure = try? Figure(plotlyJSON: String(decoding: data, as: UTF8.self))
        else { return nil }
        return (record.name, figure)
      }
      let scaled = Figure.sharingScales(drawn.map(\.figure))
      let sides = zip(drawn, scaled).map { run, figure in
        let caption = HTML.element("figcaption", html: HTML.label(run.name))
        return HTML.element("figure", html: "\(caption)<div class=\"scroll\">\(figure.svg(alt: nil))</div>")
      }
      let left = records.count - Self.mostFigures
      let more =
        left > 0 ? HTML.paragraph("omitted", html: "The figures of \(Count.text(left)) more runs are on their pages.") : ""
      return """
        <article>
        <h3><code>\(HTML.label(set.cell))</code> \(HTML.label(set.output))</h3>
        \(HTML.element("div", ["class": "sides"], html: sides.joined(separator: "\n")))
        \(more)
        </article>
        """
    }
  }
}
