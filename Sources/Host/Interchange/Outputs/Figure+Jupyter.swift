import Figures
import Record

extension FigureOutput: JupyterForm {
  /// A figure as a drawing, as data for plotly.js, and in words.
  func jupyter(alt: String?) -> JSONValue {
    do {
      let figure = try Figure(plotlyJSON: plotly)
      return .jupyterDisplay([
        "application/vnd.plotly.v1+json": try JSONValue(figure.plotlyJSON.utf8),
        "image/svg+xml": .string(figure.svg(alt: alt)), "text/plain": .string(alt ?? figure.altText),
      ])
    } catch {
      return .jupyterDisplay(["text/plain": .string("\(error)")])
    }
  }
}
