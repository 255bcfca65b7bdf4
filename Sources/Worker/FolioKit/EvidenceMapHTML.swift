import Figures
import Foundation
import Statistics

// A map whose cells open their evidence, in HTML and the site's style sheet alone: it works without JavaScript, and its texts can be searched. Each cell is a
// fold; folds of one map share a name, so that one at most is open, and what it holds stands below the grid.

extension EvidenceMap {
  /// The map as a grid: each cell shows its estimate, and opens its interval, its flipped decisions, and its strongest and weakest examples.
  /// - Parameters:
  ///   - examples: how many of each a cell opens.
  ///   - limit: the number with the strongest colour; by default the largest.
  public func html(examples: Int = 3, limit: Double? = nil) -> HTML {
    let largest = cells.flatMap { $0 }.compactMap { $0.map { abs($0.estimate.value) } }.max() ?? 0
    let limit = limit.flatMap { $0 > 0 && $0.isFinite ? $0 : nil } ?? (largest > 0 ? largest : 1)
    let style = EvidenceCellStyle(limit: limit, group: "map-" + stableName, examples: examples)
    let head = columnNames.map { "<th scope=\"col\">\(HTML.text($0))</th>" }.joined()
    let body = zip(rowNames, cells).map { row, cells in
      let cells = zip(columnNames, cells).map { column, evidence in
        let place = "\(rowTitle) \(row), \(columnTitle) \(column)"
        return evidence.map { "<td>\(style.fold($0, place: place))</td>" } ?? "<td></td>"
      }
      return "<tr><th scope=\"row\">\(HTML.text(row))</th>\n\(cells.joined(separator: "\n"))\n</tr>"
    }
    return HTML(
      trusted: """
        <figure class="evidence-map">
        <p class="title">\(HTML.text(title))</p>
        <div class="scroll">
        <table>
        <thead><tr><th scope="col">\(HTML.text(rowTitle)) \\ \(HTML.text(columnTitle))</th>\(head)</tr></thead>
        <tbody>
        \(body.joined(separator: "\n"))
        </tbody>
        </table>
        </div>
        <figcaption>\(HTML.text(caption))</figcaption>
        </figure>
        """)
  }

  /// The note as sentences, and how to read the grid.
  private var caption: String {
    let reading = "A cell opens its examples; bold: the interval excludes 0."
    guard let note, let last = note.last else { return reading }
    return note + (".!?:".contains(last) ? " " : ". ") + reading
  }

  /// A name that tells this map from others on a page, and is the same in every build.
  private var stableName: String {
    let text =
      title + rowTitle + columnTitle + cells.flatMap { $0 }.map { $0.map { "\($0.estimate.value)" } ?? "" }.joined(separator: ",")
    // FNV-1a, 64 bits.
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 36)
  }
}

/// How a cell of a map is drawn.
private struct EvidenceCellStyle {
  let limit: Double
  let group: String
  let examples: Int

  func fold(_ evidence: Evidence, place: String) -> String {
    let value = evidence.estimate.value
    let ground = ColorScale.diverging.color(at: (value / limit + 1) / 2)
    let number = Self.short(value)
    let text = evidence.estimate.differs(from: 0) ? "<b>\(number)</b>" : number
    return """
      <details name="\(group)"><summary style="background: \(ground.hex); color: \(ground.ink)" \
      title="\(HTML.text("\(place): \(evidence.estimate)"))">\(text)</summary>
      <div class="evidence" role="region" tabindex="0" aria-label="\(HTML.text(place))">
      <p><b>\(HTML.text(place))</b>: mean \(HTML.text("\(evidence.estimate)"))\
      \(evidence.flipped.map { "; \($0) of \(evidence.examples.count) decisions flipped" } ?? "")</p>
      \(table(evidence))
      </div></details>
      """
  }

  private func table(_ evidence: Evidence) -> String {
    let hasMetric = evidence.flipped != nil
    let strongest = evidence.strongest(min(examples, (evidence.examples.count + 1) / 2))
    let weakest = evidence.weakest(min(examples, evidence.examples.count / 2)).reversed()
    let head = ["", "example", "value"] + (hasMetric ? ["before", "after"] : [])
    let rows = (strongest.map { ("strongest", $0) } + weakest.map { ("weakest", $0) }).map { kind, example in
      let numbers = [example.value] + (hasMetric ? [example.before ?? 0, example.after ?? 0] : [])
      let cells = numbers.map { "<td class=\"number\">\(Self.long($0))</td>" }.joined()
      return "<tr><td>\(kind)</td><td>\(HTML.text(example.name))\(example.isFlipped ? " (flipped)" : "")</td>\(cells)</tr>"
    }
    return """
      <table>
      <tr>\(head.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr>
      \(rows.joined(separator: "\n"))
      </table>
      """
  }

  private static func long(_ number: Double) -> String { String(format: "%.3f", number).replacing("-", with: "−") }

  /// At most two digits behind the point, and none for what is large.
  private static func short(_ number: Double) -> String {
    let digits = abs(number) >= 100 ? 0 : abs(number) >= 10 ? 1 : 2
    let text = String(format: "%.\(digits)f", number)
    // What rounds to nothing has no sign.
    return text.contains { ("1"..."9").contains($0) } ? text.replacing("-", with: "−") : text.replacing("-", with: "")
  }
}
