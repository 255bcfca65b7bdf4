import Record
import Text

/// On the page of a run, and on that of a notebook with runs: the way to the runs beside it.
///
/// Each parameter that varies has a step to the value before and the one behind, in which the others stay, and a list of values to choose from. Where
/// these do not lead to each run, since the runs are no grid, there is such a row for the runs themselves. All of them are links.
struct RunControl {
  /// So many values of a parameter are listed, around the one that is shown: a page does not grow with the number of runs.
  static let mostValues = 41
  /// So many runs the notebook's own page names.
  private static let first = 8

  private let set: RunSet?
  private let entry: IndexPage.Entry
  private let hasOwnPage: Bool
  private let words: PageWords

  init(_ map: SiteMap, entry: IndexPage.Entry, words: PageWords) {
    set = map.runs[entry.notebook]
    hasOwnPage = map.entries.contains { $0.name == entry.notebook && !$0.isStandIn }
    (self.entry, self.words) = (entry, words)
  }

  /// Nothing for a notebook without runs.
  var html: String {
    guard let set, !set.runs.isEmpty else { return "" }
    var items = [all(set)]
    if entry.run != nil, hasOwnPage { items.append(HTML.link(to: link(to: entry.notebook), html: HTML.text(words.ownRun))) }
    let ways = HTML.element("p", ["class": "run-ways"], html: items.joined(separator: " "))
    let steps = entry.run.flatMap { set.run($0.name) }.map { rows(set, $0) } ?? first(set)
    return "\n"
      + HTML.element(
        "nav", ["class": "runs", "aria-label": PageWords.filled(words.runsOf, with: Markup.label(entry.notebook))],
        html: "\n\(steps)\n\(ways)\n")
      + "\n"
  }

  private func link(to name: String) -> String { SiteNames.link(from: entry.name, to: name) }

  private func link(_ run: RunSet.Run) -> String { link(to: "\(entry.notebook)/\(run.name)") }

  private func all(_ set: RunSet) -> String {
    HTML.link(
      to: link(to: "\(entry.notebook)/\(SiteNames.runsFolder)"),
      html: HTML.text("\(words.allRuns) (\(Count.text(set.noted.count)))"))
  }

  /// From the notebook's own page into its runs.
  private func first(_ set: RunSet) -> String {
    let runs = set.runs.prefix(Self.first).map { HTML.link(to: link($0), html: HTML.label($0.name)) }
    return HTML.element("p", ["class": "run-list"], html: runs.joined(separator: " ") + (set.runs.count > Self.first ? " …" : ""))
  }

  private func rows(_ set: RunSet, _ run: RunSet.Run) -> String {
    var rows = set.axes.map { axis in self.row(axis, set.line(axis, through: run)) { Self.shown($0.values[axis] ?? "") } }
    if !set.isGrid { rows.append(row(words.run, set.row(through: run)) { Self.shown($0.name) }) }
    return rows.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static func shown(_ value: String) -> String { LongText.clipped(value, to: 60) }

  // MARK: - One parameter

  /// The step back, the value with the others to choose from, and the step on; nothing where there are no others.
  private func row(_ title: String, _ row: RunSet.Row, shown: (RunSet.Run) -> String) -> String {
    guard row.runs.count > 1 else { return "" }
    func step(_ run: RunSet.Run?, _ sign: String, _ word: String) -> String {
      guard let run else { return HTML.element("span", ["class": "step", "aria-hidden": "true"], html: sign) }
      let label = Markup.label("\(word): \(title) = \(shown(run))")
      return HTML.element("a", ["class": "step", "href": link(run), "aria-label": label, "title": label], html: sign)
    }
    let value = HTML.element("summary", html: HTML.element("code", html: HTML.label(shown(row.runs[row.place]))))
    let choice = HTML.element("details", html: value + "\n" + list(row, shown: shown))
    let label = HTML.element("span", ["class": "axis"], html: HTML.label(Self.shown(title)))
    let parts = [label, step(row.previous, "‹", words.previous), choice, step(row.next, "›", words.next)]
    return HTML.element("div", ["class": "run-axis"], html: parts.joined(separator: "\n"))
  }

  private func list(_ row: RunSet.Row, shown: (RunSet.Run) -> String) -> String {
    let start = max(0, min(row.place - Self.mostValues / 2, row.runs.count - Self.mostValues))
    let end = min(row.runs.count, start + Self.mostValues)
    func item(_ place: Int, _ text: String) -> String {
      let address = link(row.runs[place])
      let attributes: KeyValuePairs = place == row.place ? ["href": address, "aria-current": "page"] : ["href": address]
      return HTML.element("li", html: HTML.element("a", attributes, html: HTML.label(text)))
    }
    var items = (start..<end).map { item($0, shown(row.runs[$0])) }
    if start > 0 { items.insert(item(0, shown(row.runs[0]) + " …"), at: 0) }
    if end < row.runs.count { items.append(item(row.runs.count - 1, "… " + shown(row.runs[row.runs.count - 1]))) }
    return HTML.element("ul", html: items.joined(separator: "\n"))
  }
}
