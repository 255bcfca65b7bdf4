import Text

/// A text with variables, as Plotly shows it on hovering: `layer %{y}, head %{x}: %{z:.4~g}<extra></extra>`.
struct HoverTemplate {
  /// Characters of one part; more would not be read on hovering.
  static let longestText = 60

  /// The template's texts and variables by turns: `layer `, `y`, `, head `, `x`, …
  private static let mostParts = 40
  private var parts: [(text: String, variable: Substring, format: NumberFormat?)] = []

  init(_ template: String) {
    var rest = template.replacing("<extra></extra>", with: "")[...]
    while parts.count < Self.mostParts, let open = rest.firstRange(of: "%{"),
      let close = rest[open.upperBound...].firstIndex(of: "}")
    {
      let variable = rest[open.upperBound..<close].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let format = variable.count > 1 ? NumberFormat(String(variable[1])) : nil
      parts.append((Self.label(String(rest[..<open.lowerBound])), variable[0], format))
      rest = rest[rest.index(after: close)...]
    }
    parts.append((Self.label(String(rest)), "", nil))
  }

  /// The text with each variable's value, as `value` knows it.
  func text(_ value: (_ variable: Substring, _ format: NumberFormat?) -> String) -> String {
    parts.map { $0.text + value($0.variable, $0.format) }.joined()
  }

  /// Plotly's text on one line, and not for ever.
  static func label(_ text: String) -> String { TextMetrics.clipped(Markup.label(PlotlyText.plain(text)), to: longestText) }
}

/// What a cell says on hovering.
struct CellHover {
  private var template: HoverTemplate
  private var x: [String]?
  private var y: [String]?

  init(template: String?, x: [String]?, y: [String]?) {
    (self.x, self.y) = (x?.map(Self.label), y?.map(Self.label))
    self.template = HoverTemplate(template ?? "row %{y}, column %{x}: %{z}")
  }

  /// `layer 3, head 1: 0.812`
  func text(row: Int, column: Int, _ value: Double) -> String {
    template.text { variable, format in
      switch variable {
      case "x": x.map { $0[column] } ?? String(column)
      case "y": y.map { $0[row] } ?? String(row)
      case "z": (format ?? NumberFormat(".4~g"))(value)
      default: ""
      }
    }
  }

  private static func label(_ text: String) -> String { TextMetrics.clipped(Markup.label(text), to: HoverTemplate.longestText) }
}

/// What a bar says on hovering.
struct BarHover {
  private var template: HoverTemplate
  private var trace: Figure.BarTrace
  private var name: String

  init(_ trace: Figure.BarTrace) {
    template = HoverTemplate(trace.hovertemplate ?? "%{fullData.name} %{text}: %{value}")
    name = HoverTemplate.label(trace.name ?? "")
    self.trace = trace
  }

  /// `base, 3 hops: 0.812`; with its error bar `0.812, from 0.7 to 0.9`.
  func text(_ extent: Figure.BarTrace.Extent) -> String {
    let text = template.text { variable, format in
      let number = format ?? NumberFormat(".4~g")
      switch variable {
      case "value": return number(extent.value)
      case "x": return number(trace.isHorizontal ? extent.to : (extent.sides.0 + extent.sides.1) / 2)
      case "y": return number(trace.isHorizontal ? (extent.sides.0 + extent.sides.1) / 2 : extent.to)
      case "text", "label":
        return trace.text.flatMap { $0.indices.contains(extent.index) ? $0[extent.index] : nil }.map(HoverTemplate.label) ?? ""
      case "fullData.name": return name
      default: return ""
      }
    }
    return text + ErrorReach.text(trace.errors, extent.index, around: extent.to)
  }
}

/// The ends of an error bar in words.
enum ErrorReach {
  /// `, from 0.7 to 0.9`
  static func text(_ errors: Figure.ErrorBars?, _ index: Int, around value: Double) -> String {
    guard let reach = errors?.reach(index) else { return "" }
    let format = NumberFormat(".4~g")
    return ", from \(format(value - reach.below)) to \(format(value + reach.above))"
  }
}

/// What a point says on hovering.
struct PointHover {
  private var template: HoverTemplate
  private var name: String
  private var labels: [String?]
  private var errors: Figure.ErrorBars?

  init(_ trace: Figure.ScatterTrace) {
    errors = trace.errorY
    template = HoverTemplate(trace.hovertemplate ?? "%{fullData.name}: x %{x}, y %{y}")
    name = HoverTemplate.label(trace.name ?? "")
    labels = trace.text ?? []
  }

  /// `loss: warm-up, step 3, nats 0.812`
  func text(_ index: Int, _ point: ChartPoint) -> String {
    let text = template.text { variable, format in
      switch variable {
      case "x": (format ?? NumberFormat(".6~g"))(point.x)
      case "y": (format ?? NumberFormat(".4~g"))(point.y)
      case "text": labels.indices.contains(index) ? labels[index].map(HoverTemplate.label) ?? "" : ""
      case "fullData.name": name
      default: ""
      }
    }
    return text + ErrorReach.text(errors, index, around: point.y)
  }
}
