import Document
import Foundation
import Record
import Rendering
import TestSupport
import Testing

/// The search, in a browser that has opened a page from the disk.
@Suite(.enabled(if: Browser.chromium != nil, "Chromium")) struct SearchBrowserTests {
  /// A site of two pages, one of which is driven by a script; returns what the script has put into the page's title.
  private func title(_ driver: String, language: String? = nil) throws -> String {
    let folder = try TestFolder()
    let site = Site(folder: folder.path)
    var description = SiteDescription()
    description.language = language
    for (name, prose) in [
      ("part/a", "<p>A <em>résumé</em> of Straße &lt;img src=x onerror=alert(1)&gt;</p>"), ("b", "<p>Übung</p>"),
    ] {
      let heading = Heading(level: 2, html: "Näive words", text: "Näive words", anchor: "näive-words", line: 1)
      let notebook = Notebook(
        file: "/p/Notebooks/\(name).md", frontMatter: FrontMatter(title: "Title of \(name)"),
        blocks: [.heading(heading), .prose(html: prose, line: 2)])
      let record = NotebookRecord(notebook: name, cells: [])
      var context = PageContext()
      context.site = SiteMap(site.entries, description: description)
      try site.write(Page(notebook, record: record, context: context), record: RecordFiles(notebook, record: record))
    }
    try site.refresh(description)
    let script = """
      <script>
      function wait(check) {
        return new Promise(function (done) { (function again() { var v = check(); if (v) done(v); else setTimeout(again, 50); })(); });
      }
      function type(text) {
        var input = document.querySelector(".search input"), note = document.querySelector(".search-results p");
        note.textContent = "";
        input.focus();
        input.value = text;
        input.dispatchEvent(new Event("input"));
        return wait(function () { return note.textContent; });
      }
      function results() {
        return Array.from(document.querySelectorAll(".search-results a")).map(function (a) {
          return a.getAttribute("href") + " " + Array.from(a.querySelectorAll("mark")).map(function (m) { return m.textContent; }).join("+");
        }).join(", ");
      }
      addEventListener("load", async function () { document.title = await (async function () { \(driver) })(); });
      </script></head>
      """
    let page = try folder.read("part/a/index.html").replacing("</head>", with: script)
    let dump = try Browser.dump(folder.write(page, to: "part/a/driven.html"))
    return dump.firstMatch(of: /<title>([^<]*)<\/title>/).map { String($0.1) } ?? dump
  }

  @Test func accentsAndCapitalsMakeNoDifferenceAndEachHitIsMarked() throws {
    let title = try title(
      """
      var found = [];
      for (const text of ["RESUME", "strasse", "ubung"]) { await type(text); found.push(results()); }
      return found.join(" / ");
      """)
    #expect(
      title
        == "../../part/a/index.html#n%C3%A4ive-words résumé / ../../part/a/index.html#n%C3%A4ive-words Straße / ../../b/index.html#n%C3%A4ive-words Übung"
    )
  }

  @Test func everyWordMustBeFoundAndWhatIsNotIsSaid() throws {
    let title = try title(
      """
      var note = await type("naive resume"), first = note + results().split(", ").length;
      return first + " / " + await type("resume ubung") + results();
      """)
    #expect(title == "1 result1 / Nothing was found.")
  }

  @Test func aResultIsTextWhateverThePageHolds() throws {
    let title = try title(
      """
      await type("onerror");
      return document.querySelectorAll(".search-results img").length + " " + results();
      """)
    #expect(title == "0 ../../part/a/index.html#n%C3%A4ive-words onerror")
  }

  @Test func itSpeaksThePagesLanguageAndIsLeftByTheKeyboard() throws {
    let title = try title(
      """
      await type("ubung");
      var panel = document.querySelector(".search-results"), input = document.querySelector(".search input"), states = [panel.hidden];
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
      states.push(document.activeElement.getAttribute("href"));
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
      states.push(panel.hidden, document.activeElement === input, input.placeholder);
      return states.join(" ");
      """, language: "de")
    #expect(title == "false ../../b/index.html#n%C3%A4ive-words true true Suche")
  }
}
