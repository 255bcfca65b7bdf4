/// A panel's outline, ticks, labels and axis titles.
struct SVGAxes {
  var panel: SVGPanel

  func draw(_ svg: inout SVGText) {
    let frame = panel.frame
    svg.element(
      "rect",
      [
        "x": Numbers.coordinate(frame.x), "y": Numbers.coordinate(frame.y), "width": Numbers.coordinate(frame.width),
        "height": Numbers.coordinate(frame.height), "fill": "none", "stroke": "currentColor", "stroke-opacity": ".3",
        "stroke-width": ".75",
      ])
    if panel.y.showticklabels != false { drawY(&svg) }
    if panel.x.showticklabels != false { drawX(&svg) }
    drawTitles(&svg)
  }

  private func drawY(_ svg: inout SVGText) {
    let ticks = panel.yTicks
    let (x, stride) = (panel.frame.x, ticks.stride(length: panel.frame.height, room: AxisTicks.lineHeight))
    var marks = ""
    svg.raw(#"<g text-anchor="end" fill-opacity=".82" style="white-space:pre">"#)
    for index in Swift.stride(from: 0, to: ticks.count, by: stride) {
      let row = panel.isUpsideDown ? ticks.count - 1 - index : index
      let y = panel.frame.y + (Double(row) + 0.5) * panel.cellHeight
      marks += "M\(Numbers.coordinate(x)) \(Numbers.coordinate(y))h-4"
      svg.element("text", ["x": Numbers.coordinate(x - 7), "y": Numbers.coordinate(y + 3.8)], ticks.text(index))
    }
    svg.raw("</g>")
    drawMarks(marks, &svg)
  }

  private func drawX(_ svg: inout SVGText) {
    let ticks = panel.xTicks
    let slanted = (panel.x.tickangle ?? 0) != 0 || (panel.x.tickangle == nil && ticks.isSlanted(length: panel.frame.width))
    let stride = ticks.stride(length: panel.frame.width, room: ticks.roomAcross(slanted: slanted))
    let y = panel.frame.y + panel.frame.height
    var marks = ""
    svg.raw(#"<g text-anchor="\#(slanted ? "end" : "middle")" fill-opacity=".82" style="white-space:pre">"#)
    for index in Swift.stride(from: 0, to: ticks.count, by: stride) {
      let x = panel.frame.x + (Double(index) + 0.5) * panel.cellWidth
      marks += "M\(Numbers.coordinate(x)) \(Numbers.coordinate(y))v4"
      if slanted {
        let place = "translate(\(Numbers.coordinate(x + 4)) \(Numbers.coordinate(y + 12)))rotate(-45)"
        svg.element("text", ["transform": place], ticks.text(index))
      } else {
        svg.element("text", ["x": Numbers.coordinate(x), "y": Numbers.coordinate(y + 16)], ticks.text(index))
      }
    }
    svg.raw("</g>")
    drawMarks(marks, &svg)
  }

  private func drawMarks(_ path: String, _ svg: inout SVGText) {
    svg.raw(#"<path d="\#(path)" stroke="currentColor" stroke-opacity=".45" stroke-width=".75"/>"#)
  }

  private func drawTitles(_ svg: inout SVGText) {
    let frame = panel.frame
    let size = Numbers.coordinate(Arrangement.axisTitleSize)
    if let title = label(panel.x.title, length: frame.width) {
      let ticks = panel.xTicks
      let labels = panel.x.showticklabels == false ? 4 : (panel.x.tickangle ?? 0) != 0 ? ticks.widest * 0.71 + 16 : 22
      svg.element(
        "text",
        [
          "x": Numbers.coordinate(frame.x + frame.width / 2), "y": Numbers.coordinate(frame.y + frame.height + labels + 11),
          "text-anchor": "middle", "font-size": size, "fill-opacity": ".82",
        ], title)
    }
    if let title = label(panel.y.title, length: frame.height) {
      let labels = panel.y.showticklabels == false ? 0 : panel.yTicks.widest
      let x = Numbers.coordinate(frame.x - 17 - labels)
      let y = Numbers.coordinate(frame.y + frame.height / 2)
      svg.element(
        "text",
        ["transform": "translate(\(x) \(y))rotate(-90)", "text-anchor": "middle", "font-size": size, "fill-opacity": ".82"],
        title)
    }
  }

  /// As much of an axis's title as fits along it.
  private func label(_ title: Figure.Title?, length: Double) -> String? {
    guard let title, !title.text.isEmpty else { return nil }
    return TextMetrics.clipped(
      Markup.label(PlotlyText.plain(title.text)), to: max(12, Int(length / Arrangement.axisTitleSize * 1.9)))
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
    let bands = Int((height / 3).clamped(to: 8...96))
    let place = "translate(\(Numbers.coordinate(left)) \(Numbers.coordinate(top)))"
    svg.raw(
      #"<g shape-rendering="crispEdges" transform="\#(place)scale(\#(Numbers.coordinate(width)) \#(Numbers.scale(height / Double(bands))))">"#
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
    for tick in Numbers.niceTicks(range, atMost: Int((height / 28).clamped(to: 2...6))) {
      let y = top + height * (1 - range.fraction(of: tick.value))
      marks += "M\(Numbers.coordinate(x)) \(Numbers.coordinate(y))h3"
      svg.element("text", ["x": Numbers.coordinate(x + Arrangement.barTickGap), "y": Numbers.coordinate(y + 3.8)], tick.text)
    }
    svg.raw("</g>")
    svg.raw(#"<path d="\#(marks)" stroke="currentColor" stroke-opacity=".45" stroke-width=".75"/>"#)
  }
}
