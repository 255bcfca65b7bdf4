import Figures
import Record

/// A table that scrolls sideways where it is wider than the page.
struct TableView {
  /// Rows on the page: the first and the last ones of a longer table.
  static let mostRows = 400
  static let lastRows = 20

  var table: Table

  /// How many rows the page does not show.
  var omitted: Int { table.rows.count > Self.mostRows ? table.rows.count - Self.mostRows : 0 }

  /// - Parameter link: where the whole table is, if rows are left out.
  func html(link: String?) -> String {
    let shown = omitted == 0 ? table.rows[...] : table.rows.prefix(Self.mostRows - Self.lastRows)
    var lines = shown.map(row)
    if omitted > 0 {
      let link = link.map { #" <a href="\#($0)">Read all of them</a>."# } ?? ""
      lines.append(#"<tr><td class="omitted" colspan="\#(max(1, table.columns.count))">\#(Count.text(omitted)) rows left out.\#(link)</td></tr>"#)
      lines += table.rows.suffix(Self.lastRows).map(row)
    }
    let titles = table.columns.map { #"<th scope="col"\#(style($0))>\#(Markup.escape(TerminalText.plain($0.title)))</th>"# }
    return """
      <div class="scroll table" tabindex="0" role="region" aria-label="Table">
      <table>
      <thead><tr>\(titles.joined())</tr></thead>
      <tbody>
      \(lines.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  /// The whole table, as comma-separated values.
  var csv: String {
    let rows = [table.columns.map(\.title)] + table.rows
    return rows.map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private func row(_ cells: [String]) -> String {
    let cells = table.columns.indices.map { index in
      let text = cells.indices.contains(index) ? LongText.clipped(TerminalText.plain(cells[index]), to: 2000) : ""
      return "<td\(style(table.columns[index]))>\(Markup.escape(text))</td>"
    }
    return "<tr>\(cells.joined())</tr>"
  }

  private func style(_ column: Table.Column) -> String { column.isNumeric ? #" class="number""# : "" }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { "\",".contains($0) || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
