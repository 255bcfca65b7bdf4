import Attribution
import Figures
import Lenses
import Record
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
      columns: ["before layer", "KL of the logit lens, nats", "KL of the tuned lens, nats", "held-out texts"],
      rows: layers.map { [$0.layer, $0.meanBefore, $0.meanAfter, heldOut] })
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

  /// The strongest heads.
  public func table(_ count: Int = 8) -> Table {
    Table(
      columns: ["head", "\(behaviour) score", "evenly spread"],
      rows: strongest(count).map { ["\($0.head)", $0.value, chance] })
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
