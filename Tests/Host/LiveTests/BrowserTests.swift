import Building
import Document
import Figures
import Foundation
import Live
import Processes
import Record
import Rendering
import TestSupport
import Testing

/// What needs a browser and plotly.js; skipped where either is not to be had.
enum Browser {
  /// Headless Chromium, if it is installed.
  static let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
  static let plotly = chromium == nil ? nil : try? PlotlyPackage.script(file: nil, site: "/nonexistent")

  /// The page's document after its scripts ran.
  static func dump(_ path: String) throws -> String {
    let arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=30000", "--dump-dom",
      "--user-data-dir=\(path).profile", "file://" + path,
    ]
    return try ChildProcess.finish(.init(chromium ?? "", arguments)).text
  }
}

@Suite(.enabled(if: Browser.plotly != nil, "Chromium, and plotly from PyPI")) struct BrowserTests {
  /// A site of one page with the figure, driven by a script; returns what the script has put into the page's title.
  private func title(_ figure: Figure, plotly: PlotlyScript?, breaking: Bool = false, driver: String) throws -> String {
    let folder = try TestFolder()
    let document = Notebook(
      file: "Notebooks/n.md", frontMatter: FrontMatter(title: "N"), blocks: [.cell(Cell(number: 1, source: "x", line: 1))])
    let outputs = [Output.figure(FigureOutput(plotly: figure.plotlyJSON))]
    let record = NotebookRecord(
      notebook: "n", cells: [CellRecord(id: document.cells[0].id, outcome: .succeeded, outputs: outputs)])
    let page = Page(document, record: record, context: PageContext(plotly: plotly))
    try Site(folder: folder.path).write(page, record: RecordFiles(document, record: record))
    if breaking, let plotly { try FileManager.default.removeItem(atPath: folder.path + "/assets/" + plotly.file) }
    let script = """
      <script>
      function wait(check) {
        return new Promise(function (done) { (function again() { var v = check(); if (v) done(v); else setTimeout(again, 50); })(); });
      }
      addEventListener("load", async function () { document.title = await (async function () { \(driver) })(); });
      </script></head>
      """
    let dump = try Browser.dump(folder.write(page.html.replacing("</head>", with: script), to: "n/driven.html"))
    return dump.firstMatch(of: /<title>([^<]*)<\/title>/).map { String($0.1) } ?? dump
  }

  private let figure = Figure.row(title: "Heads") {
    Heatmap([[0.25, -0.5], [0.75, 1]], title: "Attention heads", x: "head", y: "layer")
  }

  private let click = """
    var figure = document.querySelector("figure"), button = await wait(function () { return figure.querySelector(".interact"); });
    button.click();
    """

  @Test func aClickLoadsPlotlyAndHoveringSaysLayerHeadAndValue() throws {
    let title = try title(
      figure, plotly: Browser.plotly,
      driver: click + """
        var plot = await wait(function () { return figure.querySelector(".js-plotly-plot .nsewdrag") && figure.querySelector(".js-plotly-plot"); });
        var pad = plot.querySelector(".nsewdrag"), area = pad.getBoundingClientRect();
        var place = { bubbles: true, clientX: area.left + area.width * .75, clientY: area.top + area.height * .25 };
        pad.dispatchEvent(new MouseEvent("mousemove", place));
        var label = await wait(function () { return plot.querySelector(".hoverlayer .hovertext"); });
        var hidden = figure.querySelector("svg.folio-figure").closest(".scroll").hidden;
        return label.textContent + "; static hidden: " + hidden + "; " + button.textContent;
        """)
    #expect(title.replacing("−", with: "-") == "layer 0, head 1: -0.5; static hidden: true; Static")
  }

  @Test func aSecondClickBringsTheStaticFigureBack() throws {
    let title = try title(
      figure, plotly: Browser.plotly,
      driver: click + """
        await wait(function () { return button.textContent === "Static" && !button.disabled; });
        button.click();
        return button.textContent + " " + figure.querySelector("svg.folio-figure").closest(".scroll").hidden;
        """)
    #expect(title == "Interactive false")
  }

  @Test func withoutTheScriptTheStaticFigureStaysAndTheButtonSaysSo() throws {
    let title = try title(
      figure, plotly: Browser.plotly, breaking: true,
      driver: click + """
        await wait(function () { return button.textContent === "Not available"; });
        return button.title + "; " + figure.querySelector("svg.folio-figure").closest(".scroll").hidden;
        """)
    #expect(title.contains("cannot be loaded; false"))
  }

  @Test func aSiteWithoutPlotlyHasNoButton() throws {
    let title = try title(figure, plotly: nil, driver: "return 'buttons ' + document.querySelectorAll('.interact').length;")
    #expect(title == "buttons 0")
  }

  @Test func ofManyLabelsAsManyAreShownAsCanBeReadAndMoreAfterZoomingIn() throws {
    let wide = Figure(Heatmap([(0..<300).map(Double.init)], xLabels: (0..<300).map { "token \($0)" }))
    let title = try title(
      wide, plotly: Browser.plotly,
      driver: click + """
        var plot = await wait(function () { return figure.querySelector(".js-plotly-plot .nsewdrag") && figure.querySelector(".js-plotly-plot"); });
        function shown() {
          return Array.prototype.filter.call(plot.querySelectorAll(".xtick text"), function (label) { return label.style.display !== "none"; })
            .map(function (label) { return label.textContent; });
        }
        await wait(function () { return shown().length < 100; });
        await Plotly.relayout(plot, { "xaxis.range": [10, 20] });
        await wait(function () { return shown().indexOf("token 13") >= 0; });
        var pad = plot.querySelector(".nsewdrag"), area = pad.getBoundingClientRect();
        pad.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, clientX: area.left + area.width * .1, clientY: area.top + 5 }));
        var label = await wait(function () { return plot.querySelector(".hoverlayer .hovertext"); });
        return label.textContent;
        """)
    #expect(title == "row 0, token 11: 11")
  }
}

/// Pages of a live preview in a browser, which opens six connections to a server and no more.
@Suite(.enabled(if: Browser.chromium != nil, "Chromium")) struct BrowserPreviewTests {
  @Test func twelveWindowsFollowTheirPagesAndStopWorksInEach() async throws {
    try await waiting {
      let folder = try TestFolder()
      let stopped = Locked<[String]>([])
      let server = LiveServer(site: folder.path + "/Site", port: 0) { page in stopped.with { $0.append(page) } }
      func page(_ text: String) -> String {
        "<!doctype html><html><head><title>T</title></head><body><main><p id=\"a\">\(text)</p></main></body></html>"
      }
      let windows = 12
      for window in 0..<windows { try folder.write(page("first"), to: "Site/w\(window)/index.html") }
      let frames = (0..<windows).map { "<iframe src=\"/w\($0)/\"></iframe>" }.joined()
      // Says by pressing Stop, in each window, that all of them have come so far.
      let driver = """
        <!doctype html><html><head><title>D</title></head><body>\(frames)<script>
        const documents = () => Array.from(document.querySelectorAll("iframe"), frame => frame.contentDocument);
        setInterval(function () {
          const ready = documents().filter(function (page) {
            const text = page && page.querySelector("#a"), button = page && page.querySelector(".folio-bar button");
            return text && text.textContent === "second" && button && !button.hidden && !button.closest(".folio-bar").hidden;
          });
          if (ready.length === \(windows)) ready.forEach(page => page.querySelector(".folio-bar button").click());
        }, 50);
        </script></body></html>
        """
      try folder.write(driver, to: "Site/driver/index.html")
      let port = try server.start()
      defer { server.stop() }
      let arguments = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--user-data-dir=\(folder.path)/profile",
        LiveServer.address(of: "driver", port: port),
      ]
      let nothing = try Descriptor.null()
      let browser = try ChildProcess(
        Browser.chromium ?? "", arguments: arguments, descriptors: [nothing, nothing, nothing])
      defer {
        browser.kill()
        _ = browser.wait()
      }
      #expect(eventually { server.readerCount > 0 })
      for window in 0..<windows {
        server.show(page: "w\(window)", html: page("second"))
        server.setStatus(page: "w\(window)", LiveStatus(cell: "a", number: 1, count: 1))
      }
      #expect(eventually { Set(stopped.with { $0 }) == Set((0..<windows).map { "w\($0)" }) })
      #expect(server.readerCount == 1)
    }
  }

  @Test func theListOfPagesChangesInPlace() async throws {
    try await waiting {
      let folder = try TestFolder()
      let stopped = Locked<[String]>([])
      let server = LiveServer(site: folder.path + "/Site", port: 0) { page in stopped.with { $0.append(page) } }
      func page(list: String, menu: String) -> String {
        """
        <!doctype html><html><head><title>T</title></head><body><header class="bar"><a class="home" href="/">S</a>\(menu)</header>
        <div class="layout"><div class="side">\(list)</div><main><p id="a">the same</p></main></div></body></html>
        """
      }
      try folder.write(page(list: "", menu: ""), to: "Site/n/index.html")
      // Says by pressing Stop that both lists are there, in the window that it has marked, so that it was not loaded anew.
      let driver = """
        <!doctype html><html><head><title>D</title></head><body><iframe src="/n/"></iframe><script>
        const frame = document.querySelector("iframe");
        frame.onload = function () { frame.contentWindow.loads = (frame.contentWindow.loads || 0) + 1; };
        setInterval(function () {
          const page = frame.contentDocument, button = page.querySelector(".folio-bar button");
          const isThere = page.querySelector(".side > .site-nav a") && page.querySelector(".bar > .home + .site-menu a");
          if (isThere && frame.contentWindow.loads === 1 && button && !button.hidden) button.click();
        }, 50);
        </script></body></html>
        """
      try folder.write(driver, to: "Site/driver/index.html")
      let port = try server.start()
      defer { server.stop() }
      let arguments = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--user-data-dir=\(folder.path)/profile",
        LiveServer.address(of: "driver", port: port),
      ]
      let nothing = try Descriptor.null()
      let browser = try ChildProcess(
        Browser.chromium ?? "", arguments: arguments, descriptors: [nothing, nothing, nothing])
      defer {
        browser.kill()
        _ = browser.wait()
      }
      #expect(eventually { server.readerCount > 0 })
      let list = #"<nav class="site-nav"><ol><li><a href="/b/">Bee</a></li></ol></nav>"#
      let menu = #"<details class="site-menu"><summary>All</summary><nav><a href="/b/">Bee</a></nav></details>"#
      server.show(page: "n", html: page(list: list, menu: menu))
      server.setStatus(page: "n", LiveStatus(cell: "a", number: 1, count: 1))
      #expect(eventually { stopped.with { $0 }.contains("n") })
    }
  }
}
