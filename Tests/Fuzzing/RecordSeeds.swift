import Figures
import Foundation
import Record

/// Small records with every kind of output.
enum RecordSeeds {
  static let heatmap = Figure.row(title: "Two") {
    Heatmap([[1.5, -2], [3, 0.25]], title: "A", x: "head", y: "layer", xLabels: ["a", "b"], yLabels: ["c", "d"])
    Heatmap([[0.1, 0.2]], title: "B", scale: .sequential)
  }.plotlyJSON

  static let chart = Figure(
    LineChart(title: "Time", x: "tokens", y: "s", xScale: .log, yScale: .log) {
      Series("one", x: [1.0, 10, 100], y: [0.5, 0.05, 0.005], labels: ["p", "q", "r"], markers: true)
      Series("two", x: [1.0, 1000], y: [2.0, 3])
    }
  ).plotlyJSON

  static let figures = [
    heatmap, chart,
    ##"{"data":[{"type":"heatmap","name":"H","z":[[1.5,null],[2,-1e-9]],"xaxis":"x2","yaxis":"y2","coloraxis":"coloraxis2","hovertemplate":"layer %{y}, head %{x}: %{z:.3f}<extra></extra>"}],"layout":{"title":"T","width":500,"height":300,"margin":{"l":10,"r":10,"t":20,"b":20},"font":{"size":11},"coloraxis2":{"cmin":-2,"cmax":2,"colorscale":[[0,"rgb(1,2,3)"],[0.5,"#ffffff"],[1,"rgb(200,0,0)"]],"colorbar":{"x":1.1,"y":0.5,"len":0.9,"thickness":12,"title":{"text":"v"}}},"xaxis2":{"domain":[0,0.4],"tickmode":"array","tickvals":[0,1],"ticktext":["a","b"],"tickangle":-45,"title":{"text":"x"}},"yaxis2":{"domain":[0.1,1],"autorange":"reversed","dtick":2,"tick0":0},"annotations":[{"text":"<b>note</b>","x":0.5,"y":1,"xref":"paper","yref":"paper","yanchor":"bottom","font":{"size":13}}]}}"##,
    #"{"data":[{"type":"scatter","x":[1,2,3],"y":[1e-5,null,1e5],"name":"s","mode":"lines+markers","line":{"color":"rgb(0,114,178)","width":2,"dash":"9px,4px"},"marker":{"size":7,"symbol":"square"},"text":["a","b","c"],"showlegend":true,"legend":"legend2","hovertemplate":"%{text}: %{y:.4~g}"},{"y":[1,2]}],"layout":{"xaxis":{"type":"linear","range":[0,4],"matches":"x"},"yaxis":{"type":"log","range":[-5,5]},"legend2":{"orientation":"h","x":0,"y":1,"xanchor":"left","yanchor":"bottom"},"meta":{"problems":["p"]}}}"#,
  ]

  static let tokens = ColoredTokens(title: "T", tokens: ["a", " b", "\n"], values: [1.5, nil, -0.25], limit: 1.5, start: 3)

  static let record = NotebookRecord(
    notebook: "n",
    cells: [
      CellRecord(id: "prose-1", outcome: .succeeded, outputs: [.value("0.5")]),
      CellRecord(
        id: "a", outcome: .succeeded,
        outputs: [
          .text(.standardOutput, "loss 1.5 at 10 %\n12,345.6 ms v1.2.3 2024-01-01\n"),
          .text(.standardError, "\u{1B}[31mred\u{1B}[0m\rx\u{8}y\n"), .value("3.25"),
          .table(
            Table(
              columns: [Table.Column("k"), Table.Column("v", isNumeric: true)],
              rows: [["a", "1.5"], ["a", "2"], ["b, \"c\"", "81.2 %"]])),
          .figure(FigureOutput(plotly: heatmap)), .figure(FigureOutput(plotly: chart)), .tokens(tokens),
          .progress(ProgressOutput(title: "P", completed: 2, total: 3)),
          .markdown(MarkdownOutput("# A\n\n*b* [c](#a) `{swift} x`\n")),
          .html(HTMLOutput("<details><summary>a</summary><p title=\">\">b<br></p><!-- c --></details>")),
        ] + [PictureOutput(Data("<svg></svg>".utf8), alt: "a", width: 3)].compactMap(\.self).map(Output.picture)),
      CellRecord(
        id: "cell-2", outcome: .failed,
        outputs: [
          .error(
            CellError(
              kind: .thrown,
              diagnostics: [
                Diagnostic(
                  .error, at: Place(file: "n.md", line: 3, column: 5), "bad", advice: "do", excerpt: "let x = 1",
                  notes: [Diagnostic(.note, "n")])
              ]))
        ]),
    ])

  static var records: [[String: [UInt8]]] {
    let whole = RecordFiles(record, parameters: ["shots": "1"], tolerance: 0.01).all
    let single = record.cells[1].outputs.map { output in
      RecordFiles(
        NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [output])]),
        details: ["a": RecordIndex.Detail(key: "k", tolerance: Tolerance(1e-4, ofTheLargest: true))]
      ).all
    }
    return ([whole] + single + single).map { $0.mapValues { [UInt8]($0) } }
  }

  static var outputs: [String] {
    func json(_ record: NotebookRecord) -> String {
      (try? JSONEncoder().encode(record)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
    return [json(record)]
      + record.cells.flatMap(\.outputs).map { output in
        json(NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [output])]))
      }
  }
}
