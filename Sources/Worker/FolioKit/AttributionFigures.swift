import Attribution
import Figures
import Transformer
import Tensors

// The figures of an attribution, as the original notebook draws them. Ending a cell with an attribution shows its figure; `figure(…)`
// gives it a title and a range.

extension Figure {
  /// Three panels side by side: a value for the residual stream before each layer, for each MLP, and for each attention head.
  /// - Parameters:
  ///   - residualStream, mlps: `[layer]`.
  ///   - heads: `[layer, head]`.
  ///   - limit: the colours span `-limit...limit`; by default all values.
  ///   - colorBar: what the values are.
  public static func parts(
    residualStream: Tensor, mlps: Tensor, heads: Tensor, title: String? = nil, limit: Double? = nil, colorBar: String = "logits"
  ) -> Figure {
    .row(title: title, range: symmetric(limit)) {
      Heatmap(residualStream, title: "Residual stream", y: "layer", colorBar: colorBar)
      Heatmap(mlps, title: "MLP", y: "layer")
      Heatmap(heads, title: "Attention heads", x: "head", y: "layer")
    }
  }

  fileprivate static func symmetric(_ limit: Double?) -> ClosedRange<Double>? {
    limit.flatMap { $0 > 0 && $0.isFinite ? -$0...$0 : nil }
  }
}

extension DirectLogitAttribution: Displayable {
  /// The logit lens, the MLPs and the heads side by side.
  /// - Parameters:
  ///   - title: before the answer's tokens.
  ///   - limit: the colours span `-limit...limit`; by default all values.
  public func figure(title: String = "Direct logit attribution", limit: Double? = nil) -> Figure {
    .parts(residualStream: residualStream, mlps: mlps, heads: heads, title: "\(title) | \(answer)", limit: limit)
  }

  /// Its figure.
  public var displayed: [Displayed] { [.figure(figure())] }
}

extension ComponentAttribution: Displayable {
  /// What is attributed to, as a panel's title: `Queries`.
  public var title: String {
    let titles: [HookPoint.Component: String] = [
      .query: "Queries", .key: "Keys", .value: "Values", .residualPre: "Residual stream", .mlpOutput: "MLPs",
      .attentionOutput: "Attention", .z: "Attention heads", .result: "Attention heads", .pattern: "Attention patterns",
    ]
    return titles[component] ?? "\(component)"
  }

  /// A row for each layer or head, a column for each position: see `Array.figure`.
  public func figure(title: String? = nil, last positions: Int = 128, limit: Double? = nil) -> Figure {
    [self].figure(title: title, last: positions, limit: limit)
  }

  /// Its figure.
  public var displayed: [Displayed] { [.figure(figure())] }
}

extension [ComponentAttribution] {
  /// A panel for each component, one below the other, with a row for each layer or head and a column for each position. Being of the same
  /// prompts, they have the same columns.
  /// - Parameters:
  ///   - positions: only so many at the end are shown, and none before the prompts begin to differ.
  ///   - limit: the colours of all panels span `-limit...limit`; by default those of each panel span its own values, which may be
  ///     orders of magnitude apart.
  public func figure(title: String? = nil, last positions: Int = 128, limit: Double? = nil) -> Figure {
    let range = Figure.symmetric(limit)
    return .grid(title: title ?? first.map { "\($0.method)" }, columns: 1, range: range, sharesColors: range != nil) {
      for part in self {
        let labels = part.prompts.labels
        let start = Swift.max(part.firstPosition, labels.count - positions)
        Heatmap(
          part.rows.transposed()[start...].transposed(), title: part.title,
          xLabels: labels.indices.dropFirst(start).map { "\(labels[$0]) | \($0)" }, yLabels: part.rowLabels, colorBar: "logits")
      }
    }
  }
}

extension AttentionPatterns: Displayable {
  /// A panel for each head: rows ask (queries), columns are looked at (keys).
  public func figure(title: String = "Attention patterns", columns: Int = 2) -> Figure {
    from().figure(title: title, columns: columns)
  }

  /// Its figure.
  public var displayed: [Displayed] { [.figure(figure())] }
}

extension AttentionPatterns.Part: Displayable {
  /// A panel for each head: rows ask (queries), columns are looked at (keys).
  public func figure(title: String = "Attention patterns", columns: Int = 2) -> Figure {
    .grid(title: title, columns: columns, range: 0...1) {
      for (head, pattern) in zip(heads, patterns) {
        Heatmap(
          pattern, title: "\(head)", x: "Keys", y: "Queries", xLabels: keyLabels,
          yLabels: queryLabels, scale: .sequential,
          colorBar: "Attention")
      }
    }
  }

  /// Its figure.
  public var displayed: [Displayed] { [.figure(figure())] }
}
