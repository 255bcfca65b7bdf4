import Attribution
import Figures
import Lenses
import Record
import Statistics
import Tensors

// What lenses, scores of heads and tokens look like. Ending a cell with one shows it.

extension LensReading: Displayable {
  /// What a figure of a lens shows of each place and position.
  public enum Quantity: String, Sendable {
    /// The probability of the likeliest token.
    case topProbability = "Probability of the likeliest token"
    /// The probability of the followed token.
    case targetProbability = "Probability of the followed token"
    /// The rank of the followed token, 1 for the likeliest.
    case targetRank = "Rank of the followed token"
    /// The entropy, in nats.
    case entropy = "Entropy, nats"
    /// KL(model ‖ lens), in nats.
    case divergence = "KL to the model, nats"
  }

  /// A row for each place of the residual stream, a column for each position.
  public func figure(_ quantity: Quantity = .targetProbability, title: String? = nil) -> Figure {
    let values: Tensor =
      switch quantity {
      case .topProbability: topProbability
      case .targetProbability: targetProbability
      case .targetRank: targetRank
      case .entropy: entropy
      case .divergence: divergence
      }
    let isProbability = quantity == .topProbability || quantity == .targetProbability
    return Figure(
      Heatmap(
        values, title: title ?? "\(lens): \(quantity.rawValue)", y: "Place",
        xLabels: positions.map { "\(labels[$0]) | \($0)" }, yLabels: places, scale: .sequential,
        range: isProbability ? 0...1 : nil, colorBar: quantity.rawValue))
  }

  /// The likeliest tokens at one position, a row for each place, with the entropy, the divergence, and how the followed token stands.
  /// - Parameter position: the last that was read if nil; a position that was not read has no rows.
  public func table(at position: Int? = nil) -> Table {
    let column = positions.firstIndex(of: position ?? positions[positions.count - 1])
    let count = cells[0][0].top.count
    let ranked = (1...count).flatMap { ["\($0)", "p"] }
    let target = column.map { targetLabels[$0] } ?? ""
    return Table(
      columns: ["place"] + ranked + ["entropy", "KL to the model", "rank of '\(target)'", "p of it"],
      rows: column.map { column in
        zip(places, cells).map { place, row in
          let cell = row[column]
          return [place] + cell.top.flatMap { ["'\($0.text)'", $0.probability] as [Any] }
            + [cell.entropy, cell.divergence, cell.targetRank, cell.targetProbability]
        }
      } ?? [])
  }

  /// The likeliest token of each place and position with its probability: a row for each place, a column for each position.
  /// - Parameter count: only so many positions at the end.
  public func tokenTable(last count: Int = 12) -> Table {
    let columns = positions.indices.suffix(max(count, 0))
    return Table(
      columns: ["place"] + columns.map { "'\(labels[positions[$0]])' | \(positions[$0])" },
      rows: zip(places, cells).map { place, row in
        [place]
          + columns.map { column in
            row[column].top.first.map { "'\($0.text)' \(String(format: "%.2f", $0.probability))" } ?? ""
          }
      })
  }

  /// Of one position its table; of several the followed token's probability, and the likeliest tokens.
  public var displayed: [Displayed] {
    positions.count == 1 ? [.table(table())] : [.figure(figure()), .table(tokenTable())]
  }
}

extension TunedLensTraining: Displayable {
  /// The held-out divergence of each layer before and after training.
  public func figure(title: String = "Held-out KL(model ‖ lens)") -> Figure {
    Figure(
      LineChart(
        ["logit lens": layers.map(\.meanBefore), "tuned lens": layers.map(\.meanAfter)], title: title, x: "before layer",
        y: "nats", markers: true))
  }

  /// The same in numbers.
  public var table: Table {
    Table(
      columns: [
        "before layer", "KL of the logit lens, nats", "KL of the tuned lens, nats", "difference", "95 % of", "held-out texts",
      ],
      rows: layers.map { layer in
        [
          layer.layer, layer.meanBefore, layer.meanAfter, layer.meanAfter - layer.meanBefore,
          (try? layer.evidence())?.estimate.range ?? "", heldOut,
        ]
      })
  }

  /// The figure and the table.
  public var displayed: [Displayed] { [.figure(figure()), .table(table)] }
}

extension HeadScores: Displayable {
  /// A cell for each head.
  public var heatmap: Heatmap {
    Heatmap(
      values, title: "\(behaviour)s", x: "head", y: "layer", scale: .sequential, range: 0...1, colorBar: "attention")
  }

  /// A cell for each head.
  public func figure(title: String? = nil) -> Figure {
    var heatmap = heatmap
    heatmap.title = title ?? heatmap.title
    return Figure(heatmap)
  }

  /// The strongest heads, with their intervals over the prompts.
  public func table(_ count: Int = 8) -> Table {
    Table(
      columns: ["head", "\(behaviour) score", "95 % of", "prompts", "evenly spread"],
      rows: strongest(count).map { head, value in
        ["\(head)", value, (try? evidence(of: head))?.estimate.range ?? "", examples.count, chance]
      })
  }

  /// Its figure.
  public var displayed: [Displayed] { [.figure(figure())] }
}

extension RepeatedTokenScores: Displayable {
  /// The three scores side by side.
  public func figure(title: String = "Attention on repeated random tokens") -> Figure {
    .row(title: title, range: 0...1) { for scores in all { scores.heatmap } }
  }

  /// The loss of each half, in the mean over the prompts.
  public var losses: Table {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    return Table(
      columns: ["half", "loss, nats", "prompts"],
      rows: [["first", mean(firstLosses), prompts.count], ["second", mean(secondLosses), prompts.count]])
  }

  /// The scores, and the losses.
  public var displayed: [Displayed] { [.figure(figure()), .table(losses)] }
}

extension TokenLosses: Displayable {
  /// The text, coloured by each token's loss.
  public func coloredTokens(title: String = "Loss, nats", limit: Double? = nil) -> ColoredTokens {
    ColoredTokens(labels, values: [.nan] + losses, title: title, limit: limit)
  }

  /// The tokens that surprised the model most, with what it would have said.
  public func table(_ count: Int = 8) -> Table {
    Table(
      columns: ["position", "token", "loss, nats", "rank", "likeliest", "p of that"],
      rows: mostSurprising(count).map { position in
        let prediction = predictions[position - 1]
        return [
          position, "'\(labels[position])'", losses[position - 1], ranks[position - 1], "'\(prediction.text)'",
          prediction.probability,
        ]
      })
  }

  /// The coloured text.
  public var displayed: [Displayed] { [.tokens(coloredTokens())] }
}

extension AttentionPatterns {
  /// The text for each head, coloured by how much the head attends to each token.
  /// - Parameter query: the position that attends; the last if nil.
  /// - Throws: `ModelError.positionsOutOfRange` for a position that was not computed.
  public func coloredTokens(from query: Int? = nil) throws -> [ColoredTokens] {
    let query = query ?? labels.count - 1
    return try heads.map { head in
      ColoredTokens(
        labels, values: try attention(of: head, from: query), title: "Attention of \(head) from '\(labels[query])' (\(query))",
        limit: 1)
    }
  }
}

extension CompositionScores: Displayable {
  /// The strongest pair of heads of each two layers.
  public func figure(title: String? = nil) -> Figure {
    let layers = (0..<values.shape[0]).map { "L\($0)" }
    return Figure(
      Heatmap(
        values.max(axis: 3).max(axis: 1), title: title ?? "\(mode)-composition: the strongest pair of heads of two layers",
        x: "layer that reads", y: "layer that writes", xLabels: layers, yLabels: layers, scale: .sequential,
        colorBar: "score"))
  }

  /// The strongest pairs, beside what random heads have.
  public func table(_ count: Int = 8) -> Table {
    Table(
      columns: ["writes", "reads", "\(mode)-composition", "random heads, mean", "largest of \(random.count)"],
      rows: strongest(count).map { ["\($0.sender)", "\($0.receiver)", $0.value, baseline, random.max() ?? 0] })
  }

  /// The figure, and the strongest pairs.
  public var displayed: [Displayed] { [.figure(figure()), .table(table())] }
}

extension CopyingScores: Displayable {
  /// A cell for each head, from -1 to 1.
  public func figure(title: String = "Copying scores") -> Figure {
    Figure(Heatmap(values, title: title, x: "head", y: "layer", range: -1...1, colorBar: "Σλ / Σ|λ|"))
  }

  /// Its figure.
  public var displayed: [Displayed] { [.figure(figure())] }
}

extension HeadSingularVectors: Displayable {
  /// A row for each side of each term.
  public var table: Table {
    let sides = circuit == .valueOutput ? ("reads", "writes") : ("queries", "keys")
    func texts(_ tokens: [WeightedToken]) -> String { tokens.map { "'\($0.text)'" }.joined(separator: " ") }
    return Table(
      columns: ["\(circuit) of \(head)", "singular value", "share of the squares", sides.0, sides.1],
      rows: terms.enumerated().flatMap { index, term in
        [
          ["\(index) +", term.value, term.share, texts(term.reads.positive), texts(term.writes.positive)],
          ["\(index) -", term.value, term.share, texts(term.reads.negative), texts(term.writes.negative)],
        ]
      })
  }

  /// The table.
  public var displayed: [Displayed] { [.table(table)] }
}

extension Estimate {
  /// The interval in words; empty for one example.
  fileprivate var range: String {
    interval.map { String(format: "%.3g to %.3g", $0.lowerBound, $0.upperBound) } ?? ""
  }
}
