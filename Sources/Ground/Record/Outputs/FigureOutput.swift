/// A figure in Plotly's schema, as JSON text: `{"data": [...], "layout": {...}}`.
public struct FigureOutput: Codable, Sendable, Equatable {
  /// The JSON.
  public var plotly: String

  /// A figure by its JSON.
  public init(plotly: String) { self.plotly = plotly }
}

extension FigureOutput: OutputContent {
  package var output: Output { .figure(self) }

  /// With one row of a matrix a line, and rounded numbers (`Precision`).
  package var recorded: RecordedOutput {
    guard let json = try? JSONValue(plotly.utf8) else { return RecordedOutput(kind: .figure, text: plotly) }
    return RecordedOutput(
      kind: .figure, text: json.roundedFigure.text(), singlePrecision: SinglePrecision.traces(of: json))
  }

  package var plainText: String { "[figure]" }
  package var byteCount: Int { plotly.utf8.count }
  package var bearsCaption: Bool { true }
}
