extension Figure {
  /// Sets the ends of a colour axis. Where its bar stands right of all panels, the figure becomes as wide as the bar's new numbers need, and
  /// never narrower; bars further right make way.
  /// - Parameter name: of the axis in the layout: `coloraxis2`. One that is not there changes nothing.
  package mutating func setColorRange(_ range: ClosedRange<Double>, of name: String) {
    guard let axis = layout.colorAxes[name] else { return }
    layout.colorAxes[name]?.cmin = range.lowerBound
    layout.colorAxes[name]?.cmax = range.upperBound
    guard let before = axis.range, let left = axis.colorbar?.x, left >= 1, let width = layout.width, let margin = layout.margin
    else {
      return
    }
    let wider = (ColorAxis.numbersWidth(range) - ColorAxis.numbersWidth(before)).rounded(.up)
    let inner = width - margin.l - margin.r
    guard wider > 0, inner > 0 else { return }
    layout.width = width + wider
    layout.margin?.r += wider
    for (other, neighbor) in layout.colorAxes {
      if let place = neighbor.colorbar?.x, place > left { layout.colorAxes[other]?.colorbar?.x = place + wider / inner }
    }
  }
}

extension Figure.ColorAxis {
  /// In pixels, of the widest number that stands beside its bar.
  static func numbersWidth(_ range: ClosedRange<Double>) -> Double {
    Numbers.niceTicks(range, atMost: 6).map { TextMetrics.width($0.text, size: AxisTicks.fontSize) }.max() ?? 0
  }
}
