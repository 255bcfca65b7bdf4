/// The bounds of a figure's numbers. Figures come from files and from cells, and may say anything; what is drawn and written has numbers that
/// a page can have.
extension Figure {
  /// Pixels: of a figure's sides and margins, and of its fonts.
  static let sizes = 0.0...20_000, fontSizes = 1.0...400
  /// Places as fractions of the space between the margins: a few figures' sizes around it.
  static let places = -20.0...20

  /// The figure with every number within its bounds; what is no number is missing, or 0.
  var bounded: Figure { Figure(data: data.map(\.bounded), layout: layout.bounded) }
}

extension Double {
  /// The nearest number of the range; NaN stays what it is.
  func clamped(to range: ClosedRange<Double>) -> Double { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }

  fileprivate func bounded(to range: ClosedRange<Double>) -> Double { isNaN ? range.lowerBound : clamped(to: range) }

  /// Nil where it is not finite.
  fileprivate var present: Double? { isFinite ? self : nil }
}

extension Double? {
  /// Nil also for what is no number.
  fileprivate func bounded(to range: ClosedRange<Double>) -> Double? { flatMap { $0.isNaN ? nil : $0.clamped(to: range) } }
}

extension Figure.Trace {
  fileprivate var bounded: Figure.Trace {
    switch self {
    case .heatmap: self
    case .scatter(let trace): .scatter(trace.bounded)
    case .bar(let trace): .bar(trace.bounded)
    case .box(let trace): .box(trace.bounded)
    }
  }
}

extension [Double?] {
  /// Numbers that are none are missing; few lists have any.
  fileprivate var present: [Double?] { contains { $0?.isFinite == false } ? map { $0.flatMap(\.present) } : self }
}

extension Figure.Line {
  fileprivate var bounded: Figure.Line { Figure.Line(color: color, width: width.bounded(to: Figure.sizes), dash: dash) }
}

extension Figure.Marker {
  fileprivate var bounded: Figure.Marker {
    Figure.Marker(
      color: color, size: size.bounded(to: Figure.sizes), symbol: symbol, opacity: opacity.bounded(to: 0...1), line: line?.bounded
    )
  }
}

extension Figure.ErrorBars {
  fileprivate var bounded: Figure.ErrorBars {
    Figure.ErrorBars(type: type, array: array?.present, arrayminus: arrayminus?.present, symmetric: symmetric)
  }
}

extension Figure.BarTrace {
  fileprivate var bounded: Figure.BarTrace {
    var trace = self
    (trace.x, trace.y, trace.base) = (x.present, y.present, base?.present)
    (trace.offset, trace.width) = (offset.flatMap(\.present), width.flatMap(\.present))
    (trace.errorX, trace.errorY, trace.marker) = (errorX?.bounded, errorY?.bounded, marker?.bounded)
    return trace
  }
}

extension Figure.BoxTrace {
  fileprivate var bounded: Figure.BoxTrace {
    var trace = self
    (trace.q1, trace.median, trace.q3) = (q1.present, median.present, q3.present)
    (trace.lowerfence, trace.upperfence, trace.y) = (lowerfence.present, upperfence.present, y?.map(\.present))
    (trace.x, trace.width) = (x.map { $0.isFinite ? $0 : 0 }, width.flatMap(\.present))
    (trace.line, trace.marker) = (line?.bounded, marker?.bounded)
    return trace
  }
}

extension Figure.ScatterTrace {
  fileprivate var bounded: Figure.ScatterTrace {
    var trace = self
    (trace.x, trace.y, trace.errorY) = (x?.present, y.present, errorY?.bounded)
    (trace.line, trace.marker) = (line?.bounded, marker?.bounded)
    return trace
  }
}

extension Figure.Layout {
  fileprivate var bounded: Figure.Layout {
    var layout = self
    layout.width = width.bounded(to: Figure.sizes)
    layout.height = height.bounded(to: Figure.sizes)
    layout.margin = margin.map { margin in
      Figure.Margin(
        l: margin.l.bounded(to: Figure.sizes), r: margin.r.bounded(to: Figure.sizes), t: margin.t.bounded(to: Figure.sizes),
        b: margin.b.bounded(to: Figure.sizes))
    }
    layout.font = font?.bounded
    layout.title = title?.bounded
    layout.annotations = annotations.map { note in
      var note = note
      (note.x, note.y) = (note.x.bounded(to: Figure.places), note.y.bounded(to: Figure.places))
      note.font = note.font?.bounded
      return note
    }
    layout.axes = axes.mapValues(\.bounded)
    layout.colorAxes = colorAxes.mapValues(\.bounded)
    layout.legends = legends.mapValues { legend in
      var legend = legend
      (legend.x, legend.y) = (legend.x.bounded(to: Figure.places), legend.y.bounded(to: Figure.places))
      return legend
    }
    return layout
  }
}

extension Figure.Font {
  fileprivate var bounded: Figure.Font { Figure.Font(size: size.bounded(to: Figure.fontSizes)) }
}

extension Figure.Title {
  fileprivate var bounded: Figure.Title {
    Figure.Title(text: text, x: x.bounded(to: Figure.places), xanchor: xanchor, font: font?.bounded)
  }
}

extension Figure.Axis {
  fileprivate var bounded: Figure.Axis {
    var axis = self
    axis.range = range.map { $0.map { $0.flatMap(\.present) } }
    axis.domain = domain.map { $0.map { $0.bounded(to: Figure.places) } }
    axis.title = title?.bounded
    // A tick that has no place loses its text with it.
    if let tickvals, tickvals.contains(where: { !$0.isFinite }) {
      let kept = tickvals.indices.filter { tickvals[$0].isFinite }
      axis.tickvals = kept.map { tickvals[$0] }
      axis.ticktext = ticktext.map { texts in kept.compactMap { texts.indices.contains($0) ? texts[$0] : nil } }
    }
    axis.tick0 = tick0.flatMap(\.present)
    axis.dtick = dtick.flatMap(\.present)
    axis.tickangle = tickangle.bounded(to: -360...360)
    return axis
  }
}

extension Figure.ColorAxis {
  fileprivate var bounded: Figure.ColorAxis {
    var axis = self
    (axis.cmin, axis.cmax) = (cmin.flatMap(\.present), cmax.flatMap(\.present))
    axis.colorbar = colorbar.map { bar in
      var bar = bar
      bar.title = bar.title?.bounded
      (bar.x, bar.y) = (bar.x.bounded(to: Figure.places), bar.y.bounded(to: Figure.places))
      bar.len = bar.len.bounded(to: 0...Figure.places.upperBound)
      bar.thickness = bar.thickness.bounded(to: Figure.sizes)
      bar.outlinewidth = bar.outlinewidth.bounded(to: Figure.sizes)
      return bar
    }
    return axis
  }
}
