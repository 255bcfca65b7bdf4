/// The part of Plotly's schema that line charts use beyond the heatmaps'.
extension Figure {
  /// Points, and the line that joins them.
  public struct ScatterTrace: Codable, Sendable, Equatable {
    /// A number for each point, `nil` where it is missing. Without them points are counted from 0.
    public var x: [Double?]?
    /// A number for each point, `nil` where it is missing: the line has a gap there.
    public var y: [Double?]
    /// What each point is called.
    public var text: [String?]?
    /// The series.
    public var name: String?
    /// `lines`, `markers`, `lines+markers`
    public var mode: String?
    /// How its line is drawn.
    public var line: Line?
    /// How its points are drawn.
    public var marker: Marker?
    /// `x`, `x2`, …: which of the layout's axes.
    public var xaxis: String?
    /// `y`, `y2`, …: which of the layout's axes.
    public var yaxis: String?
    /// `legend`, `legend2`, …
    public var legend: String?
    /// Whether it stands in the legend.
    public var showlegend: Bool?
    /// `%{text}, step %{x}: %{y:.4~g}<extra></extra>`
    public var hovertemplate: String?
    /// `skip` where hovering says nothing: the edges of a band.
    public var hoverinfo: String?
    /// `tonexty`: the space between the trace before and this one is coloured.
    public var fill: String?
    /// The colour of this space: `rgba(0,114,178,0.2)`.
    public var fillcolor: String?
    /// How far each y may be off.
    public var errorY: ErrorBars?

    private enum CodingKeys: String, CodingKey {
      case x, y, text, name, mode, line, marker, xaxis, yaxis, legend, showlegend, hovertemplate, hoverinfo, fill, fillcolor
      case errorY = "error_y"
    }
  }

  /// How a line is drawn.
  public struct Line: Codable, Sendable, Equatable {
    /// `rgb(0,114,178)`
    public var color: String?
    /// In pixels.
    public var width: Double?
    /// `solid`, `dash`, `dot`, `dashdot`, or lengths in pixels: `9px,4px`.
    public var dash: String?
  }

  /// How points are marked.
  public struct Marker: Sendable, Equatable {
    /// `rgb(0,114,178)`
    public var color: String?
    /// In pixels across.
    public var size: Double?
    /// `circle`, `square`, `diamond`, `triangle-up`, `triangle-down`, `cross`
    public var symbol: String?
    /// From 0 to 1.
    public var opacity: Double?
    /// The outline of bars.
    public var line: Line?
  }

  /// Where the names of a panel's series stand.
  public struct Legend: Codable, Sendable, Equatable {
    /// `h`: beside each other.
    public var orientation: String?
    /// A corner, in fractions as an axis's domain.
    public var x: Double?
    /// Where it lies from below, as a fraction.
    public var y: Double?
    /// Which side of it lies at `x`: `left`, `center`, `right`.
    public var xanchor: String?
    /// Which side of it lies at `y`: `top`, `middle`, `bottom`.
    public var yanchor: String?
  }
}

extension Figure.ScatterTrace {
  /// The points in order.
  var points: [ChartPoint] {
    y.indices.map { index in
      let x = x.map { $0.indices.contains(index) ? $0[index] ?? .nan : .nan } ?? Double(index)
      return ChartPoint(x: x, y: y[index] ?? .nan)
    }
  }

  /// The names of both axes.
  var axes: String { (xaxis ?? "x") + (yaxis ?? "y") }

  /// As in Plotly, short lines are marked if nothing is said.
  private var drawn: Substring { mode.map { $0[...] } ?? (y.count < 20 ? "lines+markers" : "lines") }
  var hasLine: Bool { drawn.contains("lines") && line?.width != 0 }
  var hasMarkers: Bool { drawn.contains("markers") }

  /// The series' name as it is drawn.
  var label: String { HoverTemplate.label(name ?? "") }
}

extension Figure.Marker: Codable {
  private enum Key: String, CodingKey { case color, size, symbol, opacity, line }

  /// Writes it as Plotly does.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encodeIfPresent(color, forKey: .color)
    try object.encodeIfPresent(size, forKey: .size)
    try object.encodeIfPresent(symbol, forKey: .symbol)
    try object.encodeIfPresent(opacity, forKey: .opacity)
    try object.encodeIfPresent(line, forKey: .line)
  }

  /// Plotly also takes lists here, one element a point; these are drawn as if nothing were said.
  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: Key.self)
    self.init(
      color: try? object.decode(String.self, forKey: .color), size: try? object.decode(Double.self, forKey: .size),
      symbol: try? object.decode(String.self, forKey: .symbol), opacity: try? object.decode(Double.self, forKey: .opacity),
      line: try? object.decode(Figure.Line.self, forKey: .line))
  }
}
