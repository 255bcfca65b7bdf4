import Text

/// What tells a chart's series apart: a colour, a dash, and the shape of the markers.
///
/// The four colours keep their distance for readers of every colour vision, and stand out from white and from near-black pages alike
/// (the tests measure both). From the fifth series on the colours return with dashed lines.
package struct SeriesStyle: Equatable {
  package static let colors = [RGB(0, 114, 178), RGB(213, 94, 0), RGB(24, 156, 126), RGB(168, 102, 238)]
  static let dashes = ["solid", "dash", "dot", "dashdot"]
  static let symbols = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross"]
  static let lineWidth = 2.0
  static let markerSize = 7.0

  package var color: RGB
  /// Plotly's name, or lengths in pixels.
  var dash: String
  var symbol: String

  /// The style of a panel's series by its number.
  package init(_ number: Int) {
    color = Self.colors[number % Self.colors.count]
    dash = Self.dashes[number / Self.colors.count % Self.dashes.count]
    symbol = Self.symbols[number % Self.symbols.count]
  }

  /// The style that a trace asks for; what it leaves open is as in the panel's series of this number.
  init(_ trace: Figure.ScatterTrace, number: Int) {
    self.init(number)
    color = (trace.line?.color ?? trace.marker?.color).flatMap(RGB.init(css:)) ?? color
    dash = trace.line?.dash ?? "solid"
    symbol = trace.marker?.symbol ?? "circle"
  }

  /// SVG's `stroke-dasharray`; `nil` for a solid line.
  var dashArray: String? {
    switch dash {
    case "dash": "7 4"
    case "dot": "1.5 4"
    case "dashdot": "8 4 1.5 4"
    case "longdash": "12 5"
    case "longdashdot": "12 4 1.5 4"
    default: lengths
    }
  }

  /// `9px,4px` as `9 4`.
  private var lengths: String? {
    let parts = dash.replacing("px", with: "").split { $0 == "," || $0 == " " }.compactMap { Double($0) }
    guard !parts.isEmpty, parts.count <= 8, parts.allSatisfy({ $0 > 0 && $0 < 100 }) else { return nil }
    return parts.map(Numbers.coordinate).joined(separator: " ")
  }

  /// A marker's outline around a point, as an SVG path.
  func markerPath(_ x: Double, _ y: Double, size: Double = Self.markerSize) -> String {
    let radius = size / 2
    func corners(_ offsets: [(Double, Double)]) -> String {
      let points = offsets.map { Numbers.coordinate(x + $0.0 * radius) + " " + Numbers.coordinate(y + $0.1 * radius) }
      return "M" + points.joined(separator: "L") + "z"
    }
    switch symbol {
    case "square": return corners([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case "diamond": return corners([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)])
    case "triangle-up": return corners([(0, -1.2), (1.15, 0.85), (-1.15, 0.85)])
    case "triangle-down": return corners([(0, 1.2), (1.15, -0.85), (-1.15, -0.85)])
    case "cross":
      let (thin, long) = (0.4, 1.2)
      return corners([
        (-thin, -long), (thin, -long), (thin, -thin), (long, -thin), (long, thin), (thin, thin), (thin, long), (-thin, long),
        (-thin, thin), (-long, thin), (-long, -thin), (-thin, -thin),
      ])
    default:
      let (left, r) = (Numbers.coordinate(x - radius), Numbers.coordinate(radius))
      let across = Numbers.coordinate(size)
      return "M\(left) \(Numbers.coordinate(y))a\(r) \(r) 0 1 0 \(across) 0a\(r) \(r) 0 1 0-\(across) 0z"
    }
  }
}
