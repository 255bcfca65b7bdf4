import Record
import Text

/// On the page of a run, and on that of a notebook with runs: the way to the runs beside it.
///
/// Each parameter that varies has a step to the value before and the one behind, in which the others stay, and a list of values to choose from. All of them
/// are links.
struct RunControl {
  /// So many values of a parameter are listed, around the one that is shown: a page does not grow with the number of runs.
  static let mostValues = 41

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
    let run = entry.run.flatMap { set.run($0.name) }
    let steps = run.map { run in set.axes.map { axis($0, run, set) }.joined(separator: "\n") } ?? first(set)
    return "\n"
      + HTML.element(
        "nav", ["class": "runs", "aria-label": PageWords.filled(words.runsOf, with: entry.notebook)],
        html: "\n\(steps)\n\(ways)\n")
      + "\n"
  }

  private func link(to name: String) -> String { SiteNames.link(from: entry.name, to: name) }

  private func link(_ run: RunSet.Run) -> String { link(to: "\(entry.notebook)/\(run.name)") }

  private func all(_ set: RunSet) -> String {
    HTML.link(
      to: link(to: "\(entry.notebook)/\(SiteNames.runsFolder)"),
      html: HTML.text("\(words.allRuns) (\(Count.text(set.runs.count)))"))
  }

  /// From the notebook's own page into its runs.
  private func first(_ set: RunSet) -> String {
    let runs = set.runs.prefix(8).map { HTML.link(to: link($0), html: HTML.text($0.name)) }
    return HTML.element("p", ["class": "run-list"], html: runs.joined(separator: " ") + (set.runs.count > 8 ? " …" : ""))
  }

  // MARK: - One parameter

  private func axis(_ name: String, _ run: RunSet.Run, _ set: RunSet) -> String {
    let line = set.line(name, through: run)
    let place = line.firstIndex { $0.name == run.name } ?? 0
    let value = HTML.element("summary", html: HTML.element("code", html: HTML.label(shown(name, run))))
    let choice = HTML.element("details", html: value + "\n" + list(name, line, around: place))
    let label = HTML.element("span", ["class": "axis"], html: HTML.label(name))
    let parts = [
      label, step(place > 0 ? line[place - 1] : nil, name, "prev", "‹", words.previous), choice,
      step(place + 1 < line.count ? line[place + 1] : nil, name, "next", "›", words.next),
    ]
    return HTML.element("div", ["class": "run-axis"], html: parts.joined(separator: "\n"))
  }

  private func shown(_ axis: String, _ run: RunSet.Run) -> String { LongText.clipped(run.values[axis] ?? "", to: 60) }

  private func step(_ run: RunSet.Run?, _ axis: String, _ relation: String, _ sign: String, _ word: String) -> String {
    guard let run else { return HTML.element("span", ["class": "step", "aria-hidden": "true"], html: sign) }
    let label = Markup.label("\(word): \(axis) = \(shown(axis, run))")
    return HTML.element(
      "a", ["class": "step", "rel": relation, "href": link(run), "aria-label": label, "title": label], html: sign)
  }

  private func list(_ axis: String, _ line: [RunSet.Run], around place: Int) -> String {
    let start = max(0, min(place - Self.mostValues / 2, line.count - Self.mostValues))
    let shown = line[start..<min(line.count, start + Self.mostValues)]
    var items = shown.map { run -> String in
      let isHere = run.name == line[place].name
      let attributes: KeyValuePairs = isHere ? ["href": link(run), "aria-current": "page"] : ["href": link(run)]
      return HTML.element("li", html: HTML.element("a", attributes, html: HTML.label(self.shown(axis, run))))
    }
    if start > 0 {
      items.insert(
        HTML.element("li", html: HTML.link(to: link(line[0]), html: HTML.label("\(self.shown(axis, line[0])) …"))), at: 0)
    }
    if let last = line.last, shown.endIndex < line.count {
      items.append(HTML.element("li", html: HTML.link(to: link(last), html: HTML.label("… \(self.shown(axis, last))"))))
    }
    return HTML.element("ul", html: items.joined(separator: "\n"))
  }
}
