import Figures
import Record
import Text

/// A table that scrolls sideways where it is wider than the page.
package struct TableView: OutputView {
  /// Rows on the page: the first and the last ones of a longer table.
  package static let mostRows = 400
  package static let lastRows = 20

  package var table: Table
  /// Whether it is shown where the site's style sheet is not.
  package var standsAlone: Bool

  package init(table: Table, standsAlone: Bool = false) {
    self.table = table
    self.standsAlone = standsAlone
  }

  package func html(in context: inout OutputContext) -> String {
    let html = html(link: omitted > 0 ? context.attach(suffix: "csv") { _ in table.csv } : nil)
    guard let caption = context.caption else { return html }
    let content = "\n\(html)\n\(HTML.element("figcaption", html: caption))\n"
    guard let anchor = context.anchor else { return HTML.element("figure", ["class": "table"], html: content) }
    return HTML.element("figure", ["class": "table", "id": anchor], html: content)
  }

  package var terminalText: String? { table.plainText }

  /// How many rows the page does not show.
  package var omitted: Int { table.rows.count > Self.mostRows ? table.rows.count - Self.mostRows : 0 }

  /// - Parameter link: where the whole table is, if rows are left out.
  package func html(link: String?) -> String {
    let head = omitted > 0 ? Self.mostRows - Self.lastRows : table.rows.count
    var lines = table.rows.prefix(head).map(row)
    if omitted > 0 {
      let link = link.map { " " + HTML.link(to: $0, html: PageWords.current.readAll) } ?? ""
      let span = String(max(1, table.columns.count))
      let cell = HTML.element("td", ["class": "omitted", "colspan": span], html: PageWords.current.rowsLeftOut(omitted) + link)
      lines.append(HTML.element("tr", html: cell))
      lines += table.rows.suffix(Self.lastRows).map(row)
    }
    let titles = table.columns.map { column in
      HTML.element(
        "th", standsAlone ? ["scope": "col", "style": alignment(column)] : ["scope": "col", "class": style(column)],
        html: HTML.text(TerminalText.plain(column.title)))
    }
    let html = """
      <table>
      <thead><tr>\(titles.joined())</tr></thead>
      <tbody>
      \(lines.joined(separator: "\n"))
      </tbody>
      </table>
      """
    guard !standsAlone else { return html }
    return HTML.element("div", ["class": "scroll table"], html: "\n\(html)\n") + count
  }

  /// Rows that a reader sees at once. Of a longer table the page says how long it is, since the rest lies below its lower edge.
  private static let mostSeen = 16

  private var count: String {
    let rows = table.rows.count
    return rows > Self.mostSeen ? "\n" + HTML.paragraph("rows", html: "\(Count.text(rows)) rows") : ""
  }

  private func row(_ cells: [String]) -> String {
    let cells = table.columns.indices.map { index in
      let text = cells.indices.contains(index) ? LongText.clipped(TerminalText.plain(cells[index]), to: 2000) : ""
      let column = table.columns[index]
      return HTML.element("td", standsAlone ? ["style": alignment(column)] : ["class": style(column)], html: HTML.text(text))
    }
    return HTML.element("tr", html: cells.joined())
  }

  private func style(_ column: Table.Column) -> String { column.isNumeric ? "number" : "text" }

  private func alignment(_ column: Table.Column) -> String { "text-align:\(column.isNumeric ? "right" : "left")" }
}
