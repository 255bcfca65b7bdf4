import Circuits
import Foundation
import Text

/// A circuit as a graph: the embedding below, the logits above, each layer's heads in a row and its MLP beside and above them. An edge leaves the top
/// of what writes and ends at the bottom of what reads it: of a head at its q, k or v.
///
/// Edges that speak for the clean answer are blue, those against it orange; the wider, the more.
struct CircuitDrawing {
  /// What is drawn in a box.
  private struct Box {
    let label: String
    let x: Double
    let y: Double
    var width = 56.0
    var height = 30.0
    /// The ports by which it reads, by their letters.
    var ports: [String] = []

    var top: (x: Double, y: Double) { (x, y - height / 2) }

    /// Where an edge ends.
    func port(_ letter: String?) -> (x: Double, y: Double) {
      guard let letter, let index = ports.firstIndex(of: letter), ports.count > 1 else { return (x, y + height / 2) }
      return (x + (Double(index) / Double(ports.count - 1) - 0.5) * (width - 20), y + height / 2)
    }
  }

  /// What a box stands for: a node, or the keys and values that several heads share.
  private enum Place: Hashable {
    case node(CircuitNode)
    case shared(layer: Int, group: Int)
  }

  private let edges: [ScoredEdge]
  private let title: String?
  private let total: Int
  private let graph: CircuitGraph
  private var boxes: [Place: Box] = [:]
  private var rows: [(label: String, y: Double)] = []
  private var width = 0.0
  private var height = 0.0

  private static let (left, gap, pitch) = (76.0, 70.0, 104.0)

  /// - Parameter count: only so many of the strongest edges are drawn.
  init(_ circuit: Circuit, strongest count: Int, title: String?) {
    (edges, total, graph, self.title) = (Array(circuit.edges.prefix(max(count, 0))), circuit.edgeCount, circuit.graph, title)
    place()
  }

  // MARK: - Places

  private var sharesKeys: Bool { graph.keyValueHeads < graph.heads }

  /// Where an edge ends, and at which port.
  private func target(_ receiver: CircuitReceiver) -> (place: Place, port: String?) {
    switch receiver {
    case .query(let layer, let head): (.node(.head(layer: layer, head: head)), "q")
    case .key(let layer, let head): (shared(layer, head), "k")
    case .value(let layer, let head): (shared(layer, head), "v")
    case .mlp(let layer): (.node(.mlp(layer: layer)), nil)
    case .logits: (.node(.logits), nil)
    }
  }

  private func shared(_ layer: Int, _ group: Int) -> Place {
    sharesKeys ? .shared(layer: layer, group: group) : .node(.head(layer: layer, head: group))
  }

  private mutating func place() {
    let targets = edges.map { target($0.edge.receiver).place }
    let places = Set(edges.map { Place.node($0.edge.sender) } + targets)
    // Heads, and what several of them share before the first of these.
    func attention(_ layer: Int) -> [Place] {
      (0..<graph.keyValueHeads).flatMap { group -> [Place] in
        let size = graph.heads / graph.keyValueHeads
        return [.shared(layer: layer, group: group)]
          + (group * size..<(group + 1) * size).map { .node(.head(layer: layer, head: $0)) }
      }.filter(places.contains)
    }
    let layers = (0..<graph.layers).map { (layer: $0, places: attention($0), hasMLP: places.contains(.node(.mlp(layer: $0)))) }
      .filter { !$0.places.isEmpty || $0.hasMLP }
    let columns = max(1, layers.map(\.places.count).max() ?? 1)
    let mlp = layers.contains(where: \.hasMLP) ? Self.gap : 0
    width = Self.left + Double(columns) * Self.gap + mlp + 20
    let top = title == nil ? 34.0 : 58.0
    height = top + Double(layers.count + 1) * Self.pitch + 62
    let middle = Self.left + Double(columns) * Self.gap / 2
    boxes[.node(.logits)] = Box(label: "logits", x: middle, y: top)
    let bottom = top + Double(layers.count + 1) * Self.pitch - 20
    boxes[.node(.embedding)] = Box(label: "embedding", x: middle, y: bottom, width: 80)
    for (index, row) in layers.enumerated() {
      let y = bottom - Double(index + 1) * Self.pitch + 10
      rows.append(("layer \(row.layer)", y))
      for (column, place) in row.places.enumerated() {
        let x = middle + (Double(column) - Double(row.places.count - 1) / 2) * Self.gap
        boxes[place] = Box(label: label(place), x: x, y: y, ports: ports(place))
      }
      if row.hasMLP {
        let node = CircuitNode.mlp(layer: row.layer)
        boxes[.node(node)] = Box(label: node.description, x: width - Self.gap / 2 - 20, y: y - 44)
      }
    }
  }

  private func label(_ place: Place) -> String {
    switch place {
    case .node(let node): node.description
    case .shared(let layer, let group): "L\(layer)KV\(group)"
    }
  }

  /// The ports of a box that any drawn edge ends at.
  private func ports(_ place: Place) -> [String] {
    let used = Set(edges.map { target($0.edge.receiver) }.filter { $0.place == place }.compactMap(\.port))
    return ["q", "k", "v"].filter(used.contains)
  }

  // MARK: - SVG

  private static let (positive, negative) = ("#0072B2", "#D55E00")

  var svg: String {
    let size = "width=\"\(number(width))\" height=\"\(number(height))\" viewBox=\"0 0 \(number(width)) \(number(height))\""
    var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size) font-family=\"sans-serif\" font-size=\"11\">\n"
    text += "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#ffffff\"/>\n"
    if let title { text += label(title, x: width / 2, y: 24, size: 14) }
    for row in rows {
      text += "<text x=\"10\" y=\"\(number(row.y + 4))\" fill=\"#666666\">\(Markup.escape(row.label))</text>\n"
    }
    text += "<g fill=\"none\" stroke-linecap=\"round\">\n" + sharing + edges.reversed().map(path).joined() + "</g>\n"
    text += drawnBoxes + legend
    return text + "</svg>\n"
  }

  /// Thin lines from shared keys and values to the heads that read them.
  private var sharing: String {
    let size = graph.heads / graph.keyValueHeads
    return boxes.keys.compactMap { place -> (Int, Int)? in
      if case .shared(let layer, let group) = place { (layer, group) } else { nil }
    }.sorted(by: <).flatMap { layer, group in
      (group * size..<(group + 1) * size).compactMap { head -> String? in
        guard let from = boxes[.shared(layer: layer, group: group)], let to = boxes[.node(.head(layer: layer, head: head))] else {
          return nil
        }
        return
          "<path d=\"M\(number(from.x)) \(number(from.y))L\(number(to.x)) \(number(to.y))\" stroke=\"#999999\" stroke-dasharray=\"2 3\"/>\n"
      }
    }.joined()
  }

  private var largest: Double { edges.map { abs(Double($0.score)) }.filter(\.isFinite).max() ?? 0 }

  private func path(_ item: ScoredEdge) -> String {
    let end = target(item.edge.receiver)
    guard let sender = boxes[.node(item.edge.sender)], let receiver = boxes[end.place] else { return "" }
    let (from, to) = (sender.top, receiver.port(end.port))
    let bend = max(20, 0.45 * abs(from.y - to.y))
    let score = Double(item.score)
    let color = score.isNaN ? "#666666" : score < 0 ? Self.negative : Self.positive
    let stroke = score.isNaN || largest == 0 ? 1.5 : 0.8 + 5.2 * abs(score) / largest
    let curve =
      "M\(number(from.x)) \(number(from.y))C\(number(from.x)) \(number(from.y - bend)) \(number(to.x)) \(number(to.y + bend)) "
      + "\(number(to.x)) \(number(to.y))"
    return "<path d=\"\(curve)\" stroke=\"\(color)\" stroke-width=\"\(number(stroke))\" stroke-opacity=\"0.7\">"
      + "<title>\(Markup.escape(Self.text(item)))</title></path>\n"
  }

  private var drawnBoxes: String {
    boxes.sorted { ($0.value.y, $0.value.x) < ($1.value.y, $1.value.x) }.map { place, box in
      let isHead = if case .node(.head) = place { true } else { false }
      let frame =
        "<rect x=\"\(number(box.x - box.width / 2))\" y=\"\(number(box.y - box.height / 2))\" width=\"\(number(box.width))\" "
        + "height=\"\(number(box.height))\" rx=\"\(isHead ? 8 : 2)\" fill=\"#f7f7f7\" stroke=\"#444444\"/>\n"
      let letters = box.ports.map { letter in
        label(letter, x: box.port(letter).x, y: box.y + box.height / 2 - 3, size: 8, color: "#666666")
      }
      return frame + label(box.label, x: box.x, y: box.y + (box.ports.isEmpty ? 4 : 1)) + letters.joined()
    }.joined()
  }

  private var legend: String {
    let shown = edges.count < total ? "the \(edges.count) strongest of \(total) edges" : "\(total) edges"
    guard largest > 0 else { return label(shown, x: width / 2, y: height - 14, color: "#444444") }
    let size = "width: size, up to \(Self.short(largest))"
    return label("\(shown); \(size)", x: width / 2, y: height - 28, color: "#444444")
      + "<text x=\"\(number(width / 2))\" y=\"\(number(height - 12))\" text-anchor=\"middle\"><tspan fill=\"\(Self.positive)\">for the clean "
      + "answer</tspan><tspan fill=\"#444444\"> · </tspan><tspan fill=\"\(Self.negative)\">against it</tspan></text>\n"
  }

  private func label(_ text: String, x: Double, y: Double, size: Double = 11, color: String = "#111111") -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"middle\" font-size=\"\(number(size))\" fill=\"\(color)\">"
      + "\(Markup.escape(text))</text>\n"
  }

  private func number(_ value: Double) -> String { Numbers.coordinate(value) }

  private static func short(_ value: Double) -> String { String(format: "%.3g", value) }

  private static func text(_ item: ScoredEdge) -> String {
    item.score.isNaN ? item.edge.description : "\(item.edge): \(short(Double(item.score)))"
  }

  /// What the drawing shows, for those who do not see it.
  var alt: String {
    let strongest = edges.prefix(8).map(Self.text).joined(separator: ", ")
    return "A circuit as a graph, \(edges.count) of \(total) edges" + (strongest.isEmpty ? "." : ", the strongest: \(strongest).")
  }
}
