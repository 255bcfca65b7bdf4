/// A figure in Plotly's schema, as JSON text: `{"data": [...], "layout": {...}}`.
public struct FigureOutput: Codable, Sendable, Equatable {
  public var plotly: String

  public init(plotly: String) { self.plotly = plotly }
}

extension FigureOutput: OutputContent {
  public var output: Output { .figure(self) }

  /// With one row of a matrix a line, and rounded numbers (`Precision`).
  public var recorded: RecordedOutput {
    guard let json = try? JSONValue(plotly.utf8) else { return RecordedOutput(kind: .figure, text: plotly) }
    return RecordedOutput(
      kind: .figure, text: json.roundedFigure.text(), singlePrecision: SinglePrecision.traces(of: json))
  }

  public var plainText: String { "[figure]" }
  public var byteCount: Int { plotly.utf8.count }
  public var bearsCaption: Bool { true }
}
