import Circuits
import Figures
import Foundation
import Record
import Statistics

// What edges, paths and circuits look like on a page.

extension Circuit: Displayable {
  /// The circuit as a graph, from the embedding below to the logits above: an edge leaves what writes, and ends at what reads it. Blue edges speak for
  /// the clean answer, orange ones against it; the wider, the more.
  /// - Parameter count: only so many of the strongest edges are drawn; a few dozen can be read.
  /// - Throws: nothing that a circuit can cause.
  public func picture(strongest count: Int = 40, title: String? = nil) throws -> Picture {
    let drawing = CircuitDrawing(self, strongest: count, title: title)
    return try Picture(Data(drawing.svg.utf8), alt: drawing.alt)
  }

  /// Its graph, and how large it is.
  public var displayed: [Displayed] {
    guard let picture = try? picture() else { return [.text(description)] }
    return [.picture(picture), .text(description)]
  }
}

extension EdgeScores: Displayable {
  /// The strongest edges with their scores, and of several examples with the interval of their mean.
  public func table(strongest count: Int = 15, by ranking: EdgeRanking = .magnitude) -> Table {
    let edges = strongest(count, by: ranking)
    guard examples.count > 1 else { return Table(edges, ["edge": \.edge, "score": \.score]) }
    return Table(
      columns: ["edge", "score", "95 % interval"],
      rows: edges.map { item in
        let interval = (try? evidence(of: item.edge))?.estimate.interval
        return [item.edge, item.score, interval.map { String(format: "%.3g to %.3g", $0.lowerBound, $0.upperBound) } ?? ""]
      })
  }

  /// The table of the strongest edges; how many were scored, how, on how many examples; and, where edges were really patched, the
  /// scores over the truth.
  public var displayed: [Displayed] {
    let note = "\(graph.edgeCount) edges by \(method), ablated by \(ablation), n = \(examples.count)"
    return [.table(table()), .text(check.map { "\(note); \($0)" } ?? note)] + (check.map { [.figure(Figure($0.chart))] } ?? [])
  }
}

extension EdgeCheck: Displayable {
  /// What the method says over what patching says, a point for each edge.
  public var chart: ScatterChart {
    ScatterChart(title: "Edges really patched", x: "effect of patching (logits)", y: "score (logits)") {
      Series("edges", x: edges.map(\.patched), y: edges.map(\.estimate), labels: edges.map { $0.edge.description })
    }
  }

  /// Its chart.
  public var displayed: [Displayed] { [.figure(Figure(chart)), .text(description)] }
}

extension FaithfulnessCurve: Displayable {
  /// The faithfulness over the part of the edges that is kept, under CPR and CMD where the curve has them; of several examples with the band of its
  /// 95 % interval.
  public func chart(title: String? = nil) -> LineChart {
    let values = points.map(\.faithfulness.value)
    let intervals = points.map { (try? $0.faithfulness.estimate())?.interval }
    let series = Series(
      "\(method)", x: points.map { 100 * $0.fraction }, y: values, labels: points.map { "\($0.edgeCount) edges" }, markers: true)
    return LineChart(
      title: title ?? (circuitPerformanceRatio == nil ? "Faithfulness" : areas), x: "edges kept (%)", y: "faithfulness",
      xScale: .log
    ) {
      if intervals.allSatisfy({ $0 != nil }) {
        series.band(
          from: zip(intervals, values).map { min($0?.lowerBound ?? $1, $1) },
          to: zip(intervals, values).map { max($0?.upperBound ?? $1, $1) })
      } else {
        series
      }
    }
  }

  /// Its chart, and how it was made.
  public var displayed: [Displayed] {
    let how =
      "\(method), \(selection.rawValue) by \(ranking.rawValue), ablated by \(ablation), n = \(points.first?.faithfulness.names.count ?? 0)"
      + (circuitPerformanceRatio == nil ? "; \(areas)" : "")
    return [.figure(Figure(chart())), .text(how)]
  }
}

extension Faithfulness: Displayable {
  /// The part of the behaviour with its interval, and beside its controls; what was kept; how many decisions flipped.
  public var displayed: [Displayed] {
    var lines = [description]
    if let estimate = try? estimate(), names.count > 1 { lines.append("Part of the behaviour: \(estimate)") }
    if let evidence = try? evidence() { lines.append("\(evidence)") }
    return [.text(lines.joined(separator: "\n"))]
  }
}

extension PathEffects: Displayable {
  /// A map of the senders' effects: each head of each layer, and each MLP.
  /// - Parameter limit: the colours span `-limit...limit`; by default all values.
  public func figure(title: String? = nil, limit: Double? = nil) -> Figure {
    let to = receivers.prefix(4).map(\.description).joined(separator: ", ") + (receivers.count > 4 ? ", …" : "")
    return .row(title: title ?? "Paths to \(to), \(route)", range: limit.flatMap { $0 > 0 && $0.isFinite ? -$0...$0 : nil }) {
      Heatmap(mlps, title: "MLP", y: "layer", colorBar: "logits")
      Heatmap(heads, title: "Attention heads", x: "head", y: "layer")
    }
  }

  /// Its map, and how it was made.
  public var displayed: [Displayed] {
    let strongest = strongest(3).map { "\($0.sender) \(String(format: "%.3f", $0.effect))" }.joined(separator: ", ")
    return [.figure(figure()), .text("ablated by \(ablation), n = \(names.count); the strongest: \(strongest)")]
  }
}
