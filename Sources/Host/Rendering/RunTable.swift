import Record
import Text

/// The runs of a notebook beside each other: their values, how they ended, and the numbers that differ among them.
///
/// A run that the site should have, and has no page of, has its row too.
struct RunTable {
  let set: RunSet
  private let entries: [String: IndexPage.Entry]
  /// The page on which it stands.
  private let from: String
  private let words: PageWords
  private let scalars: [String]
  private let numericAxes: Set<String>

  /// So many rows the site's first page shows.
  private static let excerpt = 10

  init(_ set: RunSet, entries: [String: IndexPage.Entry], from: String, words: PageWords) {
    (self.set, self.entries, self.from, self.words) = (set, entries, from, words)
    var texts: [String: Set<String>] = [:]
    var names: [String] = []
    for run in set.runs {
      for scalar in entries["\(set.notebook)/\(run.name)"]?.scalars ?? [] {
        if texts[scalar.name] == nil { names.append(scalar.name) }
        texts[scalar.name, default: []].insert(scalar.text)
      }
    }
    scalars = names.filter { texts[$0, default: []].count > 1 }
    numericAxes = Set(set.axes.filter { axis in set.noted.allSatisfy { $0.values[axis].map { Double($0) != nil } ?? true } })
  }

  private func entry(_ run: RunSet.Run) -> IndexPage.Entry? { entries["\(set.notebook)/\(run.name)"] }

  // MARK: - Whole

  /// How many there are, how many are missing, and how many failed.
  var summary: String {
    let there = set.noted.map(entry)
    let failed = there.compactMap(\.self).count { IndexPage.failure($0.status, words) != "" }
    let missing = there.count { $0 == nil }
    let parts = [
      words.runs(set.noted.count), missing == 0 ? nil : words.runsMissing(missing), failed == 0 ? nil : words.runsFailed(failed),
    ]
    return parts.compactMap(\.self).joined(separator: " · ")
  }

  /// The first rows, and the way to all.
  var excerpt: String {
    let link = SiteNames.link(from: from, to: "\(set.notebook)/\(SiteNames.runsFolder)")
    let more = HTML.paragraph(
      "rows", html: HTML.link(to: link, html: HTML.text("\(words.allRuns) (\(Count.text(set.noted.count)))")))
    return HTML.element(
      "details", ["class": "run-rows"],
      html: """
        \(HTML.element("summary", html: HTML.text(summary)))
        \(html(Array(set.noted.prefix(Self.excerpt)), columns: columns(withNumbers: false), loading: nil))
        \(more)

        """)
  }

  /// Some rows, on a page of their own.
  /// - Parameter loading: the script in which all rows are, where these are not all.
  func html(_ rows: some Sequence<RunSet.Run>, loading: String?) -> String {
    html(Array(rows), columns: columns(withNumbers: true), loading: loading)
  }

  /// All rows for other programs.
  var csv: String { CSVText.text([columns(withNumbers: true).map(\.title)] + set.noted.map { texts($0, withNumbers: true) }) }

  /// All rows as a script: pages opened from a disk may load no other file. The texts of each row, and whether the run has a page.
  var script: String {
    let rows = set.noted.map { run in
      let texts = texts(run, withNumbers: true).map { SearchIndex.json(Markup.label(LongText.clipped($0, to: Self.longest))) }
      return "[[\(texts.joined(separator: ","))],\(entry(run) == nil ? 0 : 1)]"
    }
    return "// Written by Folio: all runs.\nwindow.folioRuns = [\n\(rows.joined(separator: ",\n"))\n];\n"
  }

  // MARK: - Rows

  private static let longest = 200

  private struct Column {
    var title: String
    var isNumeric: Bool
    var style: String { isNumeric ? "number" : "text" }
  }

  private func columns(withNumbers: Bool) -> [Column] {
    [Column(title: words.run, isNumeric: false)] + set.axes.map { Column(title: $0, isNumeric: numericAxes.contains($0)) }
      + [Column(title: words.state, isNumeric: false)]
      + (withNumbers ? scalars.map { Column(title: $0, isNumeric: true) } : [])
  }

  private func texts(_ run: RunSet.Run, withNumbers: Bool) -> [String] {
    let entry = entry(run)
    let numbers = Dictionary((entry?.scalars ?? []).map { ($0.name, $0.text) }) { first, _ in first }
    return [run.name] + set.axes.map { run.values[$0] ?? "" } + [state(entry)]
      + (withNumbers ? scalars.map { numbers[$0] ?? "" } : [])
  }

  private func state(_ entry: IndexPage.Entry?) -> String {
    guard let entry else { return words.runMissing }
    if case .complete = entry.status { return words.ranThrough }
    return IndexPage.failure(entry.status, words)
  }

  private func html(_ rows: [RunSet.Run], columns: [Column], loading: String?) -> String {
    let titles = columns.map { column in
      HTML.element("th", ["scope": "col", "class": column.style], html: HTML.label(LongText.clipped(column.title, to: 60)))
    }
    let lines = rows.map { run -> String in
      let isThere = entry(run) != nil
      let texts = texts(run, withNumbers: columns.count > set.axes.count + 2)
      let cells = zip(texts, columns).enumerated().map { place, cell -> String in
        var text = HTML.label(LongText.clipped(cell.0, to: Self.longest))
        if place == 0, isThere { text = HTML.link(to: SiteNames.link(from: from, to: "\(set.notebook)/\(run.name)"), html: text) }
        let isAlarm = place == set.axes.count + 1 && cell.0 != words.ranThrough
        return HTML.element("td", ["class": cell.1.style + (isAlarm ? " failed" : "")], html: text)
      }
      return HTML.element("tr", html: cells.joined())
    }
    let table =
      "<table>\n<thead><tr>\(titles.joined())</tr></thead>\n<tbody>\n\(lines.joined(separator: "\n"))\n</tbody>\n</table>"
    let attributes: KeyValuePairs = ["class": "scroll table"]
    let tools: KeyValuePairs = [
      "class": "scroll table", "data-rows": loading ?? "", "data-page": String(RunsPages.rowsOfPage),
      "data-fine": words.ranThrough, "data-file": "index.html",
      "data-state": String(set.axes.count + 1), "data-label": words.search, "data-none": words.searchNothing,
      "data-failed": words.searchFailed, "data-one": words.searchResults.one, "data-many": words.searchResults.many,
      "data-more": words.andMore.many,
    ]
    let frame = HTML.element("div", loading == nil ? attributes : tools, html: "\n\(table)\n")
    return HTML.element("div", ["class": "outputs"], html: frame)
  }
}
