extension Tensor: CustomStringConvertible {
  /// Shape and numbers, cut short when there are many:
  /// `Tensor [2, 3]` and below `[[0.5, -1.25, 3.0], [0.0, 1.0, 2.0]]`, with one row on each line.
  public var description: String {
    rank == 0 ? "\(scalar)" : "Tensor \(shape)\n" + text(indent: 0)
  }

  /// Along each axis, at most this many numbers or rows are shown; of more, the first and the last half.
  private static let shown = 8

  private func text(indent: Int) -> String {
    guard rank > 0 else { return Self.text(scalar) }
    let separator = rank == 1 ? ", " : ",\n" + String(repeating: " ", count: indent + 1)
    return "[" + parts(indent: indent).joined(separator: separator) + "]"
  }

  private func parts(indent: Int) -> [String] {
    let show = { (index: Int) in select(index).text(indent: indent + 1) }
    guard shape[0] > Self.shown else { return (0..<shape[0]).map(show) }
    let half = Self.shown / 2
    return (0..<half).map(show) + ["…"] + (shape[0] - half..<shape[0]).map(show)
  }

  /// Four significant digits: enough to recognise a number, few enough to read a row.
  private static func text(_ value: Float) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    var scale: Float = 1
    var magnitude = Swift.abs(value)
    while magnitude < 1000, scale < 1e30 { (magnitude, scale) = (magnitude * 10, scale * 10) }
    return magnitude >= 10000 && scale == 1 ? "\(value)" : "\((value * scale).rounded() / scale)"
  }
}
