import Foundation
import Text

/// The colours that stand for numbers: stops between 0 and 1, and straight lines between them in RGB, as Plotly draws them.
///
/// The stops are written out in the JSON, never named: plotly.js and plotly.py know different colours by the name `RdBu`.
public struct ColorScale: Sendable, Equatable {
  /// A position from 0 to 1, and the colour there.
  public struct Stop: Sendable, Equatable {
    /// From 0 to 1.
    public var position: Double
    /// The colour there.
    public var color: RGB

    /// A colour at a position.
    public init(position: Double, color: RGB) {
      self.position = position
      self.color = color
    }
  }

  /// At least one, by rising position.
  public private(set) var stops: [Stop]

  /// Colours at equal distances. Without any, the scale is black.
  public init(_ colors: [RGB]) {
    let last = Double(max(1, colors.count - 1))
    self.init(stops: colors.enumerated().map { Stop(position: Double($0.offset) / last, color: $0.element) })
  }

  /// Stops in any order; they are sorted by position.
  public init(stops: [Stop]) {
    let known = stops.filter { $0.position.isFinite }
    self.stops = known.isEmpty ? [Stop(position: 0, color: RGB(0, 0, 0))] : known.sorted { $0.position < $1.position }
  }

  /// plotly.py's `RdBu`: red is low, blue is high, nearly white is the middle. Its range is symmetric around 0 by default.
  public static let diverging = ColorScale([
    RGB(103, 0, 31), RGB(178, 24, 43), RGB(214, 96, 77), RGB(244, 165, 130), RGB(253, 219, 199), RGB(247, 247, 247),
    RGB(209, 229, 240), RGB(146, 197, 222), RGB(67, 147, 195), RGB(33, 102, 172), RGB(5, 48, 97),
  ])

  /// plotly.py's `Blues`: nearly white is low, dark blue is high. Its range starts at 0 by default, or at the lowest value below.
  public static let sequential = ColorScale([
    RGB(247, 251, 255), RGB(222, 235, 247), RGB(198, 219, 239), RGB(158, 202, 225), RGB(107, 174, 214), RGB(66, 146, 198),
    RGB(33, 113, 181), RGB(8, 81, 156), RGB(8, 48, 107),
  ])

  /// The colour at a fraction of the range; fractions beyond the ends have the ends' colours.
  public func color(at fraction: Double) -> RGB {
    guard let upper = stops.firstIndex(where: { $0.position >= fraction }) else { return stops[stops.count - 1].color }
    guard upper > 0 else { return stops[0].color }
    let (from, to) = (stops[upper - 1], stops[upper])
    guard to.position > from.position else { return to.color }
    return from.color.mixed(with: to.color, (fraction - from.position) / (to.position - from.position))
  }

  /// Whether the scale stands for two directions from a middle: the colour there is a grey, lighter or darker than at both ends, and
  /// the stops lie alike on both sides of it.
  var isDiverging: Bool {
    guard stops.count > 2, stops.count % 2 == 1 else { return false }
    let mirrors = zip(stops, stops.reversed()).allSatisfy { abs($0.position + $1.position - 1) < 1e-6 }
    let (middle, ends) = (stops[stops.count / 2].color, [stops[0].color, stops[stops.count - 1].color])
    let isLightest = ends.allSatisfy { $0.lightness < middle.lightness }
    let isDarkest = ends.allSatisfy { $0.lightness > middle.lightness }
    return mirrors && middle.isGrey && !ends.contains(where: \.isGrey) && (isLightest || isDarkest)
  }

  /// The scale as it is drawn over a range. One that diverges has its middle at a value, 0 by default, and equal colours for values equally
  /// far from it, so of an uneven range the shorter side shows only a part of its colours. A range that lies on one side of it has another middle.
  func drawn(over range: ClosedRange<Double>, around middle: Double = 0) -> ColorScale {
    let (low, high) = (range.lowerBound - middle, range.upperBound - middle)
    guard isDiverging, range.contains(middle), low != -high, low.isFinite, high.isFinite else { return self }
    let extent = max(-low, high)
    let (from, to) = ((low / extent + 1) / 2, (high / extent + 1) / 2)
    let inner = stops.filter { from < $0.position && $0.position < to }
    return ColorScale(
      stops: [Stop(position: 0, color: color(at: from))]
        + inner.map { Stop(position: ($0.position - from) / (to - from), color: $0.color) }
        + [Stop(position: 1, color: color(at: to))])
  }

  /// The range that this scale spans over values, where nobody asked for another one. Never empty.
  /// - Parameter middle: the value of the middle of a scale with two directions.
  package func defaultRange(of values: some Sequence<Double>, around middle: Double = 0) -> ClosedRange<Double> {
    var (low, high) = (middle, middle)
    for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
    if self == .sequential { return high > low ? low + 0...high : 0...1 }
    let extent = max(middle - low, high - middle)
    let ends = extent > 0 ? (middle - extent, middle + extent) : (middle - 1, middle + 1)
    return ends.0.isFinite && ends.1.isFinite && ends.0 < ends.1 ? ends.0...ends.1 : -1...1
  }
}

/// A colour of a screen.
public struct RGB: Sendable, Hashable {
  /// From 0 to 255.
  public var red: UInt8
  /// From 0 to 255.
  public var green: UInt8
  /// From 0 to 255.
  public var blue: UInt8

  /// From 0 to 255 each.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  func mixed(with other: RGB, _ share: Double) -> RGB {
    func mix(_ from: UInt8, _ to: UInt8) -> UInt8 {
      UInt8(clamping: Int(bounded: (Double(from) + (Double(to) - Double(from)) * share).rounded(), to: 0...255))
    }
    return RGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }

  /// `#0a2f6b`, or `#fff` where three digits say the same.
  package var hex: String {
    let digits = Array("0123456789abcdef")
    let channels = [red, green, blue]
    if channels.allSatisfy({ $0 >> 4 == $0 & 15 }) { return "#" + String(channels.map { digits[Int($0 & 15)] }) }
    return "#" + String(channels.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// The sum of the channels.
  fileprivate var lightness: Int { Int(red) + Int(green) + Int(blue) }

  /// Whether the channels are nearly equal.
  fileprivate var isGrey: Bool { Int(max(red, green, blue)) - Int(min(red, green, blue)) <= 16 }

  /// Whether white is better read on this colour than black: its relative luminance (WCAG 2) is below that of equal contrast.
  package var isDark: Bool {
    let linear = [red, green, blue].map { channel in
      let part = Double(channel) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.179
  }

  /// The colour of letters on it: white or black, whichever is better read, and never with a contrast below 4.58.
  package var ink: String { isDark ? "#fff" : "#000" }

  /// `rgb(5,48,97)`, as Plotly writes it.
  package var css: String { "rgb(\(red),\(green),\(blue))" }

  /// Reads `rgb(5, 48, 97)` and `#053061`.
  init?(css: String) {
    let text = css.filter { !$0.isWhitespace }.lowercased()
    if text.hasPrefix("#"), text.utf8.count == 7, let number = UInt32(text.dropFirst(), radix: 16) {
      self.init(UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255))
    } else if text.hasPrefix("rgb("), text.hasSuffix(")") {
      let channels = text.dropFirst(4).dropLast().split(separator: ",").compactMap { UInt8($0) }
      guard channels.count == 3 else { return nil }
      self.init(channels[0], channels[1], channels[2])
    } else {
      return nil
    }
  }
}

extension ColorScale: Codable {
  /// `[[0, "rgb(103,0,31)"], …, [1, "rgb(5,48,97)"]]`
  public func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    for stop in stops {
      var pair = list.nestedUnkeyedContainer()
      try pair.encode(stop.position)
      try pair.encode(stop.color.css)
    }
  }

  /// Reads Plotly's list of positions and colours, or the name of a scale.
  public init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    var stops: [Stop] = []
    while !list.isAtEnd {
      var pair = try list.nestedUnkeyedContainer()
      let position = try pair.decode(Double.self)
      let text = try pair.decode(String.self)
      guard let color = RGB(css: text) else {
        throw DecodingError.dataCorruptedError(
          in: pair, debugDescription: "\(text) is no colour of the form rgb(r,g,b) or #rrggbb")
      }
      stops.append(Stop(position: position, color: color))
    }
    self.init(stops: stops)
  }
}
