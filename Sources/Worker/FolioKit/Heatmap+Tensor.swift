import Figures
import Tensors

extension Heatmap {
  /// A heatmap of a vector `[rows]`, drawn as one column, or of a matrix `[rows, columns]`. Row 0 is on top.
  /// - Parameters:
  ///   - x, y: the axes' titles.
  ///   - xLabels, yLabels: one label a column and a row; equal labels are allowed.
  ///   - scale: `.diverging` around 0, or `.sequential`.
  ///   - range: what the scale spans; by default what the values of all panels span.
  ///   - numbers: how each value is written in its cell, as Plotly writes it: `.2f`; nothing is written without it.
  ///   - midpoint: the value of the middle of a scale with two directions; 0 without it.
  public init(
    _ tensor: Tensor, title: String? = nil, x: String? = nil, y: String? = nil, xLabels: [String]? = nil,
    yLabels: [String]? = nil, scale: ColorScale = .diverging, range: ClosedRange<Double>? = nil, colorBar: String? = nil,
    numbers: String? = nil, midpoint: Double? = nil
  ) {
    let matrix = tensor.rank == 2 ? tensor : tensor.reshaped(tensor.rank < 2 ? [tensor.count, 1] : [tensor.shape[0], -1])
    self.init(
      Values(rows: matrix.shape[0], columns: matrix.shape[1], matrix.elements), title: title, x: x, y: y, xLabels: xLabels,
      yLabels: yLabels, scale: scale, range: range, colorBar: colorBar, numbers: numbers, midpoint: midpoint)
  }
}
