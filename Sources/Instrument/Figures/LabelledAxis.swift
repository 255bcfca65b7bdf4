/// What stands along a side of a heatmap: what its rows or columns are, and what each one is called.
struct LabelledAxis: Equatable {
  /// `head`
  let title: String?
  /// One for each row or column; `nil` where they are only numbered, from 0.
  let labels: [String]?
  /// How many rows or columns there are.
  let count: Int
  /// What hovering says before a number on an axis without a title: `row`.
  let fallback: String

  /// What Plotly shows of it on hovering; a label speaks for itself where the axis has no title.
  /// - Parameter variable: `x` or `y`.
  func hoverTemplate(_ variable: String) -> String {
    let name = title.map { PlotlyText.label($0) + " " } ?? (labels == nil ? fallback + " " : "")
    return name + "%{\(variable)}"
  }
}

extension Heatmap {
  var columnAxis: LabelledAxis { LabelledAxis(title: x, labels: xLabels, count: values.columns, fallback: "column") }
  var rowAxis: LabelledAxis { LabelledAxis(title: y, labels: yLabels, count: values.rows, fallback: "row") }
}
