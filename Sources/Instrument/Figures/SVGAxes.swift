import Text

/// A panel's outline, ticks, labels and axis titles.
struct SVGAxes {
  /// A label, and where it stands along its axis, in pixels of the drawing.
  struct Mark {
    var place: Double
    var text: String
  }

  /// An axis, its labels, and the width of the widest that it could have.
  struct Side {
    var axis: Figure.Axis
    var marks: [Mark]
    var widest: Double
    var isSlanted = false
  }

  var frame: PanelFrame
  var x: Side
  var y: Side

  func draw(_ svg: inout SVGText) {
    svg.element(
      "rect",
      [
        "x": Numbers.coordinate(frame.x), "y": Numbers.coordinate(frame.y), "width": Numbers.coordinate(frame.width),
        "height": Numbers.coordinate(frame.height), "fill": "none", "stroke": "currentColor", "stroke-opacity": ".3",
        "stroke-width": ".75",
      ])
    if y.axis.showticklabels != false { drawY(&svg) }
    if x.axis.showticklabels != false { drawX(&svg) }
    drawTitles(&svg)
  }

  private func drawY(_ svg: inout SVGText) {
    var path = ""
    svg.raw(#"<g text-anchor="end" fill-opacity=".82" style="white-space:pre">"#)
    for mark in y.marks {
      path += "M\(Numbers.coordinate(frame.x)) \(Numbers.coordinate(mark.place))h-4"
      svg.element("text", ["x": Numbers.coordinate(frame.x - 7), "y": Numbers.coordinate(mark.place + 3.8)], mark.text)
    }
    svg.raw("</g>")
    drawMarks(path, &svg)
  }

  private func drawX(_ svg: inout SVGText) {
    let bottom = frame.y + frame.height
    var path = ""
    svg.raw(#"<g text-anchor="\#(x.isSlanted ? "end" : "middle")" fill-opacity=".82" style="white-space:pre">"#)
    for mark in x.marks {
      path += "M\(Numbers.coordinate(mark.place)) \(Numbers.coordinate(bottom))v4"
      if x.isSlanted {
        let place = "translate(\(Numbers.coordinate(mark.place + 4)) \(Numbers.coordinate(bottom + 12)))rotate(-45)"
        svg.element("text", ["transform": place], mark.text)
      } else {
        svg.element("text", ["x": Numbers.coordinate(mark.place), "y": Numbers.coordinate(bottom + 16)], mark.text)
      }
    }
    svg.raw("</g>")
    drawMarks(path, &svg)
  }

  private func drawMarks(_ path: String, _ svg: inout SVGText) {
    svg.raw(#"<path d="\#(path)" stroke="currentColor" stroke-opacity=".45" stroke-width=".75"/>"#)
  }

  private func drawTitles(_ svg: inout SVGText) {
    let size = Numbers.coordinate(Arrangement.axisTitleSize)
    if let title = label(x.axis.title, length: frame.width) {
      let labels = x.axis.showticklabels == false ? 4 : x.isSlanted ? x.widest * 0.71 + 16 : 22
      svg.element(
        "text",
        [
          "x": Numbers.coordinate(frame.x + frame.width / 2), "y": Numbers.coordinate(frame.y + frame.height + labels + 11),
          "text-anchor": "middle", "font-size": size, "fill-opacity": ".82",
        ], title)
    }
    if let title = label(y.axis.title, length: frame.height) {
      let labels = y.axis.showticklabels == false ? 0 : y.widest
      let left = Numbers.coordinate(frame.x - 17 - labels)
      let middle = Numbers.coordinate(frame.y + frame.height / 2)
      svg.element(
        "text",
        [
          "transform": "translate(\(left) \(middle))rotate(-90)", "text-anchor": "middle", "font-size": size,
          "fill-opacity": ".82",
        ],
        title)
    }
  }

  /// As much of an axis's title as fits along it.
  private func label(_ title: Figure.Title?, length: Double) -> String? {
    guard let title, !title.text.isEmpty else { return nil }
    return TextMetrics.clipped(
      Markup.label(PlotlyText.plain(title.text)), to: Int(bounded: length / Arrangement.axisTitleSize * 1.9, to: 12...10_000))
  }
}

/// The colours of a scale with the values that they stand for.
struct SVGColorBar {
  var axis: Figure.ColorAxis
  var geometry: SVGGeometry
  func draw(_ svg: inout SVGText) {
    guard let range = axis.range, let scale = axis.colorscale else { return }
    let bar = axis.colorbar
    let height = (bar?.len ?? 1) * geometry.innerHeight
    let middle = geometry.point(bar?.x ?? 1.02, bar?.y ?? 0.5)
    let (left, top) = (middle.x, middle.y - height / 2)
    let width = bar?.thickness ?? Arrangement.barThickness
    // Steps of three pixels look continuous.
    let bands = Int(bounded: height / 3, to: 8...96)
    let place = "translate(\(Numbers.coordinate(left)) \(Numbers.coordinate(top)))"
    svg.raw(
      #"<g class="ramp" shape-rendering="crispEdges" transform="\#(place)scale(\#(Numbers.coordinate(width)) \#(Numbers.scale(height / Double(bands))))">"#
    )
    for band in 0..<bands {
      let color = scale.color(at: 1 - (Double(band) + 0.5) / Double(bands))
      svg.raw(#"<path fill="\#(color.hex)" d="M0 \#(band)h1v1h-1z"/>"#)
    }
    svg.raw("</g>")
    drawTicks(range, x: left + width, top: top, height: height, &svg)
    if let title = bar?.title, !title.text.isEmpty {
      svg.element(
        "text",
        [
          "x": Numbers.coordinate(left), "y": Numbers.coordinate(top - 9),
          "font-size": Numbers.coordinate(Arrangement.axisTitleSize),
          "fill-opacity": ".82",
        ], Markup.label(PlotlyText.plain(title.text)))
    }
  }

  private func drawTicks(_ range: ClosedRange<Double>, x: Double, top: Double, height: Double, _ svg: inout SVGText) {
    var marks = ""
    svg.raw(#"<g fill-opacity=".82">"#)
    // One number alone is no scale.
    let ticks = (Int(bounded: height / 28, to: 2...6)...6).lazy.map { Numbers.niceTicks(range, atMost: $0) }
    for tick in ticks.first(where: { $0.count > 1 }) ?? [] {
      let y = top + height * (1 - range.fraction(of: tick.value))
      marks += "M\(Numbers.coordinate(x)) \(Numbers.coordinate(y))h3"
      svg.element("text", ["x": Numbers.coordinate(x + Arrangement.barTickGap), "y": Numbers.coordinate(y + 3.8)], tick.text)
    }
    svg.raw("</g>")
    svg.raw(#"<path d="\#(marks)" stroke="currentColor" stroke-opacity=".45" stroke-width=".75"/>"#)
  }
}
