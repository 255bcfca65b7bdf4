/// The part of Plotly's figure schema that Folio's figures use, under Plotly's own names: https://plotly.com/javascript/reference.
///
/// What a figure from elsewhere has beyond these properties is not kept. Texts are Plotly's: `<b>` is markup in them, `&lt;` is not
/// (see `PlotlyText`).
extension Figure {
  /// One drawing on a pair of axes.
  public enum Trace: Sendable, Equatable {
    case heatmap(HeatmapTrace)
    case scatter(ScatterTrace)
    case bar(BarTrace)
    case box(BoxTrace)
  }

  /// A matrix as coloured cells.
  public struct HeatmapTrace: Codable, Sendable, Equatable {
    /// The values, `[row][column]`.
    public var z: Heatmap.Values
    /// The panel's title, which Plotly shows on hovering.
    public var name: String?
    /// `x`, `x2`, …: which of the layout's axes.
    public var xaxis: String?
    /// `y`, `y2`, …: which of the layout's axes.
    public var yaxis: String?
    /// `coloraxis`, `coloraxis2`, …
    public var coloraxis: String?
    /// `layer %{y}, head %{x}: %{z:.3f}<extra></extra>`
    public var hovertemplate: String?
    /// What is written in each cell: `%{z:.2f}`; nothing without it.
    public var texttemplate: String?
  }

  /// All that is not data: sizes, titles, axes, colour scales.
  public struct Layout: Sendable, Equatable {
    /// What is written there.
    public var title: Title?
    /// In pixels.
    public var width: Double?
    /// In pixels.
    public var height: Double?
    /// The space around the plots.
    public var margin: Margin?
    /// How its text is set.
    public var font: Font?
    /// Texts at places of the figure.
    public var annotations: [Annotation] = []
    /// `xaxis`, `yaxis2`, …
    public var axes: [String: Axis] = [:]
    /// `coloraxis`, `coloraxis2`, …
    public var colorAxes: [String: ColorAxis] = [:]
    /// `legend`, `legend2`, …
    public var legends: [String: Legend] = [:]
    /// Why panels show a remark and no data, in their order; Folio's own, in Plotly's place for such (`meta`).
    public var problems: [String] = []
  }

  /// A title of a figure, an axis, or a colour bar.
  public struct Title: Codable, Sendable, Equatable {
    /// The text, in Plotly's markup.
    public var text: String
    /// From 0 to 1 of the figure's width.
    public var x: Double?
    /// Which side of it lies at `x`: `left`, `center`, `right`.
    public var xanchor: String?
    /// How its text is set.
    public var font: Font?
  }

  /// How large a text is set.
  public struct Font: Codable, Sendable, Equatable {
    /// In pixels.
    public var size: Double
  }

  /// Between the figure's edges and its plots, in pixels.
  public struct Margin: Codable, Sendable, Equatable {
    /// Left.
    public var l: Double
    /// Right.
    public var r: Double
    /// Above.
    public var t: Double
    /// Below.
    public var b: Double
  }

  /// One side of a panel: where it lies, and what stands along it. A cell's middle is at its index.
  public struct Axis: Codable, Sendable, Equatable {
    /// `linear`, `log`
    public var type: String?
    /// The numbers at the ends, on a log axis their powers of ten.
    public var range: [Double?]?
    /// Where it lies, from 0 to 1 of the space between the margins; 0 is left, or below.
    public var domain: [Double]?
    /// The other axis of its panel.
    public var anchor: String?
    /// The axis that is zoomed with this one.
    public var matches: String?
    /// Which of its ends is first.
    public var autorange: AutoRange?
    /// What is written there.
    public var title: Title?
    /// `array`: the labels are `ticktext`, at `tickvals`. Else each `dtick` cells from `tick0` on bears its number.
    public var tickmode: String?
    /// Where labels stand, with `tickmode` `array`.
    public var tickvals: [Double]?
    /// The labels, with `tickmode` `array`.
    public var ticktext: [String]?
    /// The first number that is written.
    public var tick0: Double?
    /// How far the numbers that are written are apart.
    public var dtick: Double?
    /// In degrees, clockwise.
    public var tickangle: Double?
    /// Whether labels are shown.
    public var showticklabels: Bool?
    /// Whether thin lines go through the panel.
    public var showgrid: Bool?
    /// The colour of these lines.
    public var gridcolor: String?
    /// Whether a line goes through 0.
    public var zeroline: Bool?
  }

  /// Plotly's `autorange`: `true`, or `"reversed"`.
  public enum AutoRange: Codable, Sendable, Equatable {
    case forward
    case reversed
  }

  /// A colour scale that panels share: its colours, the values at its ends, and its bar.
  public struct ColorAxis: Codable, Sendable, Equatable {
    /// The colours.
    public var colorscale: ColorScale?
    /// The value of the first colour.
    public var cmin: Double?
    /// The value of the last colour.
    public var cmax: Double?
    /// The bar that shows the colours.
    public var colorbar: ColorBar?
  }

  /// The drawn scale beside the panels.
  public struct ColorBar: Codable, Sendable, Equatable {
    /// What is written there.
    public var title: Title?
    /// Its left edge, and its middle, in fractions as an axis's domain.
    public var x: Double?
    /// Where it lies from below, as a fraction.
    public var y: Double?
    /// Its height as a fraction.
    public var len: Double?
    /// Its width in pixels.
    public var thickness: Double?
    /// In pixels.
    public var outlinewidth: Double?
  }

  /// A text at a place: a panel's title.
  public struct Annotation: Codable, Sendable, Equatable {
    /// The text, in Plotly's markup.
    public var text: String
    /// Where it lies from the left.
    public var x: Double
    /// Where it lies from below.
    public var y: Double
    /// `paper`: `x` is a fraction of the space between the margins.
    public var xref: String?
    /// `paper`: `y` is a fraction of the space between the margins.
    public var yref: String?
    /// Which side of it lies at `x`: `left`, `center`, `right`.
    public var xanchor: String?
    /// Which side of it lies at `y`: `top`, `middle`, `bottom`.
    public var yanchor: String?
    /// Whether an arrow leads from the text to its place.
    public var showarrow: Bool?
    /// How its text is set.
    public var font: Font?
  }
}

// MARK: - JSON

extension Figure.Trace: Codable {
  private enum Key: String, CodingKey { case type }

  /// Writes it as Plotly does.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    switch self {
    case .heatmap(let trace):
      try object.encode("heatmap", forKey: .type)
      try trace.encode(to: encoder)
    case .scatter(let trace):
      try object.encode("scatter", forKey: .type)
      try trace.encode(to: encoder)
    case .bar(let trace):
      try object.encode("bar", forKey: .type)
      try trace.encode(to: encoder)
    case .box(let trace):
      try object.encode("box", forKey: .type)
      try trace.encode(to: encoder)
    }
  }

  /// Reads it as Plotly writes it.
  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: Key.self)
    let type = try object.decodeIfPresent(String.self, forKey: .type) ?? "scatter"
    switch type {
    case "heatmap": self = .heatmap(try Figure.HeatmapTrace(from: decoder))
    case "scatter", "scattergl": self = .scatter(try Figure.ScatterTrace(from: decoder))
    case "bar": self = .bar(try Figure.BarTrace(from: decoder))
    case "box": self = .box(try Figure.BoxTrace(from: decoder))
    default:
      throw DecodingError.dataCorruptedError(forKey: .type, in: object, debugDescription: "traces of type \(type) are not known")
    }
  }
}

extension Figure.AutoRange {
  /// Writes it as Plotly does.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .forward: try value.encode(true)
    case .reversed: try value.encode("reversed")
    }
  }

  /// Reads it as Plotly writes it.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    self = (try? value.decode(String.self)) == "reversed" ? .reversed : .forward
  }
}

extension Figure.Margin {
  /// Plotly's own margin stands where the JSON names none.
  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      l: try object.decodeIfPresent(Double.self, forKey: .l) ?? 80, r: try object.decodeIfPresent(Double.self, forKey: .r) ?? 80,
      t: try object.decodeIfPresent(Double.self, forKey: .t) ?? 100, b: try object.decodeIfPresent(Double.self, forKey: .b) ?? 80)
  }
}

extension Figure.Title {
  /// Plotly also takes a bare text for a title.
  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self.init(text: text)
      return
    }
    let object = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      text: try object.decodeIfPresent(String.self, forKey: .text) ?? "", x: try object.decodeIfPresent(Double.self, forKey: .x),
      xanchor: try object.decodeIfPresent(String.self, forKey: .xanchor),
      font: try object.decodeIfPresent(Figure.Font.self, forKey: .font))
  }
}

extension Figure.Layout: Codable {
  private struct Meta: Codable {
    var problems: [String]
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static let title = Key(stringValue: "title")
    static let width = Key(stringValue: "width")
    static let height = Key(stringValue: "height")
    static let margin = Key(stringValue: "margin")
    static let font = Key(stringValue: "font")
    static let annotations = Key(stringValue: "annotations")
    static let meta = Key(stringValue: "meta")

    /// Whether this is `prefix`, or `prefix` and a number.
    func names(_ prefix: String) -> Bool {
      stringValue.hasPrefix(prefix) && stringValue.dropFirst(prefix.count).allSatisfy(\.isNumber)
    }
  }

  /// Writes it as Plotly does.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encodeIfPresent(title, forKey: .title)
    try object.encodeIfPresent(width, forKey: .width)
    try object.encodeIfPresent(height, forKey: .height)
    try object.encodeIfPresent(margin, forKey: .margin)
    try object.encodeIfPresent(font, forKey: .font)
    if !annotations.isEmpty { try object.encode(annotations, forKey: .annotations) }
    if !problems.isEmpty { try object.encode(Meta(problems: problems), forKey: .meta) }
    for (name, axis) in axes { try object.encode(axis, forKey: Key(stringValue: name)) }
    for (name, axis) in colorAxes { try object.encode(axis, forKey: Key(stringValue: name)) }
    for (name, legend) in legends { try object.encode(legend, forKey: Key(stringValue: name)) }
  }

  /// Reads it as Plotly writes it.
  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: Key.self)
    title = try object.decodeIfPresent(Figure.Title.self, forKey: .title)
    width = try object.decodeIfPresent(Double.self, forKey: .width)
    height = try object.decodeIfPresent(Double.self, forKey: .height)
    margin = try object.decodeIfPresent(Figure.Margin.self, forKey: .margin)
    font = try object.decodeIfPresent(Figure.Font.self, forKey: .font)
    annotations = try object.decodeIfPresent([Figure.Annotation].self, forKey: .annotations) ?? []
    // What others put there is theirs, of any shape.
    problems = (try? object.decode(Meta.self, forKey: .meta))?.problems ?? []
    for key in object.allKeys {
      if key.names("xaxis") || key.names("yaxis") { axes[key.stringValue] = try object.decode(Figure.Axis.self, forKey: key) }
      if key.names("coloraxis") { colorAxes[key.stringValue] = try object.decode(Figure.ColorAxis.self, forKey: key) }
      if key.names("legend") { legends[key.stringValue] = try object.decode(Figure.Legend.self, forKey: key) }
    }
  }
}
