import Figures
import Foundation
import Record
import Review
import Text

/// A review as one page that needs nothing beside it: what changed, worst first, then cell by cell, with base, head and difference of each
/// figure side by side, or one upon the other to be swiped.
///
/// Without JavaScript the three figures stand beside each other; all texts of the records are text.
package struct ReviewPage {
  private let review: SiteReview
  private let base: any RecordSource
  private let head: any RecordSource

  /// - Parameters:
  ///   - base, head: where the compared figures and tables are read again.
  package init(_ review: SiteReview, base: any RecordSource, head: any RecordSource) {
    (self.review, self.base, self.head) = (review, base, head)
  }

  package var html: String {
    let counts = review.runCounts.map { HTML.paragraph("note", html: HTML.label($0)) }
    return Self.page(
      kind: "Review", title: "\(review.base) → \(review.head)", verdict: review.verdict,
      body: (counts + [contents, notebooks]).filter { !$0.isEmpty }.joined(separator: "\n"))
  }

  /// What changed cell by cell, of all notebooks.
  var notebooks: String { review.told.map(notebook).filter { !$0.isEmpty }.joined(separator: "\n") }

  /// A page that needs nothing beside it.
  /// - Parameter body: HTML.
  static func page(kind: String, title: String, verdict: String, body: String) -> String {
    """
    \(PageFrame.start)
    <title>\(HTML.text(kind)): \(HTML.label(title))</title>
    <style>\(Stylesheet.text)\(style)</style>
    </head>
    <body>
    <div class="review">
    <header class="head">
    <h1>\(HTML.label(title))</h1>
    <p class="lead">\(HTML.text(verdict))</p>
    </header>
    \(body)
    </div>
    <script>\(script)</script>
    </body>
    </html>

    """
  }

  // MARK: - What changed, worst first

  private var contents: String {
    // Of runs in which the same changed, one is shown below.
    let shown = Set(review.told.map(\.shown.name))
    let worst = review.worstFirst.filter { shown.contains($0.notebook.name) }
    guard !worst.isEmpty else { return "" }
    let items = worst.prefix(200).map { notebook, cell in
      let finding = cell.outputs.first { $0.verdict != .same && $0.verdict != .within }?.findings.first
      let what = finding.map { ": " + HTML.label(LongText.clipped($0, to: 200)) } ?? ""
      let link = HTML.link(to: "#" + anchor(notebook, cell), html: HTML.label("\(notebook.name) \(cell.id)"))
      return HTML.element("li", html: link + note(cell) + what)
    }
    let more = worst.count > 200 ? HTML.paragraph("omitted", html: "\(Count.text(worst.count - 200)) more below.") : ""
    return "<h2>Worst first</h2>\n<ol class=\"worst\">\n\(items.joined(separator: "\n"))\n</ol>\n\(more)"
  }

  private func anchor(_ notebook: NotebookReview, _ cell: CellReview) -> String {
    "\(RecordFiles.name(notebook.name))--\(RecordFiles.name(cell.id))\(cell.status == .removed ? "--removed" : "")"
  }

  private func note(_ cell: CellReview) -> String {
    var notes: [String] = []
    if cell.status == .added || cell.status == .removed { notes.append(cell.status.rawValue) }
    if let former = cell.formerID { notes.append("was \(former)") }
    if cell.isMoved { notes.append("moved") }
    if let outcome = cell.outcome { notes.append("\(outcome.base ?? "") → \(outcome.head ?? "")") }
    return notes.map { " " + HTML.element("span", ["class": "note"], html: HTML.label($0)) }.joined()
  }

  // MARK: - Cell by cell

  private func notebook(_ group: AlikeReviews) -> String {
    let notebook = group.shown
    let shown = notebook.cells.filter { $0.status != .same || $0.isChanged || !$0.source.isEmpty }
    guard notebook.isChanged || notebook.device != nil || !shown.isEmpty else { return "" }
    let problem = notebook.problem.map { HTML.paragraph("unreadable", html: "It cannot be compared: " + HTML.label($0)) } ?? ""
    let status = [.added: "A new notebook.", .removed: "It has no record any more."][notebook.status] ?? ""
    let parameters = (notebook.parameters + [notebook.device].compactMap(\.self)).map { change in
      HTML.paragraph("note", html: HTML.label("\(change.name): \(change.base ?? "none") → \(change.head ?? "none")"))
    }
    let cells = shown.map { cell($0, in: notebook) }
    let alike = group.sentence.map { HTML.paragraph("note", html: HTML.label($0)) } ?? ""
    return """
      <section>
      <h2>\(HTML.label(notebook.name))</h2>
      \(([problem, status.isEmpty ? "" : HTML.paragraph("note", html: status), alike] + parameters + cells).filter { !$0.isEmpty }.joined(separator: "\n"))
      </section>
      """
  }

  private func cell(_ cell: CellReview, in notebook: NotebookReview) -> String {
    let outputs = cell.outputs.filter { $0.verdict != .same }.map { output($0, notebook.record) }
    let source = cell.source.isEmpty ? "" : "<details open><summary>Source</summary>\(lines(cell.source))</details>"
    let state = cell.isChanged ? "changed" : "within"
    return """
      <article class="\(state)" id="\(anchor(notebook, cell))">
      <h3><code>\(HTML.label(cell.id))</code>\(note(cell))</h3>
      \((outputs + [source]).filter { !$0.isEmpty }.joined(separator: "\n"))
      </article>
      """
  }

  private func output(_ output: OutputReview, _ notebook: String) -> String {
    let findings = output.findings.prefix(60).map { HTML.element("li", html: HTML.label(LongText.clipped($0, to: 400))) }.joined()
    let list = findings.isEmpty ? "" : "<ul class=\"findings\">\(findings)</ul>"
    let state =
      output.verdict == .within ? " within the tolerance" : output.verdict == .changed ? "" : " " + output.verdict.rawValue
    let name = HTML.label(LongText.clipped(output.label, to: 400))
    let title = HTML.element("span", ["class": "caps"], html: (output.expression == nil ? name : "<code>\(name)</code>") + state)
    let body =
      switch output.form {
      case .figures: figures(output, notebook)
      case .tables: tables(output, notebook)
      case .lines: output.lines.isEmpty ? single(output, notebook) : lines(output.lines)
      }
    let shown = [list, body].filter { !$0.isEmpty }.joined(separator: "\n")
    // Nothing is hidden, and what does not matter does not stand in the way.
    guard output.verdict == .within else { return "\(title)\n\(shown)" }
    let finding = HTML.element("span", ["class": "note"], html: HTML.label(output.findings.first ?? ""))
    return "<details><summary>\(title) \(finding)</summary>\n\(shown)\n</details>"
  }

  private func read(_ file: String?, _ source: any RecordSource, _ notebook: String) -> Data? {
    file.flatMap { file in (try? source.read(file, of: notebook)) ?? nil }
  }

  private func single(_ output: OutputReview, _ notebook: String) -> String {
    guard let data = read(output.headFile, head, notebook) ?? read(output.baseFile, base, notebook) else { return "" }
    return HTML.preformatted(
      "value",
      html: HTML.text(VisibleText.lines(LongText.clipped(TerminalText.plain(String(decoding: data, as: UTF8.self)), to: 4000))))
  }

  private func lines(_ changes: [LineChange]) -> String {
    let shown = changes.prefix(200).flatMap { change in
      [("del", "− ", change.base), ("ins", "+ ", change.head)].compactMap { tag, sign, text in
        text.map { HTML.element(tag, html: HTML.label(sign + LongText.clipped(TerminalText.plain($0), to: 600))) }
      }
    }
    let more = changes.count > 200 ? HTML.paragraph("omitted", html: "\(Count.text(changes.count - 200)) more lines.") : ""
    return "<pre class=\"lines\">\(shown.joined(separator: "\n"))</pre>\(more)"
  }

  private func tables(_ output: OutputReview, _ notebook: String) -> String {
    let sides = [("base", read(output.baseFile, base, notebook)), ("head", read(output.headFile, head, notebook))]
    let drawn = sides.compactMap { name, data in
      data.map { data -> String in
        let rows = CSVText.rows(String(decoding: data, as: UTF8.self))
        let table = Table(columns: (rows.first ?? []).map { Table.Column($0) }, rows: Array(rows.dropFirst()))
        return HTML.element("div", html: HTML.paragraph("note", html: name) + TableView(table: table).html(link: nil))
      }
    }
    return HTML.element("div", ["class": "sides"], html: drawn.joined(separator: "\n"))
  }

  private func figures(_ output: OutputReview, _ notebook: String) -> String {
    func figure(_ data: Data?) -> Figure? { data.flatMap { try? Figure(plotlyJSON: String(decoding: $0, as: UTF8.self)) } }
    var (old, new) = (figure(read(output.baseFile, base, notebook)), figure(read(output.headFile, head, notebook)))
    if let before = old, let after = new { (old, new) = Figure.sharingScales(before, after) }
    let difference = old.flatMap { new?.difference(from: $0) }
    let sides = [("base", old), ("head", new), ("head less base", difference)].compactMap { name, figure in
      figure.map { figure in
        HTML.element(
          "figure", ["data-side": name],
          html: "<figcaption>\(name)</figcaption><div class=\"scroll\">\(figure.svg(alt: nil))</div>")
      }
    }
    let swipe = old != nil && new != nil ? " swipable" : ""
    return HTML.element("div", ["class": "sides" + swipe], html: sides.joined(separator: "\n"))
  }

  // MARK: - Look

  private static let style = """
    .review { max-width: 110rem; margin: 0 auto; padding: 1.5rem 1.5rem 6rem }
    .review article { margin: 1.6rem 0; padding: .2rem 0 .2rem 1rem; border-left: 3px solid var(--alarm) }
    .review article.within { border-color: var(--rule) }
    .review h3 { margin: .2rem 0 .6rem }
    .note { font: .84rem var(--sans); color: var(--soft) }
    .worst li { margin: .2rem 0 }
    .review article .caps { display: inline-block; margin: .3rem 0 }
    .caps code { text-transform: none; letter-spacing: 0 }
    .findings { margin: .2rem 0 .6rem; font: .92rem/1.5 var(--sans) }
    .sides { display: flex; flex-wrap: wrap; gap: 1rem 1.6rem; align-items: flex-start }
    .sides > * { flex: 1 1 24rem; min-width: 0; margin: 0 }
    .lines { font: .82rem/1.5 var(--mono); overflow-x: auto; white-space: pre }
    .lines del, .lines ins { text-decoration: none; display: inline-block; min-width: 100% }
    .lines del { background: color-mix(in srgb, var(--alarm) 14%, transparent) }
    .lines ins { background: color-mix(in srgb, var(--string) 16%, transparent) }
    .swiping { display: flow-root; position: relative; width: fit-content; max-width: 100% }
    .swiping::after { content: ""; position: absolute; inset: 0 auto 0 var(--swipe, 50%); border-left: 1px solid var(--alarm); pointer-events: none }
    .swiping > figure[data-side="head"] figcaption { text-align: right }
    .swiping > figure[data-side="head"] { position: absolute; inset: 0 0 auto 0; background: var(--paper); clip-path: inset(0 0 0 var(--swipe, 50%)) }
    .swiping > figure[data-side="head less base"] { display: none }
    .swipe { font: .8rem var(--sans); margin: .3rem 0; display: flex; gap: .8rem; align-items: center }
    .numbers { overflow-x: auto; max-width: 100% }
    .numbers table { border-collapse: collapse; font: .84rem/1.5 var(--sans); font-variant-numeric: tabular-nums }
    .numbers th, .numbers td { padding: .1rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule) }
    .numbers .text { text-align: left }
    .numbers tbody th.text { font-weight: 400; white-space: normal; min-width: 12rem; position: sticky; left: 0; background: var(--paper) }
    .numbers th button { all: unset; cursor: pointer } .numbers th button:focus-visible { outline: 2px solid var(--alarm) }
    .finder { display: flex; flex-wrap: wrap; gap: .8rem; align-items: center; font: .88rem var(--sans); margin: .6rem 0 }
    .finder input { font: inherit; max-width: 60vw }
    .swipe input[type=range] { width: min(24rem, 60vw) }
    """

  private static let script = """
    document.querySelectorAll(".swipable").forEach(function (sides) {
      var bar = document.createElement("p"), button = document.createElement("button"), range = document.createElement("input");
      bar.className = "swipe";
      button.type = "button"; button.className = "interact"; button.textContent = "Swipe";
      range.type = "range"; range.min = 0; range.max = 100; range.value = 50; range.hidden = true;
      range.setAttribute("aria-label", "How much of the base is shown");
      button.onclick = function () {
        var on = sides.classList.toggle("swiping");
        range.hidden = !on;
        button.textContent = on ? "Side by side" : "Swipe";
        button.setAttribute("aria-pressed", on);
      };
      function swipe() { sides.style.setProperty("--swipe", range.value + "%"); }
      range.oninput = swipe;
      sides.onpointermove = function (event) {
        if (event.pointerType !== "mouse") return;
        var place = sides.getBoundingClientRect();
        range.value = 100 * (event.clientX - place.left) / place.width;
        swipe();
      };
      bar.append(button, range);
      sides.before(bar);
    });
    document.querySelectorAll(".numbers").forEach(function (box) {
      var body = box.querySelector("tbody"), rows = Array.prototype.slice.call(body.rows), found = rows, page = 0, size = 100;
      var bar = document.createElement("p"), label = document.createElement("label"), search = document.createElement("input");
      var count = document.createElement("span");
      function button(text, step) {
        var made = document.createElement("button");
        made.type = "button"; made.className = "interact"; made.textContent = text;
        made.onclick = function () { page += step; show(); };
        return made;
      }
      var back = button("Previous", -1), next = button("Next", 1);
      bar.className = "finder"; search.type = "search"; label.append("Find ", search); count.setAttribute("role", "status");
      function show() {
        var last = Math.max(0, Math.ceil(found.length / size) - 1);
        page = Math.min(Math.max(page, 0), last);
        body.replaceChildren.apply(body, found.slice(page * size, (page + 1) * size));
        count.textContent = found.length ? (page * size + 1) + "–" + Math.min(found.length, (page + 1) * size) + " of " + found.length : "None.";
        back.disabled = page === 0; next.disabled = page === last;
      }
      var texts = new Map(rows.map(function (row) { return [row, row.textContent.toLowerCase()]; }));
      search.oninput = function () {
        var words = search.value.toLowerCase().split(/\\s+/);
        found = rows.filter(function (row) { return words.every(function (word) { return texts.get(row).indexOf(word) >= 0; }); });
        page = 0; show();
      };
      box.querySelectorAll("thead th").forEach(function (head, column) {
        var sort = document.createElement("button"), falling = false;
        sort.type = "button"; sort.append.apply(sort, Array.prototype.slice.call(head.childNodes)); head.append(sort);
        sort.onclick = function () {
          falling = !falling;
          box.querySelectorAll("thead th").forEach(function (other) { other.removeAttribute("aria-sort"); });
          head.setAttribute("aria-sort", falling ? "descending" : "ascending");
          var keys = new Map(rows.map(function (row) {
            var text = row.cells[column].dataset.n || row.cells[column].textContent, number = parseFloat(text);
            return [row, head.className === "text" ? text : isNaN(number) ? -Infinity : number];
          }));
          var sign = falling ? -1 : 1;
          function order(a, b) { var x = keys.get(a), y = keys.get(b); return x < y ? -sign : x > y ? sign : 0; }
          rows.sort(order); found = found.slice().sort(order); page = 0; show();
        };
      });
      bar.append(label, back, next, count);
      box.before(bar);
      show();
    });
    """
}
