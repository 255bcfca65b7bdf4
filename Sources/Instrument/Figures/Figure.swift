import Foundation

/// A figure, as a value in Plotly's figure schema, and the static drawing of it.
///
/// A figure is data before it is a picture: it is stored in a notebook's record, compared by reviewers, drawn as SVG for readers
/// without JavaScript, and handed to plotly.js where somebody wants to zoom. All of them get it as JSON, `{"data": […], "layout": {…}}`,
/// so the JSON is the figure, and everything here is drawn from it alone: a figure that was decoded draws the same bytes.
///
/// Making a figure never fails and never stops an analysis. What cannot be drawn (no data, rows of unequal length) is said in the
/// panel where it would stand, and in the alternative text.
///
/// Promises:
/// - The JSON is valid for Plotly, with the geometry that the SVG has: sizes, domains and margins in it are the ones drawn.
/// - The SVG stands alone: no request, no script, no identifier that could clash with another figure on the page. It takes the
///   colour of the text around it, so it is readable on light and dark pages. It is never larger than 500 KB (see `SVGCells` and
///   `SVGCurves`).
/// - Whatever numbers a figure has, what is drawn and written has numbers that a page can have (see `bounded`).
/// - Every text of a figure may hold anything; it comes out as text.
/// - The same figure gives the same bytes.
///
/// The module knows nothing of tensors, models, or notebooks.
public struct Figure: Codable, Sendable, Equatable {
  /// What could be drawn, in the order of the panels: one trace for each heatmap, for each curve, row of bars or box.
  public var data: [Trace]
  /// Sizes, titles, axes and colour scales.
  public var layout: Layout

  init(data: [Trace], layout: Layout) {
    self.data = data
    self.layout = layout
  }

  /// Reads a figure from Plotly's JSON.
  /// - Throws: `FigureError.notPlotly`, saying where the JSON is at fault.
  public init(plotlyJSON: String) throws {
    do {
      self = try JSONDecoder().decode(Figure.self, from: Data(plotlyJSON.utf8)).bounded
    } catch let error as DecodingError {
      throw FigureError.notPlotly(Self.reason(error))
    }
  }

  /// The figure in Plotly's schema: sorted keys, numbers with the fewest digits that tell them apart.
  public var plotlyJSON: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(bounded) else { return #"{"data":[],"layout":{}}"# }
    return String(decoding: json, as: UTF8.self)
  }

  /// The heatmaps among the traces that have anything to draw, in order.
  package var heatmaps: [HeatmapTrace] {
    data.compactMap { trace in
      switch trace {
      case .heatmap(let heatmap): heatmap.z.elements.isEmpty ? nil : heatmap
      case .scatter, .bar, .box: nil
      }
    }
  }

  /// Curves, bars and boxes in order, those on the same axes together, without axes that have nothing to draw.
  package var charts: [ChartTraces] {
    var charts: [ChartTraces] = []
    var places: [String: Int] = [:]
    for trace in data {
      guard let axes = trace.chartAxes else { continue }
      let index = places[axes.x + axes.y] ?? charts.count
      if index == charts.count { charts.append(ChartTraces(xaxis: axes.x, yaxis: axes.y)) }
      places[axes.x + axes.y] = index
      charts[index].append(trace)
    }
    return charts.filter(\.hasData)
  }

  /// The title without markup, on one line.
  public var title: String? {
    layout.title.map { PlotlyText.plain($0.text).replacing("\n", with: " ") }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func reason(_ error: DecodingError) -> String {
    let context =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context
      @unknown default: DecodingError.Context(codingPath: [], debugDescription: "it is not JSON")
      }
    let path = context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
    return path.isEmpty ? context.debugDescription : "at \(path.drop { $0 == "." }): \(context.debugDescription)"
  }
}
