import Figures
import Record

/// A figure with its caption; one that cannot be read says why.
struct FigureView: OutputView {
  private let output: FigureOutput

  init(_ output: FigureOutput) { self.output = output }

  func html(in context: inout OutputContext) -> String {
    let caption = context.caption.map { HTML.element("figcaption", html: $0) + "\n" } ?? ""
    do {
      let figure = try Figure(plotlyJSON: output.plotly)
      var svg = figure.svg(alt: context.alt)
      if let name = context.drawing, svg.hasPrefix("<svg ") { svg = "<svg id=\"\(name)\" " + svg.dropFirst(5) }
      let drawing = HTML.element("div", ["class": "scroll"], html: "\n\(svg)\n")
      // In a script: unlike JSON, pages opened from a disk may load it.
      let data =
        context.isInteractive
        ? context.attach(suffix: "js") { "window.folioFigures[\"\($0)\"] = \(figure.plotlyJSON);\n" } : nil
      let html = "\n\(drawing)\n\(caption)"
      switch (context.anchor, data) {
      case (let anchor?, let data?): return HTML.element("figure", ["id": anchor, "data-plotly": data], html: html)
      case (let anchor?, nil): return HTML.element("figure", ["id": anchor], html: html)
      case (nil, let data?): return HTML.element("figure", ["data-plotly": data], html: html)
      case (nil, nil): return HTML.element("figure", html: html)
      }
    } catch {
      return HTML.paragraph("unreadable", html: HTML.text(LongText.clipped("\(error)", to: 500)))
    }
  }

  var terminalText: String? { "[figure] " + ((try? Figure(plotlyJSON: output.plotly))?.altText ?? "that cannot be read") }

  /// A figure shows a remark in place of its data where its labels or rows do not fit.
  func problems(in cell: String) -> [String] {
    // Figures are large, and most have none.
    guard output.plotly.contains("\"problems\"") else { return [] }
    let problems = (try? Figure(plotlyJSON: output.plotly))?.layout.problems ?? []
    return problems.map { "a figure of \(cell) shows no data: \($0)" }
  }
}
